"""The gradient that training follows is that of the value it reports, for every loss, activation, task and depth.

Losses and activations are found in their modules, so a new one is tested here as soon as it exists.
"""

import inspect

import numpy as np
import pytest
from scipy import sparse

from sknn import losses
from sknn.activations import ACTIVATIONS, Identity
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.core.workspace import Workspace
from sknn.layers import Dense

ROWS, FEATURES, OUTPUTS = 7, 3, 3

LOSSES = {
    name: loss
    for name, loss in vars(losses).items()
    if inspect.isclass(loss) and issubclass(loss, losses.Loss) and not inspect.isabstract(loss)
}

TASKS = {
    "softmax": {"multiclass": OUTPUTS},
    "logistic": {"binary": 1, "multilabel": OUTPUTS},
    "regression": {"one_output": 1, "multi_output": OUTPUTS},
}

# The width of one layer differs from that of the next, so that no matrix can be mistaken for its transpose.
NETWORKS = {
    "linear": ((), "identity"),
    **{f"{name}-1_hidden": ((4,), name) for name in ACTIVATIONS},
    **{f"{name}-2_hidden": ((4, 2), name) for name in ACTIVATIONS},
}

PENALTIES = {"no_alpha": Penalty(), "alpha": Penalty(0.7, l1_ratio=0.4)}


def tasks_of(loss):
    return TASKS.get(loss.link, TASKS["regression"])


CASES = [
    pytest.param(loss(), task, n_outputs, id=f"{name}-{task}")
    for name, loss in LOSSES.items()
    for task, n_outputs in tasks_of(loss).items()
]
every_loss = pytest.mark.parametrize(("loss", "task", "n_outputs"), CASES)
every_network = pytest.mark.parametrize(("hidden", "activation"), NETWORKS.values(), ids=NETWORKS.keys())
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
with_and_without_weights = pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])


def targets(loss, task, shape, rng):
    """Draw targets that suit the loss, with the ends of their range among them."""
    if task == "multiclass":
        return np.eye(shape[1])[rng.permutation(np.arange(shape[0]) % shape[1])]
    if task in ("binary", "multilabel"):
        return rng.permutation(np.arange(shape[0] * shape[1]) % 2).reshape(shape).astype(float)
    counts = rng.poisson(1.5, shape).astype(float)
    counts[0] = 0.0
    suitable = [y for y in (rng.normal(size=shape), counts, rng.gamma(2.0, size=shape)) if loss.in_target_range(y)]
    assert suitable, f"{loss} takes none of the targets that this test knows: add some that suit it."
    return suitable[0]


def data(loss, task, n_outputs, weighted):
    rng = np.random.default_rng(12)
    X = rng.normal(size=(ROWS, FEATURES))
    y = targets(loss, task, (ROWS, n_outputs), rng)
    weight = rng.uniform(0.1, 3.0, (ROWS, 1))
    weight[2] = 0.0
    return X, y, weight / weight.mean() if weighted else None


def make_objective(hidden, activation, loss, n_outputs, penalty=PENALTIES["no_alpha"], dtype=np.float64):
    layers = [*(Dense(units, ACTIVATIONS[activation]()) for units in hidden), Dense(n_outputs, Identity())]
    network = Network(layers, (FEATURES,), dtype)
    network.initialize(np.random.RandomState(3))
    return Objective(network, loss, penalty)


def poison(ws):
    """Fill every array with NaN, or the largest integer, and set the constants anew."""
    for array in ws.memory.values():
        array.fill({"f": np.nan, "b": True}.get(array.dtype.kind, np.iinfo(np.int32).max))
    for layer, b in zip(ws.network.layers, ws.layers, strict=True):
        if layer.bias_column and b.x is not None:
            b.x[..., -1] = 1.0
        layer.prepare(b)


def evaluate_poisoned(objective, X, y, weight):
    """Evaluate where nothing that is left from before can help."""
    ws = Workspace(objective.network, X.shape[0], training=True, sparse=sparse.issparse(X))
    poison(ws)
    ws.load(X)
    objective.gradients.values.fill(np.nan)
    value = objective.evaluate(ws, y, weight)
    return value, objective.gradients.values.copy()


