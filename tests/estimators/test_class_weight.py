"""Class weights are sample weights, to the last bit, and with focal loss they are what rare classes need."""

import re

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight

from sknn import MLPClassifierScratch

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 50
RNG = np.random.RandomState(0)
X = RNG.normal(size=(N, 3))
LABELS = np.digitize(X[:, 0] + 0.3 * RNG.normal(size=N), [0.2, 1.0])  # the higher, the rarer
WEIGHT = RNG.randint(1, 4, size=N).astype(float)
NAMES = np.array(["ash", "birch", "cedar"])
INDICATORS = np.column_stack([LABELS > 0, LABELS > 1, X[:, 1] > 0]).astype(int)


def per_class(weights, y):
    """The sample weights that a dict of class weights stands for; 1 where a class is not named."""
    return np.array([weights.get(label, 1.0) for label in y.tolist()])


def balanced(y):
    return dict(zip(np.unique(y).tolist(), compute_class_weight("balanced", classes=np.unique(y), y=y), strict=True))


PER_LABEL = [{0: 1, 1: 3}, {1: 20}, {0: 0.5, 1: 2}]

# Targets, class weights, and the sample weights that should do the same.
CASES = {
    "binary": (LABELS > 0, {False: 1, True: 20}, per_class({True: 20}, LABELS > 0)),
    "multiclass": (LABELS, {0: 1, 1: 20, 2: 0.3}, per_class({1: 20, 2: 0.3}, LABELS)),
    "not_all_named": (LABELS, {2: 7}, per_class({2: 7}, LABELS)),
    "nothing_named": (LABELS, {}, np.ones(N)),
    "zero": (LABELS, {0: 0}, per_class({0: 0}, LABELS)),
    "strings": (NAMES[LABELS], {"birch": 5.5}, per_class({"birch": 5.5}, NAMES[LABELS])),
    "balanced_binary": (LABELS > 0, "balanced", per_class(balanced(LABELS > 0), LABELS > 0)),
    "balanced_multiclass": (LABELS, "balanced", per_class(balanced(LABELS), LABELS)),
    "balanced_strings": (NAMES[LABELS], "balanced", per_class(balanced(LABELS), LABELS)),
    "multilabel": (
        INDICATORS,
        PER_LABEL,
        np.prod([per_class(w, column) for w, column in zip(PER_LABEL, INDICATORS.T, strict=True)], axis=0),
    ),
    "balanced_multilabel": (
        INDICATORS,
        "balanced",
        np.prod([per_class(balanced(column), column) for column in INDICATORS.T], axis=0),
    ),
}
every_case = pytest.mark.parametrize(("y", "class_weight", "equal_weight"), CASES.values(), ids=CASES.keys())

WAYS = {
    "adam": {"batch_size": 16},
    "sgd": {"solver": "sgd", "batch_size": 16, "alpha": 0.5},
    "lbfgs": {"solver": "lbfgs"},
    "focal": {"loss": "focal", "batch_size": 16},
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def make(**params):
    return MLPClassifierScratch(**{"hidden_layer_sizes": (5,), "max_iter": 6, "random_state": 0, **params})


def assert_same_model(model, other):
    assert model.loss_curve_ == other.loss_curve_
    for ours, theirs in zip(model.coefs_ + model.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@every_case
@every_way
def test_class_weights_are_sample_weights_to_the_last_bit(y, class_weight, equal_weight, way):
    weighted = make(class_weight=class_weight, **way).fit(X, y)
    assert_same_model(weighted, make(**way).fit(X, y, sample_weight=equal_weight))
    if np.ptp(equal_weight):
        assert np.abs(weighted.coefs_[0] - make(**way).fit(X, y).coefs_[0]).max() > 1e-6


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("balanced")])
@every_way
def test_both_weights_are_multiplied(name, way):
    y, class_weight, equal_weight = CASES[name]
    both = make(class_weight=class_weight, **way).fit(X, y, sample_weight=WEIGHT)
    assert_same_model(both, make(**way).fit(X, y, sample_weight=WEIGHT * equal_weight))


