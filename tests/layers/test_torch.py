"""Forward, gradients and ten steps of training equal torch's layer of the same name, with its weights copied in.

The references are made by ``reference/make.py``.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import (
    GRU,
    LSTM,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Embedding,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    SimpleRNN,
)

RATE, STEPS, TOLERANCE = 0.05, 10, 1e-9

Arrays = Mapping[str, np.ndarray]
Fill = Callable[[Any, Arrays], None]


def nothing(p: Any, torch: Arrays) -> None:
    pass


def dense(p: Any, torch: Arrays) -> None:
    p.W[:-1], p.W[-1] = torch["weight"].T, torch["bias"]


def convolution(p: Any, torch: Arrays) -> None:
    p.W[:-1] = np.moveaxis(torch["weight"], (0, 1), (-1, -2)).reshape(-1, len(torch["weight"]))
    p.W[-1] = torch["bias"]


def norm(p: Any, torch: Arrays) -> None:
    p.gain[:], p.shift[:] = torch["weight"], torch["bias"]
    if hasattr(p, "variance") and "running_var" in torch:
        p.mean[:], p.variance[:] = torch["running_mean"], torch["running_var"]


def embedding(p: Any, torch: Arrays) -> None:
    p.W[:] = torch["weight"]


def gates(array: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Put the gates, blocks of the first axis in torch, into another order, and on the last axis."""
    blocks = np.split(array, len(order))
    return np.concatenate([blocks[k] for k in order]).T


def rnn(p: Any, torch: Arrays, order: tuple[int, ...] = (0,), end: str = "_l0") -> None:
    W, U = gates(torch[f"weight_ih{end}"], order), gates(torch[f"weight_hh{end}"], order)
    p.W[...] = np.vstack([W, U, gates(torch[f"bias_ih{end}"], order)])


def lstm(p: Any, torch: Arrays, end: str = "_l0") -> None:
    rnn(p, torch, (3, 0, 1, 2), end)  # torch has [i, f, g, o]


def gru(p: Any, torch: Arrays, end: str = "_l0") -> None:
    W = gates(torch[f"weight_ih{end}"], (2, 0, 1))  # torch has [r, z, n]
    p.W[...] = np.vstack([W, gates(torch[f"bias_ih{end}"], (2, 0, 1))])
    p.U[...] = torch[f"weight_hh{end}"].T
    p.shift[...] = np.split(torch[f"bias_hh{end}"], 3)[2]


def both_ways(fill: Any) -> Fill:
    def fill_both(p: Any, torch: Arrays) -> None:
        fill(p.ahead, torch)
        fill(p.back, torch, end="_l0_reverse")

    return fill_both


class Case(NamedTuple):
    """Layers, and for each what copies torch's arrays into its parameters."""

    layers: list[Layer]
    fills: list[Fill]
    channels_last: bool = False


def image(layer: Layer, fill: Fill = nothing) -> Case:
    return Case([layer], [fill], channels_last=True)


CASES = {
    "dense": Case([Dense(3)], [dense]),
    "conv1d": image(Conv1D(3), convolution),
    "conv1d-strided-dilated": image(Conv1D(3, 2, strides=2, dilation=3), convolution),
    "conv1d-same": image(Conv1D(2, 5, padding="same"), convolution),
    "conv2d": image(Conv2D(3, (3, 2)), convolution),
    "conv2d-strided": image(Conv2D(3, 3, strides=(2, 3)), convolution),
    "conv2d-strided-rest": image(Conv2D(3, 2, strides=(2, 3), dilation=2), convolution),
    "conv2d-dilated": image(Conv2D(2, 3, dilation=2), convolution),
    "conv2d-same": image(Conv2D(2, (3, 5), padding="same"), convolution),
    "conv2d-same-even": image(Conv2D(2, (2, 4), padding="same"), convolution),
    "conv2d-same-dilated": image(Conv2D(2, 3, padding="same", dilation=2), convolution),
    "conv2d-same-strided": image(Conv2D(2, 3, padding="same", strides=2), convolution),
    "max-pool": image(MaxPool2D()),
    "max-pool-overlapping": image(MaxPool2D(3, strides=2)),
    "average-pool": image(AveragePool2D((2, 3))),
    "average-pool-overlapping": image(AveragePool2D(3, strides=1)),
    "global-average-pool": image(GlobalAveragePool2D()),
    "batch-norm": image(BatchNorm(), norm),
    "batch-norm-options": image(BatchNorm(momentum=0.3, epsilon=0.01), norm),
    "batch-norm-sequence": image(BatchNorm(), norm),
    "batch-norm-image": image(BatchNorm(), norm),
    "layer-norm": Case([LayerNorm()], [norm]),
    "layer-norm-sequence": Case([LayerNorm(epsilon=0.01)], [norm]),
    "embedding": Case([Embedding(6, 3)], [embedding]),
    "simple-rnn": Case([SimpleRNN(3)], [rnn]),
    "simple-rnn-sequences": Case([SimpleRNN(3, return_sequences=True)], [rnn]),
    "gru": Case([GRU(3)], [gru]),
    "gru-sequences": Case([GRU(3, return_sequences=True)], [gru]),
    "lstm": Case([LSTM(3)], [lstm]),
    "lstm-sequences": Case([LSTM(3, return_sequences=True)], [lstm]),
    "lstm-stacked": Case([LSTM(3, return_sequences=True), LSTM(3)], [lstm, lambda p, torch: lstm(p, torch, end="_l1")]),
    "bidirectional-gru": Case([Bidirectional(GRU(3))], [both_ways(gru)]),
    "bidirectional-lstm-sequences": Case([Bidirectional(LSTM(3, return_sequences=True))], [both_ways(lstm)]),
}


