"""What a user of scikit-learn takes for granted: subclasses, the format of targets, folds without a rare class."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from sknn import (
    MLPClassifierScratch,
    MLPRegressorScratch,
    RealMLPRegressorScratch,
    SequentialClassifierScratch,
    SequentialRegressorScratch,
)
from sknn.layers import Dense
from sknn.losses import BinaryCrossEntropy, BinaryFocal, SoftmaxCrossEntropy, SoftmaxFocal, SquaredError
from sknn.schedules import Adaptive, Constant, Warmup

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X = np.random.RandomState(0).normal(size=(90, 4))
LABELS = (X[:, 0] > 0).astype(int)
INDICATORS = (X[:, :3] > 0).astype(int)
VALUES = X[:, 0] - X[:, 1]
CLASSES = {2: LABELS, 3: np.digitize(X[:, 0], [-0.5, 0.5])}
DIABETES, PROGRESS = load_diabetes(return_X_y=True)


# Subclasses ---------------------------------------------------------------------------------------


def subclass(Base, y):
    class Net(Base):
        def __init__(self, momentum=0.5, power_t=0.3):
            super().__init__(
                hidden_layer_sizes=(5,),
                solver="sgd",
                learning_rate="invscaling",
                learning_rate_init=0.1,
                momentum=momentum,
                power_t=power_t,
                nesterovs_momentum=False,
                max_iter=15,
                random_state=0,
            )

    return Net().fit(X, y)


@pytest.mark.parametrize(
    ("Base", "Peer", "y"),
    [(MLPClassifierScratch, MLPClassifier, LABELS), (MLPRegressorScratch, MLPRegressor, VALUES)],
    ids=["classifier", "regressor"],
)
def test_defaults_of_a_subclass_hold(Base, Peer, y):
    np.testing.assert_allclose(subclass(Base, y).loss_curve_, subclass(Peer, y).loss_curve_, rtol=1e-10)


def test_parameters_of_another_base_are_not_ours():
    class Mixed:
        def __init__(self, beta_1=0.5):
            self.beta_1 = beta_1

    class Net(MLPClassifierScratch, Mixed):
        def __init__(self, beta_1=0.9):
            super().__init__(max_iter=5, random_state=0, beta_1=beta_1)

    plain = MLPClassifierScratch(max_iter=5, random_state=0, beta_1=0.5)
    assert Net(beta_1=0.5).fit(X, LABELS).loss_curve_ == plain.fit(X, LABELS).loss_curve_


def test_a_default_of_a_subclass_reaches_the_loss():
    class Hub(MLPRegressorScratch):
        def __init__(self, huber_delta=0.1):
            super().__init__(loss="huber", huber_delta=huber_delta, max_iter=5, random_state=0)

    plain = MLPRegressorScratch(loss="huber", huber_delta=0.1, max_iter=5, random_state=0)
    assert Hub().fit(X, VALUES).loss_curve_ == plain.fit(X, VALUES).loss_curve_


# Targets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array, np.asarray], ids=lambda c: c.__name__)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_indicators_come_back_in_the_format_they_had(container, method):
    nets = [Net((4,), max_iter=20, random_state=0) for Net in (MLPClassifier, MLPClassifierScratch)]
    options = {}
    if method == "partial_fit":
        nets, options = nets[1:], {"classes": [0, 1, 2]}
    predictions = [getattr(net, method)(X, container(INDICATORS), **options).predict(X) for net in nets]
    dense = getattr(nets[-1], method)(X, INDICATORS, **options).predict(X)
    assert isinstance(dense, np.ndarray)
    is_dense = container is np.asarray
    for predicted in predictions:
        assert type(predicted) is (np.ndarray if is_dense else sparse.csr_matrix)
        assert predicted.shape == INDICATORS.shape
    if method == "fit":
        np.testing.assert_array_equal(predictions[-1] if is_dense else predictions[-1].toarray(), dense)
        assert predictions[-1].dtype == predictions[0].dtype


def test_sparse_indicators_with_early_stopping_and_a_scorer():
    net = MLPClassifierScratch((4,), max_iter=5, early_stopping=True, scoring="f1_micro", random_state=0)
    net.fit(X, sparse.csr_matrix(INDICATORS))
    assert net.score(X, sparse.csr_matrix(INDICATORS)) == net.score(X, INDICATORS)


def test_classes_that_do_not_fit_an_indicator_matrix():
    net = SequentialClassifierScratch([Dense(3)])
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] .* indicator matrix of 3 labels; expected \[0 1 2\]"):
        net.partial_fit(X, INDICATORS, classes=[0, 1])


@pytest.mark.parametrize("y", [np.full(90, "2020-01-01", "M8[D]"), np.full(90, 3, "m8[s]")], ids=["dates", "times"])
def test_dates_are_no_targets_of_a_regressor(y):
    with pytest.raises(ValueError, match=r"y has the type (datetime|timedelta)64.*; expected numbers"):
        MLPRegressorScratch().fit(X, y)


# Weights ------------------------------------------------------------------------------------------


def test_a_fold_without_a_class_that_has_a_weight():
    y = LABELS.copy()
    y[:3] = 2
    weights, folds = {0: 1, 1: 1, 2: 50}, KFold(3)
    for net in LogisticRegression(class_weight=weights), MLPClassifierScratch((4,), max_iter=5, class_weight=weights):
        assert np.isfinite(cross_val_score(net, X, y, cv=folds, error_score="raise")).all()


def test_rows_without_weight_are_held_out():
    weight = np.eye(90)[0]
    with pytest.raises(ValueError, match="zero for all 9 rows that are to validate"):
        MLPClassifierScratch((4,), early_stopping=True, random_state=0).fit(X, LABELS, sample_weight=weight)


def test_rows_to_validate_with_have_a_weight():
    net = MLPClassifierScratch((4,), early_stopping=True, class_weight={0: 0.0})
    with pytest.raises(ValueError, match=r"class_weight.* zero for all 5 rows that are to validate"):
        net.fit(X, LABELS, X_val=X[:5], y_val=np.zeros(5, int))


class Leap(Constant):
    """Leaves the rate as it is at the first step, and is far too large after it."""

    def __call__(self, clock):
        return 1e200 if clock.step else 1.0


@pytest.mark.parametrize("Estimator", [MLPRegressorScratch, RealMLPRegressorScratch])
def test_weights_that_are_not_finite_are_the_reason(Estimator):
    net = Estimator(hidden_layer_sizes=(4,), learning_rate=Leap(), batch_size=81, max_iter=2)
    if Estimator is MLPRegressorScratch:  # where it is off by default
        net.set_params(early_stopping=True)
    message = r"diverged: The weights became infinite or NaN\. The weights of epoch 1 were"
    with pytest.warns(UserWarning, match=message):
        net.fit(X.astype(np.float32), VALUES)


# Few rows -----------------------------------------------------------------------------------------


def test_one_row_is_no_validation_set_for_r2():
    with pytest.raises(ValueError, match="X_val has one row; expected at least two"):
        MLPRegressorScratch().fit(X, VALUES, X_val=X[:1], y_val=VALUES[:1])
    net = MLPRegressorScratch(scoring="loss", early_stopping=True, max_iter=30, random_state=0)
    assert net.fit(X, VALUES, X_val=X[:1], y_val=VALUES[:1]).best_epoch_ > 0


@pytest.mark.parametrize("n", [4, 7, 10])
def test_a_small_table_holds_out_no_single_row(n):
    net = RealMLPRegressorScratch(max_iter=4, random_state=0).fit(X[:n], VALUES[:n])
    assert np.isfinite(net.predict(X)).all()
    assert (net.validation_scores_ is None) == (n < 10)


# Losses that do not fit the targets ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "n_classes"),
    [
        (SoftmaxFocal(), 2),
        (SoftmaxCrossEntropy(), 2),
        (SquaredError(), 2),
        (BinaryCrossEntropy(), 3),
        (BinaryFocal(), 3),
        (SquaredError(), 3),
    ],
    ids=str,
)
def test_a_loss_of_another_link_is_refused(loss, n_classes):
    wanted = "logistic" if n_classes == 2 else "softmax"
    with pytest.raises(ValueError, match=f"has the link .*; expected '{wanted}' for (binary|multiclass) targets"):
        MLPClassifierScratch(loss=loss).fit(X, CLASSES[n_classes])


@pytest.mark.parametrize(("loss", "n_classes"), [(BinaryFocal(), 2), (SoftmaxFocal(), 3)], ids=str)
def test_a_loss_of_the_right_link_is_taken(loss, n_classes):
    y = CLASSES[n_classes]
    nets = [MLPClassifierScratch(loss=one, max_iter=5, random_state=0).fit(X, y) for one in (loss, "focal")]
    assert nets[0].loss_curve_ == nets[1].loss_curve_


@pytest.mark.parametrize("schedule", [Adaptive(), Warmup(5, Adaptive()), "adaptive"], ids=str)
def test_schedules_do_nothing_with_lbfgs(schedule):
    A, b = scale(DIABETES), scale(PROGRESS)
    params = {"hidden_layer_sizes": (20,), "solver": "lbfgs", "random_state": 0, "alpha": 0.0, "early_stopping": True}
    nets = [
        MLPRegressorScratch(learning_rate=one, max_iter=100, **params).fit(
            A[:300], b[:300], X_val=A[300:], y_val=b[300:]
        )
        for one in ("constant", schedule)
    ]
    assert nets[0].n_iter_ == nets[1].n_iter_ < 100


# Sparse rows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "takes"), [(None, True), ((4,), True), ((2, 2), False), ((4, 1), False)], ids=str)
def test_layers_that_begin_with_a_dense_one_take_sparse_rows(shape, takes):
    """But no sparse rows that are to become images or sequences."""
    net = SequentialClassifierScratch([Dense(3)], input_shape=shape, max_iter=2)
    assert net.__sklearn_tags__().input_tags.sparse == takes
    if takes:
        assert net.fit(sparse.csr_matrix(X), LABELS).predict(sparse.csr_matrix(X)).shape == (90,)
    else:
        with pytest.raises(TypeError, match="Sparse data was passed"):
            net.fit(sparse.csr_matrix(X), LABELS)


# Warnings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "calls", "message"),
    [
        ({"batch_size": 100}, ["fit"], "Got `batch_size` less than 1 or larger than sample size"),
        ({"max_iter": 1}, ["fit"], "Maximum iterations"),
        ({"max_iter": 1, "solver": "lbfgs"}, ["fit"], "lbfgs failed to converge"),
        ({"max_iter": 1, "learning_rate": "cosine"}, ["fit", "partial_fit"], "The schedule was laid out"),
    ],
)
def test_warnings_point_at_the_line_of_the_user(params, calls, message):
    net = MLPRegressorScratch(hidden_layer_sizes=(2,), **params)
    *before, last = (getattr(net, call) for call in calls)
    for call in before:
        call(X, VALUES)
    with pytest.warns(UserWarning, match=message) as caught:
        last(X, VALUES)
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RealMLPRegressorScratch(learning_rate_init=1e30, max_iter=3).fit(X, VALUES), "diverged"),
        (lambda: RealMLPRegressorScratch(learning_rate_init=1e30, max_iter=3, n_members=2).fit(X, VALUES), "diverged"),
        (lambda: SequentialRegressorScratch([Dense(2)], max_iter=1).fit(X, VALUES), "Maximum iterations"),
        (lambda: MLPRegressorScratch(batch_size=100).partial_fit(X, VALUES), "batch_size"),
    ],
    ids=["one member", "members", "layers", "partial_fit"],
)
def test_warnings_find_the_line_of_the_user_through_all_that_is_between(call, message):
    with pytest.warns(UserWarning, match=message) as caught:
        call()
    assert {warning.filename for warning in caught} == {__file__}


def test_warnings_from_within_other_tools_point_at_these():
    grid = GridSearchCV(MLPRegressorScratch(hidden_layer_sizes=(2,), batch_size=100), {"alpha": [0.1]}, cv=2)
    with pytest.warns(UserWarning, match="batch_size") as caught:
        grid.fit(X, VALUES)
    assert all("sknn" not in Path(warning.filename).parts[-3:] for warning in caught)
