"""Initial values of layers, and what layers inside of others are told."""

import numpy as np
import pytest

from sknn import SequentialRegressorScratch
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.initializers import GlorotUniform, HullBiases, Normal, UnitVariance
from sknn.layers import GRU, Conv2D, Dense, Dropout, Embedding, Flatten, NTKDense, Residual, TableEmbedding
from sknn.schedules import Clock, FlatCos


def initialized(layers, input_shape, X=None):
    """Make a network with its initial parameters."""
    network = Network(layers, input_shape, np.float64)
    network.initialize(np.random.RandomState(0), X)
    return network


def test_fans_of_a_convolution_count_its_places():
    """Glorot's bound is sqrt(6 / (fan_in + fan_out)), with 3 * 3 places times the channels on both sides."""
    (p,) = [initialized([Conv2D(64, weight_init=GlorotUniform())], (9, 9, 2)).parameters[0]]
    bound = np.sqrt(6 / (9 * 2 + 9 * 64))
    assert 0.99 * bound < np.abs(p.W[:-1]).max() <= bound


def test_all_biases_of_a_gru_are_drawn():
    p = initialized([GRU(16)], (3, 2)).parameters[0]
    assert np.unique(p.shift).size == np.unique(p.W[-1][:16]).size == 16


def test_phases_of_waves_go_round():
    p = initialized([TableEmbedding(200, (), 16, 4)], (200,)).parameters[0]
    phases = p.waves[..., 1]
    assert phases.min() < -0.99 * np.pi
    assert phases.max() > 0.99 * np.pi
    assert abs(phases.mean()) < 0.2


def test_biases_that_adapt_do_so_beside_weights_that_do_not():
    X = np.random.RandomState(1).randn(50, 3) + 5.0
    layer = NTKDense(8, weight_init=Normal(1.0), bias_init=HullBiases())
    assert layer.adapts
    network = initialized([layer], (3,), X)
    z = network.predict(X)
    assert ((z.min(axis=0) < 0) & (z.max(axis=0) > 0)).all()


def test_a_schedule_inside_of_a_block_sees_the_clock():
    layer = Residual((Dropout(0.5, schedule=FlatCos()),))
    network = initialized([layer], (6,))
    x = np.random.RandomState(0).randn(40, 6)
    for step, dropped in (0, True), (100, False):
        clock = Clock(step=step, total_steps=100)
        ws = Workspace(network, 40, training=True, rng=np.random.Generator(np.random.SFC64(0)), clock=clock)
        ws.load(x)
        network.forward(ws)
        assert np.isclose(ws.output, x).any() == dropped
        assert np.allclose(ws.output, 2 * x) != dropped


def test_missing_codes_give_no_gradient():
    """Also where no layer after the embedding leaves their steps out."""
    network = initialized([Embedding(4, 3), Flatten()], (5,))
    codes = np.array([[0, 1, np.nan, 3, np.nan], [1, np.nan, 2, 2, 0.0]])
    ws = Workspace(network, 2, training=True)
    ws.load(codes)
    network.forward(ws)
    ws.output_gradient[...] = 1.0
    gradients = network.parameters.gradients()
    network.backward(ws, gradients)
    np.testing.assert_array_equal(gradients[0].W, np.array([2.0, 2.0, 2.0, 1.0])[:, None] * np.ones(3))


def test_rows_become_what_the_first_layer_that_minds_takes():
    """Inside of a block as well."""
    X = np.random.RandomState(0).randn(20, 6)
    layers = [Residual((Dropout(0.1), GRU(1, return_sequences=True))), Flatten(), Dense(3)]
    net = SequentialRegressorScratch(layers, max_iter=2, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        assert net.fit(X, X[:, 0]).input_shape_ == (6, 1)


def test_biases_have_no_part_in_the_variance_of_units():
    """They are as drawn, however large they are beside the weights."""
    X = np.random.RandomState(1).randn(50, 3)
    network = initialized([NTKDense(8, weight_init=UnitVariance(), bias_init=Normal(1e9))], (3,), X)
    biases = network.parameters[0].W[-1]
    assert 1e8 < biases.std() < 1e10
    np.testing.assert_allclose((network.predict(X) - biases).std(axis=0), 1.0, rtol=1e-5)
