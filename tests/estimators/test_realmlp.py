"""RealMLP on tables of all sorts, its parameters, and bad input. Its training itself: test_realmlp_reference.py."""

import pickle
import time

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_backend
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from sknn import RealMLPClassifierScratch, RealMLPRegressorScratch
from sknn.layers import Dropout, NTKDense, ParametricActivation, Scale, TableEmbedding

BOTH = pytest.mark.parametrize("kind", [RealMLPClassifierScratch, RealMLPRegressorScratch], ids=["classes", "numbers"])


def make(kind, **params):
    """Make a small estimator that trains fast."""
    return kind(**{"hidden_layer_sizes": (16, 16), "max_iter": 24, "random_state": 0, **params})


def table(n=160, seed=0):
    """Draw a table with holes, a category of many levels and one of two, and what depends on them."""
    rng = np.random.default_rng(seed)
    city = rng.integers(12, size=n)
    X = pd.DataFrame(
        {
            "size": rng.normal(size=n),
            "age": rng.exponential(size=n).astype(np.float32),
            "city": pd.Categorical([f"city {c}" for c in city]),
            "garden": np.where(rng.random(n) < 0.5, "yes", "no"),
        }
    )
    signal = X["size"].to_numpy() + (city % 3) - 1.0 + 2.0 * (X["garden"] == "yes").to_numpy()
    X.loc[rng.random(n) < 0.1, "size"] = np.nan
    X.loc[rng.random(n) < 0.1, "city"] = None
    return X, signal


def targets(kind, signal):
    return np.where(signal > 1.0, "high", "low") if kind is RealMLPClassifierScratch else 100.0 + 10.0 * signal


@pytest.mark.parametrize("variant", ["td", "td-s"])
@BOTH
def test_learns_a_table_with_holes_and_categories(kind, variant):
    X, signal = table(400)
    y = targets(kind, signal)
    net = make(kind, variant=variant, max_iter=60).fit(X[:300], y[:300])
    assert net.score(X[300:], y[300:]) > 0.7
    assert net.n_features_in_ == 4
    assert list(net.feature_names_in_) == ["size", "age", "city", "garden"]


@BOTH
def test_the_encoder_of_a_member_is_a_fitted_transformer(kind):
    X, signal = table()
    encoder = make(kind, max_iter=1).fit(X, targets(kind, signal)).members_[0].encoder
    assert encoder.n_features_in_ == 4
    assert encoder.transform(X).shape == (len(X), len(encoder.get_feature_names_out()))
    unnamed = make(kind, max_iter=1).fit(X.to_numpy(), targets(kind, signal)).members_[0].encoder
    assert unnamed.get_feature_names_out()[0] == "x0"


@BOTH
def test_layers_of_the_recipes(kind):
    X, signal = table()
    y = targets(kind, signal)
    td = make(kind, max_iter=1).fit(X, y).members_[0].state.network.layers
    simple = make(kind, variant="td-s", max_iter=1).fit(X, y).members_[0].state.network.layers
    block = [NTKDense, ParametricActivation, Dropout]
    assert [type(layer) for layer in td] == [TableEmbedding, Scale, *block, *block, NTKDense]
    assert [type(layer) for layer in simple] == [Scale, NTKDense, NTKDense, NTKDense]
    assert td[0].levels == (13,)
    assert td[0].n_numbers == 2


@BOTH
def test_result_repeats(kind):
    X, signal = table()
    y = targets(kind, signal)
    first, second = make(kind).fit(X, y), make(kind).fit(X, y)
    assert_array_equal(first.predict(X), second.predict(X))
    assert first.loss_curve_ == second.loss_curve_


@BOTH
def test_pickle_and_clone(kind):
    X, signal = table()
    net = make(kind).fit(X, targets(kind, signal))
    again = pickle.loads(pickle.dumps(net))
    assert_array_equal(again.predict(X), net.predict(X))
    assert clone(net).get_params() == net.get_params()
    assert "tableembedding_1" in net.summary()


@BOTH
def test_members_are_averaged(kind):
    X, signal = table()
    y = targets(kind, signal)
    # Predictions are clamped after they were averaged, which would make a difference here.
    more = {} if kind is RealMLPClassifierScratch else {"clamp_output": False}
    net = make(kind, n_members=3, **more).fit(X, y)
    assert len(net.members_) == 3
    method = "predict_proba" if hasattr(net, "predict_proba") else "predict"
    each = []
    for member in net.members_:
        alone = pickle.loads(pickle.dumps(net))
        alone.members_ = [member]
        each.append(getattr(alone, method)(X))
    assert np.abs(each[0] - each[1]).max() > 1e-3
    assert_allclose(getattr(net, method)(X), np.mean(each, axis=0), rtol=1e-6)
    parallel = make(kind, n_members=3, n_jobs=2, **more).fit(X, y)
    assert_allclose(getattr(parallel, method)(X), getattr(net, method)(X), rtol=1e-4, atol=1e-6)


