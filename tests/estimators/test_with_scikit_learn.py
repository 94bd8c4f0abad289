"""scikit-learn's meta-estimators, searches and routing take the estimators as they are."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, get_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknn import MLPClassifierScratch, MLPRegressorScratch, SequentialClassifierScratch
from sknn.layers import Dense, Dropout
from sknn.optimizers import SGD

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, LABELS = make_classification(
    240, n_features=6, n_informative=4, n_classes=3, n_clusters_per_class=1, class_sep=1.5, random_state=0
)
X = StandardScaler().fit_transform(X)
BINARY = (LABELS == 0).astype(int)
Y = X[:, 0] * X[:, 1] + X[:, 2]
WEIGHT = np.random.RandomState(0).uniform(0.5, 2.0, size=240)
FAST = {"max_iter": 30, "learning_rate_init": 0.02, "batch_size": 40, "random_state": 0}


def classifier(**params):
    return MLPClassifierScratch((8,), **{**FAST, **params})


def regressor(**params):
    return MLPRegressorScratch(hidden_layer_sizes=(12,), **{**FAST, "max_iter": 60, **params})


# Meta-estimators ----------------------------------------------------------------------------------

META_CLASSIFIERS = {
    "calibrated": CalibratedClassifierCV(classifier(), cv=2),
    "calibrated_isotonic": CalibratedClassifierCV(classifier(), method="isotonic", cv=2, ensemble=False),
    "boosted": AdaBoostClassifier(classifier(max_iter=10), n_estimators=3, random_state=0),
    "bagged": BaggingClassifier(classifier(), n_estimators=2, max_features=0.8, random_state=0),
    "stacked": StackingClassifier([("net", classifier()), ("linear", LogisticRegression())], cv=2),
    "stack": StackingClassifier([("linear", LogisticRegression())], final_estimator=classifier(), cv=2),
    "soft_vote": VotingClassifier([("net", classifier()), ("linear", LogisticRegression())], voting="soft"),
    "hard_vote": VotingClassifier([("net", classifier()), ("linear", LogisticRegression())]),
    "one_vs_rest": OneVsRestClassifier(classifier()),
    "one_vs_one": OneVsOneClassifier(classifier()),
    "balanced": make_pipeline(StandardScaler(), classifier(class_weight="balanced", dropout=0.1)),
    "sequential": BaggingClassifier(SequentialClassifierScratch([Dense(8), Dropout(0.1)], **FAST), n_estimators=2),
}
META_REGRESSORS = {
    "boosted": AdaBoostRegressor(regressor(), n_estimators=3, random_state=0),
    "bagged": BaggingRegressor(regressor(), n_estimators=2, random_state=0),
    "stacked": StackingRegressor([("net", regressor()), ("linear", Ridge())], cv=2),
    "vote": VotingRegressor([("net", regressor()), ("linear", Ridge())], weights=[3, 1]),
    "transformed": TransformedTargetRegressor(regressor(), transformer=StandardScaler()),
    "by_functions": TransformedTargetRegressor(regressor(), func=np.sinh, inverse_func=np.arcsinh, check_inverse=False),
}


@pytest.mark.parametrize("meta", META_CLASSIFIERS.values(), ids=META_CLASSIFIERS.keys())
def test_meta_classifiers(meta):
    model = clone(meta).fit(X[:160], LABELS[:160])
    assert model.score(X[160:], LABELS[160:]) > 0.8
    if hasattr(model, "predict_proba"):
        np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert clone(model).get_params().keys() == model.get_params().keys()


@pytest.mark.parametrize("meta", META_REGRESSORS.values(), ids=META_REGRESSORS.keys())
def test_meta_regressors(meta):
    model = clone(meta).fit(X[:160], Y[:160])
    assert model.predict(X[160:]).shape == (80,)
    assert model.score(X[160:], Y[160:]) > 0.4


@pytest.mark.parametrize(
    ("meta", "targets"),
    [
        (MultiOutputClassifier(classifier()), np.column_stack([LABELS, BINARY])),
        (ClassifierChain(classifier(), random_state=0), np.eye(3, dtype=int)[LABELS]),
        (MultiOutputRegressor(regressor()), np.column_stack([Y, -Y])),
        (RegressorChain(regressor()), np.column_stack([Y, -Y])),
    ],
    ids=["classifiers", "classifier_chain", "regressors", "regressor_chain"],
)
def test_several_outputs(meta, targets):
    assert meta.fit(X, targets).predict(X).shape == targets.shape


def test_boosting_gives_its_weights_to_the_networks():
    """Where the rare class is all that counts, it is all that is predicted."""
    weight = np.where(LABELS == 2, 1.0, 1e-9)
    model = AdaBoostClassifier(classifier(max_iter=10), n_estimators=2, random_state=0).fit(X, LABELS, weight)
    assert np.mean(model.predict(X) == 2) > 0.9


def test_threshold_is_tuned():
    data, y = make_classification(600, n_features=6, weights=[0.93], class_sep=0.6, random_state=0)
    plain = classifier().fit(data, y)
    tuned = TunedThresholdClassifierCV(classifier(), scoring="balanced_accuracy", cv=3, random_state=0).fit(data, y)
    assert 0 < tuned.best_threshold_ < 0.5
    assert balanced_accuracy_score(y, tuned.predict(data)) > balanced_accuracy_score(y, plain.predict(data)) + 0.05


@pytest.mark.parametrize("response_method", ["predict_proba", "decision_function"])
def test_threshold_is_fixed(response_method):
    model = FixedThresholdClassifier(classifier(), threshold=0.2, response_method=response_method).fit(X, BINARY)
    response = getattr(model.estimator_, response_method)(X)
    response = response[:, 1] if response.ndim == 2 else response
    np.testing.assert_array_equal(model.predict(X), response >= 0.2)


def test_target_is_scaled_and_scaled_back():
    """Numbers this large would take a network very long."""
    model = TransformedTargetRegressor(regressor(), transformer=StandardScaler()).fit(X, 1e6 * Y + 3e7)
    assert model.score(X, 1e6 * Y + 3e7) > 0.8


# Searches and curves ------------------------------------------------------------------------------

GRID = {"hidden_layer_sizes": [(), (8,)], "solver": ["adam", SGD(momentum=0.5)]}


@pytest.mark.parametrize(("estimator", "y"), [(classifier(), LABELS), (regressor(), Y)], ids=["classes", "numbers"])
@pytest.mark.parametrize(
    "search",
    [
        lambda estimator, n_jobs: GridSearchCV(estimator, GRID, cv=2, n_jobs=n_jobs),
        lambda estimator, n_jobs: RandomizedSearchCV(estimator, GRID, n_iter=3, cv=2, n_jobs=n_jobs, random_state=0),
        lambda estimator, n_jobs: HalvingGridSearchCV(
            estimator, GRID, cv=2, n_jobs=n_jobs, resource="max_iter", max_resources=32, min_resources=8, random_state=0
        ),
    ],
    ids=["grid", "random", "halving"],
)
def test_search_in_two_processes_is_that_in_one(estimator, y, search):
    one, two = search(estimator, 1).fit(X, y), search(estimator, 2).fit(X, y)
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert one.best_params_ == two.best_params_
    np.testing.assert_array_equal(one.predict(X), two.predict(X))
    assert one.best_score_ > 0.1


def test_halving_over_samples():
    search = HalvingGridSearchCV(
        classifier(batch_size="auto"), {"alpha": [1e-4, 1e4]}, min_resources=60, cv=2, random_state=0
    )
    assert search.fit(X, LABELS).best_params_ == {"alpha": 1e-4}


@pytest.mark.parametrize(("estimator", "y"), [(classifier(), LABELS), (regressor(), Y)], ids=["classes", "numbers"])
def test_learning_curve_by_incremental_learning(estimator, y):
    """With `partial_fit`, and the classes that the curve hands over in its first call."""
    estimator = clone(estimator).set_params(batch_size="auto")
    sizes, train, test = learning_curve(
        estimator,
        X,
        y,
        exploit_incremental_learning=True,
        train_sizes=[40, 80, 120],
        cv=2,
        shuffle=True,
        random_state=0,
    )
    assert sizes.tolist() == [40, 80, 120]
    assert train.shape == test.shape == (3, 2)
    assert np.isfinite(test).all()


def test_learning_and_validation_curves():
    _, _, test = learning_curve(classifier(), X, LABELS, train_sizes=[40, 120], cv=2, n_jobs=2)
    assert test.mean(axis=1)[1] > 0.7
    _, test = validation_curve(classifier(), X, LABELS, param_name="alpha", param_range=[1e-4, 1e4], cv=2)
    assert test.mean(axis=1)[0] > test.mean(axis=1)[1]


def test_cross_validate():
    scores = cross_validate(
        classifier(),
        X,
        LABELS,
        cv=3,
        scoring=["accuracy", "neg_log_loss"],
        return_train_score=True,
        return_estimator=True,
    )
    assert scores["test_accuracy"].mean() > 0.8
    assert {len(model.history_["loss"]) for model in scores["estimator"]} == {30}
    p = cross_val_predict(classifier(), X, LABELS, cv=3, method="predict_proba")
    assert np.mean(p.argmax(axis=1) == LABELS) > 0.8
    raw = cross_val_predict(classifier(), X, BINARY, cv=3, method="decision_function")
    assert np.mean((raw > 0) == BINARY) > 0.8


def test_permutation_importance():
    model = regressor().fit(X, Y)
    importance = permutation_importance(model, X, Y, n_repeats=2, random_state=0).importances_mean
    assert importance[:3].min() > importance[3:].max()


def test_errors_of_a_search_name_the_parameter():
    with pytest.raises(ValueError, match="'alpha' parameter"):
        GridSearchCV(classifier(), {"alpha": [-1]}, error_score="raise", cv=2).fit(X, LABELS)


# Metadata -----------------------------------------------------------------------------------------


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


METADATA = ["sample_weight", "X_val", "y_val", "sample_weight_val"]


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("make", [classifier, regressor])
def test_requests(make):
    estimator = make().set_fit_request(sample_weight=True, X_val=True).set_score_request(sample_weight=True)
    assert estimator.get_metadata_routing().fit.requests == {
        **dict.fromkeys(METADATA),
        "sample_weight": True,
        "X_val": True,
    }
    assert clone(estimator).get_metadata_routing().score.requests["sample_weight"]
    partial = make().set_partial_fit_request(sample_weight=True).get_metadata_routing().partial_fit.requests
    assert set(partial) == {*METADATA, *(["classes"] if make is classifier else [])}


@pytest.mark.usefixtures("routing")
def test_weights_are_routed_through_a_search_over_a_pipeline():
    pipeline = make_pipeline(
        StandardScaler().set_fit_request(sample_weight=False),
        classifier().set_fit_request(sample_weight=True),
    )
    scoring = get_scorer("accuracy").set_score_request(sample_weight=True)
    search = GridSearchCV(pipeline, {"mlpclassifierscratch__alpha": [1e-4, 1.0]}, scoring=scoring, cv=2)
    routed = search.fit(X, LABELS, sample_weight=WEIGHT).best_estimator_[-1]
    alpha = search.best_params_["mlpclassifierscratch__alpha"]
    by_hand = classifier(alpha=alpha).fit(StandardScaler().fit_transform(X), LABELS, sample_weight=WEIGHT)
    assert routed.loss_curve_ == by_hand.loss_curve_


@pytest.mark.usefixtures("routing")
def test_weights_are_routed_in_cross_validation():
    scores = cross_validate(
        classifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True),
        X,
        LABELS,
        params={"sample_weight": WEIGHT},
        cv=2,
        return_estimator=True,
        return_indices=True,
    )
    for model, rows in zip(scores["estimator"], scores["indices"]["train"], strict=True):
        assert model.loss_curve_ == classifier().fit(X[rows], LABELS[rows], sample_weight=WEIGHT[rows]).loss_curve_


@pytest.mark.usefixtures("routing")
def test_weights_that_were_not_asked_for():
    with pytest.raises(ValueError, match=r"sample_weight.*not explicitly set"):
        make_pipeline(StandardScaler().set_fit_request(sample_weight=False), classifier()).fit(
            X, LABELS, sample_weight=WEIGHT
        )


@pytest.mark.usefixtures("routing")
def test_validation_set_goes_through_the_steps_of_a_pipeline():
    """Scaled as the training rows are, not by itself."""
    pipeline = make_pipeline(
        StandardScaler(), classifier().set_fit_request(X_val=True, y_val=True), transform_input=["X_val"]
    )
    pipeline.fit(5 + 3 * X[:160], LABELS[:160], X_val=5 + 3 * X[160:], y_val=LABELS[160:])
    scores = pipeline[-1].validation_scores_
    assert scores[-1] == pytest.approx(pipeline.score(5 + 3 * X[160:], LABELS[160:]))
    assert max(scores) > 0.8


# Frames -------------------------------------------------------------------------------------------

NAMES = list("abcdef")
FRAME = pd.DataFrame(X, columns=NAMES)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_set_output(output):
    """Also with a part held out and with scorers: the columns' names give rise to no warning."""
    params = {"early_stopping": True, "scoring": "neg_log_loss"}
    pipeline = make_pipeline(StandardScaler(), classifier(**params)).set_output(transform=output)
    pipeline.fit(FRAME, LABELS)
    assert pipeline[-1].n_features_in_ == 6
    assert hasattr(pipeline[-1], "feature_names_in_") == (output == "pandas")
    plain = make_pipeline(StandardScaler(), classifier(**params)).fit(X, LABELS)
    np.testing.assert_array_equal(pipeline.predict(FRAME), plain.predict(X))


