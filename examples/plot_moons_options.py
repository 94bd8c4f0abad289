"""
Momentum, L2 penalty and dropout
================================

Three switches of the same network on the same two moons: one makes training faster, two keep the
network from learning the noise.
"""

# sphinx_gallery_thumbnail_number = 2

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay

from sknn import MLPClassifierScratch

# Every network shall have all its epochs; the warning that it could go on is not needed.
warnings.filterwarnings("ignore", category=ConvergenceWarning)

X_train, y_train = make_moons(120, noise=0.35, random_state=0)
X_test, y_test = make_moons(1000, noise=0.35, random_state=1)

# %%
# Momentum
# --------
#
# Gradient descent goes downhill by the slope at its feet. With momentum it keeps some of its last
# step, ``velocity = momentum * velocity + rate * gradient``: steps in the same direction add up, steps
# back and forth cancel.

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
for momentum, nesterov, style in [(0.0, False, "-"), (0.9, False, "-"), (0.9, True, "k:")]:
    net = MLPClassifierScratch(
        (32, 32),
        solver="sgd",
        learning_rate_init=0.02,
        momentum=momentum,
        nesterovs_momentum=nesterov,
        batch_size=20,
        max_iter=60,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    net.fit(X_train, y_train)
    name = f"momentum {momentum}" + (", Nesterov" if nesterov else "")
    axis.plot(range(1, 61), net.loss_curve_, style, label=name)
axis.set(xlabel="epoch", ylabel="training loss")
axis.legend()

# %%
# L2 penalty and dropout
# ----------------------
#
# A network with room for every noisy sample draws a ragged boundary. ``alpha`` asks for small weights,
# which make a smooth one. ``dropout`` sets a share of the hidden outputs to zero in every step, so that
# no unit can rely on another.

settings = {
    "neither": {},
    "alpha=0.1": {"alpha": 0.1},
    "dropout=0.3": {"dropout": 0.3},
}
figure, axes = plt.subplots(ncols=3, figsize=(11, 3.5), sharey=True, layout="constrained")
for axis, (name, setting) in zip(axes, settings.items(), strict=True):
    net = MLPClassifierScratch(
        (64, 64),
        learning_rate_init=0.01,
        batch_size=20,
        max_iter=150,
        n_iter_no_change=np.inf,
        random_state=0,
        **setting,
    )
    net.fit(X_train, y_train)
    DecisionBoundaryDisplay.from_estimator(
        net, X_test, ax=axis, response_method="predict_proba", cmap="coolwarm", alpha=0.6, vmin=0, vmax=1
    )
    axis.scatter(*X_train.T, c=y_train, cmap="coolwarm", edgecolor="white", s=25)
    train, test = net.score(X_train, y_train), net.score(X_test, y_test)
    axis.set_title(f"{name}\ntraining {train:.2f}, test {test:.2f}")
