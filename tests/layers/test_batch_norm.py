"""Batch normalization keeps running statistics, and lives with a batch of one row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import BatchNorm


def network(layer: BatchNorm, shape: tuple[int, ...]) -> Network:
    net = Network([layer], shape, np.float64)
    net.initialize(np.random.RandomState(0))
    return net


def train(net: Network, x: np.ndarray) -> np.ndarray:
    ws = Workspace(net, len(x), training=True)
    ws.load(x)
    net.forward(ws)
    return ws.output.copy()


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3)])
def test_output_has_mean_0_and_variance_1_and_running_statistics_follow(shape: tuple[int, ...]) -> None:
    rng = np.random.RandomState(0)
    net, axes = network(BatchNorm(momentum=0.2), shape), tuple(range(len(shape)))
    mean, variance = np.zeros(3), np.ones(3)
    for _ in range(5):
        x = rng.normal([5.0, 0.0, -3.0], [0.5, 2.0, 10.0], (8, *shape))
        y = train(net, x)
        assert_allclose(y.mean(axis=axes), 0.0, atol=1e-12)
        assert_allclose(y.var(axis=axes), 1.0, rtol=1e-4)
        mean = 0.8 * mean + 0.2 * x.mean(axis=axes)
        variance = 0.8 * variance + 0.2 * x.var(axis=axes, ddof=1)
    assert_allclose(net.parameters[0].mean, mean, rtol=1e-12)
    assert_allclose(net.parameters[0].variance, variance, rtol=1e-12)
    assert_allclose(net.predict(x), (x - mean) / np.sqrt(variance + 1e-5), rtol=1e-12)


def test_one_row_is_normalized_by_the_running_statistics_and_leaves_them_alone() -> None:
    net = network(BatchNorm(), (3,))
    train(net, np.random.RandomState(0).normal(3.0, 2.0, (50, 3)))
    before, x = net.parameters.state.copy(), np.array([[1.0, 2.0, 3.0]])
    y = train(net, x)
    assert_array_equal(net.parameters.state, before)
    assert_allclose(y, net.predict(x), rtol=1e-14)


def test_float32_statistics_of_many_places_are_accurate() -> None:
    x = np.random.RandomState(0).normal(100.0, 1.0, (32, 32, 32, 4)).astype(np.float32)
    net = Network([BatchNorm(momentum=1.0)], x.shape[1:], np.float32)
    net.initialize(np.random.RandomState(0))
    train(net, x)
    exact = x.astype(np.float64)
    assert_allclose(net.parameters[0].mean, exact.mean(axis=(0, 1, 2)), rtol=1e-5)
    assert_allclose(net.parameters[0].variance, exact.var(axis=(0, 1, 2)), rtol=2e-4)


def test_statistics_are_not_trained_nor_penalized() -> None:
    parameters = network(BatchNorm(), (3,)).parameters
    assert len(parameters.values) == 6
    assert len(parameters.state) == 6
    assert parameters.penalized == []
