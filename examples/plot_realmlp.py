"""
Tables with categories and holes
================================

`RealMLPClassifierScratch` takes a data frame as it is: numbers of any scale, categories, missing values. Its
defaults were tuned on many tables by others, so that there is nothing to set. Here are the prices of flats in a
town that was made up, and a network and boosted trees that want some more help.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknn import MLPClassifierScratch, RealMLPClassifierScratch

rng = np.random.default_rng(0)
n = 2000
districts = np.array([f"district {i}" for i in range(20)])
flats = pd.DataFrame(
    {
        "district": pd.Categorical(rng.choice(districts, n)),
        "area": rng.lognormal(4.2, 0.4, n),
        "year": rng.integers(1890, 2024, n),
        "distance": rng.exponential(2000.0, n),
        "balcony": rng.choice(["yes", "no"], n),
    }
)
charm = pd.Series(rng.normal(0.0, 0.3, 20), index=districts)
worth = (
    np.log(flats["area"])
    + flats["district"].map(charm).astype(float)
    + 0.2 * np.cos((flats["year"] - 1900) / 12.0)
    - 0.15 * np.log1p(flats["distance"] / 500.0)
    + 0.1 * (flats["balcony"] == "yes")
    + rng.normal(0.0, 0.1, n)
)
sold = np.where(worth > worth.median(), "above", "below")
flats.loc[rng.random(n) < 0.1, "year"] = np.nan
flats.loc[rng.random(n) < 0.1, "district"] = None
flats.head()

# %%
# Three ways
# ----------
# The multi-layer perceptron needs a pipeline that fills the holes, scales the numbers and encodes the categories.
# The trees and RealMLP do not.

numbers, categories = ["area", "year", "distance"], ["district", "balcony"]
encode = make_column_transformer(
    (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
    (OneHotEncoder(handle_unknown="ignore"), categories),
)
models = {
    "MLP in a pipeline": make_pipeline(encode, MLPClassifierScratch(early_stopping=True, random_state=0)),
    "HistGradientBoosting": HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0),
    "RealMLP": RealMLPClassifierScratch(random_state=0),
}
X_train, X_test, y_train, y_test = train_test_split(
    flats.astype({"balcony": "category"}), sold, random_state=0, stratify=sold
)
errors = {name: 1 - model.fit(X_train, y_train).score(X_test, y_test) for name, model in models.items()}
for name, error in errors.items():
    print(f"{name:22} {error:.1%} wrong")

# %%
# What the network looks like
# ---------------------------
# Numbers are embedded by waves, the districts by vectors that are learned, and every column has a factor of its own.

print(models["RealMLP"].summary())

# %%
# How it was trained
# ------------------
# The learning rate goes up and down four times; the weights of the best epoch on held-out rows are kept.

history = models["RealMLP"].history_
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
axes[0].plot(history["learning_rate"])
axes[0].set(xlabel="epoch", title="learning rate")
axes[1].plot(history["validation_score"])
axes[1].axvline(models["RealMLP"].best_epoch_ - 1, color="gray", linestyle=":")
axes[1].set(xlabel="epoch", title="accuracy on held-out rows")
plt.show()

# %%
# An unknown district counts as a missing one, and so does a district that is missing.

strange = X_test[:1].assign(district="district 99", year=np.nan)
print(models["RealMLP"].predict_proba(strange).round(2), models["RealMLP"].classes_)
