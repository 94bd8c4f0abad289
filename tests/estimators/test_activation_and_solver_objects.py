"""Parts by name, as objects, or of a user's own: they all train, and survive what scikit-learn does to estimators."""

import copy
import math
import pickle
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV

from sknn import MLPClassifierScratch, MLPRegressorScratch
from sknn.activations import ACTIVATIONS, Activation, LeakyReLU, Mish, ReLU, Tanh
from sknn.initializers import INITIALIZERS, Initializer, Orthogonal
from sknn.losses import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    BinaryFocal,
    Huber,
    Loss,
    Quantile,
    SoftmaxCrossEntropy,
)
from sknn.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Lion, NAdam, Optimizer, RMSProp
from sknn.schedules import (
    SCHEDULES,
    Clock,
    CosineDecay,
    ExponentialDecay,
    InverseScaling,
    OneCycle,
    Plateau,
    Schedule,
    StepDecay,
    Warmup,
)

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 60
X, LABELS = make_blobs(N, n_features=4, centers=3, cluster_std=3.0, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = X[:, 0] * X[:, 1] + X[:, 2]
POSITIVE = np.exp(Y / 2)  # in the range of every loss

CLASSIFIER, REGRESSOR = (MLPClassifierScratch, LABELS), (MLPRegressorScratch, POSITIVE)
every_estimator = pytest.mark.parametrize(("Estimator", "y"), [CLASSIFIER, REGRESSOR], ids=["classifier", "regressor"])


def make(Estimator, **params):
    defaults = {"hidden_layer_sizes": (8, 5), "max_iter": 6, "batch_size": 20, "random_state": 0}
    return Estimator(**{**defaults, **params})


def raw_output(model):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def assert_same_model(model, other):
    assert model.loss_curve_ == other.loss_curve_
    for ours, theirs in zip(model.coefs_ + model.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# Every name ---------------------------------------------------------------------------------------

# Parameter, name, the same as an object.
NAMED = [
    *(("activation", name, part()) for name, part in ACTIVATIONS.items()),
    *(("solver", name, part()) for name, part in OPTIMIZERS.items()),
    *(("weight_init", name, part()) for name, part in INITIALIZERS.items()),
    *(("learning_rate", name, part(epochs=2) if part is StepDecay else part()) for name, part in SCHEDULES.items()),
]
NAMED_LOSSES = [
    *((*CLASSIFIER, name, parts[1]()) for name, parts in CLASSIFICATION_LOSSES.items()),
    *((MLPClassifierScratch, LABELS == 0, name, parts[0]()) for name, parts in CLASSIFICATION_LOSSES.items()),
    *((*REGRESSOR, name, part()) for name, part in REGRESSION_LOSSES.items()),
]
RATES = {"sgd": 0.02, "adagrad": 0.05, "lion": 0.005}


@every_estimator
@pytest.mark.parametrize(("parameter", "name", "part"), NAMED, ids=[f"{row[0]}-{row[1]}" for row in NAMED])
def test_a_name_is_its_object(Estimator, y, parameter, name, part):
    """Also where a parameter of the estimator is called like something else's: `alpha`, for one."""
    params = {"alpha": 0.3, "solver": "sgd"}
    if name == "step":
        params["max_iter"] = 60  # it is made of 50 epochs
        part = StepDecay()
    by_name = make(Estimator, **{**params, parameter: name}).fit(X, y)
    assert_same_model(by_name, make(Estimator, **{**params, parameter: part}).fit(X, y))


@pytest.mark.parametrize(("Estimator", "y", "name", "part"), NAMED_LOSSES, ids=[str(row[3]) for row in NAMED_LOSSES])
def test_a_loss_by_name_is_its_object(Estimator, y, name, part):
    assert_same_model(make(Estimator, loss=name).fit(X, y), make(Estimator, loss=part).fit(X, y))


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"loss": "quantile", "quantile": 0.9}, {"loss": Quantile(quantile=0.9)}),
        ({"loss": "huber", "huber_delta": 0.2}, {"loss": Huber(huber_delta=0.2)}),
        ({"solver": "sgd", "momentum": 0.5}, {"solver": SGD(momentum=0.5)}),
        ({"solver": "sgd", "nesterovs_momentum": False}, {"solver": SGD(nesterovs_momentum=False)}),
        ({"solver": "adam", "beta_1": 0.5, "epsilon": 0.1}, {"solver": Adam(beta_1=0.5, epsilon=0.1)}),
        ({"solver": "nadam", "beta_2": 0.9}, {"solver": NAdam(beta_2=0.9)}),
        ({"solver": "adamw", "weight_decay": 0.5}, {"solver": AdamW(weight_decay=0.5)}),
        (
            {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
            {"solver": SGD(), "learning_rate": InverseScaling(power_t=0.2)},
        ),
    ],
    ids=lambda params: str(params),
)
def test_parameters_fill_the_part_that_is_named(given, part):
    assert_same_model(make(*REGRESSOR[:1], **given).fit(X, POSITIVE), make(*REGRESSOR[:1], **part).fit(X, POSITIVE))


