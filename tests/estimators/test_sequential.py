"""Networks of layers that the user lists: parameters inside them, shapes, and all that the MLP estimators can do."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch, MLPRegressorScratch, SequentialClassifierScratch, SequentialRegressorScratch
from sknn.activations import ReLU, Tanh
from sknn.layers import (
    GRU,
    LSTM,
    Activation,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    LayerNorm,
    MaxPool2D,
    RandomFlip,
    RandomTranslation,
    Reshape,
    Residual,
    Scale,
    SimpleRNN,
)
from sknn.optimizers import RMSProp
from sknn.schedules import CosineDecay, Plateau, Warmup

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 60
ROWS, LABELS = make_blobs(N, n_features=12, centers=3, cluster_std=5.0, random_state=0)
ROWS = (ROWS - ROWS.mean(axis=0)) / ROWS.std(axis=0)
Y = ROWS[:, 0] * ROWS[:, 1] + ROWS[:, 2]
IMAGES, SERIES = ROWS.reshape(N, 3, 4, 1), ROWS.reshape(N, 6, 2)

# Layers, and the shapes of X they are fitted on.
STACKS = {
    "dense": ([Dense(6, Tanh()), Dropout(0.1), Residual([Dense(6), LayerNorm()])], ROWS),
    "linear": ([], ROWS),
    "conv1d": ([("conv1", Conv1D(3, 2, activation=ReLU())), Flatten()], ROWS),
    "conv1d_channels": ([Conv1D(3, 2, padding="same"), BatchNorm(), Activation(ReLU()), Flatten()], SERIES),
    "conv2d": ([("conv1", Conv2D(3, 2)), MaxPool2D(), Flatten(), Dense(4, Tanh())], IMAGES),
    "images": ([RandomFlip(), RandomTranslation(), Conv2D(2, 2), AveragePool2D(), GlobalAveragePool2D()], IMAGES),
    "simple_rnn": ([SimpleRNN(3)], ROWS),
    "gru": ([GRU(3, return_sequences=True), LSTM(2)], SERIES),
    "bidirectional": ([Bidirectional(GRU(2)), Dropout(0.1)], SERIES),
    "reshaped": ([Reshape((3, 4, 1)), Conv2D(2), Flatten()], ROWS),
}
every_stack = pytest.mark.parametrize(("layers", "X"), STACKS.values(), ids=STACKS.keys())
KINDS = {"classifier": (SequentialClassifierScratch, LABELS), "regressor": (SequentialRegressorScratch, Y)}
every_kind = pytest.mark.parametrize(("Estimator", "y"), KINDS.values(), ids=KINDS.keys())


def make(Estimator, layers, **params):
    defaults = {"max_iter": 5, "batch_size": 20, "random_state": 0, "learning_rate_init": 0.01}
    return Estimator(layers, **{**defaults, **params})


def raw_output(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def assert_same_fit(model, other, X):
    assert model.loss_curve_ == other.loss_curve_
    np.testing.assert_array_equal(raw_output(model, X), raw_output(other, X))


def says(*parts):
    return "(?s)" + "".join(f"(?=.*(?:{part}))" for part in parts)


# Every stack --------------------------------------------------------------------------------------


@every_stack
@every_kind
def test_it_trains(Estimator, y, layers, X):
    model = make(Estimator, layers, max_iter=60, learning_rate_init=0.02).fit(X, y)
    assert model.loss_ < 0.95 * model.loss_curve_[0]
    assert model.predict(X).shape == y.shape
    assert X.ndim == 2 or model.input_shape_ == X.shape[1:]
    assert model.n_features_in_ == 12
    assert_same_fit(make(Estimator, layers, max_iter=60, learning_rate_init=0.02).fit(X, y), model, X)


@every_stack
@every_kind
def test_rows_at_predict(Estimator, y, layers, X):
    """However the samples are shaped, alone or together."""
    model = make(Estimator, layers).fit(X, y)
    np.testing.assert_array_equal(raw_output(model, X.reshape(N, -1)), raw_output(model, X))
    alone = np.vstack([raw_output(model, X[i : i + 1]).ravel() for i in range(5)])
    np.testing.assert_allclose(alone, raw_output(model, X[:5]).reshape(5, -1), rtol=1e-9)


@every_stack
@every_kind
def test_float32(Estimator, y, layers, X):
    """By descent alone: Adam makes a whole step of a gradient that is nothing but rounding."""
    model = make(Estimator, layers, solver="sgd").fit(X.astype(np.float32), y)
    output = raw_output(model, X.astype(np.float32))
    assert output.dtype == np.float32
    if not any(getattr(layer, "random", False) for layer in layers):
        expected = raw_output(make(Estimator, layers, solver="sgd").fit(X, y), X)
        np.testing.assert_allclose(output, expected, rtol=1e-4, atol=1e-4)


@every_stack
@every_kind
def test_partial_fit(Estimator, y, layers, X):
    classes = {"classes": [0, 1, 2]} if Estimator is SequentialClassifierScratch else {}
    model = make(Estimator, layers, shuffle=False).partial_fit(X, y, **classes).partial_fit(X.reshape(N, -1), y)
    assert len(model.loss_curve_) == 2
    if not any(getattr(layer, "random", False) for layer in layers):
        assert_same_fit(model, make(Estimator, layers, shuffle=False, max_iter=2).fit(X, y), X)


@every_stack
@every_kind
@pytest.mark.parametrize("copied", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy], ids=["pickle", "deepcopy"])
def test_copies(Estimator, y, layers, X, copied):
    model = make(Estimator, layers).fit(X, y)
    other = copied(model)
    np.testing.assert_array_equal(raw_output(other, X), raw_output(model, X))
    assert_same_fit(other.partial_fit(X, y), model.partial_fit(X, y), X)
    assert other.trim_for_prediction().summary() == model.summary()


@every_stack
@every_kind
def test_summary(Estimator, y, layers, X):
    model = make(Estimator, layers).fit(X, y)
    header, _, first, *rows, _, total = model.summary().splitlines()
    assert header.split() == ["Layer", "Output", "shape", "Parameters"]
    assert first.split()[0] == "Input"
    assert str(model.input_shape_) in first
    assert len(rows) == len(layers) + 1
    assert rows[-1].startswith("output (Dense(units=")
    assert total.startswith(f"{model.n_parameters_:,} trained parameters")
    shown = sum(int(row.split()[-1].replace(",", "")) for row in rows)
    assert shown - model.n_parameters_ == int(total.split(", ")[1].split()[0])


# Same as the multi-layer perceptron ---------------------------------------------------------------

PAIRS = [
    (SequentialClassifierScratch, MLPClassifierScratch, LABELS),
    (SequentialRegressorScratch, MLPRegressorScratch, Y),
]
EVERYTHING = {
    "plain": ({}, {}),
    "weighted": ({}, {"sample_weight": np.linspace(0.5, 2.0, N)}),
    "validated": ({"early_stopping": True, "scoring": "loss"}, {"X_val": ROWS[:20], "y_val": slice(20)}),
    "held_out": ({"early_stopping": True, "validation_fraction": 0.2}, {}),
    "penalized": ({"alpha": 0.5, "l1_ratio": 0.3, "weight_decay": 0.1, "max_grad_norm": 0.5}, {}),
    "sgd": ({"solver": "sgd", "learning_rate": "invscaling"}, {}),
    "lbfgs": ({"solver": "lbfgs"}, {}),
    "objects": ({"solver": RMSProp(rho=0.95), "learning_rate": Warmup(2.0, CosineDecay())}, {}),
    "plateau": ({"learning_rate": Plateau(patience=0), "tol": 1.0}, {}),
}
CLASSIFIER_ONLY = {
    "balanced": ({"class_weight": "balanced"}, {}),
    "class_weight": ({"class_weight": {1: 20.0}}, {}),
    "focal": ({"loss": "focal", "label_smoothing": 0.1}, {}),
}


@pytest.mark.parametrize(
    ("Sequential", "MLP", "y", "params", "given"),
    [
        pytest.param(*pair, *row, id=f"{pair[1].__name__}-{name}")
        for pair in PAIRS
        for name, row in {**EVERYTHING, **(CLASSIFIER_ONLY if pair[1] is MLPClassifierScratch else {})}.items()
    ],
)
def test_dense_layers_are_the_multi_layer_perceptron(Sequential, MLP, y, params, given):
    """The same engine, the same parameters, and by default the same initial weights."""
    given = {name: y[value] if isinstance(value, slice) else value for name, value in given.items()}
    params = {"max_iter": 8, "batch_size": 20, "random_state": 0, **params}
    ours = Sequential([Dense(6, Tanh()), Dense(4, Tanh())], **params).fit(ROWS, y, **given)
    theirs = MLP(hidden_layer_sizes=(6, 4), activation="tanh", **params).fit(ROWS, y, **given)
    assert_same_fit(ours, theirs, ROWS)
    assert ours.validation_scores_ == theirs.validation_scores_
    assert ours.best_epoch_ == theirs.best_epoch_
    assert ours.stop_reason_ == theirs.stop_reason_
    assert {name: v for name, v in ours.history_.items() if name != "seconds"} == {
        name: v for name, v in theirs.history_.items() if name != "seconds"
    }


def test_other_parameters_are_the_same():
    for Sequential, MLP, _ in PAIRS:
        ours, theirs = Sequential([]).get_params(), MLP().get_params()
        own = {"layers", "input_shape"}
        layers = {"hidden_layer_sizes", "activation", "dropout", "normalization", "residual", "weight_init"}
        assert set(ours) - own == set(theirs) - layers
        assert {name: ours[name] for name in set(ours) - own} == {name: theirs[name] for name in set(theirs) - layers}


# Layers as parameters -----------------------------------------------------------------------------


def named():
    return make(
        SequentialClassifierScratch,
        [("conv1", Conv1D(3, 2)), ("norm", BatchNorm()), Flatten(), ("drop", Dropout(0.2)), Dense(4), Dense(3, Tanh())],
    )


def test_get_params():
    params = named().get_params()
    names = {name for name in params if "__" not in name} - set(SequentialClassifierScratch([]).get_params())
    assert names == {"conv1", "norm", "flatten_1", "drop", "dense_1", "dense_2"}
    assert params["conv1"] == Conv1D(3, 2)
    assert params["conv1__filters"] == 3
    assert params["drop__rate"] == 0.2
    assert params["dense_2__activation"] == Tanh()
    shallow = named().get_params(deep=False)
    assert set(shallow) == set(SequentialClassifierScratch([]).get_params())


def test_names_are_those_of_the_summary():
    rows = named().fit(ROWS, LABELS).summary().splitlines()[3:-2]
    assert [row.split()[0] for row in rows] == ["conv1", "norm", "flatten_1", "drop", "dense_1", "dense_2", "output"]


CHANGES = {
    "field": ({"conv1__filters": 5}, {"conv1": Conv1D(5, 2)}),
    "fields": ({"conv1__filters": 5, "conv1__kernel_size": 3}, {"conv1": Conv1D(5, 3)}),
    "unnamed": ({"dense_2__units": 7}, {"dense_2": Dense(7, Tanh())}),
    "layer": ({"conv1": Conv1D(1)}, {"conv1": Conv1D(1)}),
    "layer_and_field": ({"conv1__kernel_size": 4, "conv1": Conv1D(1)}, {"conv1": Conv1D(1, 4)}),
    "another_kind": ({"dense_1": LayerNorm()}, {"dense_1": LayerNorm()}),
    "left_out": ({"drop": None}, {"drop": None}),
    "unnamed_left_out": ({"dense_1": None}, {"dense_1": None}),
    "several_left_out": ({"norm": None, "dense_1": None, "dense_2": None}, {"norm": None, "dense_2": None}),
    "parameter": ({"alpha": 3.0}, {"alpha": 3.0}),
    "layers": ({"layers": [Flatten(), Dense(2)]}, {"dense_1__units": 2}),
    "layers_and_field": ({"dense_1__units": 9, "layers": [Flatten(), Dense(2)]}, {"dense_1__units": 9}),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_set_params(change, expected):
    """The other layers stay what they are, under the names that they had."""
    model, before = named(), named().get_params()
    assert model.set_params(**change) is model
    after = model.get_params()
    assert {name: after[name] for name in expected} == expected
    if "layers" not in change:
        touched = {name.split("__")[0] for name in change} | {"layers"}
        others = {name: value for name, value in before.items() if name.split("__")[0] not in touched}
        assert {name: after[name] for name in others} == others
    model.fit(ROWS, LABELS)


def test_setting_leaves_the_list_of_the_user_alone():
    layers = [("drop", Dropout(0.1)), Dense(3)]
    first = make(SequentialClassifierScratch, layers)
    first.set_params(drop=None, dense_1__units=9)
    assert layers == [("drop", Dropout(0.1)), Dense(3)]
    assert make(SequentialClassifierScratch, layers).get_params()["drop__rate"] == 0.1


def test_a_layer_that_is_left_out_is_not_there():
    model = named().set_params(drop=None, norm=None).fit(ROWS, LABELS)
    without = [("conv1", Conv1D(3, 2)), Flatten(), Dense(4), Dense(3, Tanh())]
    assert_same_fit(model, make(SequentialClassifierScratch, without).fit(ROWS, LABELS), ROWS)
    assert "drop" not in model.summary()
    assert model.set_params(drop=Dropout(0.5)).get_params()["drop__rate"] == 0.5


def test_clone():
    model = named().fit(ROWS, LABELS)
    copied = clone(model)
    assert copied.get_params() == model.get_params()
    assert copied.layers is not model.layers
    with pytest.raises(NotFittedError):
        copied.predict(ROWS)
    assert_same_fit(copied.fit(ROWS, LABELS), model, ROWS)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search(n_jobs):
    grid = {
        "conv1__filters": [1, 4],
        "drop": [None, Dropout(0.5)],
        "dense_2": [Dense(5), Residual([Dense(4), LayerNorm()])],
    }
    search = GridSearchCV(named(), grid, cv=2, n_jobs=n_jobs).fit(ROWS, LABELS)
    assert len(search.cv_results_["params"]) == 8
    assert len(set(search.cv_results_["mean_test_score"])) > 1
    best = search.best_estimator_
    assert {name: best.get_params()[name] for name in grid} == search.best_params_
    by_hand = clone(named()).set_params(**search.best_params_).fit(ROWS, LABELS)
    assert_same_fit(best, by_hand, ROWS)


def test_grid_search_in_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), named())
    grid = {
        "sequentialclassifierscratch__conv1__filters": [1, 2],
        "sequentialclassifierscratch__drop__rate": [0.0, 0.5],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(ROWS, LABELS)
    assert search.best_estimator_[-1].get_params()["conv1__filters"] in (1, 2)


def test_repr():
    assert "Conv1D(filters=3" in repr(named())
    assert "conv1" in repr(named())


# Bad layers ---------------------------------------------------------------------------------------

BAD_NAMES = {
    "twice": ([("a", Dense(2)), ("a", Dense(3))], ["'a'", "unique"]),
    "as_one_made": ([("dense_1", Dense(2)), Dense(3)], ["'dense_1'", "unique"]),
    "double_underscore": ([("my__layer", Dense(2))], ["'my__layer'", "'__'"]),
    "as_a_parameter": ([("alpha", Dense(2))], ["'alpha'", "parameter"]),
    "as_the_output": ([("output", Dense(2))], ["'output'"]),
}


@every_kind
@pytest.mark.parametrize(("layers", "parts"), BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_bad_name(Estimator, y, layers, parts):
    with pytest.raises(ValueError, match=says("layers", *parts)):
        make(Estimator, layers).fit(ROWS, y)


BAD_LAYERS = {
    "class": ([Dense(3), Dense], ["Dense"]),
    "name": (["dense"], ["'dense'"]),
    "activation": ([("act", Tanh())], ["Tanh", "'act'"]),
    "three": ([("a", Dense(2), 3)], ["3"]),
    "one": (Dense(3), ["'layers'", "list"]),
}


@every_kind
@pytest.mark.parametrize(("layers", "parts"), BAD_LAYERS.values(), ids=BAD_LAYERS.keys())
def test_what_is_no_layer(Estimator, y, layers, parts):
    with pytest.raises((TypeError, ValueError), match=says("layers", *parts)):
        make(Estimator, layers).fit(ROWS, y)


def test_unknown_parameter():
    with pytest.raises(ValueError, match=says("conv1", "Conv1D", "'filter'", "'filters'")):
        named().set_params(conv1__filter=3)
    with pytest.raises(ValueError, match=says("'conv2'", "SequentialClassifierScratch")):
        named().set_params(conv2__filters=3)
    with pytest.raises(ValueError, match=says("drop", "'rate'")):
        named().set_params(drop=None).set_params(drop__rate=0.3)


def test_nothing_changes_where_one_of_several_parameters_is_unknown():
    model = named()
    before = model.get_params()
    with pytest.raises(ValueError, match="nonsense"):
        model.set_params(conv1__filters=9, alpha=0.5, drop=None, nonsense=1)
    assert model.get_params() == before


# A mistake in the shapes: X, layers, the layer's name, what reached it, what it needs.
SHAPE_MISTAKES = {
    "rows_for_images": (ROWS, [Conv2D(3)], ["conv2d_1", "Conv2D", r"\(12,\)", "height, width, channels"]),
    "images_for_sequences": (IMAGES, [("rnn", GRU(3))], ["rnn", "GRU", r"\(3, 4, 1\)", "time, channels"]),
    "images_for_dense": (IMAGES, [Conv2D(2), Dense(3)], ["dense_1", "Dense", r"\(1, 2, 2\)", "rows"]),
    "images_for_the_output": (IMAGES, [Conv2D(2)], ["output", "Dense", r"\(1, 2, 2\)", "rows"]),
    "sequences_for_the_output": (SERIES, [LSTM(3, return_sequences=True)], ["output", r"\(6, 3\)", "rows"]),
    "kernel_too_large": (IMAGES, [("big", Conv2D(3, 5))], ["big", "Conv2D", r"\(3, 4, 1\)", "5"]),
    "nothing_to_pool": (IMAGES, [Conv2D(3), ("pool", MaxPool2D())], ["pool", "MaxPool2D", r"\(1, 2, 3\)"]),
    "reshape": (ROWS, [Reshape((5, -1))], ["reshape_1", "Reshape", r"\(12,\)", "5"]),
    "inside_a_block": (ROWS, [("block", Residual([Dense(3), Conv2D(2)]))], ["block", "Residual", "Conv2D", r"\(3,\)"]),
    "inside_both_ways": (IMAGES, [Bidirectional(GRU(2))], ["bidirectional_1", "GRU", r"\(3, 4, 1\)"]),
}


@every_kind
@pytest.mark.parametrize(("X", "layers", "parts"), SHAPE_MISTAKES.values(), ids=SHAPE_MISTAKES.keys())
def test_shape_mistake(Estimator, y, X, layers, parts):
    model = make(Estimator, layers)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=says("needs", *parts)):
        model.fit(X, y)
    assert vars(model) == before


# Shapes of X --------------------------------------------------------------------------------------

SAME = [
    (IMAGES, None),
    (ROWS, (3, 4, 1)),
    (ROWS, [3, 4, 1]),
    (IMAGES, (3, 4, 1)),
    (IMAGES.tolist(), None),
    (np.asfortranarray(IMAGES), None),
    (pd.DataFrame(ROWS), (3, 4, 1)),
]


@every_kind
@pytest.mark.parametrize(("X", "input_shape"), SAME)
def test_shape_from_rows_or_axes(Estimator, y, X, input_shape):
    layers = [Conv2D(2, 2), Flatten()]
    reference = make(Estimator, layers).fit(IMAGES, y)
    model = make(Estimator, layers, input_shape=input_shape).fit(X, y)
    assert model.input_shape_ == (3, 4, 1)
    assert_same_fit(model, reference, IMAGES)


@every_kind
@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ([Dense(3)], (12,)),
        ([LayerNorm()], (12,)),
        ([GRU(2)], (12, 1)),
        ([Dropout(0.1), Conv1D(2), Flatten()], (12, 1)),
        ([BatchNorm(), Bidirectional(LSTM(2))], (12, 1)),
        ([Reshape((6, 2)), GRU(2)], (12,)),
        ([Flatten(), Dense(2)], (12,)),
    ],
    ids=str,
)
def test_rows_without_a_shape(Estimator, y, layers, shape):
    """Sequences of one channel where the layers need sequences."""
    model = make(Estimator, layers, max_iter=2).fit(ROWS, y)
    assert model.input_shape_ == shape
    assert model.predict(ROWS).shape == (N,)


BAD_SHAPES = {
    "other_size": (ROWS, (3, 3), ["input_shape", r"\(3, 3\)", "12"]),
    "other_axes": (IMAGES, (4, 3, 1), ["input_shape", r"\(4, 3, 1\)", r"\(3, 4, 1\)"]),
    "negative": (ROWS, (-3, -4, 1), ["input_shape", "-3"]),
    "text": (ROWS, ("3", 4), ["input_shape", "'3'"]),
    "number": (ROWS, 12, ["input_shape", "12"]),
    "fraction": (ROWS, (2.4, 5), ["input_shape", r"2\.4"]),
}


@every_kind
@pytest.mark.parametrize(("X", "input_shape", "parts"), BAD_SHAPES.values(), ids=BAD_SHAPES.keys())
def test_bad_input_shape(Estimator, y, X, input_shape, parts):
    with pytest.raises(ValueError, match=says(*parts)):
        make(Estimator, [Flatten()], input_shape=input_shape).fit(X, y)


@every_kind
def test_other_shape_after_fit(Estimator, y):
    model = make(Estimator, [Conv2D(2), Flatten()]).fit(IMAGES, y)
    for method in (model.predict, lambda X: model.partial_fit(X, y), lambda X: model.score(X, y)):
        with pytest.raises(ValueError, match=says(r"\(4, 3, 1\)", r"\(3, 4, 1\)", "fit")):
            method(IMAGES.reshape(N, 4, 3, 1))
        with pytest.raises(ValueError, match=says("11 features", "12 features")):
            method(ROWS[:, :11])


@every_kind
def test_bad_values_in_images(Estimator, y):
    model = make(Estimator, [Conv2D(2), Flatten()])
    with pytest.raises(ValueError, match=says("X", "NaN")):
        model.fit(np.where(np.abs(IMAGES) > 2, np.nan, IMAGES), y)
    with pytest.raises(ValueError, match=says("inconsistent numbers of samples")):
        model.fit(IMAGES[:-1], y)
    with pytest.raises(ValueError, match=says(r"0 sample\(s\)")):
        model.fit(IMAGES[:0], y[:0])


@every_kind
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows(Estimator, y, container):
    """For a dense layer; another one says that it wants them dense."""
    X = np.where(np.abs(ROWS) < 0.5, 0, ROWS)
    model = make(Estimator, [Dense(3)]).fit(container(X), y)
    np.testing.assert_allclose(raw_output(model, container(X)), raw_output(make(Estimator, [Dense(3)]).fit(X, y), X))
    with pytest.raises((TypeError, ValueError), match=r"[Ss]parse|dense"):
        make(Estimator, [Conv1D(2), Flatten()]).fit(container(X), y)


# Sequences with gaps ------------------------------------------------------------------------------


def ragged(X):
    X = X.copy()
    for i, steps in enumerate(np.arange(N) % 5):
        X[i, 6 - steps :] = np.nan
    return X


@every_kind
@pytest.mark.parametrize("layers", [[GRU(3)], [Bidirectional(LSTM(2))], [SimpleRNN(2, return_sequences=True), GRU(2)]])
def test_sequences_of_different_lengths(Estimator, y, layers):
    """Filled up with NaN, in rows or with their axes, and in a validation set too."""
    X = ragged(SERIES)
    model = make(Estimator, layers).fit(X, y, X_val=X, y_val=y)
    assert np.isfinite(raw_output(model, X)).all()
    np.testing.assert_array_equal(raw_output(model, X.reshape(N, -1)), raw_output(model, X))
    complete = raw_output(model, SERIES)
    assert np.abs(complete - raw_output(model, X)).max() > 1e-6
    np.testing.assert_array_equal(complete[::5], raw_output(model, X)[::5])  # no step of these is missing


@every_kind
def test_gaps_where_nobody_takes_them(Estimator, y):
    with pytest.raises(ValueError, match=says("X", "NaN")):
        make(Estimator, [Conv1D(2), Flatten()]).fit(ragged(SERIES), y)
    half = ragged(SERIES)
    half[2, 0, 0] = np.nan
    with pytest.raises(ValueError, match=says("X", "NaN", "channels")):
        make(Estimator, [GRU(2)]).fit(half, y)


@every_kind
def test_categories(Estimator, y):
    codes = np.random.RandomState(0).randint(0, 5, size=(N, 4))
    model = make(Estimator, [Embedding(5, 3), GRU(2)]).fit(codes, y)
    assert np.isfinite(raw_output(model, codes)).all()
    with pytest.raises(ValueError, match=says("Embedding", "0 to 4", "5")):
        make(Estimator, [Embedding(5, 3), Flatten()]).fit(codes + 1, y)


# Real pictures ------------------------------------------------------------------------------------


def test_digits_with_everything():
    """Convolutions, augmentation, early stopping on pictures of one's own, and what is kept of it."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    y = np.array(list("abcdefghij"))[y]
    layers = [
        RandomTranslation(0.1, 0.1),
        ("conv1", Conv2D(8, activation=ReLU())),
        MaxPool2D(),
        Flatten(),
        Dropout(0.2),
    ]
    model = SequentialClassifierScratch(
        layers, learning_rate_init=0.01, batch_size=50, max_iter=25, early_stopping=True, class_weight="balanced",
        learning_rate=Plateau(patience=2), random_state=0,
    )  # fmt: skip
    model.fit(X[:1200], y[:1200], X_val=X[1200:1500], y_val=y[1200:1500])
    assert model.score(X[1500:], y[1500:]) > 0.85
    assert model.score(X[1200:1500], y[1200:1500]) == pytest.approx(model.best_validation_score_)
    assert len(model.history_["validation_loss"]) == model.n_iter_
    copied = pickle.loads(pickle.dumps(model.trim_for_prediction()))
    np.testing.assert_array_equal(copied.predict(X[1500:].reshape(-1, 64)), model.predict(X[1500:]))


