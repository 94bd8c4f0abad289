"""Every regularizer is off by default, and where it is on it does what its formula says."""

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.datasets import make_blobs

from sknn import MLPClassifierScratch, MLPRegressorScratch
from sknn.optimizers import AdamW

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 40
X, LABELS = make_blobs(N, n_features=4, centers=3, cluster_std=4.0, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = X[:, 0] * X[:, 1] + X[:, 2]

CASES = {
    "classifier": (MLPClassifierScratch, LABELS),
    "binary": (MLPClassifierScratch, LABELS == 0),
    "multilabel": (MLPClassifierScratch, np.column_stack([LABELS == 0, LABELS == 1]).astype(int)),
    "regressor": (MLPRegressorScratch, Y),
}
every_case = pytest.mark.parametrize(("Estimator", "y"), CASES.values(), ids=CASES.keys())
every_classifier = pytest.mark.parametrize("y", [y for Estimator, y in CASES.values() if Estimator is not None][:3])

# A rate this small leaves the weights as they were drawn. So the loss is that of the weights that are there in the end,
# and the weights are those that another fit begins with.
FROZEN = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1, "batch_size": N, "alpha": 0.0}
ONE_STEP = {**FROZEN, "learning_rate_init": 0.1, "momentum": 0.0}


def make(Estimator, **params):
    defaults = {"hidden_layer_sizes": (6, 6), "max_iter": 5, "batch_size": 16, "random_state": 0}
    return Estimator(**{**defaults, **params})


