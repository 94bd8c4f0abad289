"""A weight of 2 is the row twice, a weight of 0 is no row, and minibatches do not bend the weighted mean."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs, make_multilabel_classification, make_regression
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch, MLPRegressorScratch

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_SAMPLES = 40


def _blobs(centers):
    X, y = make_blobs(N_SAMPLES, n_features=3, centers=centers, cluster_std=3.0, random_state=0)
    return StandardScaler().fit_transform(X), y


def _targets(n_targets):
    X, y = make_regression(N_SAMPLES, n_features=3, n_targets=n_targets, noise=1.0, random_state=0)
    return X, y / np.std(y)


X_REGRESSION, Y_REGRESSION = _targets(1)
Y_COUNTS = np.random.RandomState(0).poisson(np.exp(Y_REGRESSION / 2))

TASKS = {
    "binary": (MLPClassifierScratch, {}, *_blobs(2)),
    "multiclass": (MLPClassifierScratch, {}, *_blobs(3)),
    "multilabel": (
        MLPClassifierScratch,
        {},
        *make_multilabel_classification(N_SAMPLES, n_features=3, n_classes=3, random_state=0),
    ),
    "squared_error": (MLPRegressorScratch, {}, X_REGRESSION, Y_REGRESSION),
    "squared_error_outputs": (MLPRegressorScratch, {}, *_targets(2)),
    "poisson": (MLPRegressorScratch, {"loss": "poisson"}, X_REGRESSION, Y_COUNTS),
}
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())

SOLVERS = {
    "adam": {"solver": "adam", "learning_rate_init": 0.01},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "lbfgs": {"solver": "lbfgs"},
}


def full_batch(task, solver, **params):
    """An estimator that takes all the rows in one batch, however many they are up to 200."""
    Estimator, task_params, X, y = task
    defaults = {"hidden_layer_sizes": (6,), "max_iter": 10, "alpha": 0.5, "random_state": 0}
    return Estimator(**{**defaults, **task_params, **SOLVERS[solver], **params}), X, y


def output(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@every_task
@pytest.mark.parametrize(
    ("method", "solver"),
    [("fit", "adam"), ("fit", "sgd"), ("fit", "lbfgs"), ("partial_fit", "adam"), ("partial_fit", "sgd")],
)
def test_integer_weights_repeat_and_remove_rows(task, method, solver):
    weighted, X, y = full_batch(task, solver)
    repeated, _, _ = full_batch(task, solver)
    weight = np.random.RandomState(1).randint(0, 4, size=N_SAMPLES)
    classes = {}
    if method == "partial_fit" and isinstance(weighted, MLPClassifierScratch):
        classes = {"classes": np.arange(y.shape[1]) if y.ndim == 2 else np.unique(y)}
    for _ in range(3):
        getattr(weighted, method)(X, y, sample_weight=weight, **classes)
        getattr(repeated, method)(np.repeat(X, weight, axis=0), np.repeat(y, weight, axis=0), **classes)
    np.testing.assert_allclose(weighted.loss_, repeated.loss_, rtol=1e-9)
    np.testing.assert_allclose(output(weighted, X), output(repeated, X), rtol=1e-6)


@every_task
@pytest.mark.parametrize(
    ("solver", "early_stopping"), [("adam", False), ("adam", True), ("sgd", False), ("sgd", True), ("lbfgs", False)]
)
def test_unit_weights_are_no_weights(task, solver, early_stopping):
    model, X, y = full_batch(task, solver, batch_size=7, early_stopping=early_stopping)
    without = output(model.fit(X, y), X)
    with_weights = output(model.fit(X, y, sample_weight=np.ones(N_SAMPLES)), X)
    np.testing.assert_allclose(with_weights, without, rtol=1e-9)


@every_task
@pytest.mark.parametrize("batch_size", [7, N_SAMPLES])
def test_scale_of_the_weights_does_not_matter_without_a_penalty(task, batch_size):
    model, X, y = full_batch(task, "adam", alpha=0.0, batch_size=batch_size)
    weight = np.random.RandomState(1).uniform(0.5, 2.0, size=N_SAMPLES)
    small = output(model.fit(X, y, sample_weight=weight), X)
    large = output(model.fit(X, y, sample_weight=1000 * weight), X)
    np.testing.assert_allclose(large, small, rtol=1e-7)


# A model with no hidden layer on X = 0 has one number to learn, whose optimum is the weighted mean of y.
# scikit-learn, which divides by the weights of each batch, learns the plain mean from batches of one row.
CONSTANT_X = np.zeros((6, 1))
CONSTANT_Y = np.array([1, 1, 1, 0, 0, 0])
HEAVY = np.array([100.0, 100.0, 100.0, 1.0, 1.0, 1.0])
WEIGHTED_MEAN = 300 / 303

CONSTANT_MODELS = {
    "squared_error": (MLPRegressorScratch, {}),
    "poisson": (MLPRegressorScratch, {"loss": "poisson"}),
    "binary": (MLPClassifierScratch, {}),
}


@pytest.mark.parametrize(("Estimator", "params"), CONSTANT_MODELS.values(), ids=CONSTANT_MODELS.keys())
@pytest.mark.parametrize("batch_size", [1, 2, 4])
@pytest.mark.parametrize("shuffle", [False, True])
def test_constant_model_learns_the_weighted_mean_from_minibatches(Estimator, params, batch_size, shuffle):
    model = Estimator(
        hidden_layer_sizes=(),
        solver="sgd",
        momentum=0.0,
        learning_rate_init=0.05,
        batch_size=batch_size,
        shuffle=shuffle,
        max_iter=1500,
        n_iter_no_change=np.inf,
        random_state=0,
        **params,
    )
    model.fit(CONSTANT_X, CONSTANT_Y, sample_weight=HEAVY)
    prediction = output(model, CONSTANT_X[:1]).ravel()[-1]
    assert prediction == pytest.approx(WEIGHTED_MEAN, abs=0.01)


def test_an_epoch_of_weighted_minibatches_by_hand():
    """Sum of w * l over |B| * mean(w), where the mean is over the training set; the last batch has one row."""
    rng = np.random.RandomState(0)
    X, y, weight, rate = rng.normal(size=(7, 2)), rng.normal(size=7), rng.uniform(0, 9, size=7), 0.1
    start = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0, "alpha": 0.0, "random_state": 0}
    model = MLPRegressorScratch(**start, learning_rate_init=1e-300).partial_fit(X, y)
    W, b = model.coefs_[0][:, 0].copy(), model.intercepts_[0][0]
    loss = 0.0
    for batch in (slice(0, 3), slice(3, 6), slice(6, 7)):
        error = X[batch] @ W + b - y[batch]
        share = weight[batch] / (len(error) * weight.mean())
        loss += len(error) / 7 * np.sum(share * error**2) / 2
        W -= rate * X[batch].T @ (share * error)
        b -= rate * np.sum(share * error)

    model = MLPRegressorScratch(**start, learning_rate_init=rate, batch_size=3, shuffle=False)
    model.partial_fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.coefs_[0][:, 0], W, rtol=1e-12)
    np.testing.assert_allclose(model.intercepts_[0], b, rtol=1e-12)
    assert model.loss_ == pytest.approx(loss, rel=1e-12)


def test_partial_fit_weighs_its_calls_against_each_other():
    """Heavy rows in one call and light ones in the next still give the weighted mean of all of them."""
    model = MLPRegressorScratch(hidden_layer_sizes=(), solver="sgd", momentum=0.0, learning_rate_init=0.05)
    for _ in range(300):
        for chunk in (slice(0, 3), slice(3, 6)):
            model.partial_fit(CONSTANT_X[chunk], CONSTANT_Y[chunk], sample_weight=HEAVY[chunk])
    assert model.predict(CONSTANT_X[:1])[0] == pytest.approx(WEIGHTED_MEAN, abs=0.01)


def test_zero_weights_in_a_whole_minibatch_change_nothing():
    X, y, weight = np.ones((4, 1)), np.array([5.0, 7.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    model = MLPRegressorScratch(
        hidden_layer_sizes=(),
        solver="sgd",
        momentum=0.0,
        alpha=0.0,
        batch_size=2,
        shuffle=False,
        learning_rate_init=0.1,
        max_iter=200,
        n_iter_no_change=np.inf,
    )
    model.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.predict(X), 0.0, atol=1e-6)
    assert np.isfinite(model.loss_curve_).all()


def test_early_stopping_scores_with_the_weights():
    """Rows of weight 0 are in neither the training loss nor the validation score, whatever their targets say."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 2))
    y = X @ [1.0, -2.0]
    weight = np.ones(200)
    weight[::2] = 0
    spoiled = np.where(weight == 0, 1e3, y)
    model = MLPRegressorScratch(
        hidden_layer_sizes=(5,), early_stopping=True, max_iter=20, random_state=0, batch_size=10
    )
    scores = model.fit(X, y, sample_weight=weight).validation_scores_
    loss_curve = model.loss_curve_
    model.fit(X, spoiled, sample_weight=weight)
    np.testing.assert_allclose(model.validation_scores_, scores)
    np.testing.assert_allclose(model.loss_curve_, loss_curve)


@pytest.mark.parametrize("weight_init", ["std", "std_he5"])
def test_initial_weights_do_not_look_at_rows_without_weight(weight_init):
    rng = np.random.RandomState(0)
    rows, y = rng.randn(50, 3), rng.randn(50)
    params = {"weight_init": weight_init, "max_iter": 3, "random_state": 0}
    plain = MLPRegressorScratch(**params).fit(rows, y)
    weighed = MLPRegressorScratch(**params).fit(
        np.vstack([rows, [[1e6] * 3]]), np.append(y, 0.0), sample_weight=np.append(np.ones(50), 0.0)
    )
    np.testing.assert_allclose(weighed.loss_curve_, plain.loss_curve_)


def test_weights_whose_sum_overflows_are_refused():
    with pytest.raises(ValueError, match="sample_weight or both have the mean inf; expected a finite one"):
        MLPRegressorScratch().fit(np.eye(9), np.arange(9.0), sample_weight=np.full(9, 1e308))
