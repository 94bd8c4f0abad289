"""What `fit` and `predict` take: containers, dtypes, labels; and what a user sees while a network trains."""

import copy
import io
import re
import sys
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sknn import MLPClassifierScratch, MLPRegressorScratch

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Small whole numbers with many zeros: exact in every dtype, and sparse.
X = np.random.RandomState(0).randint(-2, 3, size=(60, 5)).astype(float)
X[np.abs(X) == 1] = 0
LABELS = np.digitize(X[:, 0] + X[:, 1], [-1, 1])
TARGETS = X[:, 0] - X[:, 1] * X[:, 2]

CASES = {"classifier": (MLPClassifierScratch, LABELS), "regressor": (MLPRegressorScratch, TARGETS)}
every_estimator = pytest.mark.parametrize(("Estimator", "y"), CASES.values(), ids=CASES.keys())
every_solver = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])


def make(Estimator, **params):
    return Estimator(**{"hidden_layer_sizes": (6, 4), "max_iter": 8, "batch_size": 16, "random_state": 0, **params})


def raw_output(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def assert_same_fit(model, reference, data=X, rtol=1e-10):
    """`model` was fitted on `data`, another container of what `reference` was fitted on."""
    np.testing.assert_allclose(model.loss_, reference.loss_, rtol=rtol)
    for ours, theirs in zip(model.coefs_ + model.intercepts_, reference.coefs_ + reference.intercepts_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(raw_output(model, data), raw_output(reference, X), rtol=rtol, atol=1e-12)
    if hasattr(model, "classes_"):
        np.testing.assert_array_equal(model.predict(data), reference.predict(X))


# Containers of X ----------------------------------------------------------------------------------

SPARSE = [
    sparse.csr_matrix,
    sparse.csc_matrix,
    sparse.csr_array,
    sparse.csc_array,
    sparse.coo_matrix,
    sparse.lil_array,
]
every_sparse = pytest.mark.parametrize("container", SPARSE, ids=lambda container: container.__name__)


@every_estimator
@every_solver
@every_sparse
@pytest.mark.parametrize("shuffle", [True, False])
def test_sparse_gives_what_dense_gives(Estimator, y, solver, container, shuffle):
    params = {"solver": solver, "shuffle": shuffle}
    assert_same_fit(make(Estimator, **params).fit(container(X), y), make(Estimator, **params).fit(X, y), container(X))


@every_estimator
@every_sparse
def test_sparse_with_early_stopping(Estimator, y, container):
    model, reference = (make(Estimator, early_stopping=True).fit(data, y) for data in (container(X), X))
    np.testing.assert_allclose(model.validation_scores_, reference.validation_scores_)
    assert_same_fit(model, reference, container(X))


@every_estimator
@every_sparse
def test_sparse_and_dense_may_alternate_in_partial_fit(Estimator, y, container):
    classes = {"classes": np.unique(y)} if Estimator is MLPClassifierScratch else {}
    model = make(Estimator).partial_fit(container(X), y, **classes).partial_fit(X, y).partial_fit(container(X), y)
    reference = make(Estimator).partial_fit(X, y, **classes).partial_fit(X, y).partial_fit(X, y)
    assert_same_fit(model, reference, container(X))


@every_estimator
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array], ids=lambda container: container.__name__)
def test_sparse_is_not_made_dense(Estimator, y, container):
    """As a dense array these rows are 480 MB; the weights and what training needs for each are far less."""
    n_columns = 1_000_000
    wide = container((X[:, 0], (np.arange(60), np.arange(60) * (n_columns // 60))), shape=(60, n_columns))
    model = make(Estimator, hidden_layer_sizes=(), max_iter=2)
    tracemalloc.start()
    try:
        model.fit(wide, y).predict(wide)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 300e6


DENSE = {
    "lists": lambda X: X.tolist(),
    "int64": lambda X: X.astype(np.int64),
    "int8": lambda X: X.astype(np.int8),
    "float16": lambda X: X.astype(np.float16),
    "longdouble": lambda X: X.astype(np.longdouble),
    "object": lambda X: X.astype(object),
    "fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "big_endian": lambda X: X.astype(">f8"),
    "dataframe": lambda X: pd.DataFrame(X, columns=list("abcde")),
    "dataframe_of_dtypes": lambda X: pd.DataFrame(X, columns=list("abcde")).astype({"a": "int32", "b": "float32"}),
    "dataframe_nullable": lambda X: pd.DataFrame(X, columns=list("abcde")).astype("Float64"),
}


@every_estimator
@every_solver
@pytest.mark.parametrize("convert", DENSE.values(), ids=DENSE.keys())
def test_dense_containers(Estimator, y, solver, convert):
    data = convert(X)
    model = make(Estimator, solver=solver).fit(data, y)
    assert_same_fit(model, make(Estimator, solver=solver).fit(X, y), data)
    assert {array.dtype for array in model.coefs_ + model.intercepts_} == {np.dtype(np.float64)}


@every_estimator
def test_bool_data(Estimator, y):
    model = make(Estimator).fit(X > 0, y)
    assert_same_fit(model, make(Estimator).fit((X > 0).astype(float), y))


@every_estimator
@every_solver
def test_readonly_memmap(Estimator, y, solver, tmp_path):
    for name, array in (("X", X), ("y", y), ("weight", np.ones(60))):
        np.save(tmp_path / f"{name}.npy", array)
    data, target, weight = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("X", "y", "weight"))
    model = make(Estimator, solver=solver).fit(data, target, sample_weight=weight)
    assert_same_fit(model, make(Estimator, solver=solver).fit(X, y), data)


@every_estimator
@every_solver
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csc_array], ids=lambda c: c.__name__)
def test_float32_stays_float32(Estimator, y, solver, container):
    data = container(X.astype(np.float32))
    model = make(Estimator, solver=solver).fit(data, y)
    assert {array.dtype for array in model.coefs_ + model.intercepts_} == {np.dtype(np.float32)}
    assert raw_output(model, data).dtype == np.float32
    if solver != "lbfgs":
        model.partial_fit(data, y, sample_weight=np.ones(60))
        assert {array.dtype for array in model.coefs_ + model.intercepts_} == {np.dtype(np.float32)}
    np.testing.assert_allclose(
        raw_output(make(Estimator, solver=solver).fit(data, y), data),
        raw_output(make(Estimator, solver=solver).fit(X, y), X),
        rtol=1e-2,
        atol=1e-3,
    )


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_nothing_of_the_users_is_written(Estimator, y, solver, early_stopping):
    """Not even where the arrays could be: first layers may destroy their input, batches may be views."""
    data, target, weight, sizes = X.copy(), y.copy(), np.linspace(1, 2, 60), [6, 4]
    params = {"solver": solver, "early_stopping": early_stopping, "shuffle": False, "batch_size": "auto"}
    model = make(Estimator, hidden_layer_sizes=sizes, **params)
    model.fit(data, target, sample_weight=weight).predict(data)
    raw_output(model, data)
    model.score(data, target, sample_weight=weight)
    if solver == "adam":
        model.set_params(early_stopping=False).partial_fit(data, target, sample_weight=weight)
    np.testing.assert_array_equal(data, X)
    np.testing.assert_array_equal(target, y)
    np.testing.assert_array_equal(weight, np.linspace(1, 2, 60))
    assert sizes == [6, 4]


@every_estimator
def test_predictions_belong_to_the_caller(Estimator, y):
    """A second call must not write into the answer of the first."""
    model = make(Estimator).fit(X, y)
    first = raw_output(model, X)
    kept = first.copy()
    raw_output(model, -X)
    np.testing.assert_array_equal(first, kept)
    first[:] = 7
    np.testing.assert_array_equal(raw_output(model, X), kept)


@every_estimator
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_many_rows_are_predicted_as_few_are(Estimator, y, container):
    """More rows than a chunk has, and fewer."""
    model = make(Estimator).fit(X, y)
    expected = raw_output(model, X)
    many = raw_output(model, container(np.concatenate([X] * 700)))
    np.testing.assert_allclose(many, np.concatenate([expected] * 700), rtol=1e-12)
    one_by_one = [raw_output(model, container(row[None])) for row in X]
    np.testing.assert_allclose(np.concatenate(one_by_one), expected, rtol=1e-12)


@every_estimator
def test_predict_reads_the_public_weights(Estimator, y):
    """As with scikit-learn's, weights may be changed in place."""
    model = make(Estimator).fit(X, y)
    model.coefs_[-1][:] = 0.0
    model.intercepts_[-1][:] = 0.0
    expected = np.full(raw_output(model, X).shape, 1 / 3 if Estimator is MLPClassifierScratch else 0.0)
    np.testing.assert_allclose(raw_output(model, X), expected)


# Names of features --------------------------------------------------------------------------------


@every_estimator
@pytest.mark.parametrize("early_stopping", [False, True])
def test_feature_names(Estimator, y, early_stopping):
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = make(Estimator, early_stopping=early_stopping).fit(frame, y)
    np.testing.assert_array_equal(model.feature_names_in_, list("abcde"))
    model.predict(frame)
    model.score(frame, y)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[list("edcba")])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)


