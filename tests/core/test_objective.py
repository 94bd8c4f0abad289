"""What weights and the penalty mean: a weight of 2 is the row twice, and no bias is penalised."""

import numpy as np
import pytest

from sknn.activations import Tanh
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.core.workspace import Workspace
from sknn.layers import Dense
from sknn.losses import BinaryCrossEntropy, Poisson, SoftmaxCrossEntropy, SquaredError

N, FEATURES, OUTPUTS = 12, 4, 3
LOSSES = [SquaredError(), Poisson(), SoftmaxCrossEntropy(), BinaryCrossEntropy()]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)

RNG = np.random.default_rng(4)
X = RNG.normal(size=(N, FEATURES))
Y = np.eye(OUTPUTS)[np.arange(N) % OUTPUTS]
COUNTS = RNG.permutation(np.arange(N) % 4)  # weights that are whole numbers, some of them 0


def make_network():
    network = Network([Dense(5, Tanh()), Dense(OUTPUTS)], (FEATURES,), np.float64)
    network.initialize(np.random.RandomState(0))
    return network


def evaluate(loss, X, y, weight=None, penalty=Penalty()):  # noqa: B008 (frozen)
    objective = Objective(make_network(), loss, penalty)
    ws = Workspace(objective.network, len(X), training=True)
    ws.load(X)
    value = objective.evaluate(ws, y, None if weight is None else weight[:, None])
    return value, objective.gradients.values


def assert_same(actual, expected):
    assert actual[0] == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(actual[1], expected[1], rtol=1e-11, atol=1e-14)


@every_loss
def test_a_weight_is_a_repetition(loss):
    """At full batch: a weight of 2 is the row twice, a weight of 0 is no row."""
    rows = np.repeat(np.arange(N), COUNTS)
    assert_same(evaluate(loss, X, Y, COUNTS / COUNTS.mean()), evaluate(loss, X[rows], Y[rows]))


@every_loss
def test_equal_weights_are_no_weights(loss):
    assert_same(evaluate(loss, X, Y, np.ones(N)), evaluate(loss, X, Y))


@every_loss
def test_value_is_the_sum_of_weighted_losses_by_rows(loss):
    """Divided by the number of rows, not by the weights of this batch, whose mean over the set is 1."""
    weight = 1.0 + COUNTS
    raw = make_network().predict(X)
    each = [loss.value(raw[i : i + 1], Y[i : i + 1]) for i in range(N)]
    value, gradient = evaluate(loss, X, Y, weight)
    assert value == pytest.approx(float(np.dot(weight, each)) / N, rel=1e-12)
    of_rows = [evaluate(loss, X[i : i + 1], Y[i : i + 1])[1] for i in range(N)]
    np.testing.assert_allclose(gradient, weight @ np.array(of_rows) / N, rtol=1e-11, atol=1e-14)


@every_loss
def test_batches_give_the_full_batch_on_average(loss):
    weight = COUNTS / COUNTS.mean()
    batches = [evaluate(loss, X[part], Y[part], weight[part]) for part in np.split(np.arange(N), 4)]
    mean = np.mean([value for value, _ in batches]), np.mean([gradient for _, gradient in batches], axis=0)
    assert_same(mean, evaluate(loss, X, Y, weight))


@pytest.mark.parametrize("l1_ratio", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("rows", [1, N])
def test_penalty_is_that_of_the_weights_without_biases(l1_ratio, rows):
    penalty = Penalty(0.6, l1_ratio)
    value, gradient = evaluate(SquaredError(), X[:rows], Y[:rows], penalty=penalty)
    plain_value, plain_gradient = evaluate(SquaredError(), X[:rows], Y[:rows])
    expected, network = 0.0, make_network()
    derivative = network.parameters.gradients()
    derivative.values[:] = 0.0
    for i in range(2):
        W = network.parameters[i].W[:-1]
        expected += 0.6 / rows * ((1 - l1_ratio) * (W**2).sum() / 2 + l1_ratio * np.abs(W).sum())
        derivative[i].W[:-1] = 0.6 / rows * ((1 - l1_ratio) * W + l1_ratio * np.sign(W))
    assert value - plain_value == pytest.approx(expected, rel=1e-10)
    np.testing.assert_allclose(gradient - plain_gradient, derivative.values, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_biases_may_be_anything(l1_ratio):
    """The penalty does not see them, its gradient does not touch them."""
    network = make_network()
    values, gradients = network.parameters, network.parameters.gradients()
    penalty = Penalty(1.0, l1_ratio)
    amount = penalty.value_and_gradient(values, gradients, 1.0, penalty.work(values))
    gradients.values[:] = 0.0
    for i in range(2):
        values[i].W[-1] = np.nan
    assert penalty.value_and_gradient(values, gradients, 1.0, penalty.work(values)) == amount
    for i in range(2):
        np.testing.assert_array_equal(gradients[i].W[-1], 0.0)
        assert gradients[i].W[:-1].all()


def test_l1_has_the_subgradient_zero_at_zero():
    network = make_network()
    network.parameters.values[:] = 0.0
    gradients = network.parameters.gradients()
    gradients.values[:] = 0.0
    penalty = Penalty(1.0, l1_ratio=1.0)
    work = penalty.work(network.parameters)
    assert penalty.value_and_gradient(network.parameters, gradients, 1.0, work) == 0.0
    assert not gradients.values.any()


def test_gradients_are_those_of_the_last_evaluation():
    objective = Objective(make_network(), SquaredError(), Penalty(0.1))
    ws = Workspace(objective.network, N, training=True)
    ws.load(X)
    objective.evaluate(ws, Y)
    gradients = objective.gradients
    first = gradients.values.copy()
    ws.load(-X)
    objective.evaluate(ws, Y)
    assert objective.gradients is gradients
    assert not np.allclose(gradients.values, first)
    for i, layer in enumerate(objective.network.plans):
        assert gradients[i].W.shape == layer.parameters["W"].shape
        assert np.shares_memory(gradients[i].W, gradients.values)
