"""The two recipes of RealMLP: what its parameters are where they are 'auto', and what they may be."""

from numbers import Integral, Real
from typing import Any

from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils._param_validation import Interval, StrOptions

from sknn.activations import ACTIVATIONS, Activation
from sknn.initializers import HullBiases, Initializer, Normal, UnitVariance, Zeros
from sknn.schedules import SCHEDULES, Schedule

RECIPES: dict[str, dict[str, Any]] = {
    "td": {
        "activation": ("selu", "mish"),
        "parametric_activation": True,
        "numerical_embedding": "pbld",
        "max_one_hot_size": 9,
        "weight_init": "std",
        "bias_init": "he+5",
        "output_init": "same",
        "learning_rate_init": (0.04, 0.2),
        "dropout": 0.15,
        "weight_decay": 0.02,
        "label_smoothing": 0.1,
        "clamp_output": True,
    },
    "td-s": {
        "activation": ("selu", "mish"),
        "parametric_activation": False,
        "numerical_embedding": None,
        "max_one_hot_size": 1000,
        "weight_init": "normal",
        "bias_init": "normal",
        "output_init": "zeros",
        "learning_rate_init": (0.04, 0.07),
        "dropout": 0.0,
        "weight_decay": 0.0,
        "label_smoothing": 0.1,
        "clamp_output": False,
    },
}
"""What 'auto' stands for in each variant; of a pair the first is for classes, the second for numbers."""

OUTPUT_INITS: dict[str, Initializer | None] = {"same": None, "zeros": Zeros()}

PROPER_SCORES = {
    "loss",
    "neg_log_loss",
    "neg_brier_score",
    "d2_log_loss_score",
    "d2_brier_score",
    "average_precision",
    "roc_auc",
    "roc_auc_ovr",
    "roc_auc_ovo",
    "roc_auc_ovr_weighted",
    "roc_auc_ovo_weighted",
}
"""Scores of probabilities, proper scoring rules and areas under curves, which smoothed labels would distort."""


def judges_probabilities(scoring: Any) -> bool:
    """Tell whether a scorer, or what has its name, is one of `PROPER_SCORES`."""
    if isinstance(scoring, str):
        return scoring in PROPER_SCORES
    function = getattr(scoring, "_score_func", None)
    return function is not None and function in [
        get_scorer(name)._score_func for name in PROPER_SCORES & set(get_scorer_names())
    ]


def weight_initializer(choice: Any) -> Initializer:
    """Give the initializer of weights: an object as it is, or that of the name 'std', 'normal' or 'zeros'."""
    if isinstance(choice, Initializer):
        return choice
    return {"std": UnitVariance(), "normal": Normal(1.0), "zeros": Zeros()}[choice]


def bias_initializer(choice: Any) -> Initializer:
    """Give the initializer of biases: an object as it is, or that of the name 'he+5', 'normal' or 'zeros'."""
    if isinstance(choice, Initializer):
        return choice
    return {"he+5": HullBiases(5), "normal": Normal(1.0), "zeros": Zeros()}[choice]


def _auto(*others: Any) -> list[Any]:
    return [StrOptions({"auto"}), *others]


SHARE = Interval(Real, 0, 1, closed="left")
FROM_ZERO = Interval(Real, 0, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
COUNT = Interval(Integral, 1, None, closed="left")
SCHEDULE = [StrOptions(set(SCHEDULES)), Schedule]

CONSTRAINTS: dict[str, list[Any]] = {
    "variant": [StrOptions(set(RECIPES))],
    "hidden_layer_sizes": ["array-like", COUNT],
    "activation": [StrOptions({"auto", *ACTIVATIONS}), Activation],
    "parametric_activation": _auto("boolean"),
    "activation_rate": [FROM_ZERO],
    "numerical_embedding": [StrOptions({"auto", "pbld"}), None],
    "embedding_frequencies": [COUNT],
    "embedding_dim": [Interval(Integral, 2, None, closed="left")],
    "embedding_scale": [FROM_ZERO],
    "embedding_rate": [FROM_ZERO],
    "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
    "max_one_hot_size": _auto(Interval(Integral, 0, None, closed="left"), None),
    "category_dim": [COUNT],
    "max_abs": [POSITIVE],
    "front_scale": ["boolean"],
    "scale_rate": [FROM_ZERO],
    "weight_init": [StrOptions({"auto", "std", "normal", "zeros"}), Initializer],
    "bias_init": [StrOptions({"auto", "he+5", "normal", "zeros"}), Initializer],
    "output_init": _auto(StrOptions(set(OUTPUT_INITS))),
    "bias_rate": [FROM_ZERO],
    "learning_rate_init": _auto(POSITIVE),
    "learning_rate": SCHEDULE,
    "beta_1": [SHARE],
    "beta_2": [SHARE],
    "epsilon": [POSITIVE],
    "max_iter": [COUNT],
    "batch_size": [COUNT],
    "drop_last": ["boolean"],
    "dropout": _auto(SHARE),
    "dropout_schedule": SCHEDULE,
    "weight_decay": _auto(FROM_ZERO),
    "weight_decay_schedule": SCHEDULE,
    "validation_fraction": [SHARE],
    "scoring": [StrOptions({"loss", *get_scorer_names()}), callable, None],
    "early_stopping": ["boolean"],
    "patience_factor": [Interval(Real, 1, None, closed="left")],
    "patience": [FROM_ZERO],
    "n_members": [COUNT],
    "n_jobs": [Integral, None],
    "max_time": [POSITIVE, None],
    "dtype": [StrOptions({"float32", "float64"})],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}
"""Parameters of both estimators."""