def test_probabilities_agree_with_each_other():
    X, signal = table()
    y = np.digitize(signal, [0.0, 1.0])
    for labels, members in ((y, 1), (y, 2), (y > 0, 1), (y > 0, 2)):
        net = make(RealMLPClassifierScratch, n_members=members, max_iter=8).fit(X, labels)
        p = net.predict_proba(X)
        assert_allclose(p.sum(axis=1), 1.0)
        assert_allclose(net.predict_log_proba(X), np.log(p), atol=1e-9)
        decision = net.decision_function(X)
        if p.shape[1] == 2:
            assert_allclose(decision, np.log(p[:, 1] / p[:, 0]), atol=1e-9)
        else:
            assert_allclose(np.exp(decision) / np.exp(decision).sum(axis=1, keepdims=True), p, atol=1e-9)


def test_multilabel_targets():
    X, signal = table()
    Y = np.stack([signal > 0, signal > 1, signal > 2], axis=1).astype(int)
    net = make(RealMLPClassifierScratch, n_members=2).fit(X, Y)
    assert net.predict(X).shape == Y.shape
    assert net.predict_proba(X).shape == Y.shape
    assert_allclose(net.decision_function(X), np.log(net.predict_proba(X) / (1 - net.predict_proba(X))), atol=1e-6)


def test_several_targets():
    X, signal = table()
    Y = np.stack([signal, 1e6 - 1e3 * signal], axis=1)
    assert make(RealMLPRegressorScratch, max_iter=60).fit(X, Y).score(X, Y) > 0.6


@BOTH
def test_best_weights_of_equal_scores_are_the_last(kind):
    X, signal = table()
    net = make(kind).fit(X, targets(kind, signal))
    scores = np.array(net.validation_scores_)
    assert len(scores) == 24
    assert net.best_epoch_ == np.flatnonzero(scores == scores.max())[-1] + 1
    assert net.best_validation_score_ == scores.max()
    assert "as planned" in net.stop_reason_


def test_no_convergence_warning_and_no_partial_fit():
    net = make(RealMLPClassifierScratch)
    assert not hasattr(net, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        net.partial_fit  # noqa: B018
    assert "the scales of its columns" in str(caught.value.__cause__)


@BOTH
def test_early_stopping(kind):
    X, signal = table()
    y = targets(kind, signal)
    net = make(kind, max_iter=300, early_stopping=True, patience_factor=1.0, patience=3).fit(X, y)
    assert net.n_iter_ == net.best_epoch_ + 4
    assert "later than 1 times the best epoch" in net.stop_reason_


@BOTH
def test_own_validation_samples(kind):
    X, signal = table()
    y = targets(kind, signal)
    net = make(kind).fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])
    assert_allclose(net.best_validation_score_, net.score(X[120:], y[120:]), rtol=1e-5)
    assert net.t_ == 24 * 120
    with pytest.raises(ValueError, match="X_val came without y_val"):
        make(kind).fit(X, y, X_val=X)
    for wrong in (X.drop(columns="size"), X.assign(size=np.inf)):
        with pytest.raises(ValueError, match=r"^X_val, y_val or sample_weight_val is not as the training samples are"):
            make(kind).fit(X, y, X_val=wrong, y_val=y)
    with pytest.raises(ValueError, match="came without X_val"):
        make(kind).fit(X, y, y_val=y)


def test_without_validation_the_last_weights_are_kept():
    X, signal = table()
    net = make(RealMLPRegressorScratch, validation_fraction=0.0).fit(X, signal)
    assert net.validation_scores_ is None
    assert net.t_ == 24 * 160


@pytest.mark.parametrize("scoring", ["loss", "neg_log_loss", "roc_auc", "accuracy", lambda net, X, y: net.score(X, y)])
def test_scoring_chooses_the_epoch_and_the_smoothing(scoring):
    X, signal = table()
    net = make(RealMLPClassifierScratch, scoring=scoring).fit(X, signal > 1)
    rows = net._encode(signal > 1, net._targets, np.float64)
    judges_probabilities = scoring in ("loss", "neg_log_loss", "roc_auc")
    assert_allclose(rows.table.max(), 1.0 if judges_probabilities else 0.95)
    assert len(net.validation_scores_) == 24


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_positive_targets_of_any_scale(loss):
    X, signal = table(400)
    y = np.random.default_rng(0).poisson(np.exp(3.0 + signal)) + 1.0
    net = make(RealMLPRegressorScratch, loss=loss, max_iter=60, clamp_output=False).fit(X, y)
    assert net.predict(X).min() > 0
    assert net.score(X, y) > 0.3
    with pytest.raises(ValueError, match="outside the range of loss"):
        make(RealMLPRegressorScratch, loss=loss).fit(X, -y)