@every_estimator
def test_feature_names_of_partial_fit(Estimator, y):
    frame = pd.DataFrame(X, columns=list("abcde"))
    classes = {"classes": np.unique(y)} if Estimator is MLPClassifierScratch else {}
    model = make(Estimator).partial_fit(frame, y, **classes)
    np.testing.assert_array_equal(model.partial_fit(frame, y).feature_names_in_, list("abcde"))
    with pytest.raises(ValueError, match="feature names should match"):
        model.partial_fit(frame[list("edcba")], y)


# Every one is refused, warned of or converted by scikit-learn's checks, but for the first.
ARRAYS = {
    "flawless": X[:3],
    "float32": X[:3].astype(np.float32),
    "column by column": np.asfortranarray(X[:3]),
    "every other row": X[:6:2],
    "integers": X[:3].astype(int),
    "half precision": X[:3].astype(np.float16),
    "other byte order": X[:3].astype(">f8"),
    "objects": X[:3].astype(object),
    "complex": X[:3] * 1j,
    "one axis": X[0],
    "three axes": X[:3, :, None],
    "no rows": X[:0],
    "fewer columns": X[:3, :4].copy(),
    "more columns": np.hstack([X[:3], X[:3]]),
    "NaN": np.where(X[:3] == 2, np.nan, X[:3]),
    "infinity": np.where(X[:3] == 2, np.inf, X[:3]),
    "infinities of both signs": np.where(X[:3] == 2, np.inf, -np.inf),
    "a sum that overflows": np.full((1, 5), 1e308),
    "masked": np.ma.masked_array(X[:3], X[:3] == 2),
}


