"""A validation set of the user's own: what is recorded of it, what stops training, which weights are kept."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import make_blobs
from sklearn.metrics import get_scorer, make_scorer, mean_absolute_error

from sknn import MLPClassifierScratch, MLPRegressorScratch, RealMLPClassifierScratch, RealMLPRegressorScratch

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ALL, LABELS = make_blobs(120, n_features=4, centers=3, cluster_std=5.0, random_state=0)
ALL = (ALL - ALL.mean(axis=0)) / ALL.std(axis=0)
X, X_VAL = ALL[:80], ALL[80:]
WEIGHT_VAL = np.random.RandomState(0).randint(0, 4, size=40).astype(float)
NUMBERS = ALL[:, 0] * ALL[:, 1] + np.random.RandomState(1).normal(scale=0.3, size=120)

CASES = {
    "binary": (MLPClassifierScratch, LABELS == 0),
    "multiclass": (MLPClassifierScratch, LABELS),
    "strings": (MLPClassifierScratch, np.array(["ash", "birch", "cedar"])[LABELS]),
    "multilabel": (MLPClassifierScratch, np.column_stack([LABELS == 0, LABELS == 1]).astype(int)),
    "regressor": (MLPRegressorScratch, NUMBERS),
    "outputs": (MLPRegressorScratch, np.column_stack([NUMBERS, ALL[:, 2] ** 2])),
}
every_case = pytest.mark.parametrize(("Estimator", "y_all"), CASES.values(), ids=CASES.keys())
SMALL = {name: CASES[name] for name in ("multiclass", "regressor")}
each_kind = pytest.mark.parametrize(("Estimator", "y_all"), SMALL.values(), ids=SMALL.keys())
every_solver = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])


def make(Estimator, **params):
    defaults = {"hidden_layer_sizes": (10,), "max_iter": 6, "batch_size": 20, "random_state": 0}
    return Estimator(**{**defaults, "learning_rate_init": 0.01, **params})


def fit(Estimator, y_all, sample_weight_val=None, **params):
    return make(Estimator, **params).fit(
        X, y_all[:80], X_val=X_VAL, y_val=y_all[80:], sample_weight_val=sample_weight_val
    )


def first_call(Estimator, y_all):
    """What a first `partial_fit` needs besides."""
    if Estimator is MLPRegressorScratch:
        return {}
    return {"classes": np.arange(y_all.shape[1]) if y_all.ndim == 2 else np.unique(y_all)}


def parameters(model):
    return np.concatenate([array.ravel() for array in model.coefs_ + model.intercepts_])


def plain_loss(model, y, weight=None):
    """The mean loss without penalty."""
    if isinstance(model, MLPRegressorScratch):
        losses = (y - model.predict(X_VAL)) ** 2 / 2
        losses = losses if losses.ndim == 1 else losses.mean(axis=1)
    elif y.ndim == 2:
        p = model.predict_proba(X_VAL)
        losses = np.sum(-np.log(np.where(y == 1, p, 1 - p)), axis=1)
    else:
        p = model.predict_proba(X_VAL)
        losses = -np.log(p[np.arange(len(y)), np.searchsorted(model.classes_, y)])
    return np.average(losses, weights=weight)


# What is recorded ---------------------------------------------------------------------------------


@every_case
@every_solver
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_curves(Estimator, y_all, solver, weighted):
    """Whether it stops training or not; without penalty, so that it says how good the predictions are."""
    weight = WEIGHT_VAL if weighted else None
    model = fit(Estimator, y_all, weight, solver=solver, alpha=0.5)
    y_val = y_all[80:]
    assert len(model.validation_scores_) == len(model.history_["validation_loss"]) == len(model.loss_curve_) == 6
    assert model.history_["validation_score"] == model.validation_scores_
    assert model.validation_scores_[-1] == pytest.approx(model.score(X_VAL, y_val, weight), rel=1e-9)
    assert model.history_["validation_loss"][-1] == pytest.approx(plain_loss(model, y_val, weight), rel=1e-9)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_epoch_ == 1 + np.argmax(model.validation_scores_)
    assert model.best_loss_ == min(model.loss_curve_)


@every_case
@every_solver
def test_it_does_not_change_training(Estimator, y_all, solver):
    model = fit(Estimator, y_all, solver=solver, alpha=0.5)
    plain = make(Estimator, solver=solver, alpha=0.5).fit(X, y_all[:80])
    assert model.loss_curve_ == plain.loss_curve_
    np.testing.assert_array_equal(parameters(model), parameters(plain))
    assert plain.validation_scores_ is None
    assert plain.best_validation_score_ is None
    assert "validation_loss" not in plain.history_


@every_case
def test_a_part_that_is_held_out_has_curves_too(Estimator, y_all):
    model = make(Estimator, early_stopping=True).fit(X, y_all[:80])
    assert len(model.history_["validation_loss"]) == len(model.validation_scores_) == 6


@each_kind
def test_training_rows_as_validation_set(Estimator, y_all):
    """Of a single batch, the loss before the second update is that after the first."""
    y = y_all[:80]
    model = make(Estimator, alpha=0.0, batch_size=80).fit(X, y, X_val=X, y_val=y)
    np.testing.assert_allclose(model.history_["validation_loss"][:-1], model.loss_curve_[1:], rtol=1e-9)


# Stopping -----------------------------------------------------------------------------------------


@every_case
@every_solver
def test_best_weights_are_restored(Estimator, y_all, solver):
    """They are those of a fit that ends with the best epoch. All rows of X are trained on."""
    params = {"learning_rate_init": 0.05, "alpha": 0.0, "solver": solver}
    model = fit(Estimator, y_all, early_stopping=True, n_iter_no_change=5, max_iter=100, tol=0.0, **params)
    scores = model.validation_scores_
    assert model.best_epoch_ == 1 + np.argmax(scores)
    assert model.best_validation_score_ == max(scores) == pytest.approx(model.score(X_VAL, y_all[80:]))
    assert model.n_iter_ == len(scores) < 100
    assert scores[-1] < max(scores) or len(set(scores[-6:])) == 1
    assert "Validation score did not improve" in model.stop_reason_
    assert model.best_loss_ is None
    shorter = make(Estimator, **{**params, "max_iter": model.best_epoch_, "tol": 0.0}).fit(X, y_all[:80])
    np.testing.assert_allclose(parameters(model), parameters(shorter), rtol=1e-12)


@each_kind
def test_statistics_of_normalization_are_restored_too(Estimator, y_all):
    params = {"learning_rate_init": 0.05, "alpha": 0.0, "normalization": "batch", "tol": 0.0}
    model = fit(Estimator, y_all, early_stopping=True, n_iter_no_change=5, max_iter=100, **params)
    assert model.best_epoch_ < model.n_iter_
    assert model.score(X_VAL, y_all[80:]) == pytest.approx(model.best_validation_score_)


@each_kind
@pytest.mark.parametrize("n_iter_no_change", [1, 4])
def test_n_iter_no_change(Estimator, y_all, n_iter_no_change):
    """Nothing improves by 10: the first epoch is better than none, then it waits."""
    model = fit(Estimator, y_all, early_stopping=True, tol=10.0, n_iter_no_change=n_iter_no_change, max_iter=50)
    assert model.n_iter_ == n_iter_no_change + 2


@each_kind
def test_without_early_stopping_the_last_weights_are_kept(Estimator, y_all):
    model = fit(Estimator, y_all, max_iter=60, n_iter_no_change=100, learning_rate_init=0.05)
    assert model.best_epoch_ < 60
    assert model.score(X_VAL, y_all[80:]) == pytest.approx(model.validation_scores_[-1])


@each_kind
def test_lbfgs_holds_nothing_out_by_itself(Estimator, y_all):
    """As scikit-learn's: without a validation set `early_stopping` is not for it."""
    model = make(Estimator, solver="lbfgs", early_stopping=True).fit(X, y_all[:80])
    assert model.validation_scores_ is None
    np.testing.assert_array_equal(parameters(model), parameters(make(Estimator, solver="lbfgs").fit(X, y_all[:80])))


