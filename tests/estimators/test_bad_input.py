"""Bad input gets a sentence that names the thing, says what was expected, and shows what came."""

import inspect
import re

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from sknn import MLPClassifierScratch, MLPRegressorScratch

# Fits that diverge overflow, and those that are cut short warn.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

X = np.random.RandomState(0).normal(size=(30, 4))
LABELS = np.arange(30) % 3
TARGETS = X[:, 0] - X[:, 1]

CASES = {"classifier": (MLPClassifierScratch, LABELS), "regressor": (MLPRegressorScratch, TARGETS)}
every_estimator = pytest.mark.parametrize(("Estimator", "y"), CASES.values(), ids=CASES.keys())
every_method = pytest.mark.parametrize("method", ["fit", "partial_fit"])


def make(Estimator, **params):
    return Estimator(**{"hidden_layer_sizes": (3,), "max_iter": 3, "random_state": 0, **params})


def classes_of(Estimator):
    """What a first `partial_fit` needs besides."""
    return {"classes": [0, 1, 2]} if Estimator is MLPClassifierScratch else {}


def says(*parts):
    """A pattern for a message that has all these parts, in any order."""
    return "(?s)" + "".join(f"(?=.*(?:{part}))" for part in parts)


# Constructor parameters ---------------------------------------------------------------------------

BAD_VALUES = {
    "loss": ["squared_eror", 1, None],
    "hidden_layer_sizes": [0, -1, 2.5, "big", None, (3, 0), (3, -2), (3, 2.5), (3, "four"), [[3], [4]]],
    "activation": ["rleu", "ReLU", 3, None],
    "solver": ["sdg", "Adam", 1, None],
    "alpha": [-1e-4, np.nan, np.inf, "small", None],
    "batch_size": [0, -5, 2.5, "automatic", None],
    "learning_rate": ["adaptative", 0.1, None],
    "learning_rate_init": [0.0, -0.1, np.nan, "fast", None],
    "power_t": [-0.5, "half", None],
    "max_iter": [0, -1, 1.5, "many", None],
    "shuffle": ["yes", 2, None],
    "random_state": [-1, 1.5, "seed"],
    "tol": [-1e-4, np.nan, "tight", None],
    "verbose": [-1, "loud", None],
    "warm_start": ["no", 2, None],
    "momentum": [-0.1, 1.1, np.nan, "big", None],
    "nesterovs_momentum": ["yes", 2, None],
    "early_stopping": ["yes", 2, None],
    "validation_fraction": [-0.1, 1.0, np.nan, "tenth", None],
    "beta_1": [-0.1, 1.0, np.nan, "b", None],
    "beta_2": [-0.1, 1.0, np.nan, "b", None],
    "epsilon": [0.0, -1e-8, np.nan, "tiny", None],
    "n_iter_no_change": [0, -3, 2.5, np.nan, "ten", None],
    "max_fun": [0, -1, 1.5, "ten", None],
    # Beyond scikit-learn's
    "class_weight": ["balance", 3],
    "dropout": [-0.1, 1.0, np.nan, "half", None],
    "focal_gamma": [-1.0, np.nan, "much", None],
    "huber_delta": [0.0, -1.0, np.nan, "wide", None],
    "l1_ratio": [-0.1, 1.1, np.nan, "half", None],
    "label_smoothing": [-0.1, 1.1, np.nan, "some", None],
    "max_grad_norm": [0.0, -1.0, np.nan, "big"],
    "normalization": ["batchnorm", 1],
    "quantile": [0.0, 1.0, np.nan, "median", None],
    "residual": ["yes", 2, None],
    "scoring": ["acuracy", 3],
    "weight_decay": [-0.1, np.nan, "some", None],
    "weight_init": ["glorot", 1, None],
}

# What a misspelt choice should have been.
CHOICES = {
    "loss": ["log_loss|squared_error"],
    "activation": ["identity", "logistic", "tanh", "relu"],
    "solver": ["lbfgs", "sgd", "adam"],
    "learning_rate": ["constant", "invscaling", "adaptive"],
}

