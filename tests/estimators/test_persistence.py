"""A model that comes back from pickle, joblib or deepcopy predicts the same and, what is easily lost, still learns.

The weights are views of one vector. A copy whose views no longer meet its vector would train weights that nobody reads.
"""

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError

from sknn import MLPClassifierScratch, MLPRegressorScratch

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, LABELS = make_blobs(60, n_features=4, centers=3, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = np.column_stack([X[:, 0] * X[:, 1], X[:, 2]])

CASES = {
    "classifier": (MLPClassifierScratch, LABELS),
    "binary": (MLPClassifierScratch, LABELS == 1),
    "strings": (MLPClassifierScratch, np.array(["oak", "elm", "fir"])[LABELS]),
    "regressor": (MLPRegressorScratch, Y[:, 0]),
    "outputs": (MLPRegressorScratch, Y),
}
every_case = pytest.mark.parametrize(("Estimator", "y"), CASES.values(), ids=CASES.keys())
every_solver = pytest.mark.parametrize("solver", ["adam", "sgd"])


def through_pickle(model, tmp_path):
    return pickle.loads(pickle.dumps(model))


def through_oldest_pickle(model, tmp_path):
    return pickle.loads(pickle.dumps(model, protocol=2))


def through_joblib(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


def through_compressed_joblib(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib.gz", compress=3)
    return joblib.load(tmp_path / "model.joblib.gz")


def through_readonly_memmap(model, tmp_path):
    """As joblib's worker processes get it: the arrays cannot be written, nor the file while they are in use."""
    path = tmp_path / f"model{len(list(tmp_path.iterdir()))}.joblib"
    joblib.dump(model, path)
    return joblib.load(path, mmap_mode="r")


def through_deepcopy(model, tmp_path):
    return copy.deepcopy(model)


ROUND_TRIPS = [
    through_pickle,
    through_oldest_pickle,
    through_joblib,
    through_compressed_joblib,
    through_readonly_memmap,
    through_deepcopy,
]
every_round_trip = pytest.mark.parametrize("round_trip", ROUND_TRIPS, ids=lambda function: function.__name__)


def fitted(Estimator, y, **params):
    defaults = {"hidden_layer_sizes": (8, 5), "max_iter": 10, "batch_size": 16, "random_state": 0}
    return Estimator(**{**defaults, **params}).fit(X, y)


def raw_output(model):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def forward_by_hand(model):
    """What the public weights say, for relu networks."""
    values = X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        values = np.maximum(values @ W + b, 0)
    values = values @ model.coefs_[-1] + model.intercepts_[-1]
    if model.out_activation_ == "softmax":
        values = np.exp(values - values.max(axis=1, keepdims=True))
        return values / values.sum(axis=1, keepdims=True)
    if model.out_activation_ == "logistic":
        probability = 1 / (1 + np.exp(-values[:, 0]))
        return np.column_stack([1 - probability, probability])
    return values[:, 0] if values.shape[1] == 1 else values


def assert_same_arrays(ours, theirs):
    for array, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(array, other)


@every_case
@every_solver
@every_round_trip
def test_predictions_and_attributes_survive(Estimator, y, solver, round_trip, tmp_path):
    model = fitted(Estimator, y, solver=solver)
    copied = round_trip(model, tmp_path)
    np.testing.assert_array_equal(copied.predict(X), model.predict(X))
    np.testing.assert_array_equal(raw_output(copied), raw_output(model))
    assert_same_arrays(copied.coefs_ + copied.intercepts_, model.coefs_ + model.intercepts_)
    assert vars(copied).keys() == vars(model).keys()
    assert copied.loss_curve_ == model.loss_curve_
    assert copied.get_params() == model.get_params()


@every_case
@every_solver
@every_round_trip
def test_partial_fit_moves_the_weights_that_predict_reads(Estimator, y, solver, round_trip, tmp_path):
    model = fitted(Estimator, y, solver=solver)
    copied = round_trip(model, tmp_path)
    before = raw_output(model)
    for _ in range(5):
        copied.partial_fit(X, y)
    after = raw_output(copied)
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_allclose(after, forward_by_hand(copied), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(raw_output(model), before)


@every_case
@pytest.mark.parametrize(
    "round_trip", [trip for trip in ROUND_TRIPS if trip is not through_readonly_memmap], ids=lambda trip: trip.__name__
)
def test_weights_of_a_copy_are_its_own(Estimator, y, round_trip, tmp_path):
    """Written to in place, they change what the copy predicts, and nothing else."""
    model = fitted(Estimator, y)
    copied = round_trip(model, tmp_path)
    before = raw_output(model)
    copied.coefs_[-1][:] = 0
    np.testing.assert_allclose(raw_output(copied), forward_by_hand(copied), rtol=1e-9, atol=1e-12)
    assert np.ptp(raw_output(copied), axis=0).max() == 0
    np.testing.assert_array_equal(raw_output(model), before)


@every_case
@every_solver
@every_round_trip
def test_training_goes_on_as_if_nothing_had_happened(Estimator, y, solver, round_trip, tmp_path):
    """The optimizer's state comes along: moments, velocity, and the step count of the schedule."""
    model = fitted(Estimator, y, solver=solver, learning_rate="invscaling")
    copied = round_trip(model, tmp_path)
    for _ in range(3):
        model.partial_fit(X, y)
        copied = round_trip(copied.partial_fit(X, y), tmp_path)
        np.testing.assert_array_equal(raw_output(copied), raw_output(model))
    assert copied.loss_curve_ == model.loss_curve_
    assert copied.t_ == model.t_


@every_case
@every_round_trip
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_warm_start_goes_on_as_if_nothing_had_happened(Estimator, y, solver, round_trip, tmp_path):
    model = fitted(Estimator, y, solver=solver, warm_start=True)
    copied = round_trip(model, tmp_path)
    np.testing.assert_allclose(raw_output(copied.fit(X, y)), raw_output(model.fit(X, y)), rtol=1e-12)


@every_case
@every_round_trip
def test_refit_is_the_same_fit(Estimator, y, round_trip, tmp_path):
    model = fitted(Estimator, y)
    copied = round_trip(model, tmp_path)
    np.testing.assert_array_equal(raw_output(copied.fit(X, y)), raw_output(model.fit(X, y)))


@every_case
@every_round_trip
def test_early_stopping_survives(Estimator, y, round_trip, tmp_path):
    model = fitted(Estimator, y, early_stopping=True)
    copied = round_trip(model, tmp_path)
    np.testing.assert_array_equal(raw_output(copied), raw_output(model))
    assert copied.validation_scores_ == model.validation_scores_
    copied.set_params(early_stopping=False).partial_fit(X, y)
    assert np.abs(raw_output(copied) - raw_output(model)).max() > 0


@every_case
@every_round_trip
def test_unfitted_estimator_survives(Estimator, y, round_trip, tmp_path):
    copied = round_trip(Estimator(hidden_layer_sizes=(3,), alpha=0.5), tmp_path)
    assert copied.get_params() == Estimator(hidden_layer_sizes=(3,), alpha=0.5).get_params()
    with pytest.raises(NotFittedError):
        copied.predict(X)


@every_case
def test_clone_forgets_the_fit(Estimator, y):
    model = fitted(Estimator, y)
    copied = clone(model)
    assert vars(copied).keys() < vars(model).keys()
    assert copied.get_params() == model.get_params()
    np.testing.assert_array_equal(raw_output(copied.fit(X, y)), raw_output(model))