@each_kind
def test_rows_are_not_held_out_besides(Estimator, y_all):
    model = fit(Estimator, y_all, early_stopping=True)
    assert model.t_ == 6 * 80


# Scoring ------------------------------------------------------------------------------------------


def own_score(estimator, X, y):
    return -abs(float(np.mean(estimator.predict(X) != y)) - 0.4)


def own_weighted_score(estimator, X, y, sample_weight=None):
    return float(np.average(estimator.predict(X) == y, weights=sample_weight))


def error_of_predictions(estimator, X, y):
    return -float(np.abs(estimator.predict(X) - y).mean())


SCORINGS = [
    *(("multiclass", name) for name in ("f1_macro", "neg_log_loss", "roc_auc_ovr", "balanced_accuracy", own_score)),
    *(("binary", name) for name in ("f1", "average_precision", "roc_auc", "neg_brier_score", own_weighted_score)),
    *(("multilabel", name) for name in ("f1_macro", "average_precision")),
    *(("regressor", name) for name in ("neg_mean_absolute_error", "neg_max_error", "r2", error_of_predictions)),
    *(("outputs", name) for name in ("neg_mean_squared_error", make_scorer(mean_absolute_error))),
]


@pytest.mark.parametrize(("case", "scoring"), SCORINGS, ids=[f"{c}-{getattr(s, '__name__', s)}" for c, s in SCORINGS])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_scoring(case, scoring, solver):
    Estimator, y_all = CASES[case]
    model = fit(Estimator, y_all, scoring=scoring, solver=solver)
    scorer = get_scorer(scoring)
    assert len(model.validation_scores_) == 6
    assert model.validation_scores_[-1] == pytest.approx(scorer(model, X_VAL, y_all[80:]), rel=1e-9)
    assert not hasattr(model, "scorer_")