BAD_PARAMETERS = [
    (Estimator, y, name, value)
    for Estimator, y in CASES.values()
    for name in inspect.signature(Estimator).parameters
    for value in BAD_VALUES.get(name, [])
]


def what_came(value):
    """The value itself, or the one element of a sequence that is wrong."""
    shown = [repr(value)]
    if isinstance(value, (tuple, list)):
        shown += [repr(list(value)), repr(value[1])]
    return "[Gg]ot .*(?:" + "|".join(map(re.escape, shown)) + ")"


@every_estimator
def test_every_parameter_is_in_the_table(Estimator, y):
    assert set(inspect.signature(Estimator).parameters) - set(BAD_VALUES) == set()


@pytest.mark.parametrize(
    ("Estimator", "y", "name", "value"),
    BAD_PARAMETERS,
    ids=[f"{Estimator.__name__}-{name}-{value}" for Estimator, _, name, value in BAD_PARAMETERS],
)
def test_bad_parameter(Estimator, y, name, value):
    choices = CHOICES.get(name, ["must be"])
    with pytest.raises((ValueError, TypeError), match=says(rf"\b{name}\b", "must be", what_came(value), *choices)):
        make(Estimator, **{name: value}).fit(X, y)


@every_estimator
@pytest.mark.parametrize(("name", "value"), [("alpha", -1), ("activation", "rleu"), ("hidden_layer_sizes", (3, 0))])
def test_bad_parameter_in_partial_fit(Estimator, y, name, value):
    model = make(Estimator, **{name: value})
    with pytest.raises((ValueError, TypeError), match=says(name, "must be", what_came(value))):
        model.partial_fit(X, y, **classes_of(Estimator))


@every_estimator
def test_misspelt_parameter(Estimator, y):
    with pytest.raises(TypeError, match="hidden_layers"):
        Estimator(hidden_layers=(3,))
    with pytest.raises(ValueError, match=says("'hidden_layers'", "hidden_layer_sizes")):
        Estimator().set_params(hidden_layers=(3,))


@every_estimator
def test_bad_parameters_wait_for_fit(Estimator, y):
    """As scikit-learn asks: the constructor and `set_params` only keep what they are given."""
    assert Estimator(alpha=-1).set_params(max_iter="many").get_params()["max_iter"] == "many"


@every_estimator
def test_partial_fit_is_not_there_for_lbfgs(Estimator, y):
    """scikit-learn's regressor has the method even then, by mistake."""
    assert hasattr(Estimator(), "partial_fit")
    assert not hasattr(Estimator(solver="lbfgs"), "partial_fit")


@every_estimator
def test_partial_fit_with_early_stopping(Estimator, y):
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        make(Estimator, early_stopping=True).partial_fit(X, y, **classes_of(Estimator))


@every_estimator
@pytest.mark.parametrize("validation_fraction", [0.0, 0.01, 0.999])
def test_validation_set_that_is_too_small_or_too_large(Estimator, y, validation_fraction):
    with pytest.raises(ValueError, match="validation_fraction"):
        make(Estimator, early_stopping=True, validation_fraction=validation_fraction).fit(X, y)


# X and y ------------------------------------------------------------------------------------------


def with_value(array, value):
    array = np.array(array, dtype=np.result_type(type(value), float))
    array.flat[5] = value
    return array


def with_object(array, value):
    array = np.array(array, dtype=object)
    array.flat[5] = value
    return array


