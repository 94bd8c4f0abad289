"""A workspace allocates once, for one batch size; the passes then fill its arrays and make no others."""

import tracemalloc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy import sparse

from sknn.activations import ACTIVATIONS, ReLU, Tanh
from sknn.core.kernels import BLOCK_ELEMENTS
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.core.workspace import Workspace
from sknn.layers import Buffer, Conv2D, Dense, Flatten, Layer, Plan, RandomFlip
from sknn.losses import BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError
from sknn.optimizers import OPTIMIZERS, SGD


@dataclass(frozen=True)
class Scratch(Layer):
    """Declares scratch of every kind, and prepares a constant."""

    random: ClassVar[bool] = True

    def plan(self, input_shape):
        return Plan(
            input_shape,
            scratch={"kept": Buffer(input_shape, "bool"), "table": Buffer((2, 5), "int", per_sample=False)},
            backward_scratch={"slope": Buffer((*input_shape, 2))},
        )

    def prepare(self, b):
        b.table[:] = 3

    def forward(self, p, b):
        np.copyto(b.y, b.x)

    def backward(self, p, g, b):
        np.copyto(b.dx, b.dy)


def make_network(dtype=np.float64, activation=None, widths=(5, 4)):
    activation = activation or Tanh()
    layers = [*(Dense(units, activation) for units in widths), Dense(3)]
    network = Network(layers, (6,), dtype)
    network.initialize(np.random.RandomState(0))
    return network


def batch(rows, dtype=np.float64, n_features=6, n_outputs=3):
    rng = np.random.default_rng(rows)
    arrays = rng.normal(size=(rows, n_features)), rng.normal(size=(rows, n_outputs)), rng.uniform(0, 2, (rows, 1))
    return [array.astype(dtype) for array in arrays]


def evaluate(ws, X, y, weight):
    objective = Objective(ws.network, SquaredError(), Penalty(0.1))
    ws.load(X)
    return objective.evaluate(ws, y, weight), objective.gradients.values


def test_arrays_have_the_rows_of_the_batch_and_the_dtype_of_the_network():
    ws = Workspace(make_network(np.float32), 7, training=True)
    assert ws.input.shape == (7, 6)
    assert ws.output.shape == ws.output_gradient.shape == ws.loss_scratch.shape == (7, 3)
    for name, array in ws.memory.items():
        assert len(array) == 7, name
        assert array.dtype == np.float32, name


def test_one_layer_writes_where_the_next_one_reads():
    ws = Workspace(make_network(), 7, training=True)
    for before, after in zip(ws.layers, ws.layers[1:], strict=False):
        assert np.shares_memory(before.y, after.x)
        assert before.dy is after.dx
    assert np.shares_memory(ws.input, ws.layers[0].x)
    assert ws.layers[-1].y is ws.output
    assert ws.layers[-1].dy is ws.output_gradient


def test_no_two_arrays_overlap():
    arrays = list(Workspace(make_network(), 7, training=True).memory.values())
    for i, one in enumerate(arrays):
        assert not any(np.shares_memory(one, other) for other in arrays[:i])


def test_input_of_a_layer_with_bias_ends_in_ones():
    ws = Workspace(make_network(), 7, training=True)
    for b, width in zip(ws.layers, (6, 5, 4), strict=True):
        assert b.x.shape == (7, width + 1)
        np.testing.assert_array_equal(b.x[:, -1], 1.0)
    X, y, weight = batch(7)
    evaluate(ws, X, y, weight)
    for b in ws.layers:
        np.testing.assert_array_equal(b.x[:, -1], 1.0)


def test_gradient_of_the_data_is_not_computed():
    assert Workspace(make_network(), 7, training=True).layers[0].dx is None


def test_gradient_before_a_layer_that_changes_the_data_is_not_computed():
    network = Network([RandomFlip(), Conv2D(2), Flatten(), Dense(2)], (4, 4, 1), np.float64)
    assert [b.dx is None for b in Workspace(network, 7, training=True).layers] == [True, True, False, False]


def test_predicting_workspace_has_no_deltas():
    predicting, training = Workspace(make_network(), 7), Workspace(make_network(), 7, training=True)
    assert predicting.output_gradient is None
    assert not hasattr(predicting, "loss_scratch")
    assert all(b.dx is None and b.dy is None for b in predicting.layers)
    assert predicting.memory.keys() < training.memory.keys()
    assert not any(b.training for b in predicting.layers)
    assert all(b.training for b in training.layers)


def test_predicting_workspace_gives_the_outputs_of_a_training_one():
    network = make_network()
    X, _, _ = batch(7)
    outputs = []
    for training in (False, True):
        ws = Workspace(network, 7, training=training)
        ws.load(X)
        network.forward(ws)
        outputs.append(ws.output.copy())
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize("training", [False, True])
def test_scratch_is_what_the_plan_asked_for(training):
    rng = np.random.default_rng(0)
    ws = Workspace(Network([Scratch(), Dense(2)], (4,), np.float32), 7, training=training, rng=rng)
    b = ws.layers[0]
    assert b.rng is rng
    assert b.kept.shape == (7, 4)
    assert b.kept.dtype == bool
    assert b.table.shape == (2, 5)
    assert b.table.dtype.kind == "i"
    assert (b.table == 3).all()
    assert hasattr(b, "slope") == training
    if training:
        assert b.slope.shape == (7, 4, 2)
        assert b.slope.dtype == np.float32