@pytest.mark.parametrize(("case", "scoring"), SCORINGS, ids=[f"{c}-{getattr(s, '__name__', s)}" for c, s in SCORINGS])
def test_scoring_of_weighted_samples(case, scoring):
    """Where the scorer takes weights, it gets them; where it takes none, it is asked without."""
    Estimator, y_all = CASES[case]
    weight = WEIGHT_VAL + 1.0
    model = fit(Estimator, y_all, weight, scoring=scoring)
    takes_none = scoring in (own_score, error_of_predictions, "neg_max_error")
    keywords = {} if takes_none else {"sample_weight": weight}
    expected = get_scorer(scoring)(model, X_VAL, y_all[80:], **keywords)
    assert model.validation_scores_[-1] == pytest.approx(expected, rel=1e-9)


@every_case
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_scoring_by_loss(Estimator, y_all, weighted):
    model = fit(Estimator, y_all, WEIGHT_VAL if weighted else None, scoring="loss")
    assert model.validation_scores_ == [-loss for loss in model.history_["validation_loss"]]
    assert model.best_epoch_ == 1 + np.argmin(model.history_["validation_loss"])


@each_kind
def test_scoring_decides_what_is_best(Estimator, y_all):
    """By the loss it stops where the loss turns, though accuracy may still rise."""
    params = {"early_stopping": True, "learning_rate_init": 0.05, "alpha": 0.0, "max_iter": 100, "tol": 0.0}
    model = fit(Estimator, y_all, scoring="loss", **params)
    losses = model.history_["validation_loss"]
    assert model.best_epoch_ == 1 + np.argmin(losses) < len(losses)
    assert plain_loss(model, y_all[80:]) == pytest.approx(min(losses), rel=1e-9)


