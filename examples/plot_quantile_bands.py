"""
Regression with quantile bands
==============================

A network that predicts the mean says nothing of how far off it may be. Three networks with
``loss='quantile'`` predict the median and a band that holds eight samples in ten.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPRegressorScratch


def draw(n, rng):
    """Draw samples whose noise grows to the right, more upwards than downwards."""
    x = rng.uniform(0, 10, n)
    noise = rng.gamma(2.0, 0.1 + 0.08 * x, n)
    return x[:, None], np.sin(x) + 0.3 * x + noise


rng = np.random.default_rng(0)
X_train, y_train = draw(2000, rng)
X_test, y_test = draw(2000, rng)

# %%
# The pinball loss of the quantile q punishes a prediction below the target by q, and one above it by
# 1 - q, for each unit; so the best prediction is above the target in a share q of all cases.

net = MLPRegressorScratch(
    "quantile",
    hidden_layer_sizes=(32, 32),
    activation="tanh",
    learning_rate_init=0.005,
    early_stopping=True,
    n_iter_no_change=20,
    scoring="loss",
    random_state=0,
)
models = {
    quantile: make_pipeline(StandardScaler(), clone(net).set_params(quantile=quantile)).fit(X_train, y_train)
    for quantile in (0.1, 0.5, 0.9)
}

# %%
# The band widens with the noise. At the left end, where there is hardly any, the networks have not followed the
# curve closely, and it is wider than it should be.

grid = np.linspace(0, 10, 300)[:, None]
low, middle, high = (model.predict(grid) for model in models.values())
figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
axis.scatter(X_test[:500, 0], y_test[:500], s=5, color="0.6", label="test samples")
axis.fill_between(grid[:, 0], low, high, color="C0", alpha=0.3, label="from the 0.1 to the 0.9 quantile")
axis.plot(grid[:, 0], middle, color="C0", label="median")
axis.set(xlabel="x", ylabel="y")
axis.legend()

# %%
# What it promises holds roughly, on samples that the networks have not seen.

low, middle, high = (model.predict(X_test) for model in models.values())
print(f"Inside the band: {np.mean((low <= y_test) & (y_test <= high)):.1%}, promised 80 %")
for quantile, model in models.items():
    print(f"Below the {quantile} quantile: {np.mean(y_test < model.predict(X_test)):.1%}")
