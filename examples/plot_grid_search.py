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

table = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
table.columns = table.columns.str.removeprefix("param_net__")
print(table[["hidden_layer_sizes", "activation", "solver", "mean_test_score", "mean_fit_time"]].to_string(index=False))

# %%
# The best was fitted again on all training rows.

print(search.best_params_)
print(f"Test accuracy: {search.score(X_test, y_test):.3f}")

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.scatter(table["mean_fit_time"], table["mean_test_score"])
axis.set(xlabel="seconds to fit", ylabel="accuracy, mean of three folds")