@each_kind
@pytest.mark.parametrize("way", ["early_stopping", "X_val"])
def test_misspelt_scorer(Estimator, y_all, way):
    given = {} if way == "early_stopping" else {"X_val": X_VAL, "y_val": y_all[80:]}
    with pytest.raises(ValueError, match=r"(?s)'scoring'.*'r2'.*'acuracy'"):
        make(Estimator, scoring="acuracy", early_stopping=way == "early_stopping").fit(X, y_all[:80], **given)


def test_scorer_that_does_not_fit():
    """It is scikit-learn's own error, and the estimator is as it was."""
    model = make(MLPRegressorScratch, scoring="roc_auc")
    before = dict(vars(model))
    with pytest.raises((ValueError, AttributeError)):
        model.fit(X, NUMBERS[:80], X_val=X_VAL, y_val=NUMBERS[80:])
    assert vars(model) == before


# Calls of partial_fit -----------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("early_stopping", [False, True])
def test_partial_fit(Estimator, y_all, early_stopping):
    model, plain = make(Estimator, early_stopping=early_stopping), make(Estimator)
    for _ in range(5):
        given = {"X_val": X_VAL, "y_val": y_all[80:], "sample_weight_val": WEIGHT_VAL}
        model.partial_fit(X, y_all[:80], **given, **first_call(Estimator, y_all))
        plain.partial_fit(X, y_all[:80], **first_call(Estimator, y_all))
        assert model.validation_scores_[-1] == pytest.approx(model.score(X_VAL, y_all[80:], WEIGHT_VAL))
    assert len(model.validation_scores_) == len(model.history_["validation_loss"]) == len(model.loss_curve_) == 5
    assert model.best_epoch_ == 1 + np.argmax(model.validation_scores_)
    np.testing.assert_array_equal(parameters(model), parameters(plain))


@each_kind
def test_partial_fit_says_when_to_stop(Estimator, y_all):
    """It cannot stop who calls it, but the reason is there."""
    model = make(Estimator, early_stopping=True, tol=10.0, n_iter_no_change=3)
    reasons = []
    for _ in range(6):
        model.partial_fit(X, y_all[:80], X_val=X_VAL, y_val=y_all[80:], **first_call(Estimator, y_all))
        reasons.append(model.stop_reason_)
    assert reasons[:4] == [None] * 4
    assert "Validation score did not improve" in reasons[4]


@each_kind
def test_partial_fit_with_early_stopping_needs_a_validation_set(Estimator, y_all):
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True without X_val"):
        make(Estimator, early_stopping=True).partial_fit(X, y_all[:80], **first_call(Estimator, y_all))


# Containers ---------------------------------------------------------------------------------------


def frame(array):
    return pd.DataFrame(array, columns=list("abcd"))


CONTAINERS = {
    "lists": lambda array: array.tolist(),
    "csr": sparse.csr_matrix,
    "csc": sparse.csc_array,
    "frame": frame,
    "float32": lambda array: array.astype(np.float32),
    "fortran": np.asfortranarray,
}


@each_kind
@pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS.keys())
@pytest.mark.parametrize("scoring", [None, "neg_log_loss", "neg_mean_absolute_error"])
def test_containers(Estimator, y_all, container, scoring):
    """A frame's names are looked at, and give rise to no warning: neither at fit nor by the scorer."""
    if (scoring == "neg_log_loss") != (Estimator is MLPClassifierScratch) and scoring is not None:
        scoring = "loss"
    params = {"scoring": scoring, "early_stopping": True}
    model = make(Estimator, **params).fit(container(X), y_all[:80], X_val=container(X_VAL), y_val=list(y_all[80:]))
    np.testing.assert_allclose(model.validation_scores_, fit(Estimator, y_all, **params).validation_scores_, rtol=1e-4)


