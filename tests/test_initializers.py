"""Initial weights: their limits, their spread, and that they repeat."""

import copy
import math
import pickle

import numpy as np
import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose, assert_array_equal

from sknn import MLPRegressorScratch
from sknn.activations import GELU, Tanh
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.initializers import (
    INITIALIZERS,
    HullBiases,
    Initializer,
    Normal,
    Orthogonal,
    ScikitUniform,
    UnitVariance,
    UnitVarianceHull,
)
from sknn.layers import Dense, Dropout, NTKDense, Scale

# Name: (variance, bound or None) for given fans.
LAWS = {
    "auto": (lambda fan_in, fan_out: 2 / (fan_in + fan_out), lambda fan_in, fan_out: 6 / (fan_in + fan_out)),
    "glorot_uniform": (lambda fan_in, fan_out: 2 / (fan_in + fan_out), lambda fan_in, fan_out: 6 / (fan_in + fan_out)),
    "glorot_normal": (lambda fan_in, fan_out: 2 / (fan_in + fan_out), None),
    "he_uniform": (lambda fan_in, fan_out: 2 / fan_in, lambda fan_in, fan_out: 6 / fan_in),
    "he_normal": (lambda fan_in, fan_out: 2 / fan_in, None),
    "lecun_normal": (lambda fan_in, fan_out: 1 / fan_in, None),
    "orthogonal": (lambda fan_in, fan_out: 1 / 300, None),
    "normal": (lambda fan_in, fan_out: 0.05**2, None),
    "std": (lambda fan_in, fan_out: 1.0, None),
    "std_he5": (lambda fan_in, fan_out: 1.0, None),
    "zeros": (lambda fan_in, fan_out: 0.0, None),
}

# Of a dense layer, and of a convolution with a window of 9, which has fewer weights than its fans say.
FANS = {"dense": (300, 200), "convolution": (300, 9 * 200)}


def draw(initializer, seed=0, shape=(300, 200), fans=FANS["dense"]):
    rng = np.random.RandomState(seed)
    return initializer.weights(rng, shape, *fans), initializer.biases(rng, shape[1], *fans)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("fans", FANS.values(), ids=FANS.keys())
def test_mean_variance_and_bound(name, fans):
    W, b = draw(INITIALIZERS[name](), fans=fans)
    variance, bound = LAWS[name]
    assert W.shape == (300, 200)
    assert W.dtype == b.dtype == np.float64
    # 60 000 draws: the mean is off by 1/245, the variance by 1/173 (normal), times a few.
    assert_allclose(W.mean(), 0, atol=0.02 * math.sqrt(variance(*fans)))
    assert_allclose(W.var(), variance(*fans), rtol=0.03)
    if bound:
        limit = math.sqrt(bound(*fans))
        assert 0.99 * limit < np.abs(W).max() <= limit


@pytest.mark.parametrize("name", [name for name in INITIALIZERS if name != "auto"])
def test_biases_are_zero(name):
    assert_array_equal(draw(INITIALIZERS[name]())[1], np.zeros(200))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_repeats_with_the_seed_and_differs_without(name):
    initializer = INITIALIZERS[name]()
    for drawn, again in zip(draw(initializer), draw(initializer), strict=True):
        assert_array_equal(drawn, again)
    assert name == "zeros" or not np.array_equal(draw(initializer)[0], draw(initializer, seed=1)[0])


@pytest.mark.parametrize("shape", [(50, 20), (20, 50), (30, 30), (1, 7), (7, 1)])
@pytest.mark.parametrize("gain", [1.0, math.sqrt(2.0)])
def test_orthogonal(shape, gain):
    W, _ = draw(Orthogonal(gain), shape=shape, fans=shape)
    assert W.shape == shape
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    assert_allclose(product, gain**2 * np.eye(min(shape)), atol=1e-14)


def test_orthogonal_takes_all_rotations_and_reflections_evenly():
    determinants, corners = [], []
    for seed in range(400):
        W, _ = draw(Orthogonal(), seed, shape=(2, 2), fans=(2, 2))
        determinants.append(np.linalg.det(W))
        corners.append(W[0, 0])
    assert 0.4 < np.mean(np.array(determinants) > 0) < 0.6
    assert abs(np.mean(corners)) < 0.1
    assert_allclose(np.var(corners), 0.5, atol=0.05)


