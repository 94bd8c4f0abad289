"""
Overfitting, and what helps
===========================

A large network, few samples with noise: it learns them by heart. Six remedies, one picture each, on
the same data.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score, train_test_split

from sknn import MLPClassifierScratch

# %%
# Handwritten digits: 250 to train on, of which one label in nine is wrong.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, train_size=250, stratify=y, random_state=0)
rng = np.random.default_rng(0)
mistaken = rng.choice(250, 31, replace=False)
y_train[mistaken] = rng.integers(10, size=31)

EPOCHS = 60
base = {"hidden_layer_sizes": (64, 64), "learning_rate_init": 0.01, "batch_size": 32, "random_state": 0}


# Every network shall have all its epochs; the warning that it could go on is not needed.
warnings.filterwarnings("ignore", category=ConvergenceWarning)


def compare(**settings):
    """Train networks for so many epochs, and draw the loss that each minimizes and the log loss on test samples."""
    _, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for color, (name, setting) in enumerate(settings.items()):
        net = MLPClassifierScratch(**base, **setting, max_iter=EPOCHS, n_iter_no_change=np.inf, scoring="neg_log_loss")
        net.fit(X_train, y_train, X_val=X_test, y_val=y_test)
        axis.plot(net.history_["loss"], "--", color=f"C{color}")
        label = f"{name}: test accuracy {net.score(X_test, y_test):.3f}"
        axis.plot(-np.array(net.history_["validation_score"]), color=f"C{color}", label=label)
    axis.set(xlabel="epoch", ylabel="training loss (dashed), test log loss", ylim=(0, 2))
    axis.legend(fontsize=8)


# %%
# The disease: the dashed line, on training samples, goes to zero, while the full one, on test samples,
# turns upwards.

compare(plain={})

# %%
# Dropout
# -------

compare(plain={}, dropout={"dropout": 0.5})

# %%
# L2 and L1
# ---------
#
# The penalty is part of the loss that the dashed lines show.

compare(plain={}, L2={"alpha": 1.0}, L1={"alpha": 0.1, "l1_ratio": 1.0}, decay={"weight_decay": 1.0})

# %%
# Normalization
# -------------
#
# It is there to make training easier; batch normalization also brings some noise, which helps a little.

compare(plain={}, batch={"normalization": "batch"}, layer={"normalization": "layer"})

# %%
# Label smoothing
# ---------------
#
# What is minimized is another loss here, which cannot reach zero: so only the full lines can be compared.

compare(plain={}, smoothed={"label_smoothing": 0.2})

# %%
# Early stopping
# --------------
#
# The simplest: stop when it is best, judged by samples that are not trained on.

net = MLPClassifierScratch(**base, early_stopping=True, validation_fraction=0.2, scoring="loss", n_iter_no_change=15)
net.fit(X_train, y_train)
figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.plot(net.history_["loss"], "--", label="training")
axis.plot(net.history_["validation_loss"], label="validation")
axis.axvline(net.best_epoch_ - 1, color="0.6", linestyle=":", label="best epoch")
axis.set(xlabel="epoch", ylabel="loss", title=f"test accuracy {net.score(X_test, y_test):.3f}")
axis.locator_params(axis="x", integer=True)
axis.legend()

# %%
# More data
# ---------
#
# Nothing helps more. Copies of the images, moved by one place in each direction, are data too: this is
# augmentation by hand. (For images there are layers that do it in training.)

images = X_train.reshape(-1, 8, 8)
moved = [np.roll(images, shift, axis) for axis in (1, 2) for shift in (-1, 1)]
X_more = np.concatenate([images, *moved]).reshape(-1, 64)
y_more = np.tile(y_train, 5)

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
for color, (name, data) in enumerate({"plain": (X_train, y_train), "augmented": (X_more, y_more)}.items()):
    epochs = EPOCHS * 250 // len(data[1])
    net = MLPClassifierScratch(**base, max_iter=epochs, n_iter_no_change=np.inf)
    net.fit(*data, X_val=X_test, y_val=y_test)
    rows = np.arange(1, len(net.loss_curve_) + 1) * len(data[1])
    axis.plot(rows, net.history_["loss"], "--", color=f"C{color}")
    label = f"{name}: test accuracy {net.score(X_test, y_test):.3f}"
    axis.plot(rows, net.history_["validation_loss"], color=f"C{color}", label=label)
axis.set(xlabel="rows seen", ylabel="loss, dashed on training samples", ylim=(0, 2))
axis.legend(fontsize=8)

# %%
# How to choose
# -------------
#
# By cross-validation on the training samples: each fold of them is predicted by a network that was
# trained on the others. The test samples, drawn for comparison, have no say in it.

alphas = np.geomspace(0.01, 3, 8)
folds, test = [], []
for alpha in alphas:
    net = MLPClassifierScratch(**base, alpha=alpha, max_iter=EPOCHS, n_iter_no_change=np.inf)
    folds.append(-cross_val_score(net, X_train, y_train, cv=5, scoring="neg_log_loss"))
    test.append(log_loss(y_test, net.fit(X_train, y_train).predict_proba(X_test)))
mean, spread = np.mean(folds, axis=1), np.std(folds, axis=1)

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.semilogx(alphas, mean, "o-", label="mean of five folds")
axis.fill_between(alphas, mean - spread, mean + spread, alpha=0.2, label="their standard deviation")
axis.semilogx(alphas, test, "--", color="0.4", label="test samples")
axis.axvline(alphas[mean.argmin()], color="0.6", linestyle=":", label="choice")
axis.set(xlabel="alpha", ylabel="loss", ylim=(0, 2))
axis.legend(fontsize=8)

# %%
# The folds' labels are as noisy as those of the training samples, one in nine wrong, and each network
# sees fewer rows: so their loss is higher than the test samples'. What matters is where it is lowest.