@each_kind
@pytest.mark.parametrize("container", [sparse.csr_matrix, np.float32], ids=["sparse", "float32"])
def test_another_container_than_that_of_the_training_rows(Estimator, y_all, container):
    reference = fit(Estimator, y_all)
    model = make(Estimator).fit(X, y_all[:80], X_val=container(X_VAL), y_val=y_all[80:])
    np.testing.assert_allclose(model.validation_scores_, reference.validation_scores_, rtol=1e-5)
    model = make(Estimator).fit(container(X), y_all[:80], X_val=X_VAL, y_val=y_all[80:])
    np.testing.assert_allclose(model.validation_scores_, reference.validation_scores_, rtol=1e-3)


@each_kind
def test_validation_set_stays_as_it_is(Estimator, y_all):
    given = [X_VAL.copy(), y_all[80:].copy(), WEIGHT_VAL.copy()]
    for array in given:
        array.flags.writeable = False
    make(Estimator, scoring="loss").fit(X, y_all[:80], X_val=given[0], y_val=given[1], sample_weight_val=given[2])
    for array, before in zip(given, [X_VAL, y_all[80:], WEIGHT_VAL], strict=True):
        np.testing.assert_array_equal(array, before)


# Bad input ----------------------------------------------------------------------------------------


def with_nan(array):
    array = np.array(array, dtype=float)
    array.flat[3] = np.nan
    return array


# What is given, and what is said about it.
BAD = {
    "X_alone": (lambda y: {"X_val": X_VAL}, ["X_val", "without y_val"]),
    "y_alone": (lambda y: {"y_val": y}, ["y_val", "without X_val"]),
    "weight_alone": (lambda y: {"sample_weight_val": WEIGHT_VAL}, ["sample_weight_val", "without X_val"]),
    "narrow": (lambda y: {"X_val": X_VAL[:, :3], "y_val": y}, ["X_val", "3 features", "4 features"]),
    "other_lengths": (lambda y: {"X_val": X_VAL[:-1], "y_val": y}, ["X_val|y_val", "39", "40"]),
    "nan_in_X": (lambda y: {"X_val": with_nan(X_VAL), "y_val": y}, ["X_val", "NaN"]),
    "nan_in_y": (lambda y: {"X_val": X_VAL, "y_val": np.where(np.arange(40) == 3, np.nan, 1.0)}, ["y_val", "NaN"]),
    "no_rows": (lambda y: {"X_val": X_VAL[:0], "y_val": y[:0]}, ["X_val", r"0 sample\(s\)"]),
    "short_weight": (
        lambda y: {"X_val": X_VAL, "y_val": y, "sample_weight_val": WEIGHT_VAL[:3]},
        ["sample_weight_val", r"3", "40"],
    ),
    "negative_weight": (
        lambda y: {"X_val": X_VAL, "y_val": y, "sample_weight_val": -WEIGHT_VAL},
        ["sample_weight_val", "[Nn]egative"],
    ),
    "zero_weight": (
        lambda y: {"X_val": X_VAL, "y_val": y, "sample_weight_val": 0 * WEIGHT_VAL},
        ["sample_weight_val", "zero"],
    ),
}


def says(*parts):
    return "(?s)" + "".join(f"(?=.*(?:{part}))" for part in parts)


@each_kind
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(("given", "parts"), BAD.values(), ids=BAD.keys())
def test_bad_validation_set(Estimator, y_all, method, given, parts):
    model = make(Estimator).fit(X, y_all[:80])
    before = dict(vars(model))
    with pytest.raises(ValueError, match=says(*parts)):
        getattr(model, method)(X, y_all[:80], **given(y_all[80:]))
    assert vars(model) == before


