"""
Vanishing and exploding gradients
=================================

Backpropagation multiplies the gradient by each layer's weights and slopes on its way to the input.
If those factors are less than one on the whole, little of it arrives; if greater, too much.
"""

# sphinx_gallery_thumbnail_number = 2

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch
from sknn.initializers import Normal
from sknn.plotting import GradientFlowDisplay

X, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

deep = {"hidden_layer_sizes": (64,) * 12, "random_state": 0}

# %%
# The disease
# -----------
#
# The slope of the logistic function is at most 1/4. Twelve such layers leave next to nothing of the
# gradient: each line is the norm of the gradient by the weights of each layer, at the initial
# weights.

sigmoid = MLPClassifierScratch(activation="logistic", **deep)
first = GradientFlowDisplay.from_estimator(sigmoid, X_train, y_train, name="logistic")

# %%
# Remedies
# --------
#
# A rectifier's slope is 1 wherever it is not 0, and He's initial weights make up for the half that is.
# Batch normalization and residual connections mend even the logistic network: the first rescales what
# enters each function, the second gives the gradient a way around it. (Layer normalization does less
# here: what it divides by has the logistic function's mean of one half in it.)

remedies = {
    "logistic": sigmoid,
    "logistic, layer normalization": MLPClassifierScratch(activation="logistic", normalization="layer", **deep),
    "logistic, batch normalization": MLPClassifierScratch(activation="logistic", normalization="batch", **deep),
    "logistic, residual": MLPClassifierScratch(activation="logistic", residual=True, **deep),
    "relu, he_normal": MLPClassifierScratch(weight_init="he_normal", **deep),
}
figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
for name, net in remedies.items():
    display = GradientFlowDisplay.from_estimator(net, X_train, y_train, name=name, ax=axis)

# %%
# Norms that differ by a factor of ten are no trouble; by a million they are. Twenty epochs of training
# show it.

for name, net in remedies.items():
    for _ in range(20):
        net.partial_fit(X_train, y_train, classes=np.arange(10))
    print(f"{name:31} test accuracy {net.score(X_test, y_test):.3f}")

# %%
# The opposite
# ------------
#
# Weights that are too large make the signal, and with it the gradient, far too large in every layer. The first
# steps then throw the weights far away, and the loss overflows. ``max_grad_norm`` shortens the gradient wherever it
# is longer than that.

figure, (left, right) = plt.subplots(ncols=2, figsize=(10, 4), layout="constrained")
for name, init in {"he_normal": "he_normal", "Normal(0.25)": Normal(0.25)}.items():
    net = MLPClassifierScratch(weight_init=init, **deep)
    display = GradientFlowDisplay.from_estimator(net, X_train, y_train, name=f"relu, {name}", ax=left)

for limit in (None, 1.0):
    net = MLPClassifierScratch(
        weight_init=Normal(0.25), solver="sgd", learning_rate_init=0.01, max_grad_norm=limit, **deep
    )
    try:
        for _ in range(30):
            net.partial_fit(X_train, y_train, classes=np.arange(10))
    except ValueError as error:
        print(f"max_grad_norm={limit}: {error}")
    else:
        print(f"max_grad_norm={limit}: training accuracy {net.score(X_train, y_train):.3f}")
        right.plot(net.loss_curve_, "o-", label=f"max_grad_norm={limit}")
right.set(xlabel="epoch", ylabel="training loss", yscale="log")
right.legend()
