import tracemalloc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_limits

from sknn.activations import Logistic, ReLU, Tanh
from sknn.core import predictor
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import Dense, Layer, Plan


@dataclass(frozen=True)
class Flat(Layer):
    """Takes images of two rows, and says so."""

    random: ClassVar[bool] = True

    def plan(self, input_shape):
        if len(input_shape) != 2 or input_shape[0] != 2:
            raise ValueError(f"needs images of two rows; got {input_shape}")
        return Plan((input_shape[0] * input_shape[1],))

    def forward(self, p, b):
        np.copyto(b.y, b.x.reshape(b.y.shape))

    def backward(self, p, g, b):
        np.copyto(b.dx, b.dy.reshape(b.dx.shape))


def make_network(dtype=np.float64, n_features=6):
    network = Network([Dense(5, Tanh()), Dense(4, ReLU()), Dense(3, Logistic()), Dense(2)], (n_features,), dtype)
    network.initialize(np.random.RandomState(0))
    return network


def sample(n, n_features=6):
    X = np.random.default_rng(n).normal(size=(n, n_features))
    X[np.abs(X) < 0.5] = 0.0
    return X


def plain(network, X):
    """Compute the outputs as in a textbook."""
    functions = [np.tanh, lambda z: np.maximum(z, 0), lambda z: 1 / (1 + np.exp(-z)), lambda z: z]
    for i, function in enumerate(functions):
        W = network.parameters[i].W
        X = function(X @ W[:-1] + W[-1])
    return X


@pytest.fixture
def blocks_of_32(monkeypatch):
    """Leave so little memory that the least number of rows makes a block."""
    monkeypatch.setattr(predictor, "PREDICT_BYTES", 1)


def close(actual, expected, dtype=np.float64):
    rtol, atol = (1e-12, 1e-14) if dtype == np.float64 else (1e-4, 1e-6)
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 5, 100])
def test_predict_equals_plain_numpy(dtype, n):
    network, X = make_network(dtype), sample(n)
    raw = network.predict(X)
    assert raw.dtype == dtype
    assert raw.shape == (n, 2)
    close(raw, plain(network, X), dtype)


@pytest.mark.usefixtures("blocks_of_32")
@pytest.mark.parametrize("n", [1, 31, 32, 33, 64, 71])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array], ids=["dense", "csr", "array"])
def test_predict_in_blocks_equals_one_block(n, container):
    network, X = make_network(), sample(n)
    assert predictor.Predictor(network).rows_per_block() == 32
    close(network.predict(container(X)), plain(network, X))


@pytest.mark.usefixtures("blocks_of_32")
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array], ids=["dense", "csr", "array"])
def test_predict_some_rows(container):
    network, X = make_network(), sample(50)
    rows = np.random.default_rng(0).permutation(50)[:37]
    close(network.predict(container(X), rows), plain(network, X[rows]))


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int64, bool])
def test_predict_takes_other_types_of_numbers(dtype):
    network, X = make_network(), np.abs(sample(9) * 10).astype(dtype)
    close(network.predict(X), plain(network, X.astype(np.float64)))


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix], ids=["dense", "csr"])
def test_predict_no_rows(container):
    network, X = make_network(), sample(9)
    assert network.predict(container(X[:0])).shape == (0, 2)
    assert network.predict(container(X), np.array([], int)).shape == (0, 2)


def test_predict_takes_read_only_and_strided_data():
    network, X = make_network(), sample(9)
    strided = np.asfortranarray(np.repeat(X, 2, axis=0))[::2]
    strided.flags.writeable = False
    close(network.predict(strided), plain(network, X))


@pytest.mark.usefixtures("blocks_of_32")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200])
@pytest.mark.parametrize("row", [0, 50, 99])
def test_predict_insists_on_finite_numbers(row, value):
    network, X = make_network(), sample(100)
    close(network.predict(X, finite=True), plain(network, X))
    X[row, 1] = value
    with pytest.raises(FloatingPointError, match="not finite, or too large"):
        network.predict(X, finite=True)


def test_predict_gives_an_array_of_its_own():
    network, X = make_network(), sample(9)
    first = network.predict(X)
    kept = first.copy()
    network.predict(-X)
    np.testing.assert_array_equal(first, kept)


def extra_memory(network, X, rows, threads):
    """Give the peak of memory in predict beyond its result."""
    with threadpool_limits(threads):
        network.predict(X, rows)
        tracemalloc.start()
        raw = network.predict(X, rows)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak - raw.nbytes


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("some_rows", [False, True], ids=["all", "rows"])
@pytest.mark.parametrize("threads", [1, 3])
def test_predict_many_rows_in_constant_memory(container, some_rows, threads, monkeypatch):
    monkeypatch.setattr(predictor, "PREDICT_BYTES", 2**16)
    network, extra = make_network(n_features=40), []
    for n in (2_000, 16_000):
        X = sample(n, 40)
        rows = np.arange(n - 1, -1, -1) if some_rows else None
        extra.append(extra_memory(network, container(X), rows, threads))
    assert extra[1] < 1.5 * extra[0]  # sparse blocks differ in size by chance
    assert extra[1] < threads * X.nbytes / 10