def test_multilabel_and_several_outputs():
    labels = np.column_stack([LABELS == 0, LABELS == 1]).astype(int)
    model = make(SequentialClassifierScratch, [Conv2D(2), Flatten()]).fit(IMAGES, labels)
    assert model.predict(IMAGES).shape == model.predict_proba(IMAGES).shape == (N, 2)
    model = make(SequentialRegressorScratch, [GRU(3)]).fit(SERIES, np.column_stack([Y, -Y]))
    assert model.predict(SERIES).shape == (N, 2)
    model = make(SequentialClassifierScratch, [GRU(3)]).fit(SERIES, LABELS == 1)
    assert model.decision_function(SERIES).shape == (N,)


def test_noise_has_no_place_in_lbfgs():
    with pytest.raises(ValueError, match=says("lbfgs", "random|noise")):
        make(SequentialClassifierScratch, [Dropout(0.1)], solver="lbfgs").fit(ROWS, LABELS)


@every_kind
def test_no_partial_fit_with_lbfgs(Estimator, y):
    assert not hasattr(make(Estimator, [], solver="lbfgs"), "partial_fit")


@every_kind
def test_layers_of_another_rate_go_on(Estimator, y):
    model = make(Estimator, [Scale(), Dense(3)], warm_start=True).fit(ROWS, y)
    before = [model._state.network.parameters[0].s.copy()]
    for rate in 0.0, 1.0:
        model.set_params(scale_1__rate=rate).fit(ROWS, y)
        before.append(model._state.network.parameters[0].s.copy())
    np.testing.assert_array_equal(before[0], before[1])
    assert (before[1] != before[2]).any()


