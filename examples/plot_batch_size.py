"""
Stochastic, mini-batch and full batch
=====================================

The gradient of all samples is exact and dear, that of one sample cheap and noisy. In between lies
what is used.
"""

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknn import MLPClassifierScratch

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
n = len(X_train)

# %%
# The same network by plain gradient descent with one, 32, and all samples in a batch. Each has a
# learning rate that suits it: the larger the batch, the surer its gradient, and the longer a step may
# be.

settings = {"1, stochastic": (1, 0.01, 3), "32, mini-batch": (32, 0.2, 20), f"{n}, full batch": (n, 1.0, 200)}

figure, axes = plt.subplots(ncols=3, figsize=(9, 3.3), sharey=True, layout="constrained")
for name, (size, rate, epochs) in settings.items():
    net = MLPClassifierScratch(
        (64,), solver="sgd", momentum=0.0, learning_rate_init=rate, batch_size=size, random_state=0
    )
    seconds, start = [], perf_counter()
    for _ in range(epochs):
        net.partial_fit(X_train, y_train, classes=np.arange(10))
        seconds.append(perf_counter() - start)
    losses = net.loss_curve_
    updates = -(-n // size) * np.arange(1, epochs + 1)
    for axis, x in zip(axes, (np.arange(1, epochs + 1), updates, seconds), strict=True):
        axis.plot(x, losses, label=name)
    print(f"batches of {name}: {updates[-1]} updates, test accuracy {net.score(X_test, y_test):.3f}")
for axis, label in zip(axes, ("epochs", "updates", "seconds"), strict=True):
    axis.set(xlabel=label, xscale="log", yscale="log")
axes[0].set_ylabel("training loss")
axes[0].legend(title="batch size", fontsize=8)

# %%
# Per epoch, small batches win: they make more steps. Per update, the full batch is at least as good:
# its steps point the right way. Per second, which is what counts, the middle wins: a product of
# matrices costs little more for 32 rows than for one.
