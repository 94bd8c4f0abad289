"""Training goes on where it stopped: `partial_fit` and `warm_start` are as one longer fit, wherever that is defined."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError

from sknn import MLPClassifierScratch, MLPRegressorScratch
from sknn.optimizers import OPTIMIZERS, SGD, Adam

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 60
X, LABELS = make_blobs(N, n_features=4, centers=3, cluster_std=4.0, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = X[:, 0] * X[:, 1] + X[:, 2]
WEIGHT = np.random.RandomState(0).uniform(0.5, 2.0, size=N)

CASES = {
    "binary": (MLPClassifierScratch, LABELS == 0),
    "multiclass": (MLPClassifierScratch, LABELS),
    "strings": (MLPClassifierScratch, np.array(["ash", "birch", "cedar"])[LABELS]),
    "multilabel": (MLPClassifierScratch, np.column_stack([LABELS == 0, LABELS == 1]).astype(int)),
    "regressor": (MLPRegressorScratch, Y),
    "outputs": (MLPRegressorScratch, np.column_stack([Y, -Y])),
}
every_case = pytest.mark.parametrize(("Estimator", "y"), CASES.values(), ids=CASES.keys())
SMALL = {name: CASES[name] for name in ("multiclass", "regressor")}
each_kind = pytest.mark.parametrize(("Estimator", "y"), SMALL.values(), ids=SMALL.keys())


def make(Estimator, **params):
    """In the order of the rows, and never done."""
    defaults = {"hidden_layer_sizes": (6,), "max_iter": 8, "batch_size": 16, "random_state": 0}
    return Estimator(**{**defaults, "shuffle": False, "tol": 0.0, "n_iter_no_change": np.inf, **params})


def classes_of(Estimator, y):
    if Estimator is MLPRegressorScratch:
        return {}
    return {"classes": np.arange(y.shape[1]) if y.ndim == 2 else np.unique(y)}


def raw_output(model):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def assert_same_model(model, other):
    assert model.loss_curve_ == other.loss_curve_
    assert model.t_ == other.t_
    assert model.best_epoch_ == other.best_epoch_
    for ours, theirs in zip(model.coefs_ + model.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(raw_output(model), raw_output(other))


WAYS = {
    **{name: {"solver": name} for name in OPTIMIZERS},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer", "residual": True, "hidden_layer_sizes": (6, 6)},
    "penalties": {"alpha": 0.5, "l1_ratio": 0.3, "weight_decay": 0.1, "max_grad_norm": 0.5},
    "full_batch": {"batch_size": N},
    "float32": {},
}
every_way = pytest.mark.parametrize("way", WAYS)


def data(way):
    return X.astype(np.float32) if way == "float32" else X


# One longer fit -----------------------------------------------------------------------------------


@every_case
@every_way
def test_partial_fit_after_fit_is_uninterrupted_training(Estimator, y, way):
    """With the optimizer's state, and without `classes`."""
    whole = make(Estimator, **WAYS[way]).fit(data(way), y)
    model = make(Estimator, **WAYS[way], **{"max_iter": 5}).fit(data(way), y)
    for _ in range(3):
        model.partial_fit(data(way), y)
    assert_same_model(model, whole)


@every_case
@every_way
def test_partial_fit_from_the_beginning_is_uninterrupted_training(Estimator, y, way):
    model = make(Estimator, **WAYS[way])
    for i in range(8):
        model.partial_fit(data(way), y, **({} if i else classes_of(Estimator, y)))
    assert_same_model(model, make(Estimator, **WAYS[way]).fit(data(way), y))


@every_case
@every_way
def test_warm_start_is_uninterrupted_training(Estimator, y, way):
    whole = make(Estimator, **WAYS[way]).fit(data(way), y)
    model = make(Estimator, **WAYS[way], warm_start=True).set_params(max_iter=3).fit(data(way), y)
    assert_same_model(model.set_params(max_iter=5).fit(data(way), y), whole)


