"""Losses: exact values, gradients, weights, memory, and the models they lead to."""

import copy
import json
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_expit, softmax
from sklearn.linear_model import (
    GammaRegressor,
    HuberRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
)

from sknn import MLPClassifierScratch, MLPRegressorScratch
from sknn.losses import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    AbsoluteError,
    BinaryCrossEntropy,
    BinaryFocal,
    Gamma,
    Huber,
    LogCosh,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocal,
    SquaredError,
)

REFERENCE = json.loads(Path(__file__).with_name("reference").joinpath("losses.json").read_text())

TABLE = {
    **{name: loss() for name, loss in REGRESSION_LOSSES.items()},
    **{f"{name} binary": binary() for name, (binary, _) in CLASSIFICATION_LOSSES.items()},
    **{f"{name} softmax": softmax() for name, (_, softmax) in CLASSIFICATION_LOSSES.items()},
    "huber 0.3": Huber(huber_delta=0.3),
    "quantile 0.9": Quantile(quantile=0.9),
    "focal binary 0.5": BinaryFocal(focal_gamma=0.5),
    "focal softmax 0.5": SoftmaxFocal(focal_gamma=0.5),
}
every_loss = pytest.mark.parametrize("loss", TABLE.values(), ids=TABLE.keys())
SOFTMAX = {name: loss for name, loss in TABLE.items() if loss.link == "softmax"}
weighted_or_not = pytest.mark.parametrize("weighted", [False, True])


def batch(loss, n=6, n_outputs=3, dtype=np.float64):
    """Raw outputs, targets in the range of the loss (labels smoothed in some rows), and weights."""
    rng = np.random.RandomState(n_outputs)
    raw = 2 * rng.randn(n, n_outputs)
    y = {
        "identity": rng.randn(n, n_outputs),
        "exp": np.exp(rng.randn(n, n_outputs)),
        "logistic": rng.choice([0.0, 1.0, 0.95], size=(n, n_outputs)),
        "softmax": np.eye(n_outputs)[rng.randint(n_outputs, size=n)],
    }[loss.link]
    if loss.link == "softmax":
        y[1::2] = 0.9 * y[1::2] + 0.1 / n_outputs
    weight = rng.uniform(0.2, 3.0, size=(n, 1))
    return raw.astype(dtype), y.astype(dtype), weight.astype(dtype)


def value_and_gradient(loss, raw, y, weight=None):
    """Both, with every buffer poisoned before."""
    out, work = np.full_like(raw, np.nan), np.full_like(raw, np.nan)
    value = loss.value_and_gradient(raw.copy(), y, weight, out, work)
    return value, out


@pytest.mark.parametrize("name", TABLE)
def test_exact_at_the_extremes(name):
    for row in REFERENCE[name]:
        with np.errstate(over="ignore"):
            value, gradient = value_and_gradient(TABLE[name], np.array([row["raw"]]), np.array([row["y"]]))
        assert_allclose(value, row["value"], rtol=1e-13, atol=1e-14, err_msg=str(row))
        assert_allclose(gradient[0], row["gradient"], rtol=1e-13, atol=1e-14, err_msg=str(row))


@every_loss
@weighted_or_not
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_gradient_is_the_limit_of_differences(loss, weighted, n_outputs):
    raw, y, weight = batch(loss, n_outputs=n_outputs)
    weight = weight if weighted else None
    h = 1e-3
    differences = np.empty_like(raw)
    for index in np.ndindex(raw.shape):
        f = {}
        for k in (-2, -1, 1, 2):
            moved = raw.copy()
            moved[index] += k * h
            f[k], _ = value_and_gradient(loss, moved, y, weight)
        differences[index] = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * h)
    assert_allclose(value_and_gradient(loss, raw, y, weight)[1], differences, rtol=1e-8, atol=1e-10)