@every_estimator
@pytest.mark.parametrize(("parameter", "name"), [row[:2] for row in NAMED if row[1] != "zeros"])
def test_every_name_trains(Estimator, y, parameter, name):
    rate = RATES.get(name, 0.01)
    model = make(Estimator, learning_rate_init=rate, max_iter=60, batch_size=N, **{parameter: name}).fit(X, y)
    assert model.loss_ < 0.95 * model.loss_curve_[0]
    assert np.isfinite(model.set_params(max_iter=90).partial_fit(X, y).loss_)


@pytest.mark.parametrize(("Estimator", "y", "name", "part"), NAMED_LOSSES, ids=[str(row[3]) for row in NAMED_LOSSES])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_every_loss_trains(Estimator, y, name, part, solver):
    model = make(Estimator, loss=name, solver=solver, learning_rate_init=0.01, max_iter=40).fit(X, y)
    assert model.loss_ < 0.9 * model.loss_curve_[0]


@every_estimator
def test_zeros_as_initial_weights_only_train_the_last_biases(Estimator, y):
    model = make(Estimator, weight_init="zeros").fit(X, y)
    assert [np.abs(W).max() for W in model.coefs_] == [0, 0, 0]
    assert np.abs(model.intercepts_[-1]).max() > 0


# Activations layer by layer -----------------------------------------------------------------------

PLAIN = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "identity": lambda z: z,
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
}
LISTS = [
    (["tanh", "relu"], ["tanh", "relu"]),
    (("identity", "logistic"), ["identity", "logistic"]),
    ([LeakyReLU(), "tanh"], ["leaky_relu", "tanh"]),
    ([Tanh(), ReLU()], ["tanh", "relu"]),
    (Tanh(), ["tanh", "tanh"]),
]


@every_estimator
@pytest.mark.parametrize(("activation", "names"), LISTS, ids=[str(names) for _, names in LISTS])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_activations_by_hand(Estimator, y, activation, names, solver):
    model = make(Estimator, activation=activation, solver=solver).fit(X, y)
    hidden = X
    for name, W, b in zip(names, model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = PLAIN[name](hidden @ W + b)
    raw = hidden @ model.coefs_[-1] + model.intercepts_[-1]
    ours = model.decision_function(X) if Estimator is MLPClassifierScratch else model.predict(X)[:, None]
    expected = log_softmax(raw, axis=1) if np.ndim(y) == 1 < raw.shape[1] else raw
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)


BAD_ACTIVATIONS = {
    "too_short": (["tanh"], ["1 entries", "2 layers"]),
    "too_long": (["tanh"] * 3, ["3 entries", "2 layers"]),
    "misspelt": (["tanh", "rleu"], ["'rleu'", "'relu'"]),
    "a_class": (["tanh", ReLU], ["ReLU", "'relu'"]),
    "another_kind": ([SGD(), "tanh"], ["SGD", "'relu'"]),
    "unhashable": ([["tanh"], "relu"], [r"\['tanh'\]", "'relu'"]),
}


