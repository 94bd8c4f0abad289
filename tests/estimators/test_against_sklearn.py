"""The same model as scikit-learn's: with an integer `random_state` and shared parameters, to rounding.

Where we differ on purpose (multi-output squared error, weights in minibatches, the optimizer's state at
a warm start), the tests at the end say what we do instead.
"""

import inspect

import numpy as np
import pytest
import sklearn.neural_network
from scipy import sparse
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch, MLPRegressorScratch

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PAIRS = {
    "classifier": (sklearn.neural_network.MLPClassifier, MLPClassifierScratch),
    "regressor": (sklearn.neural_network.MLPRegressor, MLPRegressorScratch),
}

# 100 rows: batches of 33 leave a remainder of one row, batches of 7 leave two.
N_SAMPLES = 100


def _scaled(X):
    return StandardScaler().fit_transform(X)


def _classes(n_classes):
    X, y = make_classification(
        N_SAMPLES, n_features=6, n_informative=4, n_classes=n_classes, class_sep=0.7, random_state=n_classes
    )
    return _scaled(X), y


def _multilabel():
    X, Y = make_multilabel_classification(N_SAMPLES, n_features=6, n_classes=4, random_state=0)
    return _scaled(X), Y


def _targets(n_targets):
    X, y = make_regression(N_SAMPLES, n_features=6, n_targets=n_targets, noise=5.0, random_state=n_targets)
    return _scaled(X), y / np.std(y)


def _counts(n_targets):
    X, y = _targets(n_targets)
    return X, np.random.RandomState(0).poisson(np.exp(0.5 * y)).astype(float)


BINARY = ("classifier", {}, *_classes(2))
MULTICLASS = ("classifier", {}, *_classes(4))
MULTILABEL = ("classifier", {}, *_multilabel())
SQUARED_ERROR = ("regressor", {}, *_targets(1))
POISSON = ("regressor", {"loss": "poisson"}, *_counts(1))
POISSON_OUTPUTS = ("regressor", {"loss": "poisson"}, *_counts(3))
SQUARED_ERROR_OUTPUTS = ("regressor", {}, *_targets(3))

TASKS = {
    "binary": BINARY,
    "multiclass": MULTICLASS,
    "multilabel": MULTILABEL,
    "squared_error": SQUARED_ERROR,
    "poisson": POISSON,
    "poisson_outputs": POISSON_OUTPUTS,
}
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())


def make_both(task, **params):
    """scikit-learn's estimator and ours for one task, with the same parameters."""
    kind, task_params, X, y = task
    defaults = {"hidden_layer_sizes": (9, 5), "random_state": 3, "max_iter": 25, "learning_rate_init": 0.01}
    theirs, ours = (Estimator(**{**defaults, **task_params, **params}) for Estimator in PAIRS[kind])
    return theirs, ours, X, y


def fit_both(task, sample_weight=None, **params):
    theirs, ours, X, y = make_both(task, **params)
    theirs.fit(X, y, sample_weight=sample_weight)
    ours.fit(X, y, sample_weight=sample_weight)
    return theirs, ours, X


def assert_same_weights(theirs, ours, rtol=1e-6, atol=1e-8):
    for our_arrays, their_arrays in ((ours.coefs_, theirs.coefs_), (ours.intercepts_, theirs.intercepts_)):
        assert len(our_arrays) == len(their_arrays)
        for our_array, their_array in zip(our_arrays, their_arrays, strict=True):
            assert our_array.shape == their_array.shape
            assert our_array.dtype == their_array.dtype
            np.testing.assert_allclose(our_array, their_array, rtol=rtol, atol=atol)


def assert_same_predictions(theirs, ours, X, rtol=1e-6, atol=1e-8):
    if hasattr(theirs, "predict_proba"):
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=rtol, atol=atol)
        np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=rtol, atol=atol)
    else:
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=rtol, atol=atol)
        assert ours.predict(X).dtype == theirs.predict(X).dtype
    assert ours.predict(X).shape == theirs.predict(X).shape


def assert_same_model(theirs, ours, X):
    """Every fitted attribute and every prediction. Epochs are compared first: they explain the rest."""
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "n_features_in_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-6)
    if theirs.solver != "lbfgs":
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-6)
        for name in ("best_loss_", "validation_scores_", "best_validation_score_"):
            if getattr(theirs, name) is None:
                assert getattr(ours, name) is None, name
            else:
                np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, err_msg=name)
    if hasattr(theirs, "classes_"):
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    assert_same_weights(theirs, ours)
    assert_same_predictions(theirs, ours, X)


