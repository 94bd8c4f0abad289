"""Layers that work block by block give the same whatever the blocks, and in memory that the batch does not fill."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.activations import ReLU, Tanh
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import (
    Activation,
    AveragePool2D,
    Conv2D,
    Dropout,
    Layer,
    MaxPool2D,
    activation,
    convolution,
    pooling,
)

LAYERS = [
    Conv2D(3, activation=Tanh(), padding="same"),
    Conv2D(2, 2, strides=2),
    MaxPool2D(),
    MaxPool2D(3, strides=1),
    AveragePool2D(),
    Activation(ReLU()),
]


def passes(layer: Layer, x: np.ndarray) -> list[np.ndarray]:
    """Give output, input gradient, parameter gradient and statistics of one step."""
    net = Network([Dropout(0.0), layer], x.shape[1:], np.float64)
    net.initialize(np.random.RandomState(0))
    ws, gradients = Workspace(net, len(x), training=True, rng=np.random.default_rng(0)), net.parameters.gradients()
    ws.load(x)
    net.forward(ws)
    y = ws.output.copy()
    np.copyto(ws.output_gradient, np.cos(np.arange(y.size)).reshape(y.shape))
    net.backward(ws, gradients)
    return [y, ws.layers[1].dx.copy(), gradients.values, net.parameters.state]


@pytest.mark.parametrize("elements", [1, 200, 500])
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_blocks_make_no_difference(layer: Layer, elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.RandomState(0).standard_normal((7, 4, 5, 2))
    expected = passes(layer, x)
    for module in (activation, convolution, pooling):
        monkeypatch.setattr(module, "BLOCK_ELEMENTS", elements)
    for got, one_block in zip(passes(layer, x), expected, strict=True):
        assert_allclose(got, one_block, rtol=1e-11, atol=1e-13)


def test_columns_do_not_grow_with_the_batch() -> None:
    net = Network([Conv2D(32, padding="same")], (32, 32, 32), np.float32)

    def columns(n: int) -> int:
        memory = Workspace(net, n, training=True).memory
        return sum(array.nbytes for name, array in memory.items() if name.startswith("0 "))

    assert columns(128) == columns(1) < 16 * 2**20


def test_of_equal_numbers_the_first_takes_the_gradient() -> None:
    x = np.zeros((1, 2, 4, 1))
    _, dx, _, _ = passes(MaxPool2D(), x)
    assert_array_equal(dx[0, :, :, 0] != 0, [[True, False, True, False], [False, False, False, False]])