@every_estimator
@pytest.mark.parametrize(("activation", "parts"), BAD_ACTIVATIONS.values(), ids=BAD_ACTIVATIONS.keys())
def test_bad_list_of_activations(Estimator, y, activation, parts):
    with pytest.raises(ValueError, match="".join(f"(?=.*{part})" for part in ["activation", *parts])):
        make(Estimator, activation=activation).fit(X, y)


@every_estimator
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("activation", ReLU),
        ("solver", SGD),
        ("learning_rate", CosineDecay),
        ("weight_init", Orthogonal),
        ("loss", Huber),
    ],
)
def test_a_class_is_not_an_object(Estimator, y, parameter, value):
    with pytest.raises(ValueError, match=f"'{parameter}' parameter"):
        make(Estimator, **{parameter: value}).fit(X, y)


@every_estimator
@pytest.mark.parametrize("parameter", ["activation", "solver", "learning_rate", "weight_init", "loss"])
def test_an_object_of_another_kind(Estimator, y, parameter):
    other = Tanh() if parameter != "activation" else SGD()
    with pytest.raises(ValueError, match=f"'{parameter}' parameter"):
        make(Estimator, **{parameter: other}).fit(X, y)


# Schedules ----------------------------------------------------------------------------------------

FIRST_ORDER = [*OPTIMIZERS, RMSProp(rho=0.95)]
EXACT_SCHEDULES = [
    CosineDecay(0.1),
    OneCycle(),
    StepDecay(epochs=2, gamma=0.5),
    ExponentialDecay(0.8),
    InverseScaling(0.3),
    Warmup(2.0),
    Warmup(2.0, CosineDecay()),
    Warmup(1.5, StepDecay(epochs=1)),
]


@pytest.mark.parametrize("solver", FIRST_ORDER, ids=str)
@pytest.mark.parametrize("schedule", EXACT_SCHEDULES, ids=str)
def test_every_schedule_drives_every_solver(solver, schedule):
    """At the last of the three steps of each epoch."""
    params = {"solver": solver, "learning_rate_init": 0.003, "tol": 0.0}
    model = make(MLPRegressorScratch, learning_rate=schedule, **params).fit(X, Y)
    clocks = [Clock(step=3 * k + 2, samples=k * N, total_steps=18, steps_per_epoch=3) for k in range(6)]
    np.testing.assert_allclose(model.history_["learning_rate"], [0.003 * schedule(clock) for clock in clocks])
    constant = make(MLPRegressorScratch, **params).fit(X, Y)
    assert np.abs(model.coefs_[0] - constant.coefs_[0]).max() > 1e-7


@pytest.mark.parametrize("solver", FIRST_ORDER, ids=str)
@pytest.mark.parametrize("warm_up", [False, True], ids=["", "warm_up"])
def test_plateau_lowers_the_rate_of_every_solver(solver, warm_up):
    """With a `tol` that no epoch can meet, after every second one."""
    schedule = Plateau(factor=0.5, patience=1, min_factor=0.2)
    params = {"solver": solver, "learning_rate_init": 0.003, "tol": 1e6, "n_iter_no_change": 99, "batch_size": N}
    model = make(MLPRegressorScratch, learning_rate=Warmup(0, schedule) if warm_up else schedule, max_iter=8, **params)
    factors = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2]
    rates = np.array(model.fit(X, Y).history_["learning_rate"]) / 0.003
    # The first epoch is better than none.
    np.testing.assert_allclose(rates[:7], factors[:7])
    assert rates[7] >= 0.2
    assert model.n_iter_ == 8