UNSEEN = {
    "class": ("multiclass", np.full(40, 7), ["y_val", "7", r"0 1 2|\[0, 1, 2\]"]),
    "string": ("strings", np.full(40, "oak"), ["y_val", "oak", "ash", "cedar"]),
    "third": ("binary", np.arange(40) % 3, ["y_val", "2", "False.*True"]),
    "label": ("multilabel", np.eye(40, 3, dtype=int), ["y_val", "3", "2"]),
    "counts_for_labels": ("multilabel", np.full((40, 2), 3), ["y_val", "0 or 1", "3"]),
    "classes_for_labels": ("multilabel", np.arange(40) % 2, ["y_val"]),
    "labels_for_classes": ("multiclass", np.eye(40, 3, dtype=int), ["y_val"]),
    "numbers_for_classes": ("multiclass", NUMBERS[80:], ["y_val"]),
    "output": ("outputs", NUMBERS[80:], ["y_val", "1", "2"]),
    "outputs": ("regressor", np.column_stack([NUMBERS[80:]] * 2), ["y_val", "2", "1"]),
    "text": ("regressor", np.full(40, "oak"), ["y_val", "oak|numeric"]),
}


@pytest.mark.parametrize(("case", "y_val", "parts"), UNSEEN.values(), ids=UNSEEN.keys())
def test_unseen_target(case, y_val, parts):
    Estimator, y_all = CASES[case]
    with pytest.raises(ValueError, match=says(*parts)):
        make(Estimator).fit(X, y_all[:80], X_val=X_VAL, y_val=y_val)


def test_a_class_may_be_missing_from_the_validation_set():
    some = LABELS[80:] < 2
    model = make(MLPClassifierScratch).fit(X, LABELS[:80], X_val=X_VAL[some], y_val=LABELS[80:][some])
    assert model.validation_scores_[-1] == pytest.approx(model.score(X_VAL[some], LABELS[80:][some]))


def test_target_outside_the_range_of_the_loss():
    with pytest.raises(ValueError, match=says("y_val", "Poisson", "range")):
        make(MLPRegressorScratch, loss="poisson").fit(X, np.abs(NUMBERS[:80]), X_val=X_VAL, y_val=-np.ones(40))


def test_columns_in_another_order():
    with pytest.raises(ValueError, match=says("X_val", "feature names")):
        make(MLPRegressorScratch).fit(frame(X), NUMBERS[:80], X_val=frame(X_VAL)[list("dcba")], y_val=NUMBERS[80:])


@pytest.mark.parametrize("outputs", [1, 2])
def test_validation_in_many_blocks_is_that_in_one(outputs, monkeypatch):
    """What is predicted of a block stays, though the next block is computed in the same memory."""
    rng = np.random.RandomState(0)
    X = rng.randn(400, 3)
    y = X[:, 0] if outputs == 1 else X[:, :2]

    def scores():
        net = MLPRegressorScratch(early_stopping=True, validation_fraction=0.5, max_iter=3, random_state=0)
        return net.fit(X, y).history_

    whole = scores()
    monkeypatch.setattr("sknn.estimators.validation.VALIDATION_BYTES", 1)
    for name, series in scores().items():
        if name.startswith("validation"):
            np.testing.assert_allclose(series, whole[name], rtol=1e-10)


@pytest.mark.parametrize("scoring", [None, "neg_mean_absolute_error", "loss"])
def test_a_validation_row_whose_prediction_overflows_has_no_score(scoring):
    """exp makes infinity of a finite output: scikit-learn's scores refuse it, and the fit should not end for that."""
    X, y = ALL[:, :1].copy(), np.round(np.abs(ALL[:, 0]))
    far = np.full((1, 1), 1e4)
    model = MLPRegressorScratch(
        hidden_layer_sizes=(), loss="poisson", solver="sgd", scoring=scoring, max_iter=4, random_state=0
    )
    model.fit(X, y, X_val=far, y_val=[1.0])
    assert np.isfinite(model.loss_)
    assert not np.isfinite(model.history_["validation_score"][-1])
    alone = MLPRegressorScratch(hidden_layer_sizes=(), loss="poisson", solver="sgd", max_iter=4, random_state=0).fit(
        X, y
    )
    np.testing.assert_array_equal(model.coefs_[0], alone.coefs_[0])