def test_columns_of_several_kinds():
    frame = FRAME.assign(kind=np.array(["ash", "birch", "cedar", "dogwood"])[np.arange(240) % 4])
    y = Y + 3 * (frame["kind"] == "birch")
    transformer = make_column_transformer((OneHotEncoder(), ["kind"]), (StandardScaler(), NAMES))
    assert isinstance(transformer, ColumnTransformer)
    pipeline = make_pipeline(transformer, regressor()).fit(frame, y)
    assert pipeline.score(frame, y) > 0.8
    assert pipeline[-1].n_features_in_ == 10


def test_sparse_output_of_an_encoder():
    frame = pd.DataFrame({"kind": np.arange(240) % 7, "other": np.arange(240) % 5}, dtype=str)
    pipeline = make_pipeline(OneHotEncoder(sparse_output=True), classifier()).fit(frame, np.arange(240) % 7 % 3)
    assert pipeline.score(frame, np.arange(240) % 7 % 3) > 0.95


# Looks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", [classifier(), regressor(), SequentialClassifierScratch([Dense(3)])])
@pytest.mark.parametrize("fitted", [False, True], ids=["", "fitted"])
def test_html(estimator, fitted):
    model = clone(estimator)
    if fitted:
        model.set_params(max_iter=2).fit(X, LABELS)
    assert type(model).__name__ in model._repr_html_()


def test_warning_of_training_that_did_not_end_is_scikit_learns():
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        classifier(max_iter=3).fit(X, LABELS)
