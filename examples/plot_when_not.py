"""
Where a network is the wrong tool
=================================

Three cases in which something simpler, or something else, does better. It is good to know them before
one begins to tune.
"""

# sphinx_gallery_thumbnail_number = 2

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.model_selection import ShuffleSplit, learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPRegressorScratch

# %%
# Few rows, a simple relation
# ---------------------------
#
# How a disease went on, from ten measurements of each of 442 patients. The relation is nearly linear and the
# noise is large. A network with little penalty takes its bends from the noise; one with as much as it needs is
# about as good as the line, which has nothing to be tuned but its own penalty, and finds that by itself.

X, y = load_diabetes(return_X_y=True)
y = (y - y.mean()) / y.std()
net = MLPRegressorScratch(hidden_layer_sizes=(10,), solver="lbfgs", max_iter=3000, tol=1e-3, random_state=0)
models = {
    "linear (RidgeCV)": make_pipeline(StandardScaler(), RidgeCV(np.geomspace(0.1, 1000, 20))),
    "boosted trees": HistGradientBoostingRegressor(max_iter=50, random_state=0),
    "network, alpha=1": make_pipeline(StandardScaler(), clone(net).set_params(alpha=1.0)),
    "network, alpha=10": make_pipeline(StandardScaler(), clone(net).set_params(alpha=10.0)),
}
figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, model in models.items():
    sizes, _, scores = learning_curve(
        model, X, y, train_sizes=[40, 80, 160, 300], cv=ShuffleSplit(10, test_size=0.3, random_state=0), scoring="r2"
    )
    axis.plot(sizes, scores.mean(axis=1), "o-", label=name)
    print(f"{name:17} R² with {sizes[-1]} rows: {scores[-1].mean():.2f}")
axis.set(xlabel="training rows", ylabel="R² on test samples", ylim=(0, 0.6))
axis.legend()

# %%
# Outside of the training data
# ----------------------------
#
# Five networks that differ in nothing but their seed, on a wave with noise. Where there are samples, gray, they
# agree. Beyond, each goes on as its units happen to lie, and nothing in one of them tells that it guesses. A
# Gaussian process does tell: its band widens.

rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, 100)[:, None]
wave = np.sin(2 * x[:, 0]) + rng.normal(0, 0.1, 100)
grid = np.linspace(-6, 6, 300)[:, None]

figure, (left, right) = plt.subplots(ncols=2, figsize=(10, 3.5), sharey=True, layout="constrained")
for seed in range(5):
    net = MLPRegressorScratch(
        hidden_layer_sizes=(50,), activation="tanh", solver="lbfgs", alpha=0.01, max_iter=2000, random_state=seed
    )
    left.plot(grid[:, 0], net.fit(x, wave).predict(grid), linewidth=1)
process = GaussianProcessRegressor(RBF() + WhiteKernel(0.01), random_state=0).fit(x, wave)
mean, deviation = process.predict(grid, return_std=True)
right.plot(grid[:, 0], mean, color="C0", label="mean")
right.fill_between(grid[:, 0], mean - 2 * deviation, mean + 2 * deviation, alpha=0.2, label="± 2 standard deviations")
for axis, title in ((left, "five networks"), (right, "Gaussian process")):
    axis.plot(x[:, 0], wave, ".", color="0.6", markersize=4)
    axis.set(xlabel="x", title=title, ylim=(-4, 4))
right.legend()

# %%
# The line is the answer
# ----------------------
#
# Where the relation is a line, a network that is right everywhere can be no better, and it cannot say what each
# feature counts. Without hidden layers it is that line.

coefficients = np.array([2.0, -1.0, 0.5])
X = rng.normal(size=(200, 3))
y = X @ coefficients + rng.normal(0, 0.1, 200)
line = LinearRegression().fit(X, y)
linear = MLPRegressorScratch(hidden_layer_sizes=(), solver="lbfgs", alpha=0.0, random_state=0).fit(X, y)
print("truth:               ", *coefficients)
print("LinearRegression:    ", *line.coef_.round(2))
print("no hidden layers:    ", *linear.coefs_[0][:, 0].round(2))