@pytest.mark.parametrize("Estimator", [MLPClassifierScratch, RealMLPClassifierScratch])
def test_a_score_that_wants_classes_without_validation_sample_says_which(Estimator):
    X, y = ALL, np.where(ALL[:, 0] > 0, "a", "b").astype(object)
    y[0] = "rare"
    model = Estimator(scoring="neg_log_loss", early_stopping=True, max_iter=2, random_state=0)
    with pytest.raises(
        ValueError, match=r"scoring failed on the .* none of the classes \['rare'\].* y_true and y_prob"
    ):
        model.fit(X, y)
    assert not hasattr(model, "classes_")
    model.set_params(scoring="accuracy").fit(X, y)


@pytest.mark.parametrize("Estimator", [MLPRegressorScratch, RealMLPRegressorScratch])
@pytest.mark.parametrize("loss", ["quantile", "absolute_error", "huber", "log_cosh", "squared_error", "poisson"])
def test_r2_does_not_judge_a_loss_whose_best_prediction_is_not_the_mean(Estimator, loss):
    X, y = ALL, np.exp(ALL[:, 0])
    options = {"loss": loss, "early_stopping": True, "max_iter": 8, "random_state": 0}
    by_default, by_loss, by_r2 = (
        Estimator(scoring=scoring, **options).fit(X, y).history_["validation_score"] for scoring in (None, "loss", "r2")
    )
    expected, other = (by_r2, by_loss) if loss in ("squared_error", "poisson") else (by_loss, by_r2)
    np.testing.assert_allclose(by_default, expected, rtol=1e-4)
    assert not np.allclose(by_default, other, rtol=1e-2)


@pytest.mark.parametrize("Estimator", [MLPClassifierScratch, RealMLPClassifierScratch])
@pytest.mark.parametrize("scoring", ["roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr"])
def test_scores_that_refuse_weights_get_none(Estimator, scoring):
    y = np.digitize(ALL[:, 0], np.quantile(ALL[:, 0], [0.3, 0.6]))
    model = Estimator(scoring=scoring, early_stopping=True, class_weight="balanced", max_iter=2, random_state=0)
    assert np.isfinite(model.fit(ALL, y).history_["validation_score"]).all()


@pytest.mark.parametrize("Estimator", [MLPClassifierScratch, RealMLPClassifierScratch])
def test_a_score_that_wants_two_classes_says_that_there_is_one(Estimator):
    model = Estimator(scoring="neg_log_loss", early_stopping=True, max_iter=2, random_state=0)
    with pytest.raises(ValueError, match=r"scoring failed on .* all of the class 'only', as y is. Expected more"):
        model.fit(ALL, np.full(len(ALL), "only", object))


@pytest.mark.parametrize("y", [ALL[:, 0] > 0, (ALL[:, :3] > 0).astype(int)], ids=["classes", "labels"])
def test_errors_of_a_scorer_of_ones_own_come_as_they_are(y):
    def score(estimator, X, y):
        raise ValueError("of my own")

    with pytest.raises(ValueError, match=r"^of my own$"):
        MLPClassifierScratch(scoring=score, early_stopping=True, max_iter=2).fit(ALL, y)


@pytest.mark.parametrize("Estimator", [MLPClassifierScratch, RealMLPClassifierScratch])
@pytest.mark.parametrize("given", [None, {"a": 1.0}, np.array([1.0, 2.0]), "0.5"], ids=str)
def test_what_is_no_score_is_answered(Estimator, given):
    model = Estimator(max_iter=2, early_stopping=True, scoring=lambda estimator, X, y: given, random_state=0)
    with pytest.raises(ValueError, match="scoring must give one number, got"):
        model.fit(ALL, np.arange(len(ALL)) % 2)


def test_scores_that_are_never_numbers_are_told_of():
    model = MLPClassifierScratch(max_iter=2, early_stopping=True, scoring=lambda estimator, X, y: np.nan)
    with pytest.warns(match="The validation score was NaN after every epoch"):
        model.fit(ALL, np.arange(len(ALL)) % 2)
