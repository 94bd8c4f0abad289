"""Every row of the layer table keeps the contract of `sknn.layers.base`."""

import copy
import gc
import pickle
import tracemalloc
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import pytest
from layer_table import ROWS, Row
from numpy.testing import assert_allclose, assert_array_equal

from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import Layer, Plan

every_row = pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
# The others make noise, or normalize by the batch, in training only.
QUIET = [row for row in ROWS if not row.layer.random and "variance" not in str(row.layer.plan(row.shape).parameters)]


@dataclass(frozen=True)
class Source(Layer):
    """Stands before the layer under test, which then has a ``dx`` to fill."""

    def plan(self, input_shape: tuple[int, ...]) -> Plan:
        return Plan(input_shape)

    def forward(self, p: Any, b: Any) -> None:
        np.copyto(b.y, b.x)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        pass


def poison(array: np.ndarray) -> None:
    array[...] = np.nan if array.dtype.kind == "f" else True if array.dtype.kind == "b" else -(10**9)


def poisoned_empty(*arguments: Any, empty: Any = np.empty) -> np.ndarray:
    array = empty(*arguments)
    poison(array)
    return array


class Case:
    """A layer after a `Source`, with parameters off their initial values, and the loss sum(factors * output)."""

    def __init__(self, row: Row, n: int, dtype: Any = np.float64, source: bool = True) -> None:
        rng = np.random.RandomState(0)
        self.net = Network([Source(), row.layer] if source else [row.layer], row.shape, dtype)
        self.net.initialize(rng)
        values = self.net.parameters.values
        values += 0.3 * rng.standard_normal(values.shape).astype(dtype)
        self.gradients = self.net.parameters.gradients()
        self.x = row.input(rng, n).astype(dtype)
        self.factors = rng.standard_normal((n, *self.net.shapes[-1])).astype(dtype)

    def workspace(self, n: int, training: bool = True) -> Workspace:
        """Make a workspace whose every array starts as NaN."""
        with mock.patch.object(np, "empty", poisoned_empty):
            return Workspace(self.net, n, training=training, rng=np.random.default_rng(0))

    def forward(self, ws: Workspace, x: np.ndarray | None = None) -> float:
        """Do a forward pass, with the same noise each time, and give the loss."""
        n = ws.batch_size
        if ws.rng is not None:
            ws.rng.bit_generator.state = np.random.default_rng(0).bit_generator.state
        ws.load(self.x[:n] if x is None else x)
        self.net.forward(ws)
        return float(np.sum(self.factors[:n] * ws.output))

    def backward(self, ws: Workspace) -> None:
        poison(self.gradients.values)
        np.copyto(ws.output_gradient, self.factors[: ws.batch_size])
        self.net.backward(ws, self.gradients)

    def results(self, ws: Workspace) -> list[np.ndarray]:
        """Do both passes, and give copies of what comes out."""
        self.forward(ws)
        y = ws.output.copy()
        self.backward(ws)
        return [y, self.gradients.values.copy(), *([ws.layers[0].dy.copy()] if len(ws.layers) > 1 else [])]