@pytest.mark.parametrize("y", [LABELS, LABELS > 0, INDICATORS], ids=["multiclass", "binary", "multilabel"])
def test_balanced_counts_a_sample_of_weight_2_twice(y):
    repeats = WEIGHT.astype(int)
    weighted = make(class_weight="balanced").fit(X, y, sample_weight=WEIGHT)
    repeated = make(class_weight="balanced").fit(np.repeat(X, repeats, axis=0), np.repeat(y, repeats, axis=0))
    np.testing.assert_allclose(weighted.loss_, repeated.loss_, rtol=1e-9)
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-7)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("balanced")])
def test_partial_fit(name):
    y, class_weight, equal_weight = CASES[name]
    classes = np.arange(3) if y.ndim == 2 else np.unique(y)
    weighted, reference = make(class_weight=class_weight), make()
    for part in (slice(None, 30), slice(30, None), slice(None)):
        weighted.partial_fit(X[part], y[part], classes=classes)
        reference.partial_fit(X[part], y[part], sample_weight=equal_weight[part], classes=classes)
    assert_same_model(weighted, reference)


def test_partial_fit_balanced_says_what_to_do():
    with pytest.raises(ValueError, match=r"(?s)class_weight='balanced'.*partial_fit.*dict.*compute_class_weight"):
        make(class_weight="balanced").partial_fit(X, LABELS, classes=[0, 1, 2])


@pytest.mark.parametrize("y", [LABELS, INDICATORS], ids=["classes", "labels"])
def test_partial_fit_after_a_balanced_fit_keeps_its_weights(y):
    """One class alone, which by itself would have the weight 1."""
    model = make(class_weight="balanced").fit(X, y)
    rare = LABELS == 2
    equal_weight = CASES["balanced_multilabel" if y.ndim == 2 else "balanced_multiclass"][2]
    reference = make().fit(X, y, sample_weight=equal_weight)
    model.partial_fit(X[rare], y[rare])
    reference.partial_fit(X[rare], y[rare], sample_weight=equal_weight[rare])
    assert_same_model(model, reference)


def test_warm_start_balances_anew():
    model = make(class_weight="balanced", warm_start=True).fit(X, LABELS)
    kept = np.r_[:10, 30:N]
    model.fit(X[kept], LABELS[kept])
    reference = make(warm_start=True).fit(X, LABELS, sample_weight=per_class(balanced(LABELS), LABELS))
    reference.fit(X[kept], LABELS[kept], sample_weight=per_class(balanced(LABELS[kept]), LABELS[kept]))
    assert_same_model(model, reference)


def test_early_stopping_watches_the_score_of_the_samples_as_they_are():
    """As scikit-learn's classifiers with class weights: their `score` knows nothing of these."""
    model = make(class_weight={2: 20}, early_stopping=True, max_iter=30, n_iter_no_change=30).fit(X, LABELS)
    held_out = round(0.1 * N)
    assert {round(score * held_out, 9) % 1 for score in model.validation_scores_} == {0}


def test_validation_loss_is_weighted_by_class():
    weight = per_class({2: 20}, LABELS)
    model = make(class_weight={2: 20}).fit(X, LABELS, X_val=X, y_val=LABELS)
    p = model.predict_proba(X)[np.arange(N), LABELS]
    assert model.history_["validation_loss"][-1] == pytest.approx(np.average(-np.log(p), weights=weight), rel=1e-12)


def test_balanced_lifts_the_balanced_accuracy_of_rare_positives():
    data, y = make_classification(
        2500, n_informative=5, weights=[0.96], class_sep=0.7, flip_y=0.01, random_state=0, n_features=10
    )
    assert 0.03 < y.mean() < 0.05
    data = StandardScaler().fit_transform(data)
    X_train, X_test, y_train, y_test = train_test_split(data, y, stratify=y, random_state=0)

    def score(**params):
        model = make(hidden_layer_sizes=(20,), max_iter=30, **params).fit(X_train, y_train)
        return balanced_accuracy_score(y_test, model.predict(X_test))

    plain = score()
    assert score(class_weight="balanced") >= plain + 0.05
    assert score(class_weight="balanced", loss="focal") >= plain + 0.05


# Focal loss ---------------------------------------------------------------------------------------

# A rate this small leaves the weights as they were drawn, so the loss of the epoch is that of the final weights.
FROZEN = {"solver": "sgd", "learning_rate_init": 1e-12, "max_iter": 1, "alpha": 0.0}
TARGETS = {"binary": LABELS > 0, "multiclass": LABELS, "multilabel": INDICATORS}
every_target = pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS.keys())


def probability_of_truth(model, y):
    """The probability that each sample's class, or each of its labels, was given."""
    p = model.predict_proba(X)
    if y.ndim == 2:
        return np.where(y == 1, p, 1 - p)
    return p[np.arange(N), y.astype(int)][:, None]


