"""Layers for tables: what their outputs are, beyond the contract."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn import SequentialRegressorScratch
from sknn.activations import ReLU, Tanh
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.initializers import Normal
from sknn.layers import Dense, Dropout, NTKDense, ParametricActivation, Scale, TableEmbedding
from sknn.schedules import Clock, FlatCos


def make(layers, shape, seed=0):
    network = Network(layers, shape, np.float64)
    network.initialize(np.random.RandomState(seed))
    return network


def test_table_embedding_by_its_formula():
    layer = TableEmbedding(2, (3, 4), frequencies=5, dim=4, level_dim=2)
    network = make([layer], (5,))
    p = network.parameters[0]
    p.table[:] = np.arange(14.0).reshape(7, 2)
    X = np.array([[0.3, -2.0, 7.0, 2, 0], [1.5, 0.0, 8.0, 0, 3]])
    expected = np.empty((2, 6 + 3 + 4))
    for i, row in enumerate(X):
        for j in range(2):
            wave = np.cos(2 * np.pi * p.waves[j, :, 0] * row[j] + p.waves[j, :, 1])
            expected[i, 3 * j : 3 * j + 3] = p.mix[j, :, :-1] @ wave + p.mix[j, :, -1]
    expected[:, 6:9] = X[:, :3]
    expected[:, 9:] = [[4, 5, 6, 7], [0, 1, 12, 13]]
    assert_allclose(network.predict(X), expected)


def test_table_embedding_starts_with_zero_for_what_is_missing():
    p = make([TableEmbedding(0, (30, 40), level_dim=50)], (2,)).parameters[0]
    assert_array_equal(p.table[[0, 30]], 0.0)
    assert_allclose(p.table[1:30].std(), 1.0, rtol=0.1)


@pytest.mark.parametrize("code", [-1, 3])
def test_wrong_codes_are_answered(code):
    with pytest.raises(ValueError, match=rf"codes from 0 to below \(3, 9\); got \[{code}, 4\]"):
        make([TableEmbedding(0, (3, 9))], (2,)).predict(np.array([[1.0, 4.0], [code, 2.0]]))


def test_ntk_dense_is_dense_with_scaled_weights():
    network = make([NTKDense(3, Tanh(), bias_init=Normal(1.0))], (4,))
    W = network.parameters[0].W
    X = np.random.RandomState(0).standard_normal((5, 4))
    assert np.abs(W[-1]).min() > 0
    assert_allclose(network.predict(X), np.tanh(X @ W[:-1] / 2.0 + W[-1]))


def test_parametric_activation_goes_from_linear_to_full_and_beyond():
    network = make([ParametricActivation(ReLU())], (3,))
    X = np.array([[-2.0, -2.0, -2.0], [3.0, 3.0, 3.0]])
    assert_array_equal(network.predict(X), np.maximum(X, 0.0))
    network.parameters[0].w[:] = [0.0, 0.5, 2.0]
    assert_allclose(network.predict(X), [[-2.0, -1.0, 2.0], [3.0, 3.0, 3.0]])


@pytest.mark.parametrize(("step", "share"), [(0, 0.4), (49, 0.4), (75, 0.2), (100, 0.0)])
def test_dropout_follows_its_schedule(step, share):
    network = make([Dropout(0.4, FlatCos())], (50,))
    clock = Clock(step=step, total_steps=100)
    ws = Workspace(network, 400, training=True, rng=np.random.default_rng(0), clock=clock)
    ws.load(np.ones((400, 50)))
    network.forward(ws)
    assert_allclose(np.mean(ws.output == 0.0), share, atol=0.02)
    assert_allclose(ws.output.max(), 1.0 / (1.0 - share))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rates_of_the_parts_reach_the_optimizer():
    """A layer with the rate 0 keeps its parameters, and a bias with the rate 0 keeps its own."""
    X = np.random.RandomState(0).standard_normal((60, 3))
    layers = [Scale(0.0), NTKDense(4, Tanh(), rate=0.0), Dense(4, Tanh()), NTKDense(4, Tanh(), bias_rate=0.0)]
    net = SequentialRegressorScratch(layers, max_iter=300, random_state=0, weight_decay=0.1).fit(X, X[:, 0])
    first = Network(net._state.network.layers, (3,), np.float64)
    first.initialize(np.random.RandomState(0))
    p, q = first.parameters, net._state.network.parameters
    assert_array_equal(p[0].s, q[0].s)
    assert_array_equal(p[1].W[:-1], q[1].W[:-1])
    assert (p[1].W[-1] != q[1].W[-1]).all()
    assert (p[3].W[:-1] != q[3].W[:-1]).any()
    assert_array_equal(p[3].W[-1], q[3].W[-1])


def test_factors_of_a_table_embedding_are_those_of_waves_and_mix_alone():
    parameters = make([TableEmbedding(2, (3,), frequencies=5, rate=0.5, decay=0.4)], (3,)).parameters
    rates = parameters.copy()
    rates.values[:] = parameters.rates()
    parameters.values[:] = 1.0
    parameters.decay(0.1)
    for name, rate, left in ("waves", 0.5, 0.98), ("mix", 0.5, 0.98), ("table", 1.0, 0.9):
        assert_allclose(getattr(rates[0], name), rate)
        assert_allclose(getattr(parameters[0], name), left)