@pytest.mark.parametrize("quantile", [0.1, 0.9])
def test_quantiles(quantile):
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(1000, 1))
    y = 1e4 + X[:, 0] + rng.normal(size=1000)
    net = make(RealMLPRegressorScratch, loss="quantile", quantile=quantile, max_iter=40).fit(X, y)
    assert abs(np.mean(y < net.predict(X)) - quantile) < 0.05


def test_clamped_predictions_stay_in_the_range():
    X, signal = table()
    far = X.assign(size=1e6, age=1e6)
    net = make(RealMLPRegressorScratch, categorical_features=["city", "garden"]).fit(X, signal)
    assert net.predict(far).max() <= signal.max()
    assert net.predict(far).min() >= signal.min()


@BOTH
def test_zero_weight_is_no_row(kind):
    X, signal = table()
    y = targets(kind, signal)
    weight = np.ones(160)
    weight[80:] = 0.0
    X["city"] = X["city"].astype(object)
    X.loc[80:, "city"] = "elsewhere"  # a level, holes and numbers that only those rows have
    X.loc[80:, "age"] = np.where(np.arange(80) % 2, 1e6, np.nan)
    X.iloc[120:, X.columns.get_loc("size")] = -1e6
    weighted, shorter = make(kind).fit(X, y, weight), make(kind).fit(X[:80], y[:80])
    assert weighted.loss_curve_ == shorter.loss_curve_
    assert weighted.n_parameters_ == shorter.n_parameters_
    raw = weighted.members_[0].raw, shorter.members_[0].raw
    assert_array_equal(*(one(net._reader.read(X, net)) for one, net in zip(raw, (weighted, shorter), strict=True)))


def test_class_weight_moves_the_decision():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = (X[:, 0] + rng.normal(size=400) > 1.5).astype(int)
    plain = make(RealMLPClassifierScratch).fit(X, y).predict(X).mean()
    balanced = make(RealMLPClassifierScratch, class_weight="balanced").fit(X, y).predict(X).mean()
    assert balanced > plain + 0.1


def test_limit_of_time():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 5))
    started = time.perf_counter()
    net = make(RealMLPRegressorScratch, max_time=1.5, max_iter=100_000, n_members=2).fit(X, X[:, 0])
    assert time.perf_counter() - started < 6.0
    assert net.stop_reason_ == "The limit of time was reached."
    assert net.history_["learning_rate"][-1] < 0.01


def test_time_to_spare_changes_nothing():
    X, signal = table()
    free, limited = make(RealMLPRegressorScratch), make(RealMLPRegressorScratch, max_time=1e6)
    assert_array_equal(free.fit(X, signal).predict(X), limited.fit(X, signal).predict(X))


# -- tables that are hard ----------------------------------------------------------------------------------------------


@BOTH
def test_unknown_and_missing_values_at_predict(kind):
    X, signal = table()
    net = make(kind).fit(X, targets(kind, signal))
    strange = X[:4].assign(
        city=["Atlantis", None, "city 1", "city 2"], garden=[None, "perhaps", "yes", "no"], size=np.nan
    )
    assert len(net.predict(strange)) == 4
    missing = X[:1].assign(city=None)
    assert_array_equal(net.predict(X[:1].assign(city="Atlantis")), net.predict(missing))


@BOTH
def test_missing_where_there_was_none(kind):
    X, signal = table()
    X = X.fillna({"size": 0.0})
    net = make(kind).fit(X, targets(kind, signal))
    assert len(net.predict(X.assign(size=np.nan))) == 160


@pytest.mark.parametrize(
    "column",
    [
        np.full(160, np.nan),
        np.full(160, 3.0),
        [f"level {i}" for i in range(160)],
        [None] * 160,
        ["same"] * 160,
        np.r_[1e300, -1e300, np.zeros(158)],
    ],
    ids=["all missing", "constant", "all different", "no category", "one category", "huge"],
)
@pytest.mark.parametrize("variant", ["td", "td-s"])
@BOTH
def test_odd_columns(kind, variant, column):
    X, signal = table()
    net = make(kind, variant=variant, max_iter=6).fit(X.assign(odd=column), targets(kind, signal))
    assert len(net.predict(X.assign(odd=column))) == 160


@pytest.mark.parametrize("variant", ["td", "td-s"])
def test_ten_thousand_levels(variant):
    rng = np.random.default_rng(0)
    names = np.array([f"user {i}" for i in range(10_000)])
    X = pd.DataFrame({"user": names, "x": rng.normal(size=10_000)})
    net = make(RealMLPRegressorScratch, variant=variant, max_iter=2).fit(X, X["x"])
    assert net.members_[0].encoder.levels_ == (10_001,)
    assert np.isfinite(net.predict(X)).all()