@every_estimator
@pytest.mark.parametrize("names", [False, True], ids=["no names", "names"])
@pytest.mark.parametrize("assume_finite", [False, True], ids=["", "assume finite"])
@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS.keys())
def test_what_gets_by_the_checks_would_have_passed_them(Estimator, y, array, names, assume_finite, monkeypatch):
    model = make(Estimator).fit(pd.DataFrame(X, columns=list("abcde")) if names else X, y)

    def outcome():
        with warnings.catch_warnings(record=True) as caught, config_context(assume_finite=assume_finite):
            warnings.simplefilter("always")
            try:
                result = raw_output(model, array)
            except (ValueError, TypeError) as error:
                result = (type(error), str(error))
        return result, [str(warning.message) for warning in caught]

    result, caught = outcome()
    monkeypatch.setattr(Estimator, "_is_plain", lambda self, X: False)
    checked, caught_by_checks = outcome()
    assert caught == caught_by_checks
    np.testing.assert_array_equal(result, checked)


@every_estimator
def test_names_are_forgotten_at_the_next_fit(Estimator, y):
    model = make(Estimator).fit(pd.DataFrame(X, columns=list("abcde")), y).fit(X[:, :3], y)
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 3


# Containers of y ----------------------------------------------------------------------------------

NAMES = {
    "strings": np.array(["oak", "elm", "fir"]),
    "objects": np.array(["oak", "elm", "fir"], dtype=object),
    "numbers": np.array([7, -3, 40]),
    "floats": np.array([2.0, 0.0, 1.0]),
}


@every_solver
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("early_stopping", [False, True])
def test_labels(solver, names, n_classes, early_stopping):
    y = np.minimum(LABELS, n_classes - 1)
    model = make(MLPClassifierScratch, solver=solver, early_stopping=early_stopping).fit(X, names[y])
    np.testing.assert_array_equal(model.classes_, np.sort(names[:n_classes]))
    predicted = model.predict(X)
    assert predicted.dtype == model.classes_.dtype
    np.testing.assert_array_equal(predicted, model.classes_[model.predict_proba(X).argmax(axis=1)])
    assert model.score(X, names[y]) == np.mean(predicted == names[y])


