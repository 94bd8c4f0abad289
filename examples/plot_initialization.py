"""
Initial weights
===============

Where training starts decides whether it gets anywhere. Zeros never do; weights that are too small or
too large lose the signal on its way through a deep network.
"""

# sphinx_gallery_thumbnail_number = 2

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch
from sknn.activations import ReLU, Tanh
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.initializers import GlorotUniform, HeNormal, LecunNormal, Normal
from sknn.layers import Dense

X, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(X)

# %%
# Zeros
# -----
#
# With all weights zero every hidden unit computes the same and gets the same gradient; with a rectifier
# even that is zero. Only the biases of the output learn, which is to say the frequencies of the classes.

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
starts = [("zeros", "relu"), ("zeros", "logistic"), ("auto", "relu"), ("auto", "logistic")]
for init, activation in starts:
    net = MLPClassifierScratch((32,), activation=activation, weight_init=init, learning_rate_init=0.01, random_state=0)
    for _ in range(20):
        net.partial_fit(X, y, classes=np.arange(10))
    different = len(np.unique(net.coefs_[0].round(6), axis=1).T)
    label = f"{init}, {activation}: {different} different units, accuracy {net.score(X, y):.2f}"
    axis.plot(range(1, 21), net.loss_curve_, "--" if init == "zeros" else "-", label=label)
axis.set(xlabel="epoch", ylabel="training loss", ylim=(0, 3.3), xticks=range(0, 21, 5))
axis.legend(fontsize=8, loc="upper right")

# %%
# The signal on its way
# ---------------------
#
# The standard deviation of the outputs of each of thirty layers. A unit with ``fan_in`` inputs adds up
# so many terms: if its weights have the variance 1 / fan_in, what comes out spreads as what went in.
# A rectifier sets half of it to zero, so it needs 2 / fan_in (He). Glorot's 2 / (fan_in + fan_out) is a
# compromise between the way forward and the way back.

figure, axes = plt.subplots(ncols=2, figsize=(10, 4), sharey=True, layout="constrained")
initializers = [Normal(0.01), Normal(0.2), GlorotUniform(), LecunNormal(), HeNormal()]
for axis, activation in zip(axes, (ReLU(), Tanh()), strict=True):
    for initializer in initializers:
        network = Network([Dense(100, activation, initializer) for _ in range(30)], (64,), np.float64)
        network.initialize(np.random.RandomState(0))
        ws = Workspace(network, len(X))
        ws.load(X)
        network.forward(ws)
        axis.plot(range(1, 31), [layer.y.std() for layer in ws.layers], label=repr(initializer))
    axis.set(xlabel="layer", yscale="log", ylim=(1e-8, 1e8), title=type(activation).__name__)
axes[0].set_ylabel("standard deviation of the outputs")
axes[0].legend(fontsize=8)