@every_loss
def test_linear_in_the_weights(loss):
    raw, y, weight = batch(loss)
    value, gradient = value_and_gradient(loss, raw, y, weight)
    alone = [value_and_gradient(loss, raw[i : i + 1], y[i : i + 1])[0] for i in range(len(raw))]
    assert_allclose(value, np.dot(weight[:, 0], alone) / len(raw), rtol=1e-13)
    assert_allclose(gradient, weight * value_and_gradient(loss, raw, y)[1], rtol=1e-13)


@every_loss
def test_weight_two_is_the_row_twice_and_zero_no_row(loss):
    raw, y, _ = batch(loss)
    repeats = np.array([2, 1, 0, 3, 1, 1])
    repeated = loss.value(np.repeat(raw, repeats, axis=0), np.repeat(y, repeats, axis=0))
    assert_allclose(loss.value(raw, y, repeats[:, None].astype(float)), repeated, rtol=1e-13)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_only_the_buffers_are_written(loss, dtype):
    raw, y, weight = batch(loss, dtype=dtype)
    out, work = np.full_like(raw, np.nan), np.full_like(raw, np.nan)
    buffer, before = raw.copy(), (y.copy(), weight.copy())
    value = loss.value_and_gradient(buffer, y, weight, out, work)
    assert type(value) is float
    for link in (loss.inverse_link, loss.log_inverse_link):
        predicted = np.abs(raw)
        assert link(predicted) is predicted
    assert_array_equal(y, before[0])
    assert_array_equal(weight, before[1])
    exact, gradient = value_and_gradient(loss, *(a.astype(np.float64) for a in (raw, y, weight)))
    assert_allclose(value, exact, rtol=2e-6)
    assert_allclose(out, gradient, rtol=2e-5, atol=1e-6)


@every_loss
def test_value_leaves_the_raw_outputs(loss):
    raw, y, weight = batch(loss)
    before = raw.copy()
    assert_allclose(loss.value(raw, y, weight), value_and_gradient(loss, raw, y, weight / weight.mean())[0], rtol=1e-15)
    assert_array_equal(raw, before)


@every_loss
def test_a_step_allocates_no_arrays(loss):
    raw, y, weight = batch(loss, n=20_000, n_outputs=20)
    out, work = np.empty_like(raw), np.empty_like(raw)
    tracemalloc.start()
    try:
        loss.value_and_gradient(raw, y, weight, out, work)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # One byte a number would be a Boolean array.
    assert peak < raw.size


@pytest.mark.parametrize("loss", SOFTMAX.values(), ids=SOFTMAX.keys())
def test_softmax_gradients_sum_to_zero(loss):
    raw, y, weight = batch(loss, n=50, n_outputs=5)
    assert_allclose(value_and_gradient(loss, raw, y, weight)[1].sum(axis=1), 0, atol=1e-16)


@every_loss
def test_the_link_and_its_logarithm(loss):
    raw, _, _ = batch(loss)
    expected = {"identity": raw, "exp": np.exp(raw), "logistic": expit(raw), "softmax": softmax(raw, axis=1)}[loss.link]
    assert_allclose(loss.inverse_link(raw.copy()), expected, rtol=1e-14)
    if loss.link != "identity":
        assert_allclose(loss.log_inverse_link(raw.copy()), np.log(expected), rtol=1e-13)


def test_log_probabilities_of_what_underflows():
    raw = np.array([[-1e20], [-800.0], [37.0], [1e20]])
    assert_array_equal(BinaryCrossEntropy().log_inverse_link(raw.copy()), log_expit(raw))
    log_p = SoftmaxCrossEntropy().log_inverse_link(np.array([[1e20, 0.0, -1e20], [800.0, 0.0, 0.0]]))
    assert_array_equal(log_p, [[0.0, -1e20, -2e20], [0.0, -800.0, -800.0]])


@pytest.mark.parametrize("binary", [True, False])
def test_focal_loss_without_focus_is_the_cross_entropy(binary):
    focal, plain = (BinaryFocal(0.0), BinaryCrossEntropy()) if binary else (SoftmaxFocal(0.0), SoftmaxCrossEntropy())
    raw, y, weight = batch(plain)
    for got, expected in zip(
        value_and_gradient(focal, raw, y, weight), value_and_gradient(plain, raw, y, weight), strict=True
    ):
        assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