def test_bool_labels():
    model = make(MLPClassifierScratch).fit(X, LABELS > 0)
    assert model.predict(X).dtype == bool
    assert model.classes_.tolist() == [False, True]


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_labels_in_partial_fit(names):
    model = make(MLPClassifierScratch, batch_size="auto")
    for rows in (LABELS == 0, LABELS == 1, LABELS == 2):
        model.partial_fit(X[rows], names[LABELS[rows]], classes=np.unique(names))
    np.testing.assert_array_equal(model.classes_, np.unique(names))
    assert set(model.predict(X)) <= set(names)


Y_CONTAINERS = {
    "list": lambda y: y.tolist(),
    "series": lambda y: pd.Series(y, index=np.arange(60)[::-1], name="target"),
    "int32": lambda y: y.astype(np.int32),
    "float32": lambda y: y.astype(np.float32),
    "strided": lambda y: np.repeat(y, 2)[::2],
}


@every_estimator
@pytest.mark.parametrize("convert", Y_CONTAINERS.values(), ids=Y_CONTAINERS.keys())
def test_containers_of_y(Estimator, y, convert):
    model = make(Estimator).fit(X, convert(y))
    reference = make(Estimator).fit(X, y)
    np.testing.assert_allclose(raw_output(model, X), raw_output(reference, X), rtol=1e-10)
    assert model.score(X, convert(y)) == pytest.approx(reference.score(X, y))


@every_estimator
def test_column_vector_warns_as_scikit_learn_does(Estimator, y):
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed when a 1d array was expected"):
        model = make(Estimator).fit(X, y[:, None])
    assert model.predict(X).shape == (60,)
    assert_same_fit(model, make(Estimator).fit(X, y))


@pytest.mark.parametrize("convert", [np.asarray, np.asfortranarray, pd.DataFrame], ids=lambda c: c.__name__)
def test_several_outputs(convert):
    Y = np.column_stack([TARGETS, -2 * TARGETS, X[:, 4]])
    model = make(MLPRegressorScratch).fit(X, convert(Y))
    assert model.n_outputs_ == 3
    assert model.predict(X).shape == (60, 3)
    assert_same_fit(model, make(MLPRegressorScratch).fit(X, Y))


@pytest.mark.parametrize(
    "convert", [np.asarray, np.asfortranarray, pd.DataFrame, sparse.csr_matrix], ids=lambda c: c.__name__
)
def test_several_labels(convert):
    Y = np.column_stack([LABELS > 0, LABELS > 1, X[:, 4] > 0]).astype(int)
    model = make(MLPClassifierScratch).fit(X, convert(Y))
    assert model.predict_proba(X).shape == (60, 3)
    predicted = model.predict(X)
    predicted = predicted.toarray() if sparse.issparse(predicted) else predicted
    np.testing.assert_array_equal(predicted, model.predict_proba(X) > 0.5)
    np.testing.assert_allclose(model.predict_proba(X), make(MLPClassifierScratch).fit(X, Y).predict_proba(X))


@pytest.mark.parametrize("y", [LABELS, LABELS > 0, np.column_stack([LABELS > 0, LABELS > 1])], ids=["3", "2", "multi"])
def test_log_proba_is_the_logarithm_of_proba(y):
    model = make(MLPClassifierScratch).fit(X, y)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(model.predict_proba(X)))


# Sizes of hidden layers ---------------------------------------------------------------------------


@every_estimator
@pytest.mark.parametrize(
    "sizes",
    [[6, 4], np.array([6, 4]), (np.int64(6), np.int32(4)), range(6, 3, -2)],
    ids=["list", "array", "ints", "range"],
)
def test_containers_of_sizes(Estimator, y, sizes):
    assert_same_fit(make(Estimator, hidden_layer_sizes=sizes).fit(X, y), make(Estimator).fit(X, y))


@every_estimator
@pytest.mark.parametrize("sizes", [5, np.int64(5), [5]], ids=["int", "int64", "list"])
def test_one_size(Estimator, y, sizes):
    model = make(Estimator, hidden_layer_sizes=sizes).fit(X, y)
    assert [W.shape for W in model.coefs_] == [(5, 5), (5, model.n_outputs_)]
    assert [b.shape for b in model.intercepts_] == [(5,), (model.n_outputs_,)]
    assert model.n_layers_ == 3