def test_plateau_watches_the_validation_score_where_that_stops_training():
    schedule = Plateau(factor=0.5, patience=0)
    params = {"tol": 0.0, "learning_rate": schedule, "n_iter_no_change": 99, "learning_rate_init": 0.05}
    model = make(MLPClassifierScratch, max_iter=30, early_stopping=True, scoring="loss", **params).fit(X, LABELS)
    scores, rates = model.validation_scores_, model.history_["learning_rate"]
    best, scale, expected = -np.inf, 1.0, []
    for score in scores:
        expected.append(0.05 * scale)
        scale = max(0.5 * scale, 1e-3) if score < best else scale
        best = max(best, score)
    np.testing.assert_allclose(rates, expected)
    assert rates[-1] < rates[0]


def test_adam_leaves_out_the_names_that_scikit_learns_adam_leaves_out():
    for name in ("invscaling", "adaptive"):
        model = make(MLPRegressorScratch, learning_rate=name).fit(X, Y)
        assert set(model.history_["learning_rate"]) == {0.001}
    model = make(MLPRegressorScratch, learning_rate=InverseScaling()).fit(X, Y)
    assert len(set(model.history_["learning_rate"])) == 6


TOO_LONG = {
    "warm_up": (Warmup(6.0), ["6"]),
    "longer_warm_up": (Warmup(7.5), [r"7\.5"]),
    "step": (StepDecay(epochs=7), ["7"]),
    "step_by_name": ("step", ["50"]),
    "step_after_warm_up": (Warmup(2.0, StepDecay(epochs=5)), ["5"]),
    "warm_up_twice": (Warmup(3.0, Warmup(3.0)), ["3"]),
}


@every_estimator
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(("schedule", "parts"), TOO_LONG.values(), ids=TOO_LONG.keys())
def test_schedule_longer_than_training(Estimator, y, method, schedule, parts):
    """`partial_fit` is one epoch of the `max_iter` that are planned."""
    classes = {"classes": [0, 1, 2]} if method == "partial_fit" and Estimator is MLPClassifierScratch else {}
    model = make(Estimator, learning_rate=schedule)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="(?s)" + "".join(f"(?=.*{part})" for part in ["epochs", *parts])):
        getattr(model, method)(X, y, **classes)
    assert vars(model) == before


@every_estimator
@pytest.mark.parametrize("schedule", [Warmup(5.5), StepDecay(epochs=5), Warmup(2.0, StepDecay(epochs=3))], ids=str)
def test_schedule_that_just_fits(Estimator, y, schedule):
    assert make(Estimator, learning_rate=schedule).fit(X, y).n_iter_ == 6


@every_estimator
def test_schedule_over_several_calls_of_partial_fit(Estimator, y):
    """`max_iter` calls make one training."""
    classes = {"classes": [0, 1, 2]} if Estimator is MLPClassifierScratch else {}
    for schedule in (CosineDecay(), OneCycle(), Warmup(2.0, CosineDecay())):
        whole = make(Estimator, learning_rate=schedule, shuffle=False, tol=0.0).fit(X, y)
        parts = make(Estimator, learning_rate=schedule, shuffle=False)
        for _ in range(6):
            parts.partial_fit(X, y, **classes)
        assert parts.history_["learning_rate"] == whole.history_["learning_rate"]
        assert_same_model(parts, whole)


@every_estimator
def test_schedule_begins_again_at_a_warm_start(Estimator, y):
    model = make(Estimator, learning_rate=Warmup(2.0, CosineDecay()), warm_start=True, tol=0.0).fit(X, y)
    first = list(model.history_["learning_rate"])
    assert model.fit(X, y).history_["learning_rate"] == pytest.approx(first * 2, rel=1e-12)


# A user's own -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wave(Activation):
    """f(z) = z + sin(frequency z) / frequency, with an array of its own."""

    frequency: float = 2.0
    scratch: ClassVar = MappingProxyType({"cosine": "float"})

    def forward(self, z, y, s):
        np.multiply(z, self.frequency, out=s.cosine)
        np.sin(s.cosine, out=y)
        np.cos(s.cosine, out=s.cosine)
        y /= self.frequency
        y += z

    def backward(self, z, y, dy, s):
        s.cosine += 1.0
        dy *= s.cosine