def raw_output(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def weights(model):
    return np.concatenate([array.ravel() for array in model.coefs_])


def biases(model):
    return np.concatenate(model.intercepts_)


def parameters(model):
    return np.r_[weights(model), biases(model)]


def plain_loss(model, y, truth=None):
    """The mean loss without penalty; `truth` are the probabilities that are aimed at."""
    output = raw_output(model, X)
    if isinstance(model, MLPRegressorScratch):
        return np.mean((y - output) ** 2) / 2
    if y.ndim == 1:
        truth = np.eye(output.shape[1])[y.astype(int)] if truth is None else truth
        return np.mean(np.sum(-truth * np.log(output), axis=1))
    truth = y if truth is None else truth
    return np.mean(np.sum(-truth * np.log(output) - (1 - truth) * np.log(1 - output), axis=1))


# On and off ---------------------------------------------------------------------------------------

# The value of each parameter that does nothing, and one that does something.
SWITCHES = {
    "dropout": (0.0, 0.4),
    "dropout_list": ([0.0, 0.0], [0.4, 0.0]),
    "normalization_batch": (None, "batch"),
    "normalization_layer": (None, "layer"),
    "l1_ratio": (0.0, 1.0),
    "weight_decay": (0.0, 0.5),
    "max_grad_norm": (1e9, 1e-3),
    "residual": (False, True),
    "label_smoothing": (0.0, 0.3),
}
SWITCHES = {name: (name.rsplit("_list")[0].rsplit("_batch")[0].rsplit("_layer")[0], *v) for name, v in SWITCHES.items()}
every_switch = pytest.mark.parametrize(("name", "off", "on"), SWITCHES.values(), ids=SWITCHES.keys())
SOLVERS = ["adam", "sgd", "lbfgs"]


def has(Estimator, name):
    return name in Estimator().get_params()


CLASSIFIER_ONLY = {"label_smoothing"}
SWITCHED = [
    pytest.param(*case, *switch, id=f"{label}-{name}")
    for name, switch in SWITCHES.items()
    for label, case in CASES.items()
    if case[0] is MLPClassifierScratch or name not in CLASSIFIER_ONLY
]


@pytest.mark.parametrize(("Estimator", "y", "name", "off", "on"), SWITCHED)
@pytest.mark.parametrize("solver", SOLVERS)
def test_off_by_default(Estimator, y, name, off, on, solver):
    plain = make(Estimator, solver=solver, alpha=0.1).fit(X, y)
    switched_off = make(Estimator, solver=solver, alpha=0.1, **{name: off}).fit(X, y)
    assert switched_off.loss_curve_ == plain.loss_curve_
    np.testing.assert_array_equal(parameters(switched_off), parameters(plain))


@pytest.mark.parametrize(("Estimator", "y", "name", "off", "on"), SWITCHED)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_on(Estimator, y, name, off, on, solver, method):
    """It matters, in either method, and is repeated by the same `random_state`."""
    classes = {"classes": np.arange(2) if y.ndim == 2 else np.unique(y)} if Estimator is MLPClassifierScratch else {}

    def train(**params):
        model = make(Estimator, solver=solver, alpha=0.1, **params)
        if method == "fit":
            return model.fit(X, y)
        for _ in range(3):
            model.partial_fit(X, y, **classes)
        return model

    model = train(**{name: on})
    assert np.isfinite(raw_output(model, X)).all()
    assert np.abs(parameters(model) - parameters(train())).max() > 1e-6
    np.testing.assert_array_equal(raw_output(model, X), raw_output(train(**{name: on}), X))


@every_case
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_everything_at_once(Estimator, y, solver, normalization):
    params = {"dropout": [0.1, 0.2], "residual": True, "l1_ratio": 0.5, "weight_decay": 1e-3, "max_grad_norm": 1.0}
    if has(Estimator, "label_smoothing"):
        params["label_smoothing"] = 0.1
    model = make(Estimator, solver=solver, normalization=normalization, learning_rate_init=0.01, max_iter=60, **params)
    model.fit(X, y)
    assert model.loss_ < 0.9 * model.loss_curve_[0]
    assert np.isfinite(model.set_params(batch_size="auto").partial_fit(X[:1], y[:1]).loss_)


# Dropout ------------------------------------------------------------------------------------------


@every_case
def test_one_rate_is_the_same_for_every_layer(Estimator, y):
    one, several = make(Estimator, dropout=0.3).fit(X, y), make(Estimator, dropout=[0.3, 0.3]).fit(X, y)
    np.testing.assert_array_equal(parameters(one), parameters(several))


@pytest.mark.parametrize(
    ("dropout", "places"), [(0.5, [1, 1]), ([0.5, 0.0], [1, 0]), ((0.0, 0.5), [0, 1]), ([0.0, 0.0], [0, 0])]
)
def test_dropout_comes_after_its_layer(dropout, places):
    lines = make(MLPClassifierScratch, dropout=dropout).fit(X, LABELS).summary().splitlines()
    kinds = [line.split("_")[0] for line in lines if line.startswith(("dense", "dropout"))]
    assert kinds == [*["dense", "dropout"][: 1 + places[0]], *["dense", "dropout"][: 1 + places[1]], "dense"]


@every_case
def test_dropout_is_off_at_predict(Estimator, y):
    """What the public weights say, and the same in every call and for every row alone."""
    model = make(Estimator, dropout=0.5, activation="tanh").fit(X, y)
    hidden = X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = np.tanh(hidden @ W + b)
    raw = hidden @ model.coefs_[-1] + model.intercepts_[-1]
    if Estimator is MLPClassifierScratch:
        expected = log_softmax(raw, axis=1) if np.ndim(y) == 1 < raw.shape[1] else raw.squeeze()
        np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-9)
    else:
        np.testing.assert_allclose(model.predict(X), raw[:, 0], rtol=1e-9)
    np.testing.assert_array_equal(raw_output(model, X), raw_output(model, X))
    np.testing.assert_allclose(
        np.vstack([raw_output(model, X[i : i + 1]).ravel() for i in range(5)]),
        raw_output(model, X[:5]).reshape(5, -1),
        rtol=1e-9,
    )


