"""A `fit` or `partial_fit` that fails leaves the estimator as it was: fitted state, optimizer state, everything."""

import copy
import io
import sys
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sknn import MLPClassifierScratch, MLPRegressorScratch

# Most fits here are cut short on purpose, and those that diverge overflow.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

X, LABELS = make_blobs(60, n_features=4, centers=3, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
TARGETS = X[:, 0] * X[:, 1]

CLASSIFIER = (MLPClassifierScratch, LABELS)
REGRESSOR = (MLPRegressorScratch, TARGETS)
every_estimator = pytest.mark.parametrize(("Estimator", "y"), [CLASSIFIER, REGRESSOR], ids=["classifier", "regressor"])
every_method = pytest.mark.parametrize("method", ["fit", "partial_fit"])


def make(Estimator, **params):
    return Estimator(**{"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0, **params})


def spoiled(values, value):
    values = np.array(values, dtype=complex if isinstance(value, complex) else object if value is None else float)
    values.flat[3] = value
    return values


# Calls that fail, as (X, y, keyword arguments) of `fit` and of `partial_fit`.
BAD_CALLS = {
    "nan_in_X": lambda y: (spoiled(X, np.nan), y, {}),
    "infinity_in_X": lambda y: (spoiled(X, np.inf), y, {}),
    "complex_X": lambda y: (spoiled(X, 1j), y, {}),
    "text_in_X": lambda y: (np.full(X.shape, "oak"), y, {}),
    "X_of_one_dimension": lambda y: (X[:, 0], y, {}),
    "no_rows": lambda y: (X[:0], y[:0], {}),
    "short_y": lambda y: (X, y[:-1], {}),
    "y_with_none": lambda y: (X, spoiled(y, None), {}),
    "y_with_nan": lambda y: (X, spoiled(y, np.nan), {}),
    "short_sample_weight": lambda y: (X, y, {"sample_weight": np.ones(3)}),
    "nan_in_sample_weight": lambda y: (X, y, {"sample_weight": spoiled(np.ones(60), np.nan)}),
    "zero_sample_weight": lambda y: (X, y, {"sample_weight": np.zeros(60)}),
}
every_bad_call = pytest.mark.parametrize("bad_call", BAD_CALLS.values(), ids=BAD_CALLS.keys())


class Snapshot:
    """What a failed call must not change. Takes its copies before, compares afterwards."""

    def __init__(self, model, y):
        self.model, self.y = model, y
        self.state = dict(vars(model))
        self.twin = copy.deepcopy(model)
        self.predictions = model.predict(X)

    def assert_unchanged(self):
        model, twin = self.model, self.twin
        assert vars(model).keys() == self.state.keys()
        changed = [name for name, value in vars(model).items() if value is not self.state[name]]
        assert changed == []
        assert model.n_iter_ == twin.n_iter_
        assert model.t_ == twin.t_
        assert model.loss_curve_ == twin.loss_curve_
        for array, before in zip(model.coefs_ + model.intercepts_, twin.coefs_ + twin.intercepts_, strict=True):
            np.testing.assert_array_equal(array, before)
        np.testing.assert_array_equal(model.predict(X), self.predictions)
        # The optimizer's state shows in what is learned next.
        for _ in range(2):
            np.testing.assert_array_equal(model.partial_fit(X, self.y).coefs_[0], twin.partial_fit(X, self.y).coefs_[0])
        assert model.loss_curve_ == twin.loss_curve_


@every_estimator
@every_method
@every_bad_call
def test_bad_data_on_a_fitted_estimator(Estimator, y, method, bad_call):
    model = make(Estimator).fit(X, y)
    before = Snapshot(model, y)
    bad_X, bad_y, arguments = bad_call(y)
    with pytest.raises((ValueError, TypeError)):
        getattr(model, method)(bad_X, bad_y, **arguments)
    before.assert_unchanged()


@every_estimator
@pytest.mark.parametrize("columns", [list("abcd"), list("ab")], ids=["names", "width"])
def test_columns_of_a_failed_fit_are_forgotten(Estimator, y, columns):
    """The columns are in order, and looked at before the weights, which are not."""
    frame = pd.DataFrame(X[:, : len(columns)], columns=columns)
    model = make(Estimator).fit(X, y)
    before = Snapshot(model, y)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(frame, y, sample_weight=np.ones(3))
    assert model.n_features_in_ == 4
    assert not hasattr(model, "feature_names_in_")
    before.assert_unchanged()


@every_estimator
@every_bad_call
def test_bad_data_on_a_new_estimator(Estimator, y, bad_call):
    model = make(Estimator)
    parameters = dict(vars(model))
    bad_X, bad_y, arguments = bad_call(y)
    with pytest.raises((ValueError, TypeError)):
        model.fit(bad_X, bad_y, **arguments)
    assert vars(model) == parameters
    with pytest.raises(NotFittedError):
        check_is_fitted(model)


@every_estimator
@every_bad_call
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_bad_data_at_a_warm_start(Estimator, y, bad_call, solver):
    model = make(Estimator, warm_start=True, solver=solver).fit(X, y)
    coefs = copy.deepcopy(model.coefs_)
    state, predictions = dict(vars(model)), model.predict(X)
    bad_X, bad_y, arguments = bad_call(y)
    with pytest.raises((ValueError, TypeError)):
        model.fit(bad_X, bad_y, **arguments)
    assert vars(model).keys() == state.keys()
    assert all(value is state[name] for name, value in vars(model).items())
    for array, before in zip(model.coefs_, coefs, strict=True):
        np.testing.assert_array_equal(array, before)
    np.testing.assert_array_equal(model.predict(X), predictions)


BAD_PARAMS = [
    {"alpha": -1.0},
    {"hidden_layer_sizes": (3, 0)},
    {"activation": "rleu"},
    {"solver": "sdg"},
    {"batch_size": 0},
    {"learning_rate": "adaptative"},
    {"max_iter": 0},
    {"random_state": "seed"},
    {"beta_1": 1.0},
    {"early_stopping": True, "validation_fraction": 0.01},
]


@contextmanager
def changed(model, **params):
    """Set parameters for the failing call, and put the old objects back."""
    old = {name: model.get_params()[name] for name in params}
    model.set_params(**params)
    yield
    model.set_params(**old)


@every_estimator
@pytest.mark.parametrize("params", BAD_PARAMS, ids=str)
def test_bad_parameters(Estimator, y, params):
    model = make(Estimator).fit(X, y)
    before = Snapshot(model, y)
    with changed(model, **params), pytest.raises((ValueError, TypeError)):
        model.fit(X, y)
    before.assert_unchanged()


@every_estimator
@pytest.mark.parametrize(
    ("solver", "rate", "batch_size"), [("sgd", 1e200, "auto"), ("sgd", 1e200, 7), ("adam", 1e308, "auto")]
)
@pytest.mark.parametrize("warm_start", [False, True], ids=["cold", "warm"])
def test_divergence(Estimator, y, solver, rate, batch_size, warm_start):
    """By the time that the loss is not finite the weights are spoiled, and the old ones must still be there."""
    model = make(Estimator, solver=solver, batch_size=batch_size, warm_start=warm_start, activation="identity")
    before = Snapshot(model.fit(X, y), y)
    with changed(model, learning_rate_init=rate), pytest.raises(ValueError, match="non-finite"):
        model.fit(X, y)
    before.assert_unchanged()


@every_estimator
def test_divergence_in_partial_fit(Estimator, y):
    model = make(Estimator, solver="sgd", activation="identity", batch_size=7).fit(X, y)
    before = Snapshot(model, y)
    with pytest.raises(ValueError, match="non-finite"):
        model.partial_fit(1e200 * X, y)
    before.assert_unchanged()


@every_estimator
def test_partial_fit_of_another_width(Estimator, y):
    model = make(Estimator).fit(X, y)
    before = Snapshot(model, y)
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(X[:, :2], y)
    before.assert_unchanged()


@every_estimator
def test_partial_fit_with_early_stopping(Estimator, y):
    model = make(Estimator).fit(X, y)
    before = Snapshot(model, y)
    with changed(model, early_stopping=True), pytest.raises(ValueError, match="early_stopping"):
        model.partial_fit(X, y)
    before.assert_unchanged()


@pytest.mark.parametrize(
    ("bad_y", "arguments"),
    [(LABELS + 1, {}), (LABELS, {"classes": [0, 1]}), (LABELS, {"classes": [5, 6, 7]}), (TARGETS, {})],
    ids=["unseen_label", "fewer_classes", "other_classes", "continuous"],
)
def test_partial_fit_of_unknown_classes(bad_y, arguments):
    model = make(MLPClassifierScratch).fit(X, LABELS)
    before = Snapshot(model, LABELS)
    with pytest.raises(ValueError, match=r"class|label"):
        model.partial_fit(X, bad_y, **arguments)
    before.assert_unchanged()


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_warm_start_with_other_classes(solver):
    model = make(MLPClassifierScratch, warm_start=True, solver=solver).fit(X, LABELS)
    before = Snapshot(model, LABELS)
    with pytest.raises(ValueError, match="classes"):
        model.fit(X, LABELS == 1)
    before.assert_unchanged()


def test_first_partial_fit_with_labels_outside_classes():
    model = make(MLPClassifierScratch)
    parameters = dict(vars(model))
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, LABELS, classes=[0, 1])
    assert vars(model) == parameters
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.partial_fit(X, LABELS, classes=[0, 1, 2])


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_targets_outside_the_range_of_the_loss(method):
    model = make(MLPRegressorScratch, loss="poisson").fit(X, np.abs(TARGETS))
    before = Snapshot(model, np.abs(TARGETS))
    with pytest.raises(ValueError, match=r"[Pp]oisson"):
        getattr(model, method)(X, TARGETS)
    before.assert_unchanged()


class BrokenPipe(io.StringIO):
    """A standard output that breaks at the third epoch."""

    def write(self, text):
        if "Iteration 3" in text:
            raise OSError("broken pipe")
        return super().write(text)


@every_estimator
@pytest.mark.parametrize("warm_start", [False, True], ids=["cold", "warm"])
def test_error_in_the_middle_of_training(Estimator, y, warm_start, monkeypatch):
    model = make(Estimator, warm_start=warm_start, batch_size=16).fit(X, y)
    before = Snapshot(model, y)
    with changed(model, verbose=True), monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", BrokenPipe())
        with pytest.raises(OSError, match="broken pipe"):
            model.fit(X, y)
    before.assert_unchanged()
