"""Initial weights: their limits, their spread, and that they repeat."""

import copy
import math
import pickle

import numpy as np
import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose, assert_array_equal

from sknn import MLPRegressorScratch
from sknn.initializers import INITIALIZERS, Initializer, Normal, Orthogonal, ScikitUniform

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