@every_case
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("random_state", [0, None])
def test_order_of_the_rows_of_one_batch_does_not_matter(Estimator, y, solver, random_state):
    params = {"solver": solver, "shuffle": True, "batch_size": N, "weight_init": "orthogonal", "random_state": 0}
    whole = make(Estimator, **params).fit(X, y)
    model = make(Estimator, **params).set_params(max_iter=5).fit(X, y).set_params(random_state=random_state)
    for _ in range(3):
        model.partial_fit(X, y)
    np.testing.assert_allclose(model.loss_curve_, whole.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(raw_output(model), raw_output(whole), rtol=1e-7, atol=1e-9)


@every_case
def test_weights_are_kept_in_proportion(Estimator, y):
    whole = make(Estimator).fit(X, y, sample_weight=WEIGHT)
    model = make(Estimator, max_iter=7).fit(X, y, sample_weight=WEIGHT).partial_fit(X, y, sample_weight=WEIGHT)
    np.testing.assert_allclose(model.loss_curve_, whole.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(raw_output(model), raw_output(whole), rtol=1e-9)


@each_kind
def test_state_of_the_optimizer_matters(Estimator, y):
    """Else the tests above could pass without it."""
    whole = make(Estimator).fit(X, y)
    forgetful = make(Estimator, max_iter=7).fit(X, y).trim_for_prediction().partial_fit(X, y)
    assert np.abs(forgetful.coefs_[0] - whole.coefs_[0]).max() > 1e-6


# Other calls --------------------------------------------------------------------------------------


@every_case
def test_classes_may_be_said_again(Estimator, y):
    model = make(Estimator).fit(X, y)
    assert len(model.partial_fit(X, y, **classes_of(Estimator, y)).loss_curve_) == 9


@every_case
def test_rows_in_pieces(Estimator, y):
    model = make(Estimator, batch_size="auto", learning_rate_init=0.01)
    for epoch in range(20):
        for rows in np.array_split(np.random.RandomState(epoch).permutation(N), 4):
            model.partial_fit(X[rows], y[rows], **classes_of(Estimator, y))
    assert model.t_ == 20 * N
    assert len(model.loss_curve_) == 80
    assert np.mean(model.loss_curve_[-4:]) < 0.8 * np.mean(model.loss_curve_[:4])


@each_kind
def test_data_frames(Estimator, y):
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = make(Estimator).fit(frame, y).partial_fit(frame, y)
    assert model.loss_curve_ == make(Estimator, max_iter=9).fit(X, y).loss_curve_
    np.testing.assert_array_equal(model.predict(frame), make(Estimator, max_iter=9).fit(X, y).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.partial_fit(frame[list("dcba")], y)


@each_kind
def test_another_type_of_numbers(Estimator, y):
    """The network keeps its own."""
    model = make(Estimator).fit(X.astype(np.float32), y).partial_fit(X, y)
    assert {W.dtype for W in model.coefs_} == {np.dtype(np.float32)}
    model = make(Estimator).fit(X, y).partial_fit(X.astype(np.float32), y)
    assert {W.dtype for W in model.coefs_} == {np.dtype(np.float64)}


@each_kind
@pytest.mark.parametrize(("first", "second"), [("adam", "sgd"), ("sgd", "adam"), ("adam", "nadam"), ("lbfgs", "adam")])
def test_another_optimizer_begins_without_a_past(Estimator, y, first, second):
    model = make(Estimator, solver=first).fit(X, y).set_params(solver=second).partial_fit(X, y)
    assert len(model.loss_curve_) == 9
    assert np.isfinite(raw_output(model)).all()


@each_kind
def test_another_learning_rate(Estimator, y):
    """Lowered by hand, with the same moments."""
    model = make(Estimator, solver=Adam()).fit(X, y)
    before = model.coefs_[0].copy()
    model.set_params(learning_rate_init=1e-12, solver=Adam(beta_1=0.5)).partial_fit(X, y)
    np.testing.assert_allclose(model.coefs_[0], before, atol=1e-9)


@each_kind
def test_lbfgs_goes_on_from_the_weights_of_another_solver(Estimator, y):
    model = make(Estimator, solver=SGD(), warm_start=True).fit(X, y)
    loss = model.loss_
    assert model.set_params(solver="lbfgs", max_iter=30).fit(X, y).loss_ < loss


@each_kind
def test_rate_that_was_divided_stays_so_in_partial_fit(Estimator, y):
    """A new fit, even a warm one, begins with the rate it is told."""
    params = {"solver": "sgd", "learning_rate": "adaptive", "tol": 1e6, "n_iter_no_change": 2}
    model = make(Estimator, **params, warm_start=True).fit(X, y)
    assert model.history_["learning_rate"][-1] < 0.001
    lowest = model.history_["learning_rate"][-1]
    model.partial_fit(X, y)
    assert model.history_["learning_rate"][-1] <= lowest
    model.fit(X, y)
    assert model.history_["learning_rate"][9] == 0.001


@each_kind
def test_patience_lasts_over_calls(Estimator, y):
    model = make(Estimator, tol=1e6, n_iter_no_change=3)
    reasons = [model.partial_fit(X, y, **classes_of(Estimator, y)).stop_reason_ for _ in range(6)]
    assert [reason is None for reason in reasons] == [True] * 4 + [False] * 2


@each_kind
def test_a_call_that_fails_is_as_none(Estimator, y):
    model = make(Estimator, max_iter=5).fit(X, y)
    for _ in range(3):
        with pytest.raises(ValueError, match="NaN"):
            model.partial_fit(np.full_like(X, np.nan), y)
        model.partial_fit(X, y)
    assert_same_model(model, make(Estimator).fit(X, y))


# Trimmed ------------------------------------------------------------------------------------------


@every_case
def test_trimmed_models_predict_and_learn(Estimator, y):
    model = make(Estimator).fit(X, y)
    before = raw_output(model)
    assert model.trim_for_prediction() is model
    np.testing.assert_array_equal(raw_output(model), before)
    assert len(model.partial_fit(X, y).loss_curve_) == 9
    assert np.abs(raw_output(model) - before).max() > 0


def test_trimming_before_fit():
    with pytest.raises(NotFittedError):
        MLPClassifierScratch().trim_for_prediction()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"alpha": -1.0}, "'alpha' parameter"),
        ({"batch_size": "foo"}, "'batch_size' parameter"),
        ({"loss": "foo"}, "'loss' parameter"),
        ({"class_weight": "blanced"}, "'class_weight' parameter"),
        ({"class_weight": "balanced"}, "not known before all classes are counted"),
    ],
    ids=str,
)
@pytest.mark.parametrize("before", [None, {0: 1.0, 1: 2.0, 2: 1.0}], ids=["none", "dict"])
def test_parameters_that_were_set_after_a_fit_are_looked_at(params, message, before):
    model = make(MLPClassifierScratch, class_weight=before).fit(X, LABELS).partial_fit(X, LABELS)
    expected = raw_output(model)
    model.set_params(**params)
    with pytest.raises(ValueError, match=message):
        model.partial_fit(X, LABELS)
    np.testing.assert_array_equal(raw_output(model), expected)
    model.set_params(**{name: make(MLPClassifierScratch).get_params()[name] for name in params}).partial_fit(X, LABELS)


