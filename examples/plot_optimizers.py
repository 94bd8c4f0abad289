"""
Optimizers compared
===================

The same network, the same initial weights, the same batches; only the rule that turns a gradient
into a step differs. Each has the learning rate that suits it best of five.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch
from sknn.optimizers import OPTIMIZERS, SGD

X, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(X).astype(np.float32)

EPOCHS = 12
RATES = np.geomspace(1e-4, 1e-1, 5)


def train(solver, rate):
    """Train for some epochs, and give the losses."""
    net = MLPClassifierScratch((32, 32), solver=solver, learning_rate_init=rate, batch_size=64, random_state=0)
    for _ in range(EPOCHS):
        net.partial_fit(X, y, classes=np.arange(10))
    return net.loss_curve_


# %%
# An optimizer is a name or an object. Plain gradient descent is ``SGD`` without momentum.

solvers = {"plain sgd": SGD(momentum=0.0), **{name: name for name in OPTIMIZERS}}

figure, (left, right) = plt.subplots(ncols=2, figsize=(10, 4), layout="constrained")
for name, solver in solvers.items():
    curves = []
    for rate in RATES:
        try:
            curves.append(train(solver, rate))
        except ValueError:  # it diverged
            curves.append([np.nan] * EPOCHS)
    last = [curve[-1] for curve in curves]
    best = int(np.nanargmin(last))
    [line] = left.plot(range(1, EPOCHS + 1), curves[best], label=f"{name}, rate {RATES[best]:.2g}")
    right.plot(RATES, last, "o-", color=line.get_color())
left.set(xlabel="epoch", ylabel="training loss", yscale="log")
left.legend(fontsize=8)
right.set(xlabel="learning rate", ylabel=f"loss after {EPOCHS} epochs", xscale="log", yscale="log")

# %%
# On the left, each with the best of these rates: momentum is as good as the adaptive rules, plain gradient
# descent is left behind. On the right, the rate matters to all of them, and most adaptive rules want one that
# is several times lower (Adagrad does not). Lion, whose steps all have the same size, wants a rate several
# times less than Adam's.