BAD_X = {
    "nan": (with_value(X, np.nan), [r"\bX\b", "NaN"]),
    "infinity": (with_value(X, np.inf), [r"\bX\b", "infinity"]),
    "minus_infinity": (with_value(X, -np.inf), [r"\bX\b", "infinity"]),
    "nan_in_sparse": (sparse.csr_matrix(with_value(X, np.nan)), [r"\bX\b", "NaN"]),
    "complex": (with_value(X, 1j), [r"\bX\b", "Complex data not supported"]),
    "text": (np.full(X.shape, "oak"), [r"\bX\b", "numeric|number|float", "oak|text|string"]),
    "text_among_numbers": (with_object(X, "oak"), [r"\bX\b", "numeric|number|float", "oak"]),
    "none_among_numbers": (with_object(X, None), [r"\bX\b", "NaN|None"]),
    "one_dimension": (X[:, 0], ["2D array", "1D array"]),
    "three_dimensions": (X.reshape(30, 2, 2), ["dim 3", "<= 2"]),
    "scalar": (3.0, ["2D array", "scalar array"]),
    "no_rows": (X[:0], [r"0 sample\(s\)", "minimum of 1"]),
    "no_columns": (X[:, :0], [r"0 feature\(s\)", "minimum of 1"]),
    "short": (X[:-1], ["inconsistent numbers of samples", "29", "30"]),
    "ragged": ([[1.0, 2.0], [3.0]] * 15, [r"\bX\b|inhomogeneous|sequence"]),
}


@every_estimator
@every_method
@pytest.mark.parametrize(("bad_X", "parts"), BAD_X.values(), ids=BAD_X.keys())
def test_bad_X(Estimator, y, method, bad_X, parts):
    classes = classes_of(Estimator) if method == "partial_fit" else {}
    with pytest.raises((ValueError, TypeError), match=says(*parts)):
        getattr(make(Estimator), method)(bad_X, y, **classes)


BAD_X_AFTER_FIT = {
    **{name: BAD_X[name] for name in BAD_X if name not in ("short", "no_columns")},
    "narrow": (X[:, :3], ["X has 3 features", "4 features"]),
    "no_columns": (X[:, :0], ["0 feature"]),
}

METHODS = {
    "classifier": ["predict", "predict_proba", "predict_log_proba", "score"],
    "regressor": ["predict", "score"],
}
every_prediction = pytest.mark.parametrize(
    ("Estimator", "y", "method"),
    [(*CASES[kind], method) for kind, methods in METHODS.items() for method in methods],
    ids=[f"{kind}-{method}" for kind, methods in METHODS.items() for method in methods],
)


@every_prediction
@pytest.mark.parametrize(("bad_X", "parts"), BAD_X_AFTER_FIT.values(), ids=BAD_X_AFTER_FIT.keys())
def test_bad_X_after_fit(Estimator, y, method, bad_X, parts):
    model = make(Estimator).fit(X, y)
    with pytest.raises((ValueError, TypeError), match=says(*parts)):
        getattr(model, method)(bad_X, *([y] if method == "score" else []))


@every_estimator
def test_partial_fit_of_another_width(Estimator, y):
    model = make(Estimator).fit(X, y)
    with pytest.raises(ValueError, match=says("X has 3 features", "4 features")):
        model.partial_fit(X[:, :3], y)


@every_estimator
def test_warm_start_of_another_width(Estimator, y):
    model = make(Estimator, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=says("X has 3 features", "4 features")):
        model.fit(X[:, :3], y)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_another_number_of_outputs(method):
    model = make(MLPRegressorScratch, warm_start=True).fit(X, TARGETS)
    with pytest.raises(ValueError, match=says(r"\by\b", "output|column", "1", "2")):
        getattr(model, method)(X, X[:, :2])


@every_estimator
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_another_architecture(Estimator, y, method):
    """The weights of the first fit do not fit the network that the parameters now describe."""
    model = make(Estimator, warm_start=True).fit(X, y).set_params(hidden_layer_sizes=(7, 7))
    with pytest.raises(ValueError, match=says("layers", "3", "7")):
        getattr(model, method)(X, y)