@every_kind
def test_other_layers_at_a_warm_start(Estimator, y):
    model = make(Estimator, [("first", Dense(3))], warm_start=True).fit(ROWS, y)
    assert len(model.fit(ROWS, y).loss_curve_) == 10
    with pytest.raises(ValueError, match=says("layers", "3", "4")):
        model.set_params(first__units=4).fit(ROWS, y)


@every_kind
def test_another_shape_at_a_warm_start(Estimator, y):
    model = make(Estimator, [Flatten(), Dense(3)], warm_start=True, input_shape=(3, 4, 1)).fit(ROWS, y)
    model.set_params(input_shape=[3, 4, 1]).fit(ROWS, y)
    with pytest.raises(ValueError, match=says(r"input_shape=\(12,\)", r"\(3, 4, 1\)")):
        model.set_params(input_shape=(12,)).fit(ROWS, y)
    assert model.set_params(warm_start=False).fit(ROWS, y).input_shape_ == (12,)


@pytest.mark.parametrize("shape", [(3, 7, 8, 2), (8, 8, 2), (3, 2, 8, 8)], ids=str)
def test_samples_of_another_shape_than_in_fit(shape):
    images = np.random.RandomState(0).standard_normal((40, 8, 8, 2))
    model = make(SequentialClassifierScratch, [Conv2D(2), Flatten()]).fit(images, np.arange(40) % 2)
    with pytest.raises(ValueError, match=rf"X has samples of shape \({shape[1]}, .*; expected \(8, 8, 2\), as in fit"):
        model.predict(np.zeros(shape))