# The drop-in promise ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PAIRS)
def test_parameters_have_scikit_learns_names_places_and_defaults(kind):
    theirs, ours = (
        [(parameter.name, parameter.kind, parameter.default) for parameter in signature.parameters.values()]
        for signature in map(inspect.signature, PAIRS[kind])
    )
    assert ours[: len(theirs)] == theirs
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, kind, _ in ours[len(theirs) :])


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "score"])
def test_methods_take_scikit_learns_arguments(kind, method):
    theirs, ours = (list(inspect.signature(getattr(Estimator, method)).parameters) for Estimator in PAIRS[kind])
    assert ours[: len(theirs)] == theirs


@every_task
@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
def test_every_fitted_attribute_is_there(task, params):
    theirs, ours, _ = fit_both(task, max_iter=2, **params)
    fitted = {name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")}
    assert {name for name in fitted if not hasattr(ours, name)} == set()


# The same initial weights -------------------------------------------------------------------------


@every_task
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("hidden_layer_sizes", [(), 4, (11,), (3, 2), (7, 5, 3)], ids=str)
def test_initial_weights(task, activation, hidden_layer_sizes):
    """A step of 1e-300 changes no weight, so these are the initial ones; logistic has a Glorot factor of its own."""
    theirs, ours, _ = fit_both(
        task,
        activation=activation,
        hidden_layer_sizes=hidden_layer_sizes,
        solver="sgd",
        learning_rate_init=1e-300,
        max_iter=1,
    )
    assert_same_weights(theirs, ours, rtol=0, atol=0)


@every_task
def test_initial_weights_in_float32(task):
    theirs, ours, X, y = make_both(task, solver="sgd", learning_rate_init=1e-30, max_iter=1)
    theirs.fit(X.astype(np.float32), y)
    ours.fit(X.astype(np.float32), y)
    assert ours.coefs_[0].dtype == np.float32
    assert_same_weights(theirs, ours, rtol=0, atol=0)


# The same training --------------------------------------------------------------------------------

ADAM = {"solver": "adam"}
SGD = {"solver": "sgd"}

SETTINGS = {
    "adam": ADAM,
    "adam_betas_epsilon": {**ADAM, "beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-4},
    "sgd": {**SGD, "momentum": 0.0},
    "sgd_momentum": {**SGD, "momentum": 0.8, "nesterovs_momentum": False},
    "sgd_nesterov": {**SGD, "momentum": 0.8},
    "sgd_invscaling": {**SGD, "learning_rate": "invscaling", "learning_rate_init": 0.2},
    "sgd_invscaling_power": {**SGD, "learning_rate": "invscaling", "power_t": 0.2, "momentum": 0.0},
    "sgd_adaptive": {**SGD, "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2},
    "identity": {"activation": "identity"},
    "logistic": {"activation": "logistic"},
    "tanh": {"activation": "tanh"},
    "logistic_sgd": {**SGD, "activation": "logistic"},
    "tanh_sgd": {**SGD, "activation": "tanh"},
    "alpha_0": {"alpha": 0.0},
    "alpha_1": {"alpha": 1.0},
    "batch_7": {"batch_size": 7, "max_iter": 8},
    "batch_33": {"batch_size": 33, "max_iter": 15},
    "batch_33_sgd_invscaling": {**SGD, "batch_size": 33, "learning_rate": "invscaling", "alpha": 0.5},
    "batch_1": {"batch_size": 1, "max_iter": 3, "learning_rate_init": 0.001},
    "batch_all": {"batch_size": N_SAMPLES},
    "no_shuffle": {"batch_size": 33, "shuffle": False},
    "no_shuffle_sgd": {**SGD, "batch_size": 7, "shuffle": False},
    "one_layer_as_int": {"hidden_layer_sizes": 6},
    "no_hidden_layer": {"hidden_layer_sizes": ()},
    "four_layers": {"hidden_layer_sizes": [8, 7, 6, 5]},
    "early_stopping": {"early_stopping": True},
    "early_stopping_batch_7": {"early_stopping": True, "batch_size": 7, "validation_fraction": 0.25, "max_iter": 10},
    "early_stopping_sgd": {**SGD, "early_stopping": True, "batch_size": 33},
    "early_stopping_adaptive": {
        **SGD,
        "early_stopping": True,
        "learning_rate": "adaptive",
        "tol": 0.02,
        "n_iter_no_change": 2,
    },
}


@every_task
@pytest.mark.parametrize("params", SETTINGS.values(), ids=SETTINGS.keys())
def test_same_model(task, params):
    assert_same_model(*fit_both(task, **params))


@every_task
@pytest.mark.parametrize("random_state", [0, 1, 12345])
def test_same_model_for_every_seed(task, random_state):
    assert_same_model(*fit_both(task, random_state=random_state, batch_size=33, max_iter=5))


STOPPING = {
    "adam": {**ADAM, "tol": 0.01, "n_iter_no_change": 3},
    "sgd": {**SGD, "tol": 0.01, "n_iter_no_change": 3},
    "adaptive": {**SGD, "learning_rate": "adaptive", "tol": 0.02, "n_iter_no_change": 2},
    "invscaling": {**SGD, "learning_rate": "invscaling", "tol": 0.01, "n_iter_no_change": 3},
    "early_stopping": {"early_stopping": True, "tol": 0.01, "n_iter_no_change": 3},
    "early_stopping_adaptive": {
        **SGD,
        "learning_rate": "adaptive",
        "early_stopping": True,
        "tol": 0.01,
        "n_iter_no_change": 2,
    },
}


@every_task
@pytest.mark.parametrize("params", STOPPING.values(), ids=STOPPING.keys())
def test_stops_early(task, params):
    """The same last epoch; for 'adaptive' that is after the rate has been divided by five until it is below 1e-6."""
    theirs, ours, X = fit_both(task, batch_size=33, max_iter=300, **params)
    assert theirs.n_iter_ < 300
    assert_same_model(theirs, ours, X)


def test_batch_size_larger_than_the_data_warns_and_is_clipped():
    theirs, ours, X, y = make_both(MULTICLASS, batch_size=1000)
    with pytest.warns(UserWarning, match="batch_size"):
        theirs.fit(X, y)
    with pytest.warns(UserWarning, match="batch_size"):
        ours.fit(X, y)
    assert_same_model(theirs, ours, X)


@every_task
def test_generator_object_is_drawn_from_as_often(task):
    """Two fits in a row from one RandomState: the second sees what the first has left."""
    theirs, ours, X, y = make_both(task, random_state=None, batch_size=33, max_iter=4, early_stopping=True)
    theirs.set_params(random_state=np.random.RandomState(5))
    ours.set_params(random_state=np.random.RandomState(5))
    for _ in range(2):
        theirs.fit(X, y)
        ours.fit(X, y)
        assert_same_model(theirs, ours, X)


def test_string_labels():
    kind, params, X, y = MULTICLASS
    names = np.array(["ash", "beech", "cedar", "dogwood"], dtype=object)
    assert_same_model(*fit_both((kind, params, X, names[y]), max_iter=10))


SPARSE = [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array]


@pytest.mark.parametrize("container", SPARSE, ids=lambda container: container.__name__)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_sparse_data(solver, container):
    kind, params, X, y = MULTICLASS
    X = container(np.where(X > 0, X, 0.0))
    assert_same_model(*fit_both((kind, params, X, y), solver=solver, batch_size=33, max_iter=8))


@every_task
@pytest.mark.parametrize("params", [{}, {"solver": "sgd"}, {"early_stopping": True}], ids=str)
def test_float32(task, params):
    """In single precision ten epochs agree to about three digits: its epsilon is 1e-7, and errors grow."""
    kind, task_params, X, y = task
    theirs, ours, X = fit_both((kind, task_params, X.astype(np.float32), y), batch_size=33, max_iter=10, **params)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-3)
    assert_same_weights(theirs, ours, rtol=1e-2, atol=1e-3)
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    predict = "predict_proba" if kind == "classifier" else "predict"
    our_output, their_output = getattr(ours, predict)(X), getattr(theirs, predict)(X)
    assert our_output.dtype == their_output.dtype == np.float32
    np.testing.assert_allclose(our_output, their_output, rtol=1e-2, atol=1e-3)


# L-BFGS -------------------------------------------------------------------------------------------


@every_task
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_lbfgs_first_iterations(task, activation):
    assert_same_model(*fit_both(task, solver="lbfgs", activation=activation, max_iter=8, alpha=0.1))


@every_task
def test_lbfgs_same_optimum(task):
    """Rounding grows along the path, so after it has converged the paths differ but the optimum is one."""
    theirs, ours, X = fit_both(
        task, solver="lbfgs", hidden_layer_sizes=(4,), activation="tanh", alpha=10.0, max_iter=2000, tol=1e-7
    )
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-6)
    assert_same_predictions(theirs, ours, X, rtol=1e-2, atol=1e-3)


@every_task
def test_lbfgs_max_fun(task):
    theirs, ours, X = fit_both(task, solver="lbfgs", max_fun=5)
    assert_same_model(theirs, ours, X)


@pytest.mark.parametrize("params", [{"max_iter": 3}, {"max_fun": 3}], ids=str)
def test_lbfgs_warns_when_cut_short(params):
    _, ours, X, y = make_both(MULTICLASS, solver="lbfgs", **params)
    with pytest.warns(ConvergenceWarning, match="lbfgs"):
        ours.fit(X, y)


# partial_fit --------------------------------------------------------------------------------------

PARTIAL = {
    "adam": ADAM,
    "sgd": SGD,
    "sgd_invscaling": {**SGD, "learning_rate": "invscaling", "learning_rate_init": 0.2},
    "sgd_adaptive": {**SGD, "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2},
    "batch_7": {"batch_size": 7},
    "no_shuffle": {"batch_size": 7, "shuffle": False},
}


def partial_fit_both(theirs, ours, X, y, **arguments):
    theirs.partial_fit(X, y, **arguments)
    ours.partial_fit(X, y, **arguments)


def classes_of(task):
    kind, _, _, y = task
    if kind == "regressor":
        return {}
    return {"classes": np.arange(y.shape[1]) if y.ndim == 2 else np.unique(y)}


@every_task
@pytest.mark.parametrize("params", PARTIAL.values(), ids=PARTIAL.keys())
def test_partial_fit(task, params):
    """Chunks of different sizes, several times over."""
    theirs, ours, X, y = make_both(task, **params)
    for _ in range(6):
        for chunk in (slice(0, 20), slice(20, 55), slice(55, 100)):
            partial_fit_both(theirs, ours, X[chunk], y[chunk], **classes_of(task))
            assert_same_model(theirs, ours, X)


@pytest.mark.parametrize("params", PARTIAL.values(), ids=PARTIAL.keys())
def test_partial_fit_learns_a_class_that_comes_later(params):
    theirs, ours, X, y = make_both(MULTICLASS, **params)
    order = np.argsort(y, kind="stable")
    classes = {"classes": np.unique(y)}
    for chunk in np.array_split(order, 5):
        partial_fit_both(theirs, ours, X[chunk], y[chunk], **classes)
        assert_same_model(theirs, ours, X)
        classes = {}


@every_task
@pytest.mark.parametrize("params", [ADAM, SGD, {**ADAM, "batch_size": 33}], ids=str)
def test_partial_fit_goes_on_after_fit(task, params):
    theirs, ours, X, y = make_both(task, max_iter=5, **params)
    theirs.fit(X, y)
    ours.fit(X, y)
    for _ in range(3):
        partial_fit_both(theirs, ours, X, y)
        assert_same_model(theirs, ours, X)


def test_fit_forgets_partial_fit():
    theirs, ours, X, y = make_both(MULTICLASS, max_iter=5)
    ours.partial_fit(X[:, :3], (y > 1).astype(int), classes=[0, 1])
    assert_same_model(theirs.fit(X, y), ours.fit(X, y), X)


def test_one_step_by_hand():
    """The worked example of scikit-learn's `test_fit`, from whatever weights the seed draws."""
    X, y, rate, alpha = np.array([[0.6, 0.8, 0.7]]), np.array([0]), 0.1, 0.1
    model = MLPClassifierScratch(
        2, "logistic", solver="sgd", learning_rate_init=rate, alpha=alpha, momentum=0, random_state=1
    )
    model.set_params(learning_rate_init=1e-300).partial_fit(X, y, classes=[0, 1])
    W1, W2, b1, b2 = (array.copy() for array in (*model.coefs_, *model.intercepts_))
    model = MLPClassifierScratch(**{**model.get_params(), "learning_rate_init": rate})
    model.partial_fit(X, y, classes=[0, 1])

    hidden = 1 / (1 + np.exp(-(X @ W1 + b1)))
    output_delta = 1 / (1 + np.exp(-(hidden @ W2 + b2))) - y
    hidden_delta = output_delta @ W2.T * hidden * (1 - hidden)
    np.testing.assert_allclose(model.coefs_[0], W1 - rate * (X.T @ hidden_delta + alpha * W1))
    np.testing.assert_allclose(model.coefs_[1], W2 - rate * (hidden.T @ output_delta + alpha * W2))
    np.testing.assert_allclose(model.intercepts_[0], b1 - rate * hidden_delta[0])
    np.testing.assert_allclose(model.intercepts_[1], b2 - rate * output_delta[0])


# Sample weights at full batch ---------------------------------------------------------------------


@every_task
@pytest.mark.parametrize(
    "params", [ADAM, SGD, {"solver": "lbfgs", "max_iter": 8}, {"early_stopping": True}, {"alpha": 5.0}], ids=str
)
def test_sample_weight_at_full_batch(task, params):
    """Also where the weights do not average to one: the penalty is divided by their sum."""
    weight = np.random.RandomState(0).uniform(0.5, 8.0, size=N_SAMPLES)
    assert_same_model(*fit_both(task, sample_weight=weight, **params))


@every_task
@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_constant_sample_weight_in_minibatches(task, weight):
    weights = np.full(N_SAMPLES, weight)
    assert_same_model(*fit_both(task, sample_weight=weights, batch_size=7, alpha=0.5, max_iter=5))


@every_task
def test_sample_weight_in_partial_fit(task):
    """Where every call brings the same mean weight. What happens elsewhere, test_sample_weight.py says."""
    theirs, ours, X, y = make_both(task)
    weight = np.random.RandomState(0).uniform(0.5, 8.0, size=N_SAMPLES)
    for chunk in (slice(0, 60), slice(60, 100)):
        weight[chunk] *= 3.0 / weight[chunk].mean()
        partial_fit_both(theirs, ours, X[chunk], y[chunk], sample_weight=weight[chunk], **classes_of(task))
        assert_same_model(theirs, ours, X)


# Warm start ---------------------------------------------------------------------------------------


@every_task
@pytest.mark.parametrize(
    "params",
    [
        {**SGD, "momentum": 0.0, "n_iter_no_change": np.inf},
        {"solver": "lbfgs", "max_iter": 4},
    ],
    ids=str,
)
def test_warm_start_of_a_solver_without_state(task, params):
    theirs, ours, X, y = make_both(task, warm_start=True, **{"max_iter": 5, **params})
    for _ in range(3):
        assert_same_model(theirs.fit(X, y), ours.fit(X, y), X)


@every_task
@pytest.mark.parametrize(
    "params", [ADAM, SGD, {**ADAM, "batch_size": 33}, {**SGD, "learning_rate": "invscaling"}], ids=str
)
def test_warm_start_keeps_the_optimizers_state(task, params):
    """Unlike scikit-learn's, two warm fits of five epochs are one fit of ten."""
    _, ours, X, y = make_both(task, shuffle=False, n_iter_no_change=np.inf, **params)
    whole = type(ours)(**{**ours.get_params(), "max_iter": 10}).fit(X, y)
    ours.set_params(warm_start=True, max_iter=5).fit(X, y).fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, whole.loss_curve_, rtol=1e-12)
    assert_same_weights(whole, ours, rtol=1e-12, atol=0)
    assert ours.n_iter_ == 5
    assert ours.t_ == whole.t_ == 10 * N_SAMPLES


# Multi-output squared error -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [
        {**SGD, "momentum": 0.0},
        {**SGD, "momentum": 0.9},
        {**SGD, "batch_size": 7},
        {**ADAM, "batch_size": 33},
    ],
    ids=str,
)
def test_multi_output_squared_error_follows_the_gradient_of_its_loss(params):
    """scikit-learn's issue 8349: its gradient of the data term is that of its loss, times the outputs.

    A step of ours is therefore a step of scikit-learn's with the rate divided by that number, and with
    alpha multiplied by it. Adam does not see the scale of a gradient: there epsilon is multiplied instead.
    """
    n_outputs = SQUARED_ERROR_OUTPUTS[3].shape[1]
    theirs, ours, X, y = make_both(SQUARED_ERROR_OUTPUTS, alpha=0.3, epsilon=1e-6, **params)
    theirs.set_params(alpha=n_outputs * ours.alpha)
    if ours.solver == "adam":
        theirs.set_params(epsilon=n_outputs * ours.epsilon)
    else:
        theirs.set_params(learning_rate_init=ours.learning_rate_init / n_outputs)
    theirs.fit(X, y)
    ours.fit(X, y)
    assert_same_weights(theirs, ours)
    assert_same_predictions(theirs, ours, X)


def test_multi_output_squared_error_has_scikit_learns_value():
    theirs, ours, _ = fit_both(SQUARED_ERROR_OUTPUTS, solver="sgd", learning_rate_init=1e-300, max_iter=1, alpha=0.3)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-12)


def test_multi_output_squared_error_reaches_a_lower_optimum_with_lbfgs():
    """L-BFGS on a value with another value's gradient stops where neither is at rest."""
    theirs, ours, _ = fit_both(
        SQUARED_ERROR_OUTPUTS, solver="lbfgs", activation="identity", alpha=1.0, max_iter=2000, tol=1e-8
    )
    assert ours.loss_ < theirs.loss_ * (1 - 1e-4)