def test_samples_come_flat_or_in_shape():
    network = Network([Flat(), Dense(2)], (2, 3), np.float64)
    network.initialize(np.random.RandomState(0))
    X = sample(9)
    W = network.parameters[1].W
    close(network.predict(X), X @ W[:-1] + W[-1])
    np.testing.assert_array_equal(network.predict(X), network.predict(X.reshape(9, 2, 3)))


def test_shapes_and_plans():
    network = Network([Flat(), Dense(4), Dense(2)], (2, 3), np.float32)
    assert network.shapes == [(2, 3), (6,), (4,), (2,)]
    assert [plan.output_shape for plan in network.plans] == network.shapes[1:]
    assert network.parameters.values.size == 7 * 4 + 5 * 2
    assert network.parameters.values.dtype == np.float32


@pytest.mark.parametrize(
    ("layers", "names", "message"),
    [
        ([Flat(), Dense(2)], None, r"layer flat_1 \(Flat\) needs images of two rows; got \(6,\)"),
        ([Dense(3), Dense(4), Flat()], None, r"layer flat_1 \(Flat\) needs images of two rows; got \(4,\)"),
        ([Dense(3), Flat()], ["first", "second"], r"layer second \(Flat\) needs images of two rows; got \(3,\)"),
    ],
)
def test_error_names_the_layer(layers, names, message):
    with pytest.raises(ValueError, match=message):
        Network(layers, (6,), np.float64, names)


def test_names_tell_layers_of_one_kind_apart():
    layers = [Flat(), Dense(4), Dense(2)]
    assert Network(layers, (2, 3), np.float64).names == ["flat_1", "dense_1", "dense_2"]
    assert Network(layers, (2, 3), np.float64, ["a", "b", "c"]).names == ["a", "b", "c"]


def test_random_layers_are_known():
    assert Network([Flat(), Dense(2)], (2, 3), np.float64).random
    assert not make_network().random


def test_initialize_draws_layer_by_layer():
    network, rng = make_network(), np.random.RandomState(0)
    for i, layer in enumerate(network.layers):
        W = np.zeros_like(network.parameters[i].W)
        layer.initialize(type("p", (), {"W": W}), rng)
        np.testing.assert_array_equal(network.parameters[i].W, W)
        assert W.any()


def test_copy_is_independent():
    network, X = make_network(), sample(9)
    expected = network.predict(X)
    other = network.copy()
    np.testing.assert_array_equal(other.predict(X), expected)
    other.parameters.values += 1.0
    assert not np.array_equal(other.predict(X), expected)
    np.testing.assert_array_equal(network.predict(X), expected)


@pytest.mark.parametrize("n_layers", [1, 2, 3])
def test_backward_gives_the_gradient_of_any_function_of_the_outputs(n_layers):
    """Here of their sum, times a number for each sample."""
    network = Network([Dense(3, Tanh())] * n_layers, (6,), np.float64)
    network.initialize(np.random.RandomState(0))
    X, factors, step = sample(5), np.arange(1.0, 6.0)[:, None], 1e-4
    ws = Workspace(network, 5, training=True)
    ws.load(X)
    gradients = network.parameters.gradients()
    network.forward(ws)
    ws.output_gradient[:] = factors
    network.backward(ws, gradients)
    theta = network.parameters.values
    for i, centre in enumerate(theta.tolist()):
        sums = []
        for theta[i] in (centre - step, centre + step):
            sums.append(float((factors * network.predict(X)).sum()))
        theta[i] = centre
        assert gradients.values[i] == pytest.approx((sums[1] - sums[0]) / (2 * step), rel=1e-6, abs=1e-7)


@dataclass(frozen=True)
class Adapting(Dense):
    """Keeps the rows that it is to adapt to."""

    adapts: ClassVar[bool] = True
    seen: ClassVar[list[np.ndarray]] = []

    def adapt(self, p, b, rng):
        self.seen.append(b.x[:, 0].copy())


@pytest.mark.parametrize("n", [256, 700])
def test_layers_adapt_to_a_random_choice_of_many_rows(n, monkeypatch):
    """Of the rows that count, each at most once."""
    monkeypatch.setattr("sknn.core.network.ADAPT_BYTES", 1)
    monkeypatch.setattr(Adapting, "seen", [])
    X = np.arange(1000.0)[:, None]
    Network([Adapting(2)], (1,), np.float64).initialize(np.random.RandomState(0), X, np.arange(300, 300 + n))
    [seen] = Adapting.seen
    assert len(np.unique(seen)) == len(seen) == 256
    assert seen.min() >= 300
    assert (seen.max() >= 300 + 256) == (n > 256)