@every_case
def test_dropout_is_inverted(Estimator, y):
    """Of a linear network, the mean over many masks is the network without dropout."""
    params = {**FROZEN, "activation": "identity", "hidden_layer_sizes": (50,), "dropout": 0.5}
    model = make(Estimator, **params).fit(X, y)
    assert model.loss_ != pytest.approx(plain_loss(model, y), rel=1e-3)
    flat = make(MLPRegressorScratch, **params)
    rows = np.repeat(X[:1], 4000, axis=0)
    flat.set_params(batch_size=4000).fit(rows, np.zeros(4000))
    hidden = X[0] @ flat.coefs_[0] + flat.intercepts_[0]
    # Each output is doubled or 0: so the variance is the sum of the squares.
    mean, variance = flat.predict(X[:1])[0], np.sum((hidden * flat.coefs_[1][:, 0]) ** 2)
    assert 2 * flat.loss_ == pytest.approx(mean**2 + variance, rel=0.1)


@every_case
@pytest.mark.parametrize("random_state", [0, None])
def test_dropout_draws_anew_in_every_epoch_and_call(Estimator, y, random_state):
    """The weights stay where they are here, so that only the noise makes the losses differ."""
    params = {**FROZEN, "dropout": 0.5, "random_state": random_state, "shuffle": False}
    model = make(Estimator, **{**params, "max_iter": 3, "warm_start": True}).fit(X, y).fit(X, y)
    for _ in range(3):
        model.partial_fit(X, y)
    assert len(set(model.loss_curve_)) == 9


BAD_DROPOUT = {
    "too_short": ([0.1], ["1 entries", "2 layers"]),
    "too_long": ((0.1, 0.2, 0.3), ["3 entries", "2 layers"]),
    "one": ([0.1, 1.0], [r"1\.0", "below 1"]),
    "negative": ([-0.1, 0.1], [r"-0\.1", "from 0"]),
    "text": (["half", 0.1], ["'half'", "numbers"]),
    "nan": ([np.nan, 0.1], ["nan", "numbers"]),
}


@every_case
@pytest.mark.parametrize(("dropout", "parts"), BAD_DROPOUT.values(), ids=BAD_DROPOUT.keys())
def test_bad_dropout(Estimator, y, dropout, parts):
    with pytest.raises(ValueError, match="".join(f"(?=.*{part})" for part in ["dropout", *parts])):
        make(Estimator, dropout=dropout).fit(X, y)


@every_case
def test_lbfgs_has_no_use_for_noise(Estimator, y):
    with pytest.raises(ValueError, match=r"lbfgs.*(dropout|random|noise)"):
        make(Estimator, solver="lbfgs", dropout=0.5).fit(X, y)


# Normalization ------------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_normalized_networks_learn(Estimator, y, normalization, solver):
    params = {"normalization": normalization, "learning_rate_init": 0.01, "max_iter": 150}
    model = make(Estimator, solver=solver, **params).fit(X, y)
    assert model.loss_ < 0.6 * model.loss_curve_[0]
    assert model.score(X, y) > 0.6


@every_case
@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_rows_do_not_meet_at_predict(Estimator, y, normalization):
    model = make(Estimator, normalization=normalization).fit(X, y)
    alone = np.vstack([raw_output(model, X[i : i + 1]).ravel() for i in range(N)])
    np.testing.assert_allclose(alone, raw_output(model, X).reshape(N, -1), rtol=1e-9)


@every_case
def test_layer_normalization_by_hand(Estimator, y):
    """Its gain and shift are 1 and 0 as long as they are not trained."""
    model = make(Estimator, normalization="layer", **FROZEN).fit(X, y)
    hidden = X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        z = hidden @ W + b
        z = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
        hidden = np.maximum(z, 0)
    raw = hidden @ model.coefs_[-1] + model.intercepts_[-1]
    ours = model.decision_function(X) if Estimator is MLPClassifierScratch else model.predict(X)
    expected = log_softmax(raw, axis=1) if np.ndim(y) == 1 < raw.shape[1] else raw
    np.testing.assert_allclose(ours.reshape(N, -1), expected, rtol=1e-9, atol=1e-12)