@dataclass(frozen=True)
class Cauchy(Loss):
    """log(1 + (raw - y)² / 2)"""

    def terms(self, raw, y, out, work):
        raw -= y
        np.multiply(raw, raw, out=work)
        work *= 0.5
        work += 1.0
        np.divide(raw, work, out=out)
        np.log(work, out=raw)


@dataclass(frozen=True)
class Triangle(Schedule):
    """Up and down again."""

    period: int = 4

    def __call__(self, clock):
        return 1.0 - abs((clock.step % self.period) - self.period / 2) / self.period


@dataclass(frozen=True)
class Signs(Optimizer):
    """Steps of one size."""

    slots: ClassVar[tuple[str, ...]] = ("mean",)

    def constants(self, t, rate):
        return (rate,)

    def step(self, g, mean, rate):
        mean += 0.1 * (g - mean)
        np.sign(mean, out=g)
        g *= rate


@dataclass(frozen=True)
class Checkered(Initializer):
    """No random numbers at all."""

    size: float = 0.3

    def weights(self, rng, shape, fan_in, fan_out):
        signs = np.cos(np.arange(math.prod(shape)) ** 2)
        return self.size * signs.reshape(shape)


OWN = {
    "activation": Wave(3.0),
    "activations": [Wave(), "relu"],
    "learning_rate": Triangle(6),
    "solver": Signs(),
    "weight_init": Checkered(0.2),
}
OWN_PARTS = [*((*case, name.rstrip("s"), part) for case in (CLASSIFIER, REGRESSOR) for name, part in OWN.items())]
OWN_PARTS.append((*REGRESSOR, "loss", Cauchy()))
every_own_part = pytest.mark.parametrize(
    ("Estimator", "y", "parameter", "part"), OWN_PARTS, ids=[f"{row[0].__name__}-{row[3]}" for row in OWN_PARTS]
)


@every_own_part
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_own_part_trains(Estimator, y, parameter, part, solver):
    if parameter in ("solver", "learning_rate") and solver == "lbfgs":
        solver = "adam"
    params = {"solver": solver, "learning_rate_init": 0.005, "max_iter": 40, parameter: part}
    model = make(Estimator, **params).fit(X, y)
    assert model.loss_ < 0.9 * model.loss_curve_[0]
    assert (
        np.abs(
            model.coefs_[0]
            - make(Estimator, **{**params, parameter: make(Estimator).get_params()[parameter]}).fit(X, y).coefs_[0]
        ).max()
        > 1e-6
    )


@every_own_part
def test_own_part_works_everywhere(Estimator, y, parameter, part):
    """With every other new parameter on, in float32, with early stopping, and in `partial_fit`."""
    params = {"normalization": "batch", "residual": True, "dropout": 0.1, "hidden_layer_sizes": (6, 6)}
    model = make(Estimator, early_stopping=True, **params, **{parameter: part}).fit(X.astype(np.float32), y)
    assert {W.dtype for W in model.coefs_} == {np.dtype(np.float32)}
    assert np.isfinite(raw_output(model)).all()
    assert np.isfinite(model.set_params(early_stopping=False).partial_fit(X, y).loss_)


@every_own_part
def test_own_part_survives(Estimator, y, parameter, part):
    model = make(Estimator, **{parameter: part}).fit(X, y)
    for copied in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert copied.get_params() == model.get_params()
        np.testing.assert_array_equal(raw_output(copied), raw_output(model))
        assert_same_model(copied.partial_fit(X, y), copy.deepcopy(model).partial_fit(X, y))
    cloned = clone(model)
    if not isinstance(part, list):
        assert cloned.get_params()[parameter] == part
    assert_same_model(cloned.fit(X, y), model)
    assert type(part[0] if isinstance(part, list) else part).__name__ in repr(model)