def test_products_are_written_to_contiguous_memory():
    """Beside the column of ones too: BLAS then needs no copy."""
    for b in Workspace(make_network(), 7, training=True).layers:
        for array in (b.y, b.z, b.dx, b.dy):
            assert array is None or array.flags.forc


def assert_same(actual, expected):
    assert actual[0] == pytest.approx(expected[0], rel=1e-14)
    np.testing.assert_allclose(actual[1], expected[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("rows", [1, 7])
def test_used_workspace_gives_what_a_fresh_one_gives(rows, container):
    network, is_sparse = make_network(), container is not np.asarray
    X, y, weight = batch(rows)
    used = Workspace(network, rows, training=True, sparse=is_sparse)
    evaluate(used, container(1e3 * X), y - 1.0, weight)
    fresh = Workspace(network, rows, training=True, sparse=is_sparse)
    assert_same(evaluate(used, container(X), y, weight), evaluate(fresh, container(X), y, weight))


def test_workspaces_of_one_network_do_not_meet():
    """Another forward pass, of more rows, changes nothing for the backward pass of the first."""
    network, loss = make_network(), SquaredError()
    X, y, weight = batch(4)
    expected = evaluate(Workspace(network, 4, training=True), X, y, weight)
    first, second = Workspace(network, 4, training=True), Workspace(network, 7, training=True)
    first.load(X)
    second.load(batch(7)[0])
    network.forward(first)
    network.forward(second)
    value = loss.value_and_gradient(first.output, y, weight, first.output_gradient, first.loss_scratch)
    gradients = network.parameters.gradients()
    network.backward(first, gradients)
    value += Penalty(0.1).value_and_gradient(network.parameters, gradients, 1 / 4, None)
    assert_same((value, gradients.values), expected)


@pytest.mark.parametrize("given", [np.float64, np.float32, np.uint8, np.int64, bool])
def test_load_casts_and_leaves_the_data_alone(given):
    ws = Workspace(make_network(np.float32), 7, training=True)
    X = np.arange(42).reshape(7, 6).astype(given)
    X.flags.writeable = False
    before = X.copy()
    _, y, weight = batch(7, np.float32)
    evaluate(ws, X, y, weight)
    assert ws.input.dtype == np.float32
    np.testing.assert_array_equal(ws.input, before.astype(np.float32))
    np.testing.assert_array_equal(X, before)
    assert not any(np.shares_memory(X, array) for array in ws.memory.values())


def test_load_takes_no_complex_numbers():
    with pytest.raises(TypeError, match="complex128"):
        Workspace(make_network(), 7).load(np.ones((7, 6), complex))


def test_load_binds_sparse_data():
    ws = Workspace(make_network(), 7, sparse=True)
    X = sparse.csr_matrix(np.eye(7, 6))
    ws.load(X)
    assert ws.layers[0].x is X
    assert ws.input is None
    assert "edge 0" not in ws.memory


@pytest.fixture
def small_ufunc_buffers():
    """Shrink the buffers in which NumPy casts a few elements at a time, so that they do not hide an array."""
    size = np.setbufsize(16)
    yield
    np.setbufsize(size)


ROWS = 256
FEW_BYTES = 4096  # an array of one column and ROWS rows would be counted twice over
TRAINING = {
    "softmax": (SoftmaxCrossEntropy(), (48, 40), Penalty(0.1)),
    "logistic": (BinaryCrossEntropy(), (48,), Penalty(0.1)),
    "squared": (SquaredError(), (), Penalty()),
}


def allocated_in_a_step(network, loss, penalty, optimizer):
    """Give the bytes that a training step takes from the system at its worst moment."""
    dtype = network.dtype
    X, y, weight = batch(ROWS, dtype, n_features=6, n_outputs=32)
    y = np.abs(y) / np.abs(y).sum(axis=1, keepdims=True)
    objective, values = Objective(network, loss, penalty), network.parameters.values
    state = optimizer.init(values)
    ws = Workspace(network, ROWS, training=True)

    def step():
        ws.load(X)
        objective.evaluate(ws, y, weight)
        optimizer.update(values, objective.gradients.values, state, 1e-3)

    step()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def wide_network(activation, widths, dtype):
    network = Network([*(Dense(units, activation) for units in widths), Dense(32)], (6,), dtype)
    network.initialize(np.random.RandomState(0))
    return network


every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.mark.usefixtures("small_ufunc_buffers")
@every_dtype
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
@pytest.mark.parametrize(("loss", "widths", "penalty"), TRAINING.values(), ids=TRAINING.keys())
def test_training_step_allocates_nothing(dtype, activation, loss, widths, penalty):
    assert allocated_in_a_step(wide_network(activation(), widths, dtype), loss, penalty, SGD()) < FEW_BYTES


@pytest.mark.usefixtures("small_ufunc_buffers")
@every_dtype
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_update_allocates_nothing(dtype, optimizer):
    network = wide_network(ReLU(), (600, 450), dtype)
    assert network.parameters.values.size > 2 * BLOCK_ELEMENTS
    assert allocated_in_a_step(network, SquaredError(), Penalty(0.1), optimizer()) < FEW_BYTES


@pytest.mark.usefixtures("small_ufunc_buffers")
@every_dtype
def test_l1_penalty_allocates_one_block(dtype):
    network = wide_network(ReLU(), (600, 450), dtype)
    block = BLOCK_ELEMENTS * np.dtype(dtype).itemsize
    assert allocated_in_a_step(network, SquaredError(), Penalty(0.1, l1_ratio=0.5), SGD()) < block + FEW_BYTES