# What was fitted, and what the parameters say since ---------------------------------------------------


@pytest.mark.parametrize(
    "layers", [[Embedding(3, 2), Flatten()], [GRU(3)], [Conv1D(2, 2), Flatten()]], ids=["embedding", "gru", "conv1d"]
)
def test_samples_are_checked_as_the_fitted_network_takes_them(layers):
    model = make(SequentialClassifierScratch, [Dense(3)]).fit(ROWS, LABELS)
    expected = model.predict_proba(ROWS)
    with_gap = ROWS.copy()
    with_gap[0, 0] = np.nan
    model.set_params(layers=layers)
    with pytest.raises(ValueError, match="X contains NaN"):
        model.predict(with_gap)
    np.testing.assert_array_equal(model.predict_proba(ROWS.tolist()), expected)
    np.testing.assert_allclose(model.predict_proba(sparse.csr_matrix(ROWS)), expected)


def test_a_fitted_network_still_takes_gaps_and_no_sparse_matrix():
    series = SERIES.copy()
    series[0, -2:] = np.nan
    model = make(SequentialClassifierScratch, [("rnn", GRU(3)), ("dense", Dense(2))]).fit(series, LABELS)
    expected = model.predict_proba(series)
    model.set_params(rnn=None)
    np.testing.assert_array_equal(model.predict_proba(series), expected)
    with pytest.raises(TypeError, match="dense"):
        model.predict(sparse.csr_matrix(ROWS))


