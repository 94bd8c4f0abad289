"""
A table with categories and holes
=================================

RealMLP takes a table as it is, numbers, categories and missing values, and its defaults were tuned on
many tables. Here it stands beside a network in an ordinary pipeline and beside boosted trees.
"""

import time

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknn import MLPClassifierScratch, RealMLPClassifierScratch
from sknn.plotting import TrainingCurveDisplay

# %%
# A table of deliveries, made here: will it come late? Distances are skewed, a station's weight is
# missing now and then, and what a carrier is good at depends on the weather.

rng = np.random.default_rng(0)
n = 3000
table = pd.DataFrame(
    {
        "distance": rng.lognormal(3, 1, n),
        "weight": rng.gamma(2, 4, n),
        "hour": rng.uniform(6, 20, n),
        "carrier": rng.choice(["bicycle", "van", "lorry"], n, p=[0.3, 0.5, 0.2]),
        "weather": rng.choice(["dry", "rain", "snow"], n, p=[0.6, 0.3, 0.1]),
        "depot": [f"depot {k}" for k in rng.integers(0, 25, n)],
    }
)
depots = dict(zip(sorted(set(table["depot"])), rng.normal(0, 1, 25), strict=True))
log_odds = (
    1.2 * np.log(table["distance"] / 20)
    + 0.8 * np.sin(table["hour"] * np.pi / 4)
    + table["depot"].map(depots)
    + np.where(table["carrier"] == "bicycle", 0.15 * (table["weight"] - 8), 0)
    + np.where((table["carrier"] == "lorry") & (table["weather"] == "snow"), -1.5, 0)
    + np.where((table["carrier"] != "lorry") & (table["weather"] == "snow"), 2.0, 0)
)
late = np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds)), "late", "on time")
table.loc[rng.uniform(size=n) < 0.1, "weight"] = np.nan
for column in ("carrier", "weather", "depot"):
    table[column] = table[column].astype("category")

X_train, X_test, y_train, y_test = train_test_split(table, late, stratify=late, random_state=0)
print(X_train.head(3).to_string())

# %%
# The network in a pipeline needs its columns sorted out; RealMLP and boosted trees do not. RealMLP gets
# 100 epochs here instead of its 256, to be quick.

numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
models = {
    "MLP in a pipeline": make_pipeline(
        make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include="category")),
        ),
        MLPClassifierScratch(early_stopping=True, max_iter=500, random_state=0),
    ),
    "boosted trees": HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0),
    "RealMLP, td-s": RealMLPClassifierScratch("td-s", max_iter=100, random_state=0),
    "RealMLP": RealMLPClassifierScratch(max_iter=100, random_state=0),
}
for name, model in models.items():
    start = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    print(f"{name:18} accuracy {model.score(X_test, y_test):.3f}, {seconds:.1f} s to fit")

# %%
# What became of the table inside: numbers are embedded by waves, the depots by vectors that are learned,
# and every column has a factor of its own. The rate goes up and down four times, longer each time, and
# the weights of the best epoch on held-out rows are kept.

print(models["RealMLP"].summary())
curves = TrainingCurveDisplay.from_estimator(models["RealMLP"])

# %%
# A depot that no training row had counts as a missing one.

strange = X_test[:1].assign(depot="depot 99", weight=np.nan)
for name, p in zip(models["RealMLP"].classes_, models["RealMLP"].predict_proba(strange)[0], strict=True):
    print(f"{name}: {p:.2f}")
