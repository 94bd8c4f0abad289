"""What RealMLP makes of scorers, weights, losses, schedules and sizes that are not those of its recipe."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_backend
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.metrics import get_scorer

from sknn import RealMLPClassifierScratch, RealMLPRegressorScratch
from sknn.estimators.realmlp import Member
from sknn.estimators.validation import split_rows
from sknn.losses import Gamma, Poisson
from sknn.preprocessing import RobustScaleSmoothClip
from sknn.schedules import Plateau

rng = np.random.RandomState(1)
X = rng.randn(100, 3)
Y = 10 + 3 * X[:, 0] + 0.1 * rng.randn(100)
LABELS = (X[:, 0] > 0).astype(int)
SMALL = {"hidden_layer_sizes": (16,), "max_iter": 6, "random_state": 0}


# Scorers ------------------------------------------------------------------------------------------


def score_method(estimator, X, y):
    return estimator.score(X, y)


@pytest.mark.parametrize("scoring", [score_method, "neg_max_error", "r2"], ids=["function", "no weights", "weights"])
def test_a_scorer_need_not_take_weights(scoring):
    net = RealMLPRegressorScratch(scoring=scoring, **SMALL).fit(X, Y, sample_weight=np.linspace(1, 2, 100))
    assert np.isfinite(net.best_validation_score_)


def test_a_scorer_need_not_take_weights_of_classes():
    net = RealMLPClassifierScratch(scoring=score_method, class_weight="balanced", **SMALL).fit(X, LABELS)
    assert np.isfinite(net.best_validation_score_)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc_ovr", "neg_brier_score"])
def test_a_rare_class_is_seen_by_scores_of_probabilities(scoring):
    net = RealMLPClassifierScratch(scoring=scoring, **SMALL).fit(X, np.repeat([0, 1, 2], [60, 38, 2]))
    assert np.isfinite(net.validation_scores_).all()
    assert net.best_epoch_ > 0


@pytest.mark.parametrize(
    ("counts", "size", "fewest"),
    [([60, 38, 2], 20, [11, 7, 1]), ([90, 6, 3, 1], 20, [17, 1, 0, 0]), ([97, 1, 1, 1], 20, [20, 0, 0, 0])],
    ids=str,
)
def test_every_class_of_two_rows_is_held_out(counts, size, fewest):
    codes, rows = np.repeat(np.arange(len(counts)), counts), 100 + np.arange(100)
    train, held = split_rows(rows, size, codes, np.random.RandomState(0))
    np.testing.assert_array_equal(np.sort(np.append(train, held)), rows)
    found = np.bincount(codes[held - 100], minlength=len(counts))
    assert size <= found.sum() <= size + len(counts)
    assert (found >= np.maximum(fewest, np.array(counts) > 1)).all()
    assert (found[np.array(counts) == 1] == 0).all()


@pytest.mark.parametrize("codes", [None, np.arange(10), np.repeat([0, 1, 2, 3, 4], 2)], ids=["none", "alone", "many"])
def test_rows_are_held_out_at_random_where_classes_have_too_few(codes):
    train, held = split_rows(np.arange(10), 3, codes, np.random.RandomState(0))
    assert (len(train), len(held)) == (7, 3)
    np.testing.assert_array_equal(np.sort(np.append(train, held)), np.arange(10))


def test_a_scorer_smooths_as_its_name_does():
    nets = [
        RealMLPClassifierScratch(scoring=scoring, **SMALL).fit(X, LABELS)
        for scoring in ("neg_log_loss", get_scorer("neg_log_loss"), "accuracy", get_scorer("accuracy"))
    ]
    assert nets[0].loss_curve_ == nets[1].loss_curve_
    assert nets[2].loss_curve_ == nets[3].loss_curve_
    assert nets[0].loss_curve_ != nets[2].loss_curve_


# Weights ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["td", "td-s"])
def test_the_target_of_a_row_without_weight_means_nothing(variant):
    y, weight = Y.copy(), np.ones(100)
    y[7], weight[7] = 1e3, 0.0
    changed = RealMLPRegressorScratch(variant=variant, **SMALL).fit(X, y, sample_weight=weight)
    as_it_was = RealMLPRegressorScratch(variant=variant, **SMALL).fit(X, Y, sample_weight=weight)
    np.testing.assert_array_equal(changed.predict(X), as_it_was.predict(X))


def test_a_row_without_weight_may_be_outside_the_range_of_the_loss():
    y, weight = np.abs(Y), np.ones(100)
    y[7], weight[7] = -1.0, 0.0
    assert (RealMLPRegressorScratch(loss="poisson", **SMALL).fit(X, y, sample_weight=weight).predict(X) > 0).all()


@pytest.mark.parametrize("own", [False, True], ids=["held out", "own"])
def test_validation_rows_without_weight(own):
    validation = {"X_val": X[:10], "y_val": np.zeros(10, int)} if own else {}
    net = RealMLPClassifierScratch(class_weight={0: 0.0}, **SMALL)
    with pytest.raises(ValueError, match=r"zero for all .* rows that are to validate"):
        net.fit(X, np.repeat([0, 1], [99, 1]), **validation)


# Losses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "loss"), [("poisson", Poisson()), ("gamma", Gamma())])
def test_a_loss_may_be_an_object(name, loss):
    named, given = (RealMLPRegressorScratch(loss=one, **SMALL).fit(X, np.abs(Y)) for one in (name, loss))
    np.testing.assert_array_equal(named.predict(X), given.predict(X))


@pytest.mark.parametrize("loss", ["poisson", Poisson()], ids=["name", "object"])
@pytest.mark.parametrize(
    "y", [-np.abs(Y), np.column_stack([np.abs(Y), -np.abs(Y)]), np.full(100, -1.0)], ids=["all", "a column", "constant"]
)
def test_targets_outside_the_range_of_the_loss_are_quoted_as_they_are(loss, y):
    with pytest.raises(ValueError, match=rf"range of loss Poisson: expected .*, got values from {y.min()} to"):
        RealMLPRegressorScratch(loss=loss, **SMALL).fit(X, y)


# Schedules, sizes, formats ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["learning_rate", "dropout_schedule", "weight_decay_schedule"])
@pytest.mark.parametrize("schedule", ["plateau", "adaptive", Plateau()], ids=str)
def test_schedules_that_wait_for_what_nobody_watches(name, schedule):
    with pytest.raises(ValueError, match=f"{name}=.* expected a schedule that follows the epochs"):
        RealMLPRegressorScratch(**{**SMALL, name: schedule}).fit(X, Y)


@pytest.mark.parametrize("sizes", [(0,), (-3,), (2.5,), [[3, 4]], (3, None)], ids=str)
def test_sizes(sizes):
    with pytest.raises(ValueError, match=r"hidden_layer_sizes must be > 0, got .*; expected integers"):
        RealMLPRegressorScratch(hidden_layer_sizes=sizes, max_iter=2).fit(X, Y)


def test_sparse_indicators_come_back_sparse():
    indicators = (X[:, :2] > 0).astype(int)
    net = RealMLPClassifierScratch(**SMALL)
    dense = net.fit(X, indicators).predict(X)
    predicted = net.fit(X, sparse.csr_matrix(indicators)).predict(X)
    assert type(predicted) is sparse.csr_matrix
    np.testing.assert_array_equal(predicted.toarray(), dense)


@pytest.mark.parametrize("unit", [1e-4, 1e-100, 1e100])
def test_the_unit_of_targets_means_nothing(unit):
    """Also where it is small beside their mean, as long as float64 tells them apart."""
    offset = 1e9 if unit == 1e-4 else 0.0
    net = RealMLPRegressorScratch(**{**SMALL, "max_iter": 30})
    expected = net.fit(X, Y).predict(X)
    predicted = (net.fit(X, offset + unit * Y).predict(X) - offset) / unit
    np.testing.assert_allclose(predicted, expected, atol=0.1 if offset else 1e-3)


@pytest.mark.parametrize("value", [0.0, 0.1, -7e200])
def test_a_constant_target_is_predicted_exactly(value):
    np.testing.assert_array_equal(RealMLPRegressorScratch(**SMALL).fit(X, np.full(100, value)).predict(X), value)


@pytest.mark.parametrize("factor", [1e-60, 1e-30, 1e30])
def test_a_factor_of_all_weights_cancels(factor):
    categories, weight = np.array(["a", "b"], dtype=object)[LABELS][:, None], np.linspace(1, 2, 100)
    net = RealMLPRegressorScratch(**SMALL)
    expected = net.fit(categories, Y, sample_weight=weight).predict(categories)
    np.testing.assert_allclose(
        net.fit(categories, Y, sample_weight=factor * weight).predict(categories), expected, rtol=1e-5
    )


@pytest.mark.parametrize("scoring", [None, "r2", "neg_mean_absolute_error"])
@pytest.mark.parametrize("n", [6, 10])
def test_a_regressor_holds_out_two_rows_or_none(scoring, n):
    net = RealMLPRegressorScratch(scoring=scoring, **SMALL).fit(X[:n], Y[:n])
    assert net.best_epoch_ > 0
    assert (net.validation_scores_ is None) == (n < 10)


def test_targets_to_validate_with_outside_the_range_of_the_loss():
    with pytest.raises(ValueError, match=r"range of loss Poisson: .* got values from -3"):
        RealMLPRegressorScratch(loss="poisson", **SMALL).fit(X, np.abs(Y), X_val=X[:5], y_val=np.full(5, -3.0))


@pytest.mark.parametrize("unit", [2.0**-600, 2.0**600], ids=["1e-181", "1e181"])
def test_the_unit_of_a_target_is_arbitrary(unit):
    net = RealMLPRegressorScratch(scoring="loss", **SMALL)
    np.testing.assert_array_equal(net.fit(X, unit * Y).predict(X) / unit, net.fit(X, Y).predict(X))


@pytest.mark.parametrize("unit", [2.0**-600, 2.0**600], ids=["1e-181", "1e181"])
def test_the_unit_of_a_target_does_not_choose_the_epoch(unit):
    X = np.random.RandomState(0).standard_normal((120, 6))
    y = X[:, 0] + 0.3 * np.random.RandomState(1).standard_normal(120)
    expected = RealMLPRegressorScratch(hidden_layer_sizes=(32,), max_iter=40, random_state=0).fit(X, y)
    model = RealMLPRegressorScratch(hidden_layer_sizes=(32,), max_iter=40, random_state=0).fit(X, unit * y)
    assert model.best_epoch_ == expected.best_epoch_ < 40
    assert model.validation_scores_ == expected.validation_scores_


def test_true_counts_as_one():
    one = {"n_members": True, "batch_size": True, "max_iter": 1, "hidden_layer_sizes": (2,)}
    assert len(RealMLPRegressorScratch(**one).fit(X[:9], Y[:9]).members_) == 1


# Members ------------------------------------------------------------------------------------------


class SameSeed(np.random.RandomState):
    """Draws the same number again and again."""

    def randint(self, *bounds, size):
        return np.full(size, 7)


@pytest.mark.parametrize("own", [False, True], ids=["held out", "own"])
def test_a_member_leaves_the_rows_of_the_next_as_they_are(own):
    validation = {"X_val": X[:10], "y_val": Y[:10]} if own else {}
    net = RealMLPRegressorScratch(n_members=2, **{**SMALL, "random_state": SameSeed()}).fit(X, Y, **validation)
    first, second = (member.state for member in net.members_)
    np.testing.assert_array_equal(first.network.parameters.values, second.network.parameters.values)
    assert first.history["loss"] == second.history["loss"]


def test_statistics_of_columns_are_those_of_the_rows_that_train():
    held = []

    def score(net, X, y):
        held.append(y.ravel().astype(int))
        return 0.0

    numbers = np.arange(100.0)
    x = numbers[:, None] ** 2
    net = RealMLPRegressorScratch(scoring=score, **SMALL).fit(x, numbers)
    train = np.delete(np.arange(100), held[0])
    assert len(train) == 80
    expected = RobustScaleSmoothClip().fit(x[train]).transform(x)
    np.testing.assert_allclose(net.members_[0].encoder.transform(x), expected, rtol=1e-6)


def test_what_the_optimizer_remembers_is_not_kept():
    """It would be twice the size of the network."""
    net = RealMLPRegressorScratch(n_members=2, **SMALL).fit(X, Y)
    assert [member.state.optimizer_state for member in net.members_] == [None, None]


@pytest.mark.parametrize(
    ("takes", "n_jobs", "shares"),
    [(1.0, 1, [3.0, 4.0, 7.0]), (20.0, 1, [3.0, 1e-3, 1e-3]), (1.0, 2, [4.5, 4.5, 4.5])],
    ids=["fast", "slow", "side by side"],
)
def test_members_share_the_time_that_remains(takes, n_jobs, shares, monkeypatch):
    given, now, fit_member = [], [100.0], RealMLPRegressorScratch._fit_member

    def timed(self, samples, held_out, targets, loss, seed, seconds, callbacks):
        given.append(seconds)
        now[0] += takes
        return fit_member(self, samples, held_out, targets, loss, seed, np.inf, callbacks)

    monkeypatch.setattr("sknn.estimators.realmlp.perf_counter", lambda: now[0])
    monkeypatch.setattr(RealMLPRegressorScratch, "_fit_member", timed)
    net = RealMLPRegressorScratch(n_members=3, max_time=9.0, n_jobs=n_jobs, **{**SMALL, "max_iter": 1})
    with parallel_backend("threading"):
        net.fit(X, Y)
    assert given == shares


@pytest.mark.parametrize("n_members", [1, 2])
def test_predictions_are_made_in_blocks_of_rows(n_members, monkeypatch):
    X = np.random.RandomState(0).standard_normal((50, 3))
    model = RealMLPClassifierScratch(max_iter=1, n_members=n_members, random_state=0).fit(X, np.arange(50) % 3)
    expected, labels = model.predict_proba(X), model.predict(X)
    seen = []
    raw = Member.raw
    monkeypatch.setattr(Member, "raw", lambda self, table: seen.append(len(table)) or raw(self, table))
    monkeypatch.setattr("sknn.estimators.realmlp.PREDICT_BYTES", 8 * (3 + 3) * 20)
    assert_allclose(model.predict_proba(X), expected, rtol=1e-14)
    assert_array_equal(model.predict(X), labels)
    assert seen == [n for n in (20, 20, 10) for _ in range(n_members)] * 2


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_predicting_from_many_categories_takes_little_memory(method):
    """A row of few codes is one of thousands of numbers as a matrix: some rows are one at a time."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: pd.Categorical(rng.integers(0, 900, 20_000)) for name in "ab"})
    model = RealMLPClassifierScratch("td-s", hidden_layer_sizes=(4,), max_iter=1, random_state=0)
    model.fit(X[:2000], rng.integers(0, 2, 2000))
    getattr(model, method)(X[:9])
    tracemalloc.start()
    try:
        getattr(model, method)(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40e6  # the matrix has 144 MB