def test_balanced_weights_of_a_fit_hold_in_partial_fit():
    uneven = (LABELS == 0).astype(int)
    balanced = make(MLPClassifierScratch, class_weight="balanced").fit(X, uneven)
    counts = np.bincount(uneven)
    known = make(MLPClassifierScratch, class_weight=dict(enumerate(N / 2 / counts))).fit(X, uneven)
    assert_same_model(balanced.partial_fit(X[:20], uneven[:20]), known.partial_fit(X[:20], uneven[:20]))


@each_kind
@pytest.mark.parametrize(("before", "after"), [(0.1, 0.0), (0.0, 0.1), ([0.0, 0.1], [0.1, 0.0])], ids=str)
def test_dropout_may_be_switched_on_and_off(Estimator, y, before, after):
    sizes = (6, 5)
    model = make(Estimator, hidden_layer_sizes=sizes, dropout=before).fit(X, y)
    weights = [W.copy() for W in model.coefs_]
    model.set_params(dropout=after, learning_rate_init=1e-12).partial_fit(X, y)
    for W, W_before in zip(model.coefs_, weights, strict=True):
        np.testing.assert_allclose(W, W_before, atol=1e-9)


@each_kind
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            {"residual": True},
            {"residual": False},
            r"Residual \(6,\), .*got Dense \(6,\), Dense \(6,\)",
        ),
        ({"normalization": "batch"}, {"normalization": "layer"}, r"BatchNorm.*, got .*LayerNorm"),
    ],
    ids=["residual", "normalization"],
)
def test_the_error_about_other_layers_says_what_differs(Estimator, y, before, after, message):
    model = make(Estimator, hidden_layer_sizes=(6, 6), warm_start=True, **before).fit(X, y)
    with pytest.raises(ValueError, match=message):
        model.set_params(**after).fit(X, y)