# No hidden layer: a linear model ------------------------------------------------------------------

NOISY = X + np.random.RandomState(1).normal(size=X.shape)
BLOBS, BLOB_LABELS = make_blobs(60, n_features=3, centers=3, cluster_std=5.0, random_state=0)
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-9, "max_iter": 5000, "random_state": 0}


@pytest.mark.parametrize("empty", [(), [], np.array([], dtype=int)], ids=["tuple", "list", "array"])
@every_estimator
@every_solver
def test_no_hidden_layer(Estimator, y, empty, solver):
    model = make(Estimator, hidden_layer_sizes=empty, solver=solver).fit(X, y)
    assert model.n_layers_ == 2
    assert [W.shape for W in model.coefs_] == [(5, model.n_outputs_)]
    if Estimator is MLPRegressorScratch:
        np.testing.assert_allclose(model.predict(X), (X @ model.coefs_[0] + model.intercepts_[0])[:, 0])


@pytest.mark.parametrize("alpha", [0.1, 10.0])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_no_hidden_layer_is_logistic_regression(alpha, n_classes, weighted):
    y = np.minimum(BLOB_LABELS, n_classes - 1)
    weight = np.linspace(0.5, 3, 60) if weighted else None
    model = MLPClassifierScratch(alpha=alpha, **LINEAR).fit(BLOBS, y, sample_weight=weight)
    reference = LogisticRegression(C=1 / alpha, tol=1e-9, max_iter=5000).fit(BLOBS, y, sample_weight=weight)
    np.testing.assert_allclose(model.predict_proba(BLOBS), reference.predict_proba(BLOBS), rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(model.predict(BLOBS), reference.predict(BLOBS))


@pytest.mark.parametrize("alpha", [0.0, 0.1, 10.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_no_hidden_layer_is_ridge(alpha, weighted):
    weight = np.linspace(0.5, 3, 60) if weighted else None
    model = MLPRegressorScratch(alpha=alpha, **LINEAR).fit(NOISY, TARGETS, sample_weight=weight)
    reference = Ridge(alpha=alpha).fit(NOISY, TARGETS, sample_weight=weight)
    np.testing.assert_allclose(model.coefs_[0][:, 0], reference.coef_, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(model.intercepts_[0], reference.intercept_, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 10.0])
def test_no_hidden_layer_is_ridge_for_several_outputs(alpha):
    """The loss is the mean over the outputs, so the penalty weighs as many times more as there are outputs."""
    Y = np.column_stack([TARGETS, NOISY[:, 4] + TARGETS, -TARGETS])
    model = MLPRegressorScratch(alpha=alpha, **LINEAR).fit(NOISY, Y)
    reference = Ridge(alpha=3 * alpha).fit(NOISY, Y)
    np.testing.assert_allclose(model.predict(NOISY), reference.predict(NOISY), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_no_hidden_layer_is_poisson_regression(alpha, weighted):
    counts = np.random.RandomState(0).poisson(np.exp(0.5 * NOISY[:, 0] + 0.5))
    weight = np.linspace(0.5, 3, 60) if weighted else None
    total = 60 if weight is None else weight.sum()
    model = MLPRegressorScratch("poisson", alpha=alpha, **LINEAR).fit(NOISY, counts, sample_weight=weight)
    reference = PoissonRegressor(alpha=alpha / total, tol=1e-9, max_iter=5000).fit(NOISY, counts, sample_weight=weight)
    np.testing.assert_allclose(model.predict(NOISY), reference.predict(NOISY), rtol=1e-3)


# What a user sees ---------------------------------------------------------------------------------

PRINTING = [
    {},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 2, "max_iter": 60},
    {"early_stopping": True},
    {"early_stopping": True, "tol": 1.0, "n_iter_no_change": 2},
    {"tol": 100.0, "n_iter_no_change": 3},
]


@pytest.mark.parametrize("params", PRINTING, ids=str)
@pytest.mark.parametrize(
    ("Estimator", "Reference", "y"),
    [(MLPClassifierScratch, MLPClassifier, LABELS), (MLPRegressorScratch, MLPRegressor, TARGETS)],
    ids=["classifier", "regressor"],
)
def test_verbose_prints_what_scikit_learn_prints(Estimator, Reference, y, params, capsys):
    make(Reference, verbose=True, **params).fit(X, y)
    expected = capsys.readouterr().out
    make(Estimator, verbose=True, **params).fit(X, y)
    printed = capsys.readouterr().out
    assert "Iteration 1, loss = " in printed
    assert printed == expected


@every_estimator
def test_verbose_partial_fit(Estimator, y, capsys):
    model = make(Estimator).fit(X, y)
    assert capsys.readouterr().out == ""
    model.set_params(verbose=True).partial_fit(X, y)
    assert re.fullmatch(r"Iteration \d+, loss = \d+\.\d{8}\n", capsys.readouterr().out)


@every_estimator
@every_solver
def test_silent_by_default(Estimator, y, solver, capfd):
    make(Estimator, solver=solver).fit(X, y)
    assert capfd.readouterr() == ("", "")


class InterruptingStream(io.StringIO):
    """Presses Ctrl-C when the third epoch is reported."""

    def write(self, text):
        if "Iteration 3," in text:
            raise KeyboardInterrupt
        return super().write(text)


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_interrupt_keeps_what_was_learned_and_warns(Estimator, y, solver, monkeypatch):
    model = make(Estimator, solver=solver, verbose=True)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", InterruptingStream())
        with pytest.warns(UserWarning, match="interrupted by user"):
            model.fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert_same_fit(model, make(Estimator, solver=solver, max_iter=3).fit(X, y))
    model.set_params(verbose=False).partial_fit(X, y)
    assert len(model.loss_curve_) == 4


@every_estimator
def test_interrupt_of_lbfgs(Estimator, y, monkeypatch):
    model = make(Estimator, solver="lbfgs", verbose=True)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", InterruptingStream())
        with pytest.warns(UserWarning, match="interrupted by user"):
            model.fit(X, y)
    assert 0 < model.n_iter_ < 8
    reference = make(Estimator, solver="lbfgs", max_iter=model.n_iter_).fit(X, y)
    np.testing.assert_allclose(raw_output(model, X), raw_output(reference, X))


class InterruptingGenerator(np.random.RandomState):
    """Presses Ctrl-C when the rows are shuffled for the third time: before the first step of an epoch."""

    shuffles = 0

    def shuffle(self, rows):
        self.shuffles += 1
        if self.shuffles == 3:
            raise KeyboardInterrupt
        super().shuffle(rows)


@every_estimator
def test_interrupt_between_reports(Estimator, y):
    model = make(Estimator, random_state=InterruptingGenerator(0))
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 2
    assert_same_fit(model, make(Estimator, max_iter=2).fit(X, y))


@every_estimator
def test_interrupt_in_the_first_epoch(Estimator, y):
    generator = InterruptingGenerator(0)
    generator.shuffles = 2
    model = make(Estimator, random_state=generator)
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(X, y)
    assert model.n_iter_ == 0
    assert model.loss_curve_ == []
    np.testing.assert_allclose(
        raw_output(model, X), raw_output(make(Estimator, learning_rate_init=1e-300, max_iter=1).fit(X, y), X)
    )


@every_estimator
def test_interrupt_with_early_stopping_keeps_the_best_weights(Estimator, y, monkeypatch):
    model = make(Estimator, verbose=True, early_stopping=True)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", InterruptingStream())
        with pytest.warns(UserWarning, match="interrupted by user"):
            model.fit(X, y)
    # The third epoch was not scored yet, so the best is among the first two.
    reference = make(Estimator, early_stopping=True, max_iter=2).fit(X, y)
    np.testing.assert_allclose(raw_output(model, X), raw_output(reference, X))


# Stopping -----------------------------------------------------------------------------------------


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_reaching_max_iter_warns(Estimator, y, solver):
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(8\) reached"):
        model = make(Estimator, solver=solver, tol=0.0).fit(X, y)
    assert model.n_iter_ == 8


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("n_iter_no_change", [1, 2, 5, 20])
def test_n_iter_no_change(Estimator, y, solver, n_iter_no_change):
    """No epoch but the first improves by 1e9, and it takes one more than `n_iter_no_change` bad ones to stop."""
    model = make(Estimator, solver=solver, tol=1e9, n_iter_no_change=n_iter_no_change, max_iter=100).fit(X, y)
    assert model.n_iter_ == n_iter_no_change + 2


@every_estimator
@pytest.mark.parametrize("n_iter_no_change", [1, 5])
def test_n_iter_no_change_with_early_stopping(Estimator, y, n_iter_no_change):
    model = make(Estimator, early_stopping=True, tol=1e9, n_iter_no_change=n_iter_no_change, max_iter=100).fit(X, y)
    assert model.n_iter_ == len(model.validation_scores_) == n_iter_no_change + 2
    assert model.best_validation_score_ == max(model.validation_scores_)


@every_estimator
def test_n_iter_no_change_may_be_infinite(Estimator, y):
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        model = make(Estimator, tol=1e9, n_iter_no_change=np.inf, max_iter=40).fit(X, y)
    assert model.n_iter_ == 40


@every_estimator
def test_early_stopping_returns_the_best_weights(Estimator, y):
    """The rate is so large that later epochs are worse."""
    params = {"early_stopping": True, "solver": "sgd", "learning_rate_init": 0.3, "tol": 0.0, "n_iter_no_change": 50}
    model = make(Estimator, max_iter=30, **params).fit(X, y)
    best = int(np.argmax(model.validation_scores_))
    assert best + 1 < model.n_iter_
    np.testing.assert_allclose(
        raw_output(model, X), raw_output(make(Estimator, max_iter=best + 1, **params).fit(X, y), X)
    )


# Warm start ---------------------------------------------------------------------------------------


@every_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_warm_start_goes_on(Estimator, y, solver):
    model = make(Estimator, solver=solver, warm_start=True).fit(X, y)
    first, loss = copy.deepcopy(model.loss_curve_), model.loss_
    model.set_params(max_iter=5).fit(X, y)
    assert model.loss_curve_[:8] == first
    assert len(model.loss_curve_) == 13
    assert model.n_iter_ == 5
    assert model.t_ == 13 * 60
    assert model.loss_ < loss


@every_estimator
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_may_go_on_without_early_stopping(Estimator, y, method):
    """The best weights of the first fit are where the second begins, and it must not put them back."""
    model = make(Estimator, early_stopping=True).fit(X, y)
    before = raw_output(model, X)
    getattr(model.set_params(early_stopping=False, warm_start=True), method)(X, y)
    assert np.abs(raw_output(model, X) - before).max() > 1e-4
    assert len(model.loss_curve_) == 8 + model.n_iter_


@every_estimator
def test_warm_start_with_early_stopping_keeps_the_best_of_all_epochs(Estimator, y):
    """Where they are judged by the same rows: those held out at random are others in the second fit."""
    validation = {"X_val": X[:20], "y_val": y[:20]}
    model = make(Estimator, early_stopping=True, warm_start=True, learning_rate_init=0.01).fit(X, y, **validation)
    best = model.best_validation_score_
    model.set_params(learning_rate_init=10.0).fit(X, y, **validation)
    assert len(model.validation_scores_) == len(model.loss_curve_) == 16
    assert model.best_validation_score_ == max(model.validation_scores_) >= best


@every_estimator
def test_warm_start_of_lbfgs_goes_on(Estimator, y):
    model = make(Estimator, solver="lbfgs", warm_start=True).fit(X, y)
    loss = model.loss_
    assert model.fit(X, y).loss_ < loss


@every_estimator
@every_solver
def test_cold_start_begins_anew(Estimator, y, solver):
    model = make(Estimator, solver=solver).fit(X[:, :2], y).fit(X, y)
    assert_same_fit(model, make(Estimator, solver=solver).fit(X, y), rtol=0)


@every_estimator
def test_warm_start_may_follow_partial_fit(Estimator, y):
    classes = {"classes": np.unique(y)} if Estimator is MLPClassifierScratch else {}
    model = make(Estimator, warm_start=True).partial_fit(X, y, **classes).fit(X, y)
    assert len(model.loss_curve_) == 9


@every_estimator
def test_random_state(Estimator, y):
    def output(**params):
        return raw_output(make(Estimator, **params).fit(X, y), X)

    np.testing.assert_array_equal(output(random_state=1), output(random_state=1))
    assert not np.allclose(output(random_state=1), output(random_state=2))
    assert not np.allclose(output(random_state=None), output(random_state=None))


@every_estimator
def test_global_random_numbers_are_left_alone(Estimator, y):
    before = np.random.get_state()  # noqa: NPY002
    make(Estimator, early_stopping=True).fit(X, y)
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]