BAD_Y = {
    "nan": (with_value(LABELS, np.nan), [r"\by\b", "NaN"]),
    "infinity": (with_value(LABELS, np.inf), [r"\by\b", "infinity"]),
    "complex": (with_value(LABELS, 1j), [r"\by\b", "[Cc]omplex"]),
    "missing": (None, [r"\by\b", "None"]),
    "short": (LABELS[:-1], ["inconsistent numbers of samples", "29", "30"]),
    "long": (np.arange(31) % 3, ["inconsistent numbers of samples", "30", "31"]),
    "empty": (LABELS[:0], ["0|inconsistent"]),
    "scalar": (1, [r"\by\b|scalar|Singleton"]),
    "three_dimensions": (np.zeros((30, 2, 2), dtype=int), [r"\by\b|dim 3|shape"]),
    "none_among_values": (with_object(LABELS, None), [r"\by\b", "NaN|None"]),
}


@every_estimator
@pytest.mark.parametrize(("bad_y", "parts"), BAD_Y.values(), ids=BAD_Y.keys())
def test_bad_y(Estimator, y, bad_y, parts):
    with pytest.raises((ValueError, TypeError), match=says(*parts)):
        make(Estimator).fit(X, bad_y)


@pytest.mark.parametrize(
    ("bad_y", "parts"),
    [
        (TARGETS, ["[Uu]nknown label type", "continuous"]),
        (np.column_stack([LABELS, LABELS]), ["[Mm]ultioutput|multiclass-multioutput"]),
        (X[:, :2], ["continuous|[Mm]ultioutput"]),
    ],
    ids=["continuous", "multiclass_multioutput", "continuous_multioutput"],
)
def test_bad_y_for_a_classifier(bad_y, parts):
    with pytest.raises(ValueError, match=says(*parts)):
        make(MLPClassifierScratch).fit(X, bad_y)


@pytest.mark.parametrize("bad_y", [np.full(30, "oak"), with_object(TARGETS, "oak")], ids=["text", "text_among_numbers"])
def test_bad_y_for_a_regressor(bad_y):
    with pytest.raises((ValueError, TypeError), match=says(r"\by\b", "numeric|number|float", "oak|text|string")):
        make(MLPRegressorScratch).fit(X, bad_y)


@pytest.mark.parametrize(
    "y", [np.where(np.arange(30) == 5, -1.5, 1.0), np.full((30, 2), [1.0, -1.5])], ids=["output", "outputs"]
)
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("fit", {}),
        ("fit", {"early_stopping": True}),
        ("fit", {"solver": "lbfgs"}),
        ("partial_fit", {}),
        ("partial_fit", {"solver": "sgd"}),
    ],
)
def test_poisson_below_zero(method, params, y):
    """scikit-learn takes it in silence."""
    model = make(MLPRegressorScratch, loss="poisson", **params)
    with pytest.raises(ValueError, match=says(r"\by\b", "[Pp]oisson", "negative|>= 0|range", r"-1\.5")):
        getattr(model, method)(X, y)


def test_poisson_takes_zero():
    make(MLPRegressorScratch, loss="poisson").fit(X, LABELS)


# Sample weights -----------------------------------------------------------------------------------

BAD_WEIGHTS = {
    "short": (np.ones(29), ["sample_weight", "29", "30"]),
    "two_dimensions": (np.ones((30, 2)), ["[Ss]ample.weights?", "1D"]),
    "nan": (with_value(np.ones(30), np.nan), ["sample_weight", "NaN"]),
    "infinity": (with_value(np.ones(30), np.inf), ["sample_weight", "infinity"]),
    "negative": (with_value(np.ones(30), -1.0), ["[Nn]egative", "sample_weight"]),
    "all_zero": (np.zeros(30), ["[Ss]ample.weights?", "zero"]),
    "text": (np.full(30, "heavy"), ["sample_weight", "numeric|number|float"]),
}


@every_estimator
@every_method
@pytest.mark.parametrize(("weights", "parts"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS.keys())
def test_bad_sample_weight(Estimator, y, method, weights, parts):
    classes = classes_of(Estimator) if method == "partial_fit" else {}
    with pytest.raises((ValueError, TypeError), match=says(*parts)):
        getattr(make(Estimator), method)(X, y, sample_weight=weights, **classes)


# Classes ------------------------------------------------------------------------------------------


def test_first_partial_fit_without_classes():
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        make(MLPClassifierScratch).partial_fit(X, LABELS)


NAMES = {"numbers": np.array([0, 1, 2, 3]), "strings": np.array(["ash", "birch", "cedar", "dogwood"])}
every_name = pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())