@every_case
def test_batch_normalization_by_hand(Estimator, y):
    """After many passes over the same rows the running statistics are those of the rows."""
    model = make(Estimator, normalization="batch", **{**FROZEN, "max_iter": 400, "tol": 0.0, "n_iter_no_change": 400})
    model.fit(X, y)
    trained = predicted = X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        z, ours = trained @ W + b, predicted @ W + b
        trained = np.maximum((z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5), 0)
        predicted = np.maximum((ours - z.mean(axis=0)) / np.sqrt(z.var(axis=0, ddof=1) + 1e-5), 0)
    raw = predicted @ model.coefs_[-1] + model.intercepts_[-1]
    ours = model.decision_function(X) if Estimator is MLPClassifierScratch else model.predict(X)
    expected = log_softmax(raw, axis=1) if np.ndim(y) == 1 < raw.shape[1] else raw
    np.testing.assert_allclose(ours.reshape(N, -1), expected, rtol=1e-9, atol=1e-12)


@every_case
@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize("residual", [False, True])
def test_last_batch_of_one_row(Estimator, y, normalization, residual):
    rows = slice(None, 33)
    model = make(Estimator, normalization=normalization, residual=residual, learning_rate_init=0.01, max_iter=40)
    model.fit(X[rows], y[rows])
    assert model.loss_ < model.loss_curve_[0]
    assert np.isfinite(raw_output(model, X)).all()


@every_case
@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_rows_one_by_one(Estimator, y, normalization):
    """A single row has no variance: it is normalized by what was seen before, which it leaves alone."""
    model = make(Estimator, normalization=normalization, learning_rate_init=0.01, batch_size="auto").fit(X, y)
    before = plain_loss(model, y)
    for i in range(N):
        model.partial_fit(X[i : i + 1], y[i : i + 1])
    assert plain_loss(model, y) < before


@every_case
def test_partial_fit_moves_the_running_statistics(Estimator, y):
    """From the 0 and 1 they begin with; as often as there are batches."""
    classes = {"classes": np.arange(2) if y.ndim == 2 else np.unique(y)} if Estimator is MLPClassifierScratch else {}
    in_parts = make(Estimator, normalization="batch", **FROZEN)
    for _ in range(4):
        in_parts.partial_fit(X, y, **classes)
    at_once = make(Estimator, normalization="batch", **{**FROZEN, "max_iter": 4}).fit(X, y)
    np.testing.assert_allclose(raw_output(in_parts, X), raw_output(at_once, X), rtol=1e-9)
    once = make(Estimator, normalization="batch", **FROZEN).fit(X, y)
    assert np.abs(raw_output(once, X) - raw_output(at_once, X)).max() > 1e-3


@every_case
@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_normalization_keeps_float32(Estimator, y, normalization):
    single = make(Estimator, normalization=normalization, max_iter=1).fit(X.astype(np.float32), y)
    double = make(Estimator, normalization=normalization, max_iter=1).fit(X, y)
    assert {W.dtype for W in single.coefs_ + single.intercepts_} == {np.dtype(np.float32)}
    np.testing.assert_allclose(raw_output(single, X.astype(np.float32)), raw_output(double, X), rtol=2e-3, atol=2e-3)


# Penalties ----------------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("l1_ratio", [0.0, 0.3, 1.0])
def test_penalty_is_the_formula(Estimator, y, l1_ratio):
    model = make(Estimator, **{**FROZEN, "alpha": 2.0}, l1_ratio=l1_ratio).fit(X, y)
    W = weights(model)
    penalty = 2.0 * ((1 - l1_ratio) / 2 * np.sum(W**2) + l1_ratio * np.sum(np.abs(W)))
    assert model.loss_ == pytest.approx(plain_loss(model, y) + penalty / N, rel=1e-9)


