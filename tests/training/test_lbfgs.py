"""L-BFGS finds the optimum of the same objective; whatever ends it, the weights are those it reports the loss of."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from sknn.activations import Tanh
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.core.workspace import Workspace
from sknn.layers import Dense
from sknn.losses import SoftmaxCrossEntropy, SquaredError
from sknn.training.lbfgs import LBFGS
from sknn.training.rules import HISTORY, Best, Rule, TrainingState

N, FEATURES, OUTPUTS, ALPHA = 40, 4, 3, 0.3

RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, FEATURES))
Y = X @ RNG.normal(size=(FEATURES, OUTPUTS)) + np.sin(3 * X[:, :OUTPUTS])
ONE_HOT = np.eye(OUTPUTS)[np.arange(N) % OUTPUTS]
COUNTS = RNG.permutation(np.arange(N) % 4)


def make_objective(hidden=(), loss=None, alpha=ALPHA, dtype=np.float64):
    network = Network([*(Dense(units, Tanh()) for units in hidden), Dense(OUTPUTS)], (FEATURES,), dtype)
    network.initialize(np.random.RandomState(1))
    return Objective(network, loss or SquaredError(), Penalty(alpha))


def run(objective, X=X, y=Y, weight=None, rules=(), max_iter=500, max_fun=15_000, tol=1e-10):
    state = TrainingState(objective.network)
    rules = [Best(scores=False, keeps_weights=False), *rules]
    LBFGS(objective, rules, max_iter=max_iter, max_fun=max_fun, tol=tol).run(X, y, weight, state)
    return state


def value_of(objective, X=X, y=Y, weight=None):
    ws = Workspace(objective.network, len(X), training=True)
    ws.load(X)
    return objective.evaluate(ws, y, weight)


def ridge(X, y, weight):
    """Solve for the minimum of a linear network in closed form: sum(w (XW + b - y)²) / 2K + alpha / 2 sum(W²)."""
    extended = np.column_stack([X, np.ones(len(X))])
    penalty = np.diag([ALPHA * OUTPUTS] * FEATURES + [0.0])
    return np.linalg.solve(extended.T @ (weight[:, None] * extended) + penalty, extended.T @ (weight[:, None] * y))


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array], ids=["dense", "csr", "array"])
@pytest.mark.parametrize("weight", [np.ones(N), COUNTS / COUNTS.mean()], ids=["unweighted", "weighted"])
def test_linear_network_reaches_the_closed_form(container, weight):
    objective = make_objective()
    state = run(objective, container(X), weight=weight[:, None])
    np.testing.assert_allclose(objective.network.parameters[0].W, ridge(X, Y, weight), rtol=1e-4, atol=1e-6)
    assert state.stop_reason.startswith("L-BFGS: CONVERGENCE")


def plain_objective(theta, hidden):
    """Write value and gradient of one hidden layer of tanh and softmax, as in a textbook."""
    split = (FEATURES + 1) * hidden
    V, W = theta[:split].reshape(-1, hidden), theta[split:].reshape(-1, OUTPUTS)
    h = np.tanh(X @ V[:-1] + V[-1])
    raw = h @ W[:-1] + W[-1]
    p = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    value = -(ONE_HOT * np.log(p)).sum() / N + ALPHA / (2 * N) * ((V[:-1] ** 2).sum() + (W[:-1] ** 2).sum())
    delta = (p - ONE_HOT) / N
    inner = (delta @ W[:-1].T) * (1 - h**2)
    gradient = [
        X.T @ inner + ALPHA / N * V[:-1],
        inner.sum(axis=0),
        h.T @ delta + ALPHA / N * W[:-1],
        delta.sum(axis=0),
    ]
    return value, np.concatenate([part.ravel() for part in gradient])


@pytest.mark.parametrize("max_iter", [20, 500])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_same_as_scipy_on_a_plain_objective(max_iter):
    """After as many iterations, or at the end."""
    objective = make_objective((5,), SoftmaxCrossEntropy())
    start = objective.network.parameters.values.copy()
    curve = []

    def record(theta):
        curve.append(plain_objective(theta, 5)[0])

    options = {"maxiter": max_iter, "maxfun": 15_000, "gtol": 1e-5}
    reference = minimize(
        plain_objective, start, args=(5,), method="L-BFGS-B", jac=True, options=options, callback=record
    )
    state = run(objective, y=ONE_HOT, max_iter=max_iter, tol=1e-5)
    np.testing.assert_allclose(state.history["loss"][:20], curve[:20], rtol=1e-8)
    assert state.best_loss == pytest.approx(reference.fun, rel=1e-5)
    assert plain_objective(objective.network.parameters.values, 5)[0] == pytest.approx(state.best_loss, rel=1e-12)


def test_weights_are_repetitions():
    """With a penalty for so many rows, as the estimators set it."""
    rows = np.repeat(np.arange(N), COUNTS)
    weighted, repeated = make_objective((4,), alpha=ALPHA / COUNTS.mean()), make_objective((4,))
    one = run(weighted, weight=(COUNTS / COUNTS.mean())[:, None], max_iter=2000)
    other = run(repeated, X[rows], Y[rows], max_iter=2000)
    np.testing.assert_allclose(one.history["loss"][:10], other.history["loss"][:10], rtol=1e-8)
    assert one.best_loss == pytest.approx(other.best_loss, rel=1e-4)


def test_history():
    objective = make_objective()
    state = run(objective)
    assert state.history.keys() == set(HISTORY)
    for name in ("loss", "gradient_norm", "seconds"):
        assert len(state.history[name]) == state.epoch > 2
        assert all(type(value) is float for value in state.history[name])
    assert state.best_loss == min(state.history["loss"]) == state.history["loss"][-1]
    assert value_of(objective) == pytest.approx(state.best_loss, rel=1e-14)
    norm = np.linalg.norm(objective.gradients.values)
    assert state.history["gradient_norm"][-1] == pytest.approx(norm, rel=1e-6, abs=1e-14)
    assert state.best_epoch == state.epoch


def test_history_of_training_that_starts_at_the_optimum():
    objective = make_objective()
    run(objective, tol=1e-12)
    before = objective.network.parameters.values.copy()
    state = run(objective, tol=1e-3)
    np.testing.assert_allclose(objective.network.parameters.values, before, rtol=1e-12)
    assert state.epoch == 1
    assert {len(state.history[name]) for name in ("loss", "gradient_norm", "seconds")} == {1}
    assert state.best_loss == state.history["loss"][0] == pytest.approx(value_of(objective), rel=1e-14)


def test_max_iter():
    objective = make_objective((5,))
    with pytest.warns(ConvergenceWarning, match=r"lbfgs failed to converge.*Increase max_iter=3 "):
        state = run(objective, max_iter=3)
    assert state.epoch == len(state.history["loss"]) == 3
    assert value_of(objective) == pytest.approx(state.history["loss"][-1], rel=1e-14)


def test_max_fun():
    objective = make_objective((5,))
    with pytest.warns(ConvergenceWarning, match=r"lbfgs failed to converge.* or max_fun=6,"):
        state = run(objective, max_fun=6)
    assert 1 <= state.epoch <= 7
    assert value_of(objective) == pytest.approx(state.best_loss, rel=1e-14)


def test_line_search_that_fails_leaves_the_weights_where_it_began():
    """With a gradient of the wrong sign no step is good enough, however short."""

    class Uphill(SquaredError):
        def terms(self, raw, y, out, work):
            super().terms(raw, y, out, work)
            np.negative(out, out=out)

    objective = make_objective((5,), Uphill(), alpha=0.0)
    start = objective.network.parameters.values.copy()
    with pytest.warns(ConvergenceWarning, match="lbfgs failed to converge"):
        state = run(objective)
    np.testing.assert_array_equal(objective.network.parameters.values, start)
    assert state.best_loss == state.history["loss"][-1] == pytest.approx(value_of(objective), rel=1e-14)


def test_float32():
    objective = make_objective(dtype=np.float32)
    run(objective, X.astype(np.float32), Y.astype(np.float32), tol=1e-4)
    assert objective.network.parameters.values.dtype == np.float32
    np.testing.assert_allclose(objective.network.parameters[0].W, ridge(X, Y, np.ones(N)), rtol=1e-2, atol=1e-3)


class AtEpoch(Rule):
    """Write down what it sees, and do something at the end of one iteration."""

    def __init__(self, epoch, action):
        self.epoch, self.action, self.seen, self.begun = epoch, action, [], []

    def before_epoch(self, state):
        self.begun.append(state.epoch)

    def after_epoch(self, state):
        self.seen.append((state.history["loss"][-1], state.network.parameters.values.copy()))
        if state.epoch == self.epoch:
            self.action(state)


def stop(state):
    state.stop_reason = "Enough."


def interrupt(state):
    raise KeyboardInterrupt


def test_rules_see_the_weights_of_the_loss_they_are_told():
    objective, rule = make_objective((5,)), AtEpoch(4, stop)
    run(objective, rules=[rule])
    for loss, theta in rule.seen:
        objective.network.parameters.values[:] = theta
        assert value_of(objective) == pytest.approx(loss, rel=1e-14)


def test_a_rule_ends_training():
    objective, rule = make_objective((5,)), AtEpoch(4, stop)
    state = run(objective, rules=[rule])
    assert (state.stop_reason, state.epoch, len(state.history["loss"])) == ("Enough.", 4, 4)
    assert rule.begun == [0, 1, 2, 3]
    np.testing.assert_array_equal(objective.network.parameters.values, rule.seen[-1][1])


def test_interrupt_between_iterations():
    objective, rule = make_objective((5,)), AtEpoch(4, interrupt)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        state = run(objective, rules=[rule])
    assert (state.stop_reason, state.epoch) == ("Interrupted by the user.", 4)
    np.testing.assert_array_equal(objective.network.parameters.values, rule.seen[-1][1])


@pytest.mark.parametrize("evaluations", [1, 2, 3, 5, 8])
def test_interrupt_within_an_iteration_leaves_no_half_tried_step(evaluations):
    """The weights are those of the last iteration that ended, not of the line search that was under way."""

    class Interrupting(SquaredError):
        def terms(self, raw, y, out, work):
            super().terms(raw, y, out, work)
            calls.append(1)
            if len(calls) == evaluations:
                raise KeyboardInterrupt

    calls = []
    objective, rule = make_objective((5,), Interrupting()), AtEpoch(None, None)
    start = objective.network.parameters.values.copy()
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        state = run(objective, rules=[rule])
    assert state.stop_reason == "Interrupted by the user."
    expected = rule.seen[-1][1] if rule.seen else start
    np.testing.assert_array_equal(objective.network.parameters.values, expected)


def test_other_errors_are_not_caught():
    def fail(state):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(make_objective(), rules=[AtEpoch(1, fail)])


def test_an_error_that_scipy_takes_for_a_wish_to_stop_is_the_callers():
    def fail(state):
        raise StopIteration("of somebody's own")

    with pytest.raises(StopIteration, match="somebody"):
        run(make_objective(), rules=[AtEpoch(2, fail)])