class Source(Layer):
    """Stands before the layers under test, which then have a ``dx`` to fill."""

    keeps_steps = True

    def plan(self, input_shape: tuple[int, ...]) -> Any:
        return SimpleNamespace(output_shape=input_shape, parameters={}, scratch={}, backward_scratch={})

    def forward(self, p: Any, b: Any) -> None:
        np.copyto(b.y, b.x)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        pass


class Run:
    """One case: torch's record of it, and the same network here."""

    def __init__(self, name: str) -> None:
        case, path = CASES[name], Path(__file__).parent / "reference" / f"{name}.npz"
        with np.load(path) as file:
            self.torch = {key: file[key] for key in file.files}
        self.layout = (lambda a: np.moveaxis(a, 1, -1)) if case.channels_last else (lambda a: a)
        self.x, self.target = (self.layout(self.torch[key]) for key in ("x", "target"))
        self.net = Network([Source(), *case.layers], self.x.shape[1:], np.float64)
        self.fills = case.fills
        self.fill("start", self.net.parameters)
        self.gradients = self.net.parameters.gradients()
        self.ws = Workspace(self.net, len(self.x), training=True)

    def fill(self, prefix: str, parameters: Any) -> None:
        arrays = {key.split()[1]: a for key, a in self.torch.items() if key.startswith(prefix + " ")}
        for i, fill in enumerate(self.fills, 1):
            fill(parameters[i], arrays)

    def step(self) -> None:
        ws = self.ws
        ws.load(self.x)
        self.net.forward(ws)
        ws.output_gradient[...] = (ws.output - self.target) / len(self.x)
        self.net.backward(ws, self.gradients)
        self.net.parameters.values -= RATE * self.gradients.values


@pytest.mark.parametrize("name", CASES)
def test_forward_and_gradients_equal_torch(name: str) -> None:
    run = Run(name)
    expected = run.net.parameters.gradients()
    run.fill("gradient", expected)
    run.step()
    assert_allclose(run.ws.output, run.layout(run.torch["y"]), rtol=TOLERANCE, atol=TOLERANCE)
    assert_allclose(run.gradients.values, expected.values, rtol=TOLERANCE, atol=TOLERANCE)
    if "dx" in run.torch:
        assert_allclose(run.ws.layers[0].dy, run.layout(run.torch["dx"]), rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("name", CASES)
def test_training_equals_torch(name: str) -> None:
    run = Run(name)
    expected = run.net.parameters.copy()
    run.fill("end", expected)
    for _ in range(STEPS):
        run.step()
    assert_allclose(run.net.parameters.values, expected.values, rtol=TOLERANCE, atol=TOLERANCE)
    assert_allclose(run.net.parameters.state, expected.state, rtol=TOLERANCE, atol=TOLERANCE)
    predicted = run.net.predict(run.x)
    assert_allclose(predicted, run.layout(run.torch["predicted"]), rtol=TOLERANCE, atol=TOLERANCE)


def test_every_reference_is_used_and_small() -> None:
    files = {path.stem: path.stat().st_size for path in (Path(__file__).parent / "reference").glob("*.npz")}
    assert set(files) == set(CASES)
    assert max(files.values()) < 100_000