def test_normal_takes_its_scale():
    assert_allclose(draw(Normal(scale=3.0))[0].std(), 3.0, rtol=0.02)


@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_auto_is_that_of_scikit_learn(activation):
    X, y = np.random.RandomState(0).randn(30, 4), np.arange(30.0)
    params = {"activation": activation, "hidden_layer_sizes": (5,), "learning_rate_init": 1e-300, "random_state": 3}
    ours = MLPRegressorScratch(max_iter=1, **params)
    theirs = sklearn.neural_network.MLPRegressor(max_iter=1, **params)
    for net in (ours, theirs):
        with pytest.warns(Warning, match="Maximum iterations"):
            net.fit(X, y)
    rng, factor = np.random.RandomState(3), 2.0 if activation == "logistic" else 6.0
    for i, fans in enumerate([(4, 5), (5, 1)]):
        W = ScikitUniform(factor).weights(rng, fans, *fans)
        b = ScikitUniform(factor).biases(rng, fans[1], *fans)
        for net in (ours, theirs):
            assert_array_equal(net.coefs_[i], W)
            assert_array_equal(net.intercepts_[i], b)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda part: pickle.loads(pickle.dumps(part))])
def test_is_a_value(name, duplicate):
    initializer = INITIALIZERS[name]()
    assert isinstance(initializer, Initializer)
    assert duplicate(initializer) == initializer
    assert hash(duplicate(initializer)) == hash(initializer)


DATA_LAYERS = {
    "ntk": [NTKDense(5, GELU(), UnitVariance(), HullBiases()), NTKDense(4, GELU(), UnitVariance(), HullBiases())],
    "dense": [Dense(5, GELU(), UnitVarianceHull()), Dense(4, GELU(), UnitVarianceHull())],
    "others": [Scale(), Dense(5, GELU(), UnitVariance()), Dropout(0.5), NTKDense(4, GELU(), UnitVariance())],
}


@pytest.mark.parametrize("layers", DATA_LAYERS.values(), ids=DATA_LAYERS.keys())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_unit_has_unit_variance_on_the_data(layers, dtype):
    X = (3.0 + 20.0 * np.random.RandomState(0).standard_normal((200, 3))).astype(dtype)
    network = Network(layers, (3,), dtype)
    network.initialize(np.random.RandomState(1), X)
    ws = Workspace(network, 200)
    ws.load(X)
    network.forward(ws)
    for layer, b in zip(layers, ws.layers, strict=True):
        if isinstance(layer, (Dense, NTKDense)):
            assert_allclose(b.z.std(axis=0), 1.0, rtol=1e-4)
            # A mean of a few of the values lies among them, so the unit is zero for something between the samples.
            hull = not isinstance(layer.weight_init, UnitVariance) or getattr(layer.weight_init, "hull_rows", 0)
            if hull or getattr(layer, "bias_init", None):
                assert (b.z.min(axis=0) < 0).all()
                assert (b.z.max(axis=0) > 0).all()


def test_a_unit_without_variance_keeps_finite_weights():
    network = Network([NTKDense(5, Tanh(), UnitVariance(), HullBiases())], (3,), np.float32)
    network.initialize(np.random.RandomState(1), np.full((20, 3), 7.0, np.float32))
    assert np.isfinite(network.parameters.values).all()


def test_few_of_many_rows_are_taken(monkeypatch):
    monkeypatch.setattr("sknn.core.network.ADAPT_BYTES", 1)
    X = np.random.RandomState(0).standard_normal((2000, 3))
    network = Network([Dense(5, Tanh(), UnitVariance())], (3,), np.float64)
    network.initialize(np.random.RandomState(1), X, rows=np.arange(1000))
    z = X[:1000] @ network.parameters[0].W[:-1]
    assert_allclose(z.std(axis=0), 1.0, rtol=0.2)
    assert not np.allclose(z.std(axis=0), 1.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ScikitUniform(-1.0), "factor must be greater than 0, got -1.0"),
        (lambda: Normal(-1.0), "scale must be at least 0, got -1.0"),
        (lambda: Orthogonal(0.0), "gain must be greater than 0, got 0.0"),
    ],
    ids=["factor", "scale", "gain"],
)
def test_numbers_out_of_their_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
