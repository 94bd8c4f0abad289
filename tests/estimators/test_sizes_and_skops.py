"""What is saved of a model: little more than its weights and what training needs, of types that are known."""

import copy
import inspect
import io
import pickle
import subprocess
import sys
import tomllib
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skops.io import dumps, get_untrusted_types, loads

import sknn
from sknn import (
    MLPClassifierScratch,
    MLPRegressorScratch,
    SequentialClassifierScratch,
    SequentialRegressorScratch,
)
from sknn.activations import ACTIVATIONS, Mish
from sknn.initializers import INITIALIZERS
from sknn.layers import GRU, LSTM, BatchNorm, Conv1D, Conv2D, Dense, Dropout, Flatten, LayerNorm, MaxPool2D, Residual
from sknn.losses import Huber
from sknn.optimizers import OPTIMIZERS, SGD
from sknn.preprocessing import TableEncoder
from sknn.schedules import SCHEDULES, CosineDecay, Warmup

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ROOT = Path(__file__).parents[2]
N = 60
X, LABELS = make_blobs(N, n_features=4, centers=3, cluster_std=4.0, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = X[:, 0] * X[:, 1] + X[:, 2]
IMAGES = np.random.RandomState(0).normal(size=(N, 4, 4, 1))


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


def through_joblib(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer, compress=1)
    return joblib.load(io.BytesIO(buffer.getvalue()))


def through_skops(model):
    data = dumps(model)
    return loads(data, trusted=get_untrusted_types(data=data))


ROUND_TRIPS = [through_pickle, through_joblib, copy.deepcopy, through_skops]
every_round_trip = pytest.mark.parametrize("round_trip", ROUND_TRIPS, ids=lambda function: function.__name__)

SMALL = {"hidden_layer_sizes": (6, 6), "max_iter": 8, "batch_size": 16, "random_state": 0}
STACK = {"max_iter": 4, "batch_size": 16, "random_state": 0}

MODELS = {
    "classifier": (MLPClassifierScratch(**SMALL), X, LABELS),
    "binary": (MLPClassifierScratch(**SMALL, solver="sgd"), X, LABELS == 1),
    "strings": (MLPClassifierScratch(**SMALL, class_weight={"elm": 2.0}), X, np.array(["oak", "elm", "fir"])[LABELS]),
    "multilabel": (MLPClassifierScratch(**SMALL, loss="focal"), X, np.eye(3, dtype=int)[LABELS]),
    "balanced": (MLPClassifierScratch(**SMALL, class_weight="balanced", early_stopping=True), X, LABELS),
    "regressor": (MLPRegressorScratch(**SMALL, solver="lbfgs"), X, Y),
    "outputs": (MLPRegressorScratch(**SMALL, loss=Huber(0.5)), X, np.column_stack([Y, -Y])),
    "regularized": (
        MLPRegressorScratch(**SMALL, normalization="batch", residual=True, dropout=[0.1, 0.2], activation=Mish()),
        X,
        Y,
    ),
    "objects": (
        MLPRegressorScratch(**SMALL, solver=SGD(), learning_rate=Warmup(2.0, CosineDecay()), weight_init="orthogonal"),
        X,
        Y,
    ),
    "dense": (
        SequentialClassifierScratch([Dense(5), LayerNorm(), Dropout(0.1), Residual([Dense(5), BatchNorm()])], **STACK),
        X,
        LABELS,
    ),
    "convolutional": (
        SequentialClassifierScratch([("conv", Conv2D(3)), MaxPool2D(), Flatten()], **STACK),
        IMAGES,
        LABELS,
    ),
    "recurrent": (SequentialRegressorScratch([LSTM(3, return_sequences=True), GRU(2)], **STACK), X, Y),
    "sequence": (SequentialRegressorScratch([Conv1D(2), Flatten()], **STACK), X, Y),
}
every_model = pytest.mark.parametrize(("estimator", "data", "y"), MODELS.values(), ids=MODELS.keys())
every_part = pytest.mark.parametrize(
    ("parameter", "part"),
    [
        *(("activation", part()) for part in ACTIVATIONS.values()),
        *(("solver", part()) for part in OPTIMIZERS.values()),
        *(("learning_rate", part()) for part in SCHEDULES.values()),
        *(("weight_init", part()) for part in INITIALIZERS.values()),
    ],
    ids=str,
)


def raw_output(model, data):
    return model.predict_proba(data) if hasattr(model, "predict_proba") else model.predict(data)


# Round trips --------------------------------------------------------------------------------------


@every_model
@every_round_trip
def test_round_trip(estimator, data, y, round_trip):
    model = clone(estimator).fit(data, y)
    copied = round_trip(model)
    np.testing.assert_array_equal(raw_output(copied, data), raw_output(model, data))
    assert repr(copied) == repr(model)
    assert copied.loss_curve_ == model.loss_curve_
    assert copied.stop_reason_ == model.stop_reason_
    assert copied.summary() == model.summary()
    if hasattr(model, "partial_fit"):
        going_on = {"early_stopping": False, "max_iter": 1000}
        model.set_params(**going_on).partial_fit(data, y)
        copied.set_params(**going_on).partial_fit(data, y)
        np.testing.assert_array_equal(raw_output(copied, data), raw_output(model, data))


@every_part
def test_parts_survive_skops(parameter, part):
    model = MLPRegressorScratch(**{**SMALL, "max_iter": 100, "tol": 10.0, parameter: part}).fit(X, Y)
    copied = through_skops(model)
    assert copied.get_params() == model.get_params()
    np.testing.assert_array_equal(copied.predict(X), model.predict(X))


@every_model
def test_types_that_skops_does_not_know(estimator, data, y):
    """Each of them is ours, or of a library that scikit-learn is made of."""
    fitted = clone(estimator).fit(data, y)
    for model in (fitted, make_pipeline(StandardScaler(), estimator), clone(estimator)):
        types = get_untrusted_types(data=dumps(model))
        assert {name.split(".")[0] for name in types} <= {"sknn", "numpy", "scipy", "sklearn"}
        assert not [name for name in types if "function" in name or "lambda" in name]


def test_trimmed_model_survives_skops():
    model = MLPClassifierScratch(**SMALL).fit(X, LABELS).trim_for_prediction()
    copied = through_skops(model)
    np.testing.assert_array_equal(copied.predict_proba(X), model.predict_proba(X))
    assert len(copied.partial_fit(X, LABELS).loss_curve_) == 9


def test_skops_is_in_the_extra_for_saving():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [name.split(">=")[0] for name in project["optional-dependencies"]["persist"]] == ["skops"]


# Sizes --------------------------------------------------------------------------------------------

WIDE = np.random.RandomState(0).normal(size=(60, 300))
SAVED = {"pickle": pickle.dumps, "skops": dumps}
every_format = pytest.mark.parametrize("save", SAVED.values(), ids=SAVED.keys())

# For each, at most so many times the weights: those themselves, and what the optimizer remembers.
SIZES = {
    "adam": ({}, 3.1),
    "sgd": ({"solver": "sgd"}, 2.1),
    "early_stopping": ({"early_stopping": True}, 3.1),
    "lbfgs": ({"solver": "lbfgs"}, 1.1),
    "batch_norm": ({"normalization": "batch", "dropout": 0.5}, 3.1),
}


@pytest.mark.parametrize(("params", "bound"), SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_size(params, bound, dtype):
    assert_sizes(params, bound, dtype, pickle.dumps)


def test_size_with_skops():
    """Its description of the types takes about as much as 18,000 weights."""
    assert_sizes({}, 3.1, np.float64, dumps)


def assert_sizes(params, bound, dtype, save):
    model = MLPClassifierScratch((500, 100), max_iter=2, random_state=0, **params)
    model.fit(WIDE.astype(dtype), LABELS)
    weights = sum(array.nbytes for array in model.coefs_ + model.intercepts_)
    assert model.n_parameters_ > 200_000
    before = raw_output(model, WIDE.astype(dtype))
    assert len(save(model)) <= bound * weights
    assert len(save(model.trim_for_prediction())) <= 1.1 * weights
    np.testing.assert_array_equal(raw_output(model, WIDE.astype(dtype)), before)


@every_format
def test_size_does_not_grow_with_the_data(save):
    def size(n):
        model = MLPClassifierScratch((5,), max_iter=3, random_state=0, batch_size=20)
        return len(save(model.fit(np.tile(X, (n, 1)), np.tile(LABELS, n), X_val=X, y_val=LABELS)))

    assert abs(size(50) - size(1)) < 100


def test_size_grows_with_the_epochs_by_their_history_only():
    model = MLPClassifierScratch((100,), max_iter=1, random_state=0).fit(X, LABELS)
    before = len(pickle.dumps(model))
    for _ in range(50):
        model.partial_fit(X, LABELS)
    assert len(pickle.dumps(model)) - before < 50 * 4 * 10


def test_smaller_than_scikit_learns():
    from sklearn.neural_network import MLPClassifier

    sizes = [len(pickle.dumps(e((300,), max_iter=2).fit(WIDE, LABELS))) for e in (MLPClassifierScratch, MLPClassifier)]
    assert sizes[0] < 0.8 * sizes[1]


# Elsewhere ----------------------------------------------------------------------------------------

# Everything but the core dependencies, and what they themselves import, is refused.
PREDICT_ELSEWHERE = """
import importlib.abc, pickle, sys

CORE = {"numpy", "scipy", "sklearn", "joblib", "threadpoolctl", "narwhals", "cloudpickle", "loky", "sknn"}

class Guard(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in CORE or top.startswith("_"):
            return None
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Guard())
with open(sys.argv[1], "rb") as file:
    models = pickle.load(file)
for model, data, expected, y in models:
    output = model.predict_proba(data) if hasattr(model, "predict_proba") else model.predict(data)
    assert (output == expected).all(), model
    if hasattr(model, "partial_fit"):
        model.set_params(early_stopping=False).partial_fit(data, y)
foreign = {name.partition(".")[0] for name in sys.modules} & {"skops", "pandas", "matplotlib", "rich", "torch"}
assert not foreign, foreign
"""


def test_saved_models_predict_where_there_is_nothing_else(tmp_path):
    saved = []
    for estimator, data, y in MODELS.values():
        model = clone(estimator).fit(data, y)
        saved.append((model, data, raw_output(model, data), y))
    (tmp_path / "models.pickle").write_bytes(pickle.dumps(saved))
    command = [sys.executable, "-c", PREDICT_ELSEWHERE, tmp_path / "models.pickle"]
    environment = {"PYTHONPATH": str(Path(inspect.getfile(sknn)).parents[1])}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("kind", [bool, int, float, object])
def test_levels_that_are_no_text_come_back_from_skops(kind):
    """As keys of a dict they would come back as text, and False as True."""
    flags = np.array([False, True, True, False, True] * 4)
    values = np.array([1, "1", 1, "1", 1] * 4, dtype=object) if kind is object else flags.astype(kind)
    X = pd.DataFrame({"flag": values, "number": np.arange(20.0)})
    encoder = TableEncoder(categorical_features=["flag"]).fit(X)
    saved = dumps(encoder)
    loaded = loads(saved, trusted=get_untrusted_types(data=saved))
    np.testing.assert_array_equal(loaded.transform(X), encoder.transform(X))