def derivative(f: Callable[[], float], array: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Differentiate ``f`` by every element of ``array``, by central differences of fourth order."""
    out = np.empty(array.shape)
    for i in np.ndindex(array.shape):
        here = array[i]
        values = []
        for k in (-2, -1, 1, 2):
            array[i] = here + k * step
            values.append(f())
        array[i] = here
        out[i] = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)
    return out


@pytest.mark.parametrize("n", [1, 4])
@every_row
def test_gradients_equal_differences(row: Row, n: int) -> None:
    case = Case(row, n)
    ws = case.workspace(n)
    _, gradient, dx = case.results(ws)
    expected = derivative(lambda: case.forward(ws), case.net.parameters.values)
    assert_allclose(gradient, expected, rtol=1e-7, atol=1e-8)
    if row.codes is None:
        assert_allclose(dx, derivative(lambda: case.forward(ws), case.x), rtol=1e-7, atol=1e-8)


@every_row
def test_first_layer_needs_no_input_gradient(row: Row) -> None:
    second, first = Case(row, 4), Case(row, 4, source=False)
    _, expected, _ = second.results(second.workspace(4))
    _, gradient = first.results(first.workspace(4))
    assert_allclose(gradient, expected, rtol=1e-13)


@pytest.mark.parametrize("n", [1, 4])
@every_row
def test_second_pass_gives_the_same(row: Row, n: int) -> None:
    case = Case(row, n)
    ws = case.workspace(n)
    for first, second in zip(case.results(ws), case.results(ws), strict=True):
        assert_array_equal(first, second)


@every_row
def test_float32_stays_float32(row: Row) -> None:
    single, double = Case(row, 4, np.float32), Case(row, 4)
    ws = single.workspace(4)
    assert {array.dtype.char for array in ws.memory.values()} <= set("f?li")
    for got, expected in zip(single.results(ws), double.results(double.workspace(4)), strict=True):
        assert got.dtype == np.float32
        if not row.layer.random:
            assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_row
def test_no_array_is_allocated_in_a_pass(row: Row, dtype: Any) -> None:
    n = 3000
    case = Case(row, n, dtype)
    ws = case.workspace(n)
    case.results(ws)
    parts = list(zip(case.net.layers, ws.layers, strict=True))
    buffer = np.setbufsize(16)  # a ufunc on mixed types works in a buffer of 8192 elements otherwise
    tracemalloc.start()
    try:
        for i, (layer, b) in enumerate(parts):
            layer.forward(case.net.parameters[i], b)
        for i, (layer, b) in reversed(list(enumerate(parts))):
            layer.backward(case.net.parameters[i], case.gradients[i], b)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        np.setbufsize(buffer)
    assert peak < 3000 * np.dtype(dtype).itemsize


@every_row
def test_workspace_for_predicting_has_no_deltas(row: Row) -> None:
    case = Case(row, 4)
    ws = case.workspace(4, training=False)
    wanted = case.net.plans[1].scratch
    assert set(ws.memory) == {"edge 0", "edge 1", "edge 2", *(f"1 {name}" for name in wanted)}
    assert ws.layers[1].dy is None
    assert ws.layers[1].dx is None
    case.forward(ws)
    assert np.isfinite(ws.output).all()


@pytest.mark.parametrize("row", QUIET, ids=[row.id for row in QUIET])
def test_predicting_equals_training_without_noise(row: Row) -> None:
    case = Case(row, 4)
    training, predicting = case.workspace(4), case.workspace(4, training=False)
    case.forward(training)
    case.forward(predicting)
    assert_allclose(predicting.output, training.output, rtol=1e-13)
    assert_allclose(case.net.predict(case.x), training.output, rtol=1e-13)


@every_row
def test_layer_is_a_value(row: Row) -> None:
    for other in (pickle.loads(pickle.dumps(row.layer)), copy.deepcopy(row.layer)):
        assert other == row.layer
        assert repr(other) == repr(row.layer)
    assert repr(row.layer).startswith(type(row.layer).__name__ + "(")


@pytest.mark.parametrize("row", [row for row in ROWS if row.wrong_shape is not None], ids=lambda row: row.id)
def test_wrong_shape_is_answered(row: Row) -> None:
    with pytest.raises(ValueError, match=r"needs .*; got \(") as caught:
        row.layer.plan(row.wrong_shape)
    assert str(row.wrong_shape) in str(caught.value)


@pytest.mark.parametrize("scale", [30.0, 300.0])
@pytest.mark.parametrize("row", [row for row in ROWS if row.codes is None], ids=lambda row: row.id)
def test_inputs_that_nobody_scaled_make_no_subnormal_numbers(row: Row, scale: float) -> None:
    case = Case(row, 64, np.float32)
    case.x *= np.float32(scale)
    every = np.concatenate([array.ravel() for array in case.results(case.workspace(64))])
    subnormal = (every != 0) & (np.abs(every) < np.finfo(np.float32).tiny)
    assert not subnormal.any()


@every_row
@pytest.mark.parametrize("training", [False, True])
def test_arrays_go_with_their_workspace(row: Row, training: bool) -> None:
    """No layer makes a circle of references, which would keep them until Python looks for such."""
    case = Case(row, 4)
    gc.collect()
    gc.disable()
    try:
        ws = case.workspace(4, training)
        case.forward(ws)
        left = [weakref.ref(array) for array in ws.memory.values()]
        del ws
        assert not [ref for ref in left if ref() is not None]
    finally:
        gc.enable()