def test_own_loss_is_minimised():
    """A location: of these three numbers Cauchy's is near the two."""
    model = make(MLPRegressorScratch, hidden_layer_sizes=(), solver="lbfgs", loss=Cauchy(), alpha=0.0, max_iter=200)
    model.fit(np.zeros((3, 1)), [0.0, 0.1, 100.0])
    residuals = model.predict([[0.0]]) - [0.0, 0.1, 100.0]
    assert np.sum(residuals / (1 + residuals**2 / 2)) == pytest.approx(0, abs=1e-3)
    assert abs(model.predict([[0.0]])[0]) < 1


def test_own_loss_of_a_classifier():
    """It owns its link: probabilities come from what it says."""
    model = make(MLPClassifierScratch, loss=BinaryFocal(focal_gamma=1.0)).fit(X, LABELS == 0)
    assert model.out_activation_ == "logistic"
    model = make(MLPClassifierScratch, loss=SoftmaxCrossEntropy()).fit(X, LABELS)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


# Search -------------------------------------------------------------------------------------------

GRIDS = {
    "optimizers": {"solver": ["adam", SGD(momentum=0.5), RMSProp(rho=0.95), AdamW(weight_decay=0.1), Lion(), Signs()]},
    "activations": {"activation": ["relu", Mish(), LeakyReLU(0.2), ["tanh", Wave()], Wave(1.0)]},
    "schedules": {"learning_rate": ["cosine", Warmup(2.0, StepDecay(3)), Triangle()]},
    "initializers": {"weight_init": ["he_normal", Orthogonal(2.0), Checkered()]},
    "two": {"solver": [Signs(), NAdam()], "activation": [Wave(), Tanh()]},
}


@every_estimator
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
def test_grid_search_in_two_processes_is_that_in_one(Estimator, y, grid):
    def search(n_jobs):
        return GridSearchCV(make(Estimator, learning_rate_init=0.01), grid, n_jobs=n_jobs, cv=2).fit(X, y)

    one, two = search(1), search(2)
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert len(set(one.cv_results_["mean_test_score"])) > 1
    assert one.best_params_ == two.best_params_
    assert_same_model(one.best_estimator_, two.best_estimator_)


def test_set_params_replaces_parts():
    model = make(MLPRegressorScratch, solver=Adam()).set_params(solver=replace(Adam(), beta_1=0.5), activation=Wave())
    assert model.get_params()["solver"].beta_1 == 0.5
    assert_same_model(model.fit(X, Y), make(MLPRegressorScratch, beta_1=0.5, activation=Wave()).fit(X, Y))


def test_fields_of_objects_are_parameters():
    """In searches, too; whole objects come before their fields, and the user's own is another."""
    solver = SGD(momentum=0.5)
    model = MLPClassifierScratch(solver=solver, learning_rate=StepDecay(), random_state=0)
    params = model.get_params()
    assert params["solver__momentum"] == 0.5
    assert params["learning_rate__epochs"] == StepDecay().epochs
    assert "solver__momentum" not in model.get_params(deep=False)
    model.set_params(solver__momentum=0.9)
    assert model.solver == SGD(momentum=0.9)
    assert solver == SGD(momentum=0.5)
    model.set_params(solver__beta_1=0.5, solver=Adam(), learning_rate__epochs=1)
    assert model.solver == Adam(beta_1=0.5)
    search = GridSearchCV(model.set_params(max_iter=2), {"solver__beta_1": [0.1, 0.8]}, cv=2).fit(X, LABELS)
    assert search.best_estimator_.solver in (Adam(beta_1=0.1), Adam(beta_1=0.8))


def test_fields_that_objects_do_not_have():
    model = MLPRegressorScratch(solver=SGD(), loss="huber")
    before = model.get_params()
    with pytest.raises(ValueError, match=r"solver \(SGD\) has no field 'beta_1'; expected one of \['weight_decay'"):
        model.set_params(alpha=1.0, solver__beta_1=0.5)
    assert model.get_params() == before
    with pytest.raises(ValueError, match="loss='huber' has no field 'huber_delta'; expected an object"):
        model.set_params(loss__huber_delta=2.0)
    with pytest.raises(ValueError, match="Invalid parameter 'los'"):
        model.set_params(los__huber_delta=2.0)