def test_two_classes_by_softmax_or_by_one_output():
    raw, y, weight = batch(BinaryFocal(), n_outputs=1)
    y = np.round(y)
    for one, two in [(BinaryCrossEntropy(), SoftmaxCrossEntropy()), (BinaryFocal(), SoftmaxFocal())]:
        value, gradient = value_and_gradient(one, raw, y, weight)
        value_2, gradient_2 = value_and_gradient(two, np.hstack([0 * raw, raw]), np.hstack([1 - y, y]), weight)
        assert_allclose(value_2, value, rtol=1e-13)
        assert_allclose(gradient_2[:, 1:], gradient, rtol=1e-12)


RANGES = [
    (BinaryCrossEntropy(), [0, 0.5, 1], [1.1]),
    (BinaryFocal(), [0, 0.5, 1], [-0.1]),
    (SoftmaxCrossEntropy(), [0, 0.5, 1], [-0.1]),
    (SoftmaxFocal(), [0, 0.5, 1], [1.1]),
    (Poisson(), [0, 0.5, 1e9], [-1e-9]),
    (Gamma(), [1e-300, 1e9], [0.0]),
    *((loss, [-1e20, 1e20], None) for loss in (SquaredError(), AbsoluteError(), Huber(), LogCosh(), Quantile())),
]


def test_every_loss_is_in_the_table_of_ranges():
    assert {type(loss) for loss in TABLE.values()} == {type(loss) for loss, _, _ in RANGES}


@pytest.mark.parametrize(("loss", "inside", "outside"), RANGES)
def test_target_range(loss, inside, outside):
    assert loss.in_target_range(np.array(inside))
    assert outside is None or not loss.in_target_range(np.array([*inside, *outside]))
    assert loss.target_range


@pytest.mark.parametrize(
    ("loss", "parameters", "message"),
    [
        (Huber, {"huber_delta": 0.0}, "huber_delta must be greater than 0, got 0.0"),
        (Quantile, {"quantile": 1.0}, "quantile must be between 0 and 1, got 1.0"),
        (BinaryFocal, {"focal_gamma": -1}, "focal_gamma must be at least 0, got -1"),
        (SoftmaxFocal, {"focal_gamma": float("nan")}, "focal_gamma must be at least 0, got nan"),
    ],
)
def test_bad_parameters_are_named(loss, parameters, message):
    with pytest.raises(ValueError, match=message):
        loss(**parameters)


@every_loss
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda loss: pickle.loads(pickle.dumps(loss))])
def test_is_a_value(loss, duplicate):
    assert duplicate(loss) == loss
    assert hash(duplicate(loss)) == hash(loss)


# -- the models that the losses lead to, by L-BFGS on a network without hidden layers ------------------------------

RNG = np.random.RandomState(0)
X = RNG.randn(200, 3)
LINE = X @ [0.5, -0.3, 0.2] + 0.4
NOISY = LINE + RNG.standard_t(2, size=200)
COUNTS = RNG.poisson(np.exp(LINE)).astype(float)
POSITIVE = np.exp(LINE) * RNG.gamma(2.0, 0.5, size=200)
LABELS = RNG.uniform(size=200) < expit(LINE)
CLASSES = np.array([RNG.choice(3, p=softmax([0.0, line, -line])) for line in LINE])

LINEAR = {
    "hidden_layer_sizes": (),
    "solver": "lbfgs",
    "alpha": 0.0,
    "tol": 1e-9,
    "max_iter": 2000,
    "random_state": 0,
}


def huber_of(model):
    """The loss that the model minimises for its own estimate of the scale."""
    return Huber(huber_delta=float(model.epsilon * model.scale_))