def numeric_gradient(objective, X, y, weight, step=2e-5):
    """Differentiate by central differences of fourth order."""
    ws = Workspace(objective.network, len(X), training=True)
    ws.load(X)
    theta = objective.network.parameters.values
    gradient = np.empty_like(theta)
    for i, centre in enumerate(theta.tolist()):
        f = {}
        for k in (-2, -1, 1, 2):
            theta[i] = centre + k * step
            f[k] = objective.evaluate(ws, y, weight)
        theta[i] = centre
        gradient[i] = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * step)
    return gradient


def plain_value(objective, X, y, weight):
    """Write the objective as its documentation does."""
    network, penalty = objective.network, objective.penalty
    weights = [network.parameters[i].W[:-1] for i in range(len(network.layers))]
    l2 = sum(float((W**2).sum()) for W in weights) / 2
    l1 = sum(float(np.abs(W).sum()) for W in weights)
    elastic = (1 - penalty.l1_ratio) * l2 + penalty.l1_ratio * l1
    return objective.loss.value(network.predict(X), y, weight) + penalty.alpha * elastic / len(X)


@every_loss
@every_network
@with_and_without_weights
@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES.keys())
def test_gradient_equals_finite_differences(loss, task, n_outputs, hidden, activation, weighted, penalty):
    X, y, weight = data(loss, task, n_outputs, weighted)
    objective = make_objective(hidden, activation, loss, n_outputs, penalty)
    value, gradient = evaluate_poisoned(objective, X, y, weight)
    assert value == pytest.approx(plain_value(objective, X, y, weight), rel=1e-12)
    np.testing.assert_allclose(gradient, numeric_gradient(objective, X, y, weight), rtol=1e-7, atol=1e-9)


@every_loss
@every_activation
def test_second_evaluation_gives_the_same(loss, task, n_outputs, activation):
    """Nothing is added to what is there, and the batch, its targets and its weights stay as they were."""
    X, y, weight = data(loss, task, n_outputs, weighted=True)
    given = [X.copy(), y.copy(), weight.copy()]
    objective = make_objective((4, 2), activation, loss, n_outputs, PENALTIES["alpha"])
    parameters = objective.network.parameters.values.copy()
    ws = Workspace(objective.network, ROWS, training=True)
    ws.load(X)
    first = objective.evaluate(ws, y, weight), objective.gradients.values.copy()
    second = objective.evaluate(ws, y, weight), objective.gradients.values.copy()
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1], second[1])
    np.testing.assert_array_equal(objective.network.parameters.values, parameters)
    for before, after in zip(given, [X, y, weight], strict=True):
        np.testing.assert_array_equal(before, after)


@every_loss
@every_activation
def test_float32_stays_float32(loss, task, n_outputs, activation):
    X, y, weight = data(loss, task, n_outputs, weighted=True)
    value, gradient = evaluate_poisoned(make_objective((4, 2), activation, loss, n_outputs), X, y, weight)
    single = [array.astype(np.float32) for array in (X, y, weight)]
    objective = make_objective((4, 2), activation, loss, n_outputs, dtype=np.float32)
    value32, gradient32 = evaluate_poisoned(objective, *single)
    assert type(value32) is float
    assert gradient32.dtype == np.float32
    assert value32 == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(gradient32, gradient, rtol=1e-3, atol=1e-5)


@every_loss
@pytest.mark.parametrize("hidden", [(), (4,), (4, 2)], ids=["linear", "1_hidden", "2_hidden"])
@with_and_without_weights
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array], ids=["matrix", "array"])
def test_sparse_data_give_what_dense_data_give(loss, task, n_outputs, hidden, weighted, container):
    X, y, weight = data(loss, task, n_outputs, weighted)
    X[np.abs(X) < 0.7] = 0.0
    X[3] = 0.0
    objective = make_objective(hidden, "tanh", loss, n_outputs, PENALTIES["alpha"])
    value, gradient = evaluate_poisoned(objective, X, y, weight)
    sparse_value, sparse_gradient = evaluate_poisoned(objective, container(X), y, weight)
    assert sparse_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(sparse_gradient, gradient, rtol=1e-10, atol=1e-14)