@pytest.mark.parametrize("layer", [LSTM(3), Bidirectional(GRU(3)), Conv1D(3)], ids=["lstm", "bidirectional", "conv1d"])
def test_rows_of_features_are_no_sequences(layer):
    with pytest.raises(ValueError, match=r"needs sequences, \(time, channels\); got \(12,\)"):
        make(SequentialClassifierScratch, [layer], input_shape=(12,)).fit(ROWS, LABELS)
    model = make(SequentialClassifierScratch, [Dense(3)], warm_start=True).fit(ROWS, LABELS).set_params(layers=[layer])
    for again in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="needs sequences"):
            again(ROWS, LABELS)


def test_a_list_inside_a_residual_block_may_change():
    inner = [Dense(12)]
    model = make(SequentialClassifierScratch, [Residual(inner)]).fit(ROWS, LABELS)
    expected = model.predict_proba(ROWS)
    inner[0] = Dense(12, Tanh())
    inner.append(Dense(7))
    np.testing.assert_array_equal(model.predict_proba(ROWS), expected)


def test_sizes_may_be_arrays():
    layers = [Conv2D(2, np.array([2, 2])), MaxPool2D(np.array([2, 1])), Reshape(np.array([-1]))]
    model = make(SequentialClassifierScratch, layers).fit(IMAGES, LABELS)
    assert "kernel_size=[2, 2]" in model.summary()
    assert Conv2D(2, np.array([2, 2])) == Conv2D(2, (2, 2))


@pytest.mark.parametrize("name", ["d_", "d__units", "output", "layers"])
def test_names_that_parameters_could_not_reach(name):
    with pytest.raises(ValueError, match=f"layers has the name '{name}'"):
        SequentialClassifierScratch([(name, Dense(3))]).fit(ROWS, LABELS)


def test_true_is_no_length():
    with pytest.raises(ValueError, match="input_shape must be of integers"):
        SequentialClassifierScratch([Dense(3)], input_shape=(True, 12)).fit(ROWS, LABELS)
    with pytest.raises(ValueError, match="needs as shape whole numbers"):
        SequentialClassifierScratch([Reshape((True, 12)), Flatten()]).fit(ROWS, LABELS)
