"""Fits and calls of partial_fit that go on: weights, best epochs, schedules, and weights set by hand."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer

from sknn import MLPClassifierScratch, MLPRegressorScratch
from sknn.schedules import CosineDecay, StepDecay, Warmup

rng = np.random.RandomState(0)
X = rng.randn(120, 4)
Y = (X[:, 0] + 0.5 * rng.randn(120) > 0).astype(int)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def regressor(**more):
    return MLPRegressorScratch(
        **{"hidden_layer_sizes": (6,), "max_iter": 20, "batch_size": 120, "random_state": 0, **more}
    )


@pytest.mark.parametrize("factor", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_a_factor_of_all_weights_cancels_in_a_warm_start(factor, solver):
    """What the first fit weighed says nothing about the second."""
    losses = []
    for weight in None, np.full(120, factor):
        net = regressor(solver=solver, warm_start=True, alpha=0.0).fit(X, X[:, 0], sample_weight=np.full(120, 3.0))
        losses.append(net.fit(X, X[:, 0], sample_weight=weight).loss_)
    assert losses[1] == pytest.approx(losses[0], rel=1e-10)


def test_partial_fit_takes_the_mean_weight_of_the_rows_of_all_calls():
    """A fit before it counts its rows once, however many epochs it had."""
    first, second = np.full(120, 1.0), np.full(40, 5.0)
    net = regressor(batch_size="auto").fit(X, X[:, 0], sample_weight=first)
    net.partial_fit(X[:40], X[:40, 0], sample_weight=second)
    assert net._state.mean_weight == pytest.approx((120 * 1.0 + 40 * 5.0) / 160)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("unwatched", ["fit", "partial_fit"])
def test_early_stopping_restores_the_weights_that_had_the_best_score(unwatched, seed):
    """Also where epochs before scored better, whose weights nobody kept."""
    validation = {"X_val": X[60:], "y_val": Y[60:]}
    net = MLPClassifierScratch(
        (8,), max_iter=30, warm_start=True, learning_rate_init=0.05, random_state=seed, early_stopping=False
    )
    if unwatched == "fit":
        net.fit(X[:60], Y[:60], **validation)
    else:
        for _ in range(30):
            net.partial_fit(X[:60], Y[:60], classes=[0, 1], **validation)
    net.set_params(early_stopping=True).fit(X[:60], Y[:60], **validation)
    assert net.score(X[60:], Y[60:]) == pytest.approx(net.best_validation_score_)
    assert net.validation_scores_[net.best_epoch_ - 1] == net.best_validation_score_


@pytest.mark.parametrize("between", ["fit", "assignment"])
def test_early_stopping_does_not_believe_scores_of_other_weights(between):
    validation = {"X_val": X[60:], "y_val": Y[60:]}
    net = MLPClassifierScratch((8,), warm_start=True, learning_rate_init=0.05, random_state=0, n_iter_no_change=3)
    net.set_params(early_stopping=True, max_iter=30).fit(X[:60], Y[:60], **validation)
    if between == "fit":
        net.set_params(early_stopping=False, max_iter=100).fit(X[:60], Y[:60])
    else:
        net.coefs_ = [np.zeros_like(W) for W in net.coefs_]
    net.set_params(early_stopping=True, max_iter=5, learning_rate_init=1e-6).fit(X[:60], Y[:60], **validation)
    assert net.score(X[60:], Y[60:]) == pytest.approx(net.best_validation_score_)
    # With so small a rate nothing is better than what it began with, which is of no epoch that was scored.
    assert net.best_epoch_ == 0
    assert net.best_validation_score_ >= max(net.validation_scores_[-4:])


@pytest.mark.parametrize("change", ["targets", "validation set", "scoring"])
def test_a_warm_start_forgets_scores_that_mean_something_else(change):
    """Else no epoch is as good as the best of the last fit, and all that is learned is thrown away."""
    rng = np.random.RandomState(0)
    rows, validation = rng.randn(200, 3), rng.randn(80, 3)
    y, y_val = rows[:, 0], validation[:, 0]
    net = MLPRegressorScratch(
        hidden_layer_sizes=(8,),
        early_stopping=True,
        warm_start=True,
        learning_rate_init=0.02,
        max_iter=60,
        random_state=0,
    )
    net.fit(rows, y, X_val=validation, y_val=y_val)
    assert net.best_validation_score_ > 0.9
    before = net.predict(rows)
    if change == "targets":
        y, y_val = -y, -y_val
    elif change == "validation set":
        y, y_val = y + 3.0 * rows[:, 1], y_val + 3.0 * validation[:, 1]
    else:
        y, y_val = y + rows[:, 1], y_val + validation[:, 1]
        net.set_params(scoring="neg_mean_absolute_error")
    net.fit(rows, y, X_val=validation, y_val=y_val)
    assert np.abs(net.predict(rows) - before).mean() > 0.1
    scorer = get_scorer(net.scoring or "r2")
    assert scorer(net, validation, y_val) == pytest.approx(net.best_validation_score_)
    assert net.validation_scores_[net.best_epoch_ - 1] == net.best_validation_score_


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (CosineDecay(), [0.5 * (1 + np.cos(np.pi * epoch / 8)) for epoch in range(7)]),
        (StepDecay(2, 0.1), [1, 1, 0.1, 0.1, 0.01, 0.01, 0.001]),
        (Warmup(3, StepDecay(2, 0.1)), [None, None, None, 1, 1, 0.1, 0.1]),
    ],
    ids=str,
)
def test_schedules_count_epochs_where_calls_of_partial_fit_differ_in_length(schedule, rates):
    net = MLPClassifierScratch((3,), solver="sgd", learning_rate=schedule, learning_rate_init=1e-3, max_iter=8)
    starts = []

    class Watch(type(schedule)):
        def __call__(self, clock):
            rate = super().__call__(clock)
            starts.append((clock.step, rate))
            return rate

    net.set_params(learning_rate=Watch(**vars(schedule)), batch_size=10, random_state=0)
    first_steps = []
    for n in (100, 120, 20, 120, 100, 30, 120):
        first_steps.append(net._state.clock.step if hasattr(net, "_state") else 0)
        net.partial_fit(X[:n], Y[:n], classes=[0, 1])
    at_start = dict(reversed(starts))
    for step, expected in zip(first_steps, rates, strict=True):
        assert expected is None or at_start[step] == pytest.approx(expected)
    rising = np.diff([at_start[step] for step in first_steps[:4]])
    assert (rising > 0).all() if rates[0] is None else (np.diff(net.history_["learning_rate"]) <= 0).all()


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", Warmup(2, CosineDecay())], ids=str)
def test_a_schedule_that_is_over_says_so(schedule):
    net = regressor(learning_rate=schedule).fit(X, X[:, 0])
    with pytest.warns(UserWarning, match="laid out for 20 epochs, which are over: the learning rate stays at"):
        net.partial_fit(X, X[:, 0])
    before = net.predict(X)
    assert np.abs(net.set_params(max_iter=40).partial_fit(X, X[:, 0]).predict(X) - before).max() > 1e-6


def test_weights_can_be_assigned():
    net = regressor().fit(X, X[:, 0])
    W, b = [np.ones_like(w) for w in net.coefs_], [np.zeros_like(b) for b in net.intercepts_]
    net.coefs_[0] = W[0]
    np.testing.assert_array_equal(net.coefs_[0], 1.0)
    net.coefs_, net.intercepts_ = W, b
    np.testing.assert_allclose(net.predict(X), 6 * np.maximum(X.sum(axis=1), 0), rtol=1e-12, atol=1e-14)
    square = regressor(hidden_layer_sizes=(4, 4)).fit(X, X[:, 0])
    first, second, third = (W.copy() for W in square.coefs_)
    square.coefs_ = [square.coefs_[1], square.coefs_[0], square.coefs_[2]]
    for W, expected in zip(square.coefs_, (second, first, third), strict=True):
        np.testing.assert_array_equal(W, expected)
    assert isinstance(net.coefs_, list)
    assert not np.shares_memory(net.coefs_[0], W[0])


WRONG_WEIGHTS = {
    "too few": [np.ones((4, 6))],
    "other shape": [np.ones((4, 6)), np.ones(6)],
    "numbers": [1.0, 2.0],
    "a number": 5,
    "text": [np.ones((4, 6)), np.full((6, 1), "a")],
    "complex": [np.ones((4, 6)), np.ones((6, 1), complex)],
}


@pytest.mark.parametrize("wrong", WRONG_WEIGHTS.values(), ids=WRONG_WEIGHTS.keys())
def test_weights_of_other_shapes_are_refused(wrong):
    net = regressor().fit(X, X[:, 0])
    before = [W.copy() for W in net.coefs_]
    with pytest.raises(ValueError, match=r"coefs_ and intercepts_ take .* shapes \[\(4, 6\), \(6, 1\)\], got"):
        net.coefs_ = wrong
    with pytest.raises(ValueError, match=r"coefs_ and intercepts_ take .* shapes \[\(4, 6\)\], got"):
        net.coefs_[0] = np.ones(6)
    for kept, now in zip(before, net.coefs_, strict=True):
        np.testing.assert_array_equal(kept, now)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_fit_that_diverged_can_be_continued(solver):
    """From its best weights, with an optimizer that remembers nothing of what overflowed."""
    net = regressor(solver=solver, early_stopping=True, warm_start=True, batch_size=20).fit(X, X[:, 0])
    with pytest.warns(ConvergenceWarning, match="The weights that the fit began with were restored"):
        net.set_params(learning_rate_init=1e200).fit(X, X[:, 0])
    assert "became" in net.stop_reason_
    assert "became" not in net.set_params(learning_rate_init=1e-8).fit(X, X[:, 0]).stop_reason_