SMOOTH = {
    "squared_error": (LinearRegression(), NOISY, "squared_error"),
    "poisson": (PoissonRegressor(alpha=0, tol=1e-10, solver="newton-cholesky"), COUNTS, "poisson"),
    "gamma": (GammaRegressor(alpha=0, tol=1e-10, solver="newton-cholesky"), POSITIVE, "gamma"),
    "huber": (HuberRegressor(alpha=0, tol=1e-9, max_iter=1000), NOISY, huber_of),
}


@pytest.mark.parametrize("row", SMOOTH.values(), ids=SMOOTH.keys())
@weighted_or_not
def test_minimiser_is_that_of_the_linear_model(row, weighted):
    linear, y, loss = row
    weight = np.random.RandomState(1).uniform(0.5, 2.0, size=200) if weighted else None
    linear.fit(X, y, sample_weight=weight)
    net = MLPRegressorScratch(loss=loss(linear) if callable(loss) else loss, **LINEAR)
    net.fit(X, y, sample_weight=weight)
    assert_allclose(net.coefs_[0][:, 0], linear.coef_, rtol=1e-3, atol=1e-4)
    assert_allclose(net.predict(X), linear.predict(X), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("loss", "quantile"), [(Quantile(0.8), 0.8), (Quantile(0.1), 0.1), (AbsoluteError(), 0.5)])
def test_quantiles_are_those_of_the_linear_model(loss, quantile):
    linear = QuantileRegressor(quantile=quantile, alpha=0, solver="highs").fit(X, NOISY)
    # The loss has corners: Adam with a falling rate comes closer than L-BFGS, which can stop at one.
    net = MLPRegressorScratch(
        loss=loss,
        hidden_layer_sizes=(),
        learning_rate="cosine",
        learning_rate_init=0.05,
        alpha=0.0,
        max_iter=800,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    net.fit(X, NOISY)
    y = NOISY[:, None]
    best, reached = (loss.value(model.predict(X)[:, None], y) for model in (linear, net))
    assert best <= reached < best * (1 + 1e-4)
    assert_allclose(np.mean(net.predict(X) > NOISY), quantile, atol=0.02)


@pytest.mark.parametrize("y", [LABELS, CLASSES], ids=["binary", "multiclass"])
def test_log_loss_leads_to_logistic_regression(y):
    linear = LogisticRegression(C=1e10, tol=1e-10, max_iter=1000).fit(X, y)
    net = MLPClassifierScratch(**LINEAR).fit(X, y)
    assert_allclose(net.predict_proba(X), linear.predict_proba(X), atol=1e-4)


def test_focal_loss_at_its_minimum_finds_the_separating_side():
    net = MLPClassifierScratch(loss="focal", **LINEAR).fit(X, LABELS)
    plain = MLPClassifierScratch(**LINEAR).fit(X, LABELS)
    # Focus on what is hard draws the probabilities towards the middle, but hardly turns the line.
    assert np.abs(net.predict_proba(X) - 0.5).mean() < np.abs(plain.predict_proba(X) - 0.5).mean()
    assert np.mean(net.predict(X) == plain.predict(X)) > 0.95


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), SoftmaxCrossEntropy(), BinaryFocal(), SoftmaxFocal()])
@pytest.mark.parametrize(("dtype", "reach"), [(np.float32, 120), (np.float64, 800)])
def test_no_gradient_is_subnormal(loss, dtype, reach):
    raw = np.linspace(-reach, reach, 20_001).astype(dtype).reshape(-1, 1)
    if loss.link == "softmax":
        raw = np.hstack([raw, np.zeros_like(raw)])
    y, out = np.zeros_like(raw), np.empty_like(raw)
    y[:, -1:] = loss.link == "softmax"
    value = loss.value_and_gradient(raw.copy(), y, None, out, np.empty_like(raw))
    assert not np.any((out != 0) & (np.abs(out) < np.finfo(dtype).tiny))
    assert_allclose(value, reach / 4, rtol=0.01)  # a loss is not cut off where its gradient is
