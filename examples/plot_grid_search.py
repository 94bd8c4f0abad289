"""
Grid search in a pipeline
=========================

Sizes, penalties, optimizers and activation functions are parameters, by name or as objects, and
scikit-learn's searches reach all of them.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from sknn import MLPClassifierScratch
from sknn.activations import LeakyReLU
from sknn.optimizers import RMSProp

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)

# %%
# A step's parameters are reached by its name and two underscores. An object may stand beside a name.

pipeline = Pipeline(
    [
        ("scale", MinMaxScaler()),
        ("net", MLPClassifierScratch(early_stopping=True, learning_rate_init=0.005, random_state=0)),
    ]
)
grid = {
    "net__hidden_layer_sizes": [(32,), (64, 32)],
    "net__activation": ["tanh", LeakyReLU(0.1)],
    "net__solver": ["adam", RMSProp(rho=0.95)],
}
search = GridSearchCV(pipeline, grid, cv=3).fit(X_train, y_train)

# %%
# All eight candidates, the best first.


def short(value):
    """Name an object by its class."""
    return str(value) if isinstance(value, (str, tuple)) else type(value).__name__


results = search.cv_results_
table = pd.DataFrame(results["params"]).map(short)
table.columns = ["activation", "sizes", "solver"]
table["accuracy"], table["spread"] = results["mean_test_score"], results["std_test_score"]
table["seconds"] = results["mean_fit_time"]
table = table.sort_values("accuracy", ascending=False)
print(table.to_string(index=False, float_format="{:.3f}".format))

# %%
# The best was fitted again on all training rows.

print(search.best_params_)
print(f"Test accuracy: {search.score(X_test, y_test):.3f}")

# %%
# Accuracy beside the time that it takes: the bars are the spread of the three folds. Candidates whose bars
# overlap are as good as each other, and the quicker one will do.

figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
for row in table.itertuples():
    label = f"{row.sizes}, {row.activation}, {row.solver}"
    axis.errorbar(row.seconds, row.accuracy, row.spread, fmt="o", capsize=3, label=label)
axis.set(xlabel="seconds to fit", ylabel="accuracy, mean of three folds")
axis.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