@every_target
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_focal_loss_is_the_formula(y, gamma):
    model = make(loss="focal", focal_gamma=gamma, **FROZEN).fit(X, y)
    p = probability_of_truth(model, y)
    assert model.loss_ == pytest.approx(np.mean(np.sum(-((1 - p) ** gamma) * np.log(p), axis=1)), rel=1e-9)


@every_target
def test_focal_loss_of_gamma_0_is_the_log_loss(y):
    focal, plain = make(loss="focal", focal_gamma=0.0).fit(X, y), make().fit(X, y)
    np.testing.assert_allclose(focal.loss_curve_, plain.loss_curve_, rtol=1e-12)
    np.testing.assert_allclose(focal.predict_proba(X), plain.predict_proba(X), rtol=1e-9)


@every_target
def test_focal_loss_looks_away_from_what_is_right_already(y):
    """So probabilities stay nearer to the middle, and predictions are still as good."""
    params = {"learning_rate_init": 0.01, "max_iter": 100}
    focal, plain = make(loss="focal", **params).fit(X, y), make(**params).fit(X, y)
    assert probability_of_truth(focal, y).max(axis=1).mean() < probability_of_truth(plain, y).max(axis=1).mean()
    assert focal.score(X, y) > plain.score(X, y) - 0.1


# Bad input ----------------------------------------------------------------------------------------

BAD = {
    "unknown_class": (LABELS, {0: 1, 7: 2}, [r"\[7\]", r"\[0 1 2\]"]),
    "unknown_name": (NAMES[LABELS], {"oak": 2}, [r"\['oak'\]", "'ash' 'birch' 'cedar'"]),
    "name_for_a_number": (LABELS, {"1": 2}, [r"\['1'\]", r"\[0 1 2\]"]),
    "negative": (LABELS, {1: -2.0}, ["at least 0", r"-2\.0"]),
    "infinite": (LABELS, {1: np.inf}, ["at least 0", "inf"]),
    "not_a_number": (LABELS, {1: "much"}, ["at least 0", "much"]),
    "dict_for_labels": (INDICATORS, {0: 1, 1: 2}, ["multilabel", "3 dicts"]),
    "too_few_for_labels": (INDICATORS, PER_LABEL[:2], ["multilabel", "3 dicts"]),
    "unknown_for_labels": (INDICATORS, [{2: 1}, {}, {}], [r"\[2\]", r"\[0 1\]"]),
    "list_for_classes": (LABELS, PER_LABEL, ["dict", "list"]),
    "nothing_left": (LABELS, {0: 0, 1: 0, 2: 0}, ["zero"]),
}


@pytest.mark.parametrize(("y", "class_weight", "parts"), BAD.values(), ids=BAD.keys())
def test_bad_class_weight(y, class_weight, parts):
    pattern = "(?s)" + "".join(f"(?=.*{part})" for part in ["class_weight", *parts])
    model = make().fit(X, y)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=pattern):
        model.set_params(class_weight=class_weight).fit(X, y)
    assert {**vars(model), "class_weight": None} == before


def test_misspelt_balanced():
    with pytest.raises(ValueError, match=re.escape("'balanced'") + ".*'balance'"):
        make(class_weight="balance").fit(X, LABELS)


def test_class_that_is_missing_in_a_later_call():
    """It was declared, so its weight may be given; `y` of one call need not have it."""
    model = make(class_weight={2: 5.0}).partial_fit(X, LABELS, classes=[0, 1, 2])
    known = LABELS < 2
    assert np.isfinite(model.partial_fit(X[known], LABELS[known]).loss_)


def test_a_multilabel_set_of_scikit_learns():
    data, y = make_multilabel_classification(60, n_features=4, n_classes=3, random_state=0)
    model = make(class_weight=[{1: 2}, {1: 3}, {0: 2}], max_iter=3).fit(data, y)
    assert model.predict(data).shape == y.shape


@pytest.mark.parametrize("y", [LABELS, INDICATORS], ids=["multiclass", "multilabel"])
def test_weights_of_an_earlier_fit_are_gone_with_the_parameter(y):
    losses = {}
    for class_weight in "balanced", None:
        net = MLPClassifierScratch((3,), warm_start=True, max_iter=1, learning_rate_init=1e-12, random_state=0)
        weighed = net.set_params(class_weight=class_weight).fit(X, y).loss_
        losses[class_weight] = (weighed, net.set_params(class_weight=None).fit(X, y).loss_)
    assert losses["balanced"][0] != pytest.approx(losses[None][0])
    assert losses["balanced"][1] == pytest.approx(losses[None][1])