@every_name
def test_unknown_class_in_the_first_partial_fit(names):
    with pytest.raises(ValueError, match=says(r"\by\b", "classes", str(names[0]), str(names[2]))):
        make(MLPClassifierScratch).partial_fit(X, names[LABELS], classes=names[:2])


@every_name
@pytest.mark.parametrize("first", ["fit", "partial_fit"])
def test_unknown_class_in_a_later_partial_fit(names, first):
    model = make(MLPClassifierScratch)
    getattr(model, first)(X, names[LABELS], **({"classes": names[:3]} if first == "partial_fit" else {}))
    with pytest.raises(ValueError, match=says(r"\by\b", "classes", str(names[0]), str(names[3]))):
        model.partial_fit(X, names[LABELS + 1])


def test_other_classes_in_a_later_partial_fit():
    model = make(MLPClassifierScratch).partial_fit(X, LABELS, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=says("classes", "same", r"\[0, 1\]", r"\[0, 1, 2\]")):
        model.partial_fit(X, LABELS, classes=[0, 1])


def test_other_classes_at_a_warm_start():
    model = make(MLPClassifierScratch, warm_start=True).fit(X, LABELS)
    expected = (
        "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
        "Previously got [0 1 2], `y` has [1 2 3]"
    )
    with pytest.raises(ValueError, match=re.escape(expected)):
        model.fit(X, LABELS + 1)


# Order of calls, and divergence -------------------------------------------------------------------


@every_prediction
def test_unfitted(Estimator, y, method):
    with pytest.raises(NotFittedError, match=says(Estimator.__name__, "not fitted", "'fit'")):
        getattr(Estimator(), method)(X, *([y] if method == "score" else []))


@every_estimator
@pytest.mark.parametrize("params", [{"batch_size": "auto"}, {"batch_size": 7}], ids=str)
def test_divergence_says_so(Estimator, y, params):
    """scikit-learn's sentence, so that a `match` written for it goes on matching."""
    model = make(Estimator, solver="sgd", activation="identity", learning_rate_init=1e200, max_iter=20, **params)
    with pytest.raises(ValueError, match=says("non-finite parameter weights", "large values")):
        model.fit(X, y)


def test_divergence_in_lbfgs_says_so():
    with pytest.raises(ValueError, match=r"(?i)non-finite|diverge"):
        make(MLPRegressorScratch, solver="lbfgs").fit(1e200 * X, 1e200 * TARGETS)


def test_divergence_with_early_stopping_keeps_the_best_weights_and_says_so():
    """The rate is a little too large, so there are finite epochs first."""
    model = MLPRegressorScratch(
        hidden_layer_sizes=(5, 5),
        activation="identity",
        solver="sgd",
        learning_rate_init=0.5,
        momentum=0.0,
        early_stopping=True,
        n_iter_no_change=1000,
        max_iter=1000,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="(?i)diverge|non-finite"):
        model.fit(10 * X, TARGETS)
    assert model.n_iter_ < 1000
    assert all(np.isfinite(array).all() for array in model.coefs_ + model.intercepts_)
    assert np.isfinite(model.best_validation_score_)
    assert np.isfinite(model.predict(X)).all()


@every_prediction
def test_numbers_that_are_too_large_for_the_network(Estimator, y, method):
    """A network of single precision gets rows of double precision."""
    model = make(Estimator).fit(X.astype(np.float32), y)
    for value in 1e60, -1e200:
        rows = X.copy()
        rows[7, 2] = value
        with pytest.raises(ValueError, match=says(re.escape(f"{abs(value):g}"), "too large for float32")):
            getattr(model, method)(rows, *([y] if method == "score" else []))
