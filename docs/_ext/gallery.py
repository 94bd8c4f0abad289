"""How the gallery is made: in which order, and with which arguments its scripts run."""

ORDER = [
    "plot_demo_breast_cancer.py",
    "plot_binary_classification.py",
    "plot_iris.py",
    "plot_two_moons.py",
    "plot_moons_options.py",
    "plot_imbalance.py",
    "plot_quantile_bands.py",
    "plot_grid_search.py",
    "plot_callbacks.py",
    "plot_persistence.py",
    "plot_digits_cnn.py",
    "plot_sequences.py",
    "plot_time_series.py",
    "plot_table_with_categories.py",
    "plot_overfitting.py",
    "plot_optimizers.py",
    "plot_learning_rates.py",
    "plot_batch_size.py",
    "plot_scaling.py",
    "plot_activations.py",
    "plot_initialization.py",
    "plot_vanishing_gradients.py",
    "plot_universal_approximation.py",
    "plot_when_not.py",
]


class Order:
    """Sort the examples as they are listed, others after them by name."""

    def __init__(self, directory):
        self.directory = directory

    def __call__(self, name):
        """Give the key that an example is sorted by."""
        return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def arguments(gallery, script):
    """Give the demo a directory inside the build; other examples take no arguments."""
    return ["../docs/_build/demo_output"] if "plot_demo" in script["src_file"] else []
