"""What was learned on the way: the history, why training ended, the table of layers, raw outputs."""

import re

import numpy as np
import pytest
from scipy.special import expit, log_softmax
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sknn import MLPClassifierScratch, MLPRegressorScratch, SequentialRegressorScratch
from sknn.initializers import GlorotUniform, HullBiases, Normal
from sknn.layers import LSTM, NTKDense, Reshape
from sknn.optimizers import OPTIMIZERS

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 60
X, LABELS = make_blobs(N, n_features=4, centers=3, cluster_std=4.0, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
INDICATORS = np.column_stack([LABELS == 0, LABELS == 1]).astype(int)
Y = X[:, 0] * X[:, 1] + X[:, 2]

CASES = {
    "binary": (MLPClassifierScratch, LABELS == 0),
    "multiclass": (MLPClassifierScratch, LABELS),
    "multilabel": (MLPClassifierScratch, INDICATORS),
    "regressor": (MLPRegressorScratch, Y),
    "outputs": (MLPRegressorScratch, np.column_stack([Y, -Y])),
}
every_case = pytest.mark.parametrize(("Estimator", "y"), CASES.values(), ids=CASES.keys())
SMALL = {name: CASES[name] for name in ("multiclass", "regressor")}
each_kind = pytest.mark.parametrize(("Estimator", "y"), SMALL.values(), ids=SMALL.keys())


def make(Estimator, **params):
    return Estimator(**{"hidden_layer_sizes": (6,), "max_iter": 5, "batch_size": 20, "random_state": 0, **params})


def parameters(model):
    return np.concatenate([array.ravel() for array in model.coefs_ + model.intercepts_])


# History ------------------------------------------------------------------------------------------

ALWAYS = {"loss", "gradient_norm", "seconds"}
VALIDATED = {"validation_loss", "validation_score"}


@every_case
@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
@pytest.mark.parametrize("validated", [False, True], ids=["", "validated"])
def test_keys_and_lengths(Estimator, y, solver, validated):
    given = {"X_val": X, "y_val": y} if validated else {}
    model = make(Estimator, solver=solver).fit(X, y, **given)
    expected = ALWAYS | (VALIDATED if validated else set()) | ({"learning_rate"} if solver != "lbfgs" else set())
    assert set(model.history_) == expected
    for values in model.history_.values():
        assert isinstance(values, list)
        assert len(values) == model.n_iter_ == 5
        assert {type(value) for value in values} == {float}
        assert np.isfinite(values).all()
    assert min(model.history_["seconds"]) > 0
    assert min(model.history_["gradient_norm"]) > 0
    assert model.history_["loss"] == model.loss_curve_
    assert model.loss_ == model.loss_curve_[-1]


@every_case
def test_it_grows_with_every_call(Estimator, y):
    model = make(Estimator, warm_start=True).fit(X, y).fit(X, y).partial_fit(X, y)
    assert {len(values) for values in model.history_.values()} == {11}
    before = {name: list(values) for name, values in model.history_.items()}
    history = model.history_
    model.partial_fit(X, y)
    assert history == before  # what was handed out is left alone
    assert {name: values[:11] for name, values in model.history_.items()} == before


@every_case
def test_a_new_fit_begins_a_new_history(Estimator, y):
    model = make(Estimator).fit(X, y).fit(X, y)
    assert {len(values) for values in model.history_.values()} == {5}


@every_case
def test_gradient_norm_is_that_of_the_last_step(Estimator, y):
    params = {"solver": "sgd", "momentum": 0.0, "batch_size": N, "learning_rate_init": 0.1}
    before, after = (make(Estimator, **{**params, "max_iter": epochs}).fit(X, y) for epochs in (4, 5))
    step = np.linalg.norm(parameters(after) - parameters(before))
    assert after.history_["gradient_norm"][-1] == pytest.approx(step / 0.1, rel=1e-9)
    assert after.history_["gradient_norm"][:4] == pytest.approx(before.history_["gradient_norm"], rel=1e-12)


@every_case
def test_best_epoch_is_that_of_the_lowest_loss(Estimator, y):
    model = make(Estimator, solver="sgd", learning_rate_init=0.3, max_iter=30, n_iter_no_change=30).fit(X, y)
    assert model.best_epoch_ == 1 + np.argmin(model.loss_curve_)
    assert model.best_loss_ == min(model.loss_curve_)


# Why training ended -------------------------------------------------------------------------------

REASONS = {
    "max_iter": ({}, "max_iter=5 reached."),
    "loss": ({"tol": 1e6, "n_iter_no_change": 2}, "Training loss did not improve more than tol=1000000.000000 for 2"),
    "score": ({"tol": 1e6, "n_iter_no_change": 2, "early_stopping": True}, "Validation score did not improve more"),
    "rate": (
        {"tol": 1e6, "n_iter_no_change": 1, "solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 1e-6},
        "Learning rate too small.",
    ),
    "lbfgs": ({"solver": "lbfgs", "max_iter": 3000, "alpha": 10.0}, "L-BFGS: CONVERGENCE"),
    "lbfgs_max_iter": ({"solver": "lbfgs"}, "L-BFGS: STOP: TOTAL NO"),
}


@each_kind
@pytest.mark.parametrize(("params", "reason"), REASONS.values(), ids=REASONS.keys())
def test_stop_reason(Estimator, y, params, reason):
    model = make(Estimator, **params).fit(X, y)
    assert reason in model.stop_reason_
    assert model.n_iter_ <= model.max_iter


@each_kind
def test_what_is_no_warning_is_still_a_reason(Estimator, y, recwarn):
    make(Estimator, tol=1e6, n_iter_no_change=2).fit(X, y)
    assert not [warning for warning in recwarn if issubclass(warning.category, ConvergenceWarning)]


@each_kind
def test_partial_fit_has_no_reason_unless_it_should_end(Estimator, y):
    model = make(Estimator, tol=1e6, n_iter_no_change=2).fit(X, y)
    assert model.stop_reason_ is not None
    model.set_params(n_iter_no_change=99).partial_fit(X, y)
    assert model.stop_reason_ is None
    model.set_params(n_iter_no_change=1).partial_fit(X, y)
    assert "Training loss did not improve" in model.stop_reason_


def test_reason_of_training_that_diverged_and_went_back():
    params = {"solver": "sgd", "learning_rate_init": 0.5, "momentum": 0.0, "activation": "identity"}
    model = make(MLPRegressorScratch, **params, early_stopping=True, max_iter=1000, n_iter_no_change=1000)
    with pytest.warns(ConvergenceWarning, match=r"(?s)diverged: The loss became (inf|nan).*epoch \d+ were restored"):
        model.set_params(hidden_layer_sizes=(5, 5)).fit(10 * X, Y)
    assert re.search(r"The loss became (inf|nan) in epoch \d+", model.stop_reason_)


# Parameters and the table of layers ---------------------------------------------------------------


@every_case
@pytest.mark.parametrize(
    ("params", "more"),
    [({}, 0), ({"normalization": "layer"}, 22), ({"normalization": "batch"}, 22), ({"dropout": 0.5}, 0)],
    ids=["plain", "layer", "batch", "dropout"],
)
def test_n_parameters(Estimator, y, params, more):
    """What is trained: weights, biases, and gain and shift of each unit that is normalized."""
    model = make(Estimator, hidden_layer_sizes=(6, 5), **params).fit(X, y)
    assert model.n_parameters_ == parameters(model).size + more
    assert isinstance(model.n_parameters_, int)


def test_summary():
    params = {"hidden_layer_sizes": (1000, 5), "activation": ["tanh", "relu"], "dropout": [0.25, 0.0]}
    model = make(MLPClassifierScratch, normalization="batch", max_iter=1, **params).fit(X.astype(np.float32), LABELS)
    header, rule, *rows, second_rule, total = model.summary().splitlines()
    assert header.split() == ["Layer", "Output", "shape", "Parameters"]
    assert rule == second_rule == "-" * len(header)
    assert {len(row) for row in rows} == {len(header)}
    columns = [re.split(r"  +", row) for row in rows]
    assert [name for name, _, _ in columns] == [
        "Input",
        "dense_1 (Dense(units=1000))",
        "batchnorm_1 (BatchNorm())",
        "activation_1 (Activation(activation=Tanh()))",
        "dropout_1 (Dropout(rate=0.25))",
        "dense_2 (Dense(units=5))",
        "batchnorm_2 (BatchNorm())",
        "activation_2 (Activation(activation=ReLU()))",
        "dense_3 (Dense(units=3))",
    ]
    assert [shape for _, shape, _ in columns] == ["(4,)", *["(1000,)"] * 4, *["(5,)"] * 3, "(3,)"]
    counts = [int(count.replace(",", "")) for _, _, count in columns]
    assert counts == [0, 5000, 4000, 0, 0, 5005, 20, 0, 18]
    assert sum(counts) == model.n_parameters_ + 2010
    assert total == "12,033 trained parameters, 2,010 others, 54.9 KiB of float32"


def test_summary_of_residual_blocks():
    text = make(MLPRegressorScratch, hidden_layer_sizes=(6, 6), residual=True).fit(X, Y).summary()
    assert re.search(r"residual_1 \(Residual\(layers=\[Dense\(units=6, activation=ReLU\(\)\)\]\)\) +\(6,\) +42\n", text)


@pytest.mark.parametrize("weight_init", ["he_normal", Normal(0.2)], ids=str)
def test_summary_leaves_initial_weights_out(weight_init):
    params = {"hidden_layer_sizes": (6,), "residual": True}
    plain = make(MLPRegressorScratch, **params).fit(X, Y).summary()
    assert make(MLPRegressorScratch, weight_init=weight_init, **params).fit(X, Y).summary() == plain


def test_summary_leaves_initial_biases_and_states_out():
    layers = [NTKDense(4, bias_init=HullBiases()), Reshape((4, 1)), LSTM(3, recurrent_init=GlorotUniform())]
    shown = SequentialRegressorScratch(layers, max_iter=5).fit(X, Y).summary()
    assert "NTKDense(units=4)" in shown
    assert "LSTM(units=3)" in shown


@each_kind
def test_summary_before_fit(Estimator, y):
    with pytest.raises(NotFittedError):
        Estimator().summary()


# Raw outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("params", [{}, {"solver": "lbfgs"}, {"loss": "focal"}, {"normalization": "batch"}], ids=str)
def test_decision_function(name, params):
    y = CASES[name][1]
    model = make(MLPClassifierScratch, **params).fit(X, y)
    raw, p, predicted = model.decision_function(X), model.predict_proba(X), model.predict(X)
    if name == "binary":
        assert raw.shape == (N,)
        np.testing.assert_allclose(p, np.column_stack([expit(-raw), expit(raw)]), rtol=1e-9)
        np.testing.assert_array_equal(predicted, raw > 0)
    elif name == "multiclass":
        assert raw.shape == (N, 3)
        np.testing.assert_allclose(np.exp(raw), p, rtol=1e-9)
        np.testing.assert_array_equal(predicted, model.classes_[raw.argmax(axis=1)])
    else:
        assert raw.shape == (N, 2)
        np.testing.assert_allclose(p, expit(raw), rtol=1e-9)
        np.testing.assert_array_equal(predicted, raw > 0)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(p), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_logarithms_of_probabilities_that_are_zero_as_numbers(name):
    model = make(MLPClassifierScratch).fit(X, CASES[name][1])
    model.coefs_[-1][:] *= 1e5
    raw, logarithms = model.decision_function(X), model.predict_log_proba(X)
    assert (model.predict_proba(X) == 0).any()
    assert np.isfinite(logarithms).all()
    if name == "binary":
        np.testing.assert_allclose(
            logarithms, np.column_stack([-np.logaddexp(0, raw), -np.logaddexp(0, -raw)]), atol=1e-15
        )
    elif name == "multiclass":
        np.testing.assert_allclose(logarithms, raw, rtol=1e-12)
        hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
        outputs = hidden @ model.coefs_[1] + model.intercepts_[1]
        exact = log_softmax(outputs, axis=1)
        np.testing.assert_allclose(logarithms, exact, rtol=1e-9, atol=1e-14 * np.abs(outputs).max())
    else:
        np.testing.assert_allclose(logarithms, -np.logaddexp(0, -raw), atol=1e-15)


def test_decision_function_of_one_class():
    model = make(MLPClassifierScratch).fit(X, np.zeros(N))
    assert model.decision_function(X).shape == (N,)
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((N, 1)))
    np.testing.assert_array_equal(model.predict_log_proba(X), np.zeros((N, 1)))
    np.testing.assert_array_equal(model.predict(X), np.zeros(N))


def test_regressors_have_no_decision_function():
    assert not hasattr(MLPRegressorScratch(), "decision_function")
    with pytest.raises(NotFittedError):
        MLPClassifierScratch().decision_function(X)


@each_kind
def test_epochs_without_validation_are_nan(Estimator, y):
    net = make(Estimator, max_iter=2)
    net.partial_fit(X, y, **({"classes": np.unique(y)} if Estimator is MLPClassifierScratch else {}))
    net.partial_fit(X, y, X_val=X, y_val=y)
    net.partial_fit(X, y)
    assert {len(series) for series in net.history_.values()} == {3}
    for name in ("validation_loss", "validation_score"):
        np.testing.assert_array_equal(np.isnan(net.history_[name]), [True, False, True])


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_parameters_that_are_scalars_of_numpy_do_not_set_a_type(solver, kind):
    """As grids and columns of data frames give them: a loss of half precision would overflow or stop L-BFGS."""
    values = {"alpha": 0.5, "l1_ratio": 0.5, "tol": 0.125, "learning_rate_init": 0.25, "max_grad_norm": 4.0}
    values |= {"weight_decay": 0.0} if solver == "lbfgs" else {"weight_decay": 0.125}
    options = {"solver": solver, "max_iter": 5, "random_state": 0}
    model = MLPRegressorScratch(
        hidden_layer_sizes=(8,), **options, **{name: kind(value) for name, value in values.items()}
    )
    plain = MLPRegressorScratch(hidden_layer_sizes=(8,), **options, **values).fit(X, 1e4 * Y)
    assert model.fit(X, 1e4 * Y).history_["loss"] == plain.history_["loss"]
    assert {type(value) for series in model.history_.values() for value in series} == {float}


def test_max_iter_of_a_small_integer_type():
    """Its product with the number of batches would overflow, and the schedule not go down."""
    rates = [
        MLPRegressorScratch(solver="sgd", learning_rate="cosine", batch_size=1, max_iter=n, random_state=0)
        .fit(X, Y)
        .history_["learning_rate"]
        for n in (np.int8(5), 5)
    ]
    assert rates[0] == rates[1]


def test_dropout_that_is_a_scalar_of_numpy():
    """It would make float64 of float32 on the way."""
    first, second = (
        MLPRegressorScratch(hidden_layer_sizes=(8,), dropout=rate, max_iter=20, random_state=0).fit(
            X.astype(np.float32), Y.astype(np.float32)
        )
        for rate in (np.float64(0.3), 0.3)
    )
    np.testing.assert_array_equal(first.coefs_[0], second.coefs_[0])


def test_no_activation_for_no_layer():
    assert len(MLPRegressorScratch(hidden_layer_sizes=(), activation=[], max_iter=2).fit(X, Y).coefs_) == 1
