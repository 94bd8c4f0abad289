"""Layers that work block by block give the same whatever the blocks, and in memory that the batch does not fill."""

from collections.abc import Iterator
from itertools import product
from threading import get_ident
from time import sleep
from typing import Any
from unittest import mock

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.activations import GELU, ReLU, Tanh
from sknn.core.crew import ALONE, Crew
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import (
    Activation,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    MaxPool2D,
    NTKDense,
    Residual,
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


def passes(layer: Layer, x: np.ndarray, members: Crew = ALONE) -> list[np.ndarray]:
    """Give output, input gradient, parameter gradient and statistics of one step."""
    net = Network([Dropout(0.0), layer], x.shape[1:], np.float64)
    net.initialize(np.random.RandomState(0))
    ws = Workspace(net, len(x), training=True, rng=np.random.default_rng(0), crew=members)
    gradients = net.parameters.gradients()
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


def poisoned_empty(shape: tuple[int, ...], dtype: Any, order: Any, place: int) -> np.ndarray:
    return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else 1, dtype, order)


def test_pieces_of_products_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.RandomState(0).standard_normal((4, 8, 8, 3))
    layer = Conv2D(5, padding="same", activation=ReLU())
    monkeypatch.setattr("sknn.core.affine.unpacked", lambda: 0)
    expected = passes(layer, x)
    monkeypatch.setattr("sknn.core.affine.unpacked", lambda: 32 * 28 * 5)
    stacks = []
    monkeypatch.setattr(
        convolution, "_stacks", lambda *arrays, make=convolution._stacks: stacks.append(make(*arrays)) or stacks[-1]
    )
    with mock.patch("sknn.core.workspace.empty", poisoned_empty):
        in_pieces = passes(layer, x)
    for got, whole in zip(in_pieces, expected, strict=True):
        assert_allclose(got, whole, rtol=1e-11, atol=1e-13)
    assert {columns.shape[:2] for columns, _ in stacks} == {(8, 32)}  # four samples of 64 places


@pytest.fixture(params=[2, 3], ids="{} threads".format)
def members(request: pytest.FixtureRequest) -> Iterator[Crew]:
    """A crew, whatever BLAS allows here."""
    with Crew(request.param) as crew:
        yield crew


SHARING = [
    Conv2D(3, activation=Tanh(), padding="same"),
    Conv2D(2, 2, strides=2, activation=GELU()),
    Residual((Conv2D(2, padding="same", activation=Tanh()),)),
]


@pytest.mark.parametrize("n", [1, 3, 4, 7])
@pytest.mark.parametrize("elements", [1, 200, 500, 10**6])
@pytest.mark.parametrize("layer", SHARING, ids=str)
def test_threads_make_no_difference(
    layer: Layer, elements: int, n: int, members: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert layer.shares
    x = np.random.RandomState(0).standard_normal((n, 4, 5, 2))
    expected = passes(layer, x)
    monkeypatch.setattr(convolution, "BLOCK_ELEMENTS", elements)
    with mock.patch("sknn.core.workspace.empty", poisoned_empty):
        results = passes(layer, x, members)
    for got, alone in zip(results, expected, strict=True):
        assert_allclose(got, alone, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("n", [1, 3, 7])
@pytest.mark.parametrize("least", [1, 10**6])
def test_threads_normalize_a_batch_together(n: int, least: int, members: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.RandomState(0).standard_normal((n, 4, 5, 2))
    expected = passes(BatchNorm(), x)
    monkeypatch.setattr("sknn.core.crew.LEAST_ELEMENTS", least)
    rows = []
    share = members.share
    monkeypatch.setattr(members, "share", lambda part, parts: rows.extend(parts) or share(part, parts))
    with mock.patch("sknn.core.workspace.empty", poisoned_empty):
        results = passes(BatchNorm(), x, members)
    for got, alone in zip(results, expected, strict=True):
        assert_allclose(got, alone, rtol=1e-11, atol=1e-13)
    assert len(rows) == 5 * (members.size if least == 1 else 1)


def test_every_thread_has_memory_of_its_own(members: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolution, "BLOCK_ELEMENTS", 1)
    net = Network([Dropout(0.0), Conv2D(2, activation=GELU())], (4, 5, 2), np.float64)
    shares = Workspace(net, 7, training=True, crew=members).layers[1].shares
    blocks = [(t, k) for t, share in enumerate(shares) for k in share]
    assert len(blocks) == 7
    for name in ("inside", "windows", "columns", "dy_inside", "dy_windows", "dy_columns", "sum", "part"):
        arrays = [(t, getattr(k, name)) for t, k in blocks]
        for (t, array), (u, other) in product(arrays, repeat=2):
            assert np.may_share_memory(array, other) == (t == u)


def test_threads_of_a_crew_convolve(members: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolution, "BLOCK_ELEMENTS", 1)
    threads = set()

    class Watching(Tanh):
        def forward(self, z: np.ndarray, y: np.ndarray, s: Any) -> None:
            threads.add(get_ident())
            sleep(0.01)
            super().forward(z, y, s)

    passes(Conv2D(2, activation=Watching()), np.zeros((7, 4, 5, 2)), members)
    assert 1 < len(threads) <= members.size


@pytest.mark.parametrize("layer", [Dense(5, Tanh()), NTKDense(5)], ids=str)
def test_threads_make_no_difference_to_products(layer: Layer, members: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.RandomState(0).standard_normal((6, 7))
    expected = passes(layer, x)
    monkeypatch.setattr("sknn.core.threads.FLOPS_PER_THREAD", 1.0)
    for got, alone in zip(passes(layer, x, members), expected, strict=True):
        assert_allclose(got, alone, rtol=1e-11, atol=1e-13)


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