@every_case
@pytest.mark.parametrize("l1_ratio", [0.0, 0.3, 1.0])
def test_a_step_down_the_penalty(Estimator, y, l1_ratio):
    start = make(Estimator, **FROZEN).fit(X, y)
    without = make(Estimator, **ONE_STEP).fit(X, y)
    penalized = make(Estimator, **{**ONE_STEP, "alpha": 2.0}, l1_ratio=l1_ratio).fit(X, y)
    W = weights(start)
    step = 0.1 * 2.0 / N * ((1 - l1_ratio) * W + l1_ratio * np.sign(W))
    np.testing.assert_allclose(weights(without) - weights(penalized), step, rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(biases(without), biases(penalized))


def test_l1_drives_weights_of_useless_inputs_to_zero():
    rng = np.random.RandomState(0)
    data = rng.normal(size=(300, 10))
    y = np.sign(data[:, 0]) + data[:, 1]

    def useless(**params):
        model = make(MLPRegressorScratch, hidden_layer_sizes=(8,), solver="lbfgs", max_iter=300, **params)
        return np.abs(model.fit(data, y).coefs_[0][2:])

    assert np.mean(useless(alpha=10.0, l1_ratio=1.0) < 1e-4) > 0.7
    assert np.mean(useless(alpha=10.0, l1_ratio=0.0) < 1e-4) < 0.3


# Decoupled weight decay ---------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("batch_size", [N, 10])
@pytest.mark.parametrize("solver", ["sgd", "adam", "rmsprop"])
def test_decay_is_decoupled(Estimator, y, batch_size, solver):
    """It depends neither on the batch size nor on what the optimizer makes of the gradient. Biases keep theirs."""
    rows = np.r_[:N] if batch_size == N else np.r_[np.flatnonzero(LABELS == 0)[:5], np.flatnonzero(LABELS)[:5]]
    params = {**ONE_STEP, "solver": solver, "batch_size": batch_size}
    start = make(Estimator, **{**FROZEN, "batch_size": batch_size}).fit(X[rows], y[rows])
    without = make(Estimator, **params).fit(X[rows], y[rows])
    decayed = make(Estimator, **params, weight_decay=0.5).fit(X[rows], y[rows])
    np.testing.assert_allclose(weights(without) - weights(decayed), 0.1 * 0.5 * weights(start), rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(biases(without), biases(decayed))


@every_case
def test_decay_follows_the_schedule(Estimator, y):
    """With gradients of 0 nothing else moves the weights: here by weights of the samples that are (nearly) 0."""
    params = {**ONE_STEP, "max_iter": 4, "learning_rate": "cosine", "tol": 0.0, "max_grad_norm": 1e-300}
    start = make(Estimator, **FROZEN).fit(X, y)
    decayed = make(Estimator, **params, weight_decay=0.5).fit(X, y)
    rates = np.array(decayed.history_["learning_rate"])
    assert np.ptp(rates) > 0.05
    np.testing.assert_allclose(weights(decayed), weights(start) * np.prod(1 - 0.5 * rates), rtol=1e-12)


@every_case
def test_adamw_is_adam_with_decay(Estimator, y):
    by_name = make(Estimator, solver="adamw", weight_decay=0.3).fit(X, y)
    as_object = make(Estimator, solver=AdamW(weight_decay=0.3)).fit(X, y)
    np.testing.assert_array_equal(parameters(by_name), parameters(as_object))
    by_default = make(Estimator, solver="adamw").fit(X, y)
    np.testing.assert_array_equal(parameters(by_default), parameters(make(Estimator, solver=AdamW()).fit(X, y)))
    assert np.linalg.norm(weights(by_name)) < np.linalg.norm(weights(by_default))


# Label smoothing ----------------------------------------------------------------------------------


@every_classifier
@pytest.mark.parametrize("loss", ["log_loss", "focal"])
def test_smoothed_labels_keep_predictions_from_the_ends(y, loss):
    def most_certain(**params):
        model = make(MLPClassifierScratch, loss=loss, learning_rate_init=0.02, max_iter=100, **params).fit(X, y)
        return raw_output(model, X).max()

    assert most_certain(label_smoothing=0.4) < most_certain()


@every_classifier
def test_label_smoothing_is_the_formula(y):
    model = make(MLPClassifierScratch, **FROZEN, label_smoothing=0.2).fit(X, y)
    n_classes = 2 if y.ndim == 2 else len(np.unique(y))
    hard = y if y.ndim == 2 else np.eye(n_classes)[y.astype(int)]
    assert model.loss_ == pytest.approx(plain_loss(model, y, truth=0.8 * hard + 0.2 / n_classes), rel=1e-9)


@every_classifier
def test_validation_loss_is_smoothed_too(y):
    """It is the loss that is trained, so that the two curves can be compared."""
    model = make(MLPClassifierScratch, **FROZEN, label_smoothing=0.2).fit(X, y, X_val=X, y_val=y)
    assert model.history_["validation_loss"][0] == pytest.approx(model.loss_, rel=1e-9)


# Clipping -----------------------------------------------------------------------------------------


@every_case
def test_a_clipped_step_has_the_length_it_may_have(Estimator, y):
    start, free = make(Estimator, **FROZEN).fit(X, y), make(Estimator, **ONE_STEP).fit(X, y)
    clipped = make(Estimator, **ONE_STEP, max_grad_norm=0.01).fit(X, y)
    step, shorter = parameters(free) - parameters(start), parameters(clipped) - parameters(start)
    norm = free.history_["gradient_norm"][0]
    assert np.linalg.norm(step) == pytest.approx(0.1 * norm, rel=1e-9)
    assert norm > 0.01
    np.testing.assert_allclose(shorter, step * 0.01 / norm, rtol=1e-9, atol=1e-15)
    assert clipped.history_["gradient_norm"] == free.history_["gradient_norm"]


def test_clipping_outlives_a_row_that_is_far_away():
    """Without it the first steps end in numbers that are none."""
    data = X.copy()
    data[0] *= 1e6
    params = {"solver": "sgd", "learning_rate_init": 0.1, "activation": "identity", "max_iter": 20}
    with pytest.raises(ValueError, match="non-finite"):
        make(MLPRegressorScratch, **params).fit(data, Y)
    model = make(MLPRegressorScratch, **params, max_grad_norm=1.0).fit(data, Y)
    assert np.isfinite(parameters(model)).all()


# Skip connections ---------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("sizes", [(6, 6), (5, 6, 6, 6, 4, 4), (6, 5, 6)], ids=str)
def test_inputs_are_added_where_the_widths_are_equal(Estimator, y, sizes):
    model = make(Estimator, hidden_layer_sizes=sizes, residual=True, activation="tanh").fit(X, y)
    hidden = X
    for i, (W, b) in enumerate(zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True)):
        before, hidden = hidden, np.tanh(hidden @ W + b)
        if i and before.shape == hidden.shape:
            hidden = hidden + before
    raw = hidden @ model.coefs_[-1] + model.intercepts_[-1]
    ours = model.decision_function(X) if Estimator is MLPClassifierScratch else model.predict(X)
    expected = log_softmax(raw, axis=1) if np.ndim(y) == 1 < raw.shape[1] else raw
    np.testing.assert_allclose(ours.reshape(N, -1), expected, rtol=1e-9, atol=1e-12)
    assert model.n_layers_ == len(sizes) + 2
    assert [W.shape for W in model.coefs_[:-1]] == list(zip((4, *sizes), sizes, strict=False))


@every_case
def test_without_equal_widths_nothing_is_skipped(Estimator, y):
    plain = make(Estimator, hidden_layer_sizes=(6, 5)).fit(X, y)
    skipping = make(Estimator, hidden_layer_sizes=(6, 5), residual=True).fit(X, y)
    np.testing.assert_array_equal(parameters(plain), parameters(skipping))


def test_gradients_reach_the_first_layer_of_a_deep_network():
    sizes = (8,) * 20

    def first_step(**params):
        params = {**ONE_STEP, "hidden_layer_sizes": sizes, "activation": "logistic", **params}
        start = make(MLPRegressorScratch, **{**params, "learning_rate_init": 1e-300}).fit(X, Y)
        return np.abs(make(MLPRegressorScratch, **params).fit(X, Y).coefs_[0] - start.coefs_[0]).max()

    assert first_step(residual=True) > 1e-4 > 1e6 * first_step()
