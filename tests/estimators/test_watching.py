"""What callbacks are given is the estimator as if training had ended there, and stays so."""

import numpy as np
import pytest
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_diabetes, load_iris

from sknn import MLPClassifierScratch, MLPRegressorScratch, RealMLPClassifierScratch, RealMLPRegressorScratch
from sknn.plotting.gradient_flow import _gradient_norms
from sknn.training.rules import ASKED, INTERRUPTED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::UserWarning")
X, LABELS = load_iris(return_X_y=True)
X_REG, Y_REG = load_diabetes(return_X_y=True)


class Keep:
    """Keeps every estimator that it is given."""

    def __init__(self):
        self.kept = []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.kept.append(fitted_estimator)

    def teardown(self, estimator, context):
        pass


class Interrupt(Keep):
    """Presses Ctrl-C after so many epochs, or asks to stop."""

    def __init__(self, epochs, asks=False):
        self.left, self.asks = epochs, asks

    def on_fit_task_end(self, estimator, context):
        self.left -= 1
        if self.left == 0 and not self.asks:
            raise KeyboardInterrupt
        return self.left <= 0


SGD = {"solver": "sgd", "max_iter": 50, "random_state": 0}
DIVERGING = {
    "restored": (
        MLPRegressorScratch(learning_rate_init=0.9, momentum=0.99, early_stopping=True, n_iter_no_change=50, **SGD),
        10 * X_REG,
        Y_REG / 100,
    ),
    "member": (RealMLPRegressorScratch(learning_rate_init=1e30, max_iter=20, random_state=0), X_REG, Y_REG),
    "error": (MLPRegressorScratch(**SGD), 1000 * X_REG, Y_REG),
}


@pytest.mark.parametrize("case", DIVERGING)
def test_divergence_ends_as_it_does_unwatched(case):
    estimator, A, b = DIVERGING[case]
    outcomes = []
    for callbacks in [], [ScoringMonitor(scoring="r2")]:
        try:
            outcomes.append(estimator.set_callbacks(*callbacks).fit(A, b).predict(A[:5]).tolist())
        except ValueError as error:
            outcomes.append(str(error))
    estimator.set_callbacks()
    assert outcomes[0] == outcomes[1]
    assert isinstance(outcomes[0], str) == (case == "error")


def test_with_early_stopping_it_has_the_best_weights_so_far():
    keep = Keep()
    params = {"early_stopping": True, "learning_rate_init": 0.1, "random_state": 0, "n_iter_no_change": 50}
    MLPClassifierScratch((5,), max_iter=30, **params).set_callbacks(keep).fit(X, LABELS)
    for epochs in 3, 10, 20:
        ended = MLPClassifierScratch((5,), max_iter=epochs, **params).fit(X, LABELS)
        np.testing.assert_array_equal(ended.predict_proba(X), keep.kept[epochs - 1].predict_proba(X))


@pytest.mark.parametrize("Estimator", [MLPClassifierScratch, RealMLPClassifierScratch])
def test_it_stays_as_it_was(Estimator):
    keep = Keep()
    net = Estimator(hidden_layer_sizes=(5,), max_iter=6, random_state=0).set_callbacks(keep).fit(X, LABELS)
    second = keep.kept[1]
    assert (second.n_iter_, len(second.history_["loss"])) == (2, 2)
    assert second.loss_ == second.loss_curve_[-1]
    if Estimator is MLPClassifierScratch:
        alone = Estimator(hidden_layer_sizes=(5,), max_iter=2, random_state=0).fit(X, LABELS)
        for one in second, alone:
            one.set_params(random_state=1).partial_fit(X, LABELS)
        np.testing.assert_array_equal(second.predict_proba(X), alone.predict_proba(X))
    assert len(net.history_["loss"]) == 6


@pytest.mark.parametrize("asks", [False, True], ids=["interrupt", "request"])
def test_who_stops_a_member_stops_all(asks):
    net = RealMLPClassifierScratch(max_iter=20, n_members=3, random_state=0)
    net.set_callbacks(Interrupt(2, asks)).fit(X, LABELS)
    assert [member.state.epoch for member in net.members_] == [2]
    assert net.score(X, LABELS) > 0.3


@pytest.mark.parametrize("asks", [False, True], ids=["interrupt", "request"])
def test_a_member_that_was_cut_off_is_not_averaged(asks):
    params = {"max_iter": 5, "random_state": 0}
    net = RealMLPClassifierScratch(**params, n_members=3).set_callbacks(Interrupt(7, asks)).fit(X, LABELS)
    assert [member.state.epoch for member in net.members_] == [5]
    assert net.stop_reason_ == (ASKED if asks else INTERRUPTED)
    assert net.n_iter_ == 5
    alone = RealMLPClassifierScratch(**params).fit(X, LABELS)
    np.testing.assert_array_equal(net.predict_proba(X), alone.predict_proba(X))


def test_the_step_that_measures_gradients_is_not_watched():
    calls = []

    class Count(Keep):
        def on_fit_task_end(self, estimator, context):
            calls.append(estimator)

    net = MLPClassifierScratch((5,), max_iter=2, random_state=0).set_callbacks(Count())
    _gradient_norms(net, X, LABELS)
    assert calls == []
