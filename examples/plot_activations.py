"""
Activation functions
====================

Every function that ``activation`` can name, and its derivative.
"""

# sphinx_gallery_thumbnail_number = 10

import matplotlib.pyplot as plt
import numpy as np

from sknn.activations import ACTIVATIONS
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import Activation

z = np.linspace(-4, 4, 401)[:, None]


def value_and_slope(function):
    """Run a function forward and backward, as a layer of a network does."""
    # Of two layers the first is given no gradient by its input, so the function stands second.
    network = Network([Activation(ACTIVATIONS["identity"]()), Activation(function)], (1,), np.float64)
    ws = Workspace(network, len(z), training=True)
    ws.load(z)
    network.forward(ws)
    ws.output_gradient[:] = 1.0
    network.backward(ws, network.parameters.gradients())
    return ws.output[:, 0], ws.layers[1].dx[:, 0]


for name, kind in ACTIVATIONS.items():
    y, slope = value_and_slope(kind())
    figure, axis = plt.subplots(figsize=(3.6, 2.6), layout="constrained")
    axis.axhline(0, color="0.8", linewidth=0.8)
    axis.axvline(0, color="0.8", linewidth=0.8)
    axis.plot(z[:, 0], y, label="f(z)")
    axis.plot(z[:, 0], slope, "--", label="f'(z)")
    axis.set(title=name, xlim=(-4, 4), ylim=(-2, 4))
    axis.legend(fontsize=8, loc="upper left")