@BOTH
def test_only_categories(kind):
    X, signal = table()
    net = make(kind, max_iter=60).fit(X[["city", "garden"]], targets(kind, signal))
    assert net.score(X[["city", "garden"]], targets(kind, signal)) > 0.3


def test_one_row_one_class_and_a_constant_target():
    X, _ = table()
    assert_array_equal(make(RealMLPRegressorScratch).fit(X[:1], [3.0]).predict(X[:3]), [3.0, 3.0, 3.0])
    assert_array_equal(make(RealMLPClassifierScratch).fit(X[:1], ["a"]).predict(X[:2]), ["a", "a"])
    one = make(RealMLPClassifierScratch).fit(X, ["only"] * 160)
    assert_array_equal(one.predict_proba(X), np.ones((160, 1)))
    for variant in ("td", "td-s"):
        constant = make(RealMLPRegressorScratch, variant=variant).fit(X, np.full(160, 0.1))
        assert_allclose(constant.predict(X), 0.1)


def test_whole_numbers_are_categories_where_the_user_says_so():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"code": rng.integers(6, size=300), "x": rng.normal(size=300)})
    y = np.array([0.0, 5.0, -3.0, 4.0, 1.0, -6.0])[X["code"]]
    named = make(RealMLPRegressorScratch, categorical_features=["code"]).fit(X, y)
    assert named._reader.levels[0] is not None
    assert make(RealMLPRegressorScratch).fit(X, y)._reader.levels[0] is None
    assert named.score(X, y) > 0.7


def test_columns_in_another_order_are_named():
    X, signal = table()
    net = make(RealMLPRegressorScratch, max_iter=1).fit(X, signal)
    with pytest.raises(ValueError, match="same order"):
        net.predict(X[["age", "size", "city", "garden"]])
    with pytest.raises(ValueError, match="feature names"):
        net.predict(X.rename(columns={"age": "years"}))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"variant": "xl"}, "variant"),
        ({"n_members": 0}, "n_members"),
        ({"embedding_dim": 1}, "embedding_dim"),
        ({"dropout": 1.0}, "dropout"),
        ({"weight_init": "best"}, "weight_init"),
        ({"max_time": 0.0}, "max_time"),
        ({"dtype": "float16"}, "dtype"),
    ],
)
@BOTH
def test_bad_parameters_are_named(kind, params, message):
    X, signal = table()
    with pytest.raises(ValueError, match=f"'{message}' parameter"):
        make(kind, **params).fit(X, targets(kind, signal))


def test_failed_fit_leaves_the_estimator_as_it_was():
    X, signal = table()
    net = make(RealMLPRegressorScratch).fit(X, signal)
    before = net.predict(X)
    with pytest.raises(ValueError, match="infinity"):
        net.fit(X.assign(size=np.inf), signal)
    assert_array_equal(net.predict(X), before)


def test_cross_validation():
    X, signal = table()
    scores = cross_val_score(make(RealMLPRegressorScratch, max_iter=60), X, signal, cv=2)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_limit_of_time_counts_what_came_before_once(n_jobs, monkeypatch):
    given, read, now = [], RealMLPRegressorScratch._check_X, [100.0]

    def slow(self, X, **options):
        now[0] += 0.5
        return read(self, X, **options)

    def fit_member(self, *arguments):
        given.append(arguments[5])
        raise RuntimeError("Enough.")

    monkeypatch.setattr("sknn.estimators.realmlp.perf_counter", lambda: now[0])
    monkeypatch.setattr(RealMLPRegressorScratch, "_check_X", slow)
    monkeypatch.setattr(RealMLPRegressorScratch, "_fit_member", fit_member)
    X, signal = table()
    with pytest.raises(RuntimeError, match="Enough"), parallel_backend("threading"):
        make(RealMLPRegressorScratch, max_time=4.5, n_members=2, n_jobs=n_jobs).fit(X, signal)
    assert given[0] == (2.0 if n_jobs == 1 else 4.0)


@BOTH
def test_the_last_rows_that_fill_no_batch_may_be_dropped(kind):
    X, signal = table()
    nets = [
        make(kind, batch_size=64, max_iter=1, drop_last=drop_last, validation_fraction=0.0)
        for drop_last in (True, False)
    ]
    assert [net.fit(X, targets(kind, signal)).t_ for net in nets] == [128, 160]


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_infinity_in_an_array_of_numbers(kind, dtype):
    X, y = np.ones((9, 2), dtype), np.arange(9) % 2
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="X contains infinity"):
        make(kind).fit(X, y)
