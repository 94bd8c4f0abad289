import copy
import math

import numpy as np
import pytest

from sknn.core.network import Network
from sknn.layers import Dense
from sknn.optimizers import OptimizerState
from sknn.schedules import Plateau
from sknn.training.rules import (
    HISTORY,
    Best,
    Divergence,
    LongSinceBest,
    LowerOnPlateau,
    NoImprovement,
    Report,
    TrainingState,
    Validation,
)


def make_state(**params):
    network = Network([Dense(2)], (3,), np.float64)
    network.initialize(np.random.RandomState(0))
    return TrainingState(network, **params)


def play(rules, losses, scores=None, state=None):
    """Call the rules as training would, until one of them stops it; give the state."""
    state = state or make_state()
    for i, loss in enumerate(losses):
        for rule in rules:
            rule.before_epoch(state)
        state.epoch += 1
        state.history["loss"].append(loss)
        if scores is not None:
            state.history["validation_score"].append(scores[i])
        state.network.parameters.values[:] = state.epoch
        for rule in rules:
            rule.after_epoch(state)
        if state.stop_reason is not None:
            break
    return state


def watch_loss(tol=0.1, patience=2, **params):
    return [NoImprovement(tol, patience, watches_score=False, **params), Best(scores=False, keeps_weights=False)]


def watch_score(tol=0.1, patience=2, **params):
    return [NoImprovement(tol, patience, watches_score=True, **params), Best(scores=True, keeps_weights=True)]


@pytest.mark.parametrize(
    ("losses", "epochs"),
    [
        ([5, 4, 3, 2, 1], None),
        ([5, 5, 5, 5, 5], 4),
        ([5, 4.95, 4.92, 4.91, 4], 4),  # better, but not by tol
        ([5, 5, 5, 4, 4, 4, 4, 4], 7),  # the count starts again
        ([5, 4.96, 4.92, 4.8, 4.6], None),  # each is held against the best of all, which creeps down
        ([5, 6, 7, 8, 1], 4),
        ([5, 4.9, 4.8, 4.7], None),  # better by exactly tol is better (but for rounding)
    ],
)
def test_no_improvement_of_the_loss(losses, epochs):
    state = play(watch_loss(tol=0.0999), losses)
    assert state.epoch == (epochs or len(losses))
    assert (state.stop_reason is None) == (epochs is None)
    if epochs:
        assert state.stop_reason == "Training loss did not improve more than tol=0.099900 for 2 consecutive epochs."


@pytest.mark.parametrize(
    ("scores", "epochs"),
    [
        ([0.1, 0.3, 0.5, 0.7], None),
        ([0.5, 0.5, 0.5, 0.5, 0.5], 4),
        ([0.5, 0.55, 0.58, 0.59, 0.9], 4),
        ([0.5, 0.5, 0.5, 0.7, 0.7, 0.7, 0.7], 7),
        ([-5.0, -4.0, -3.0, -2.0], None),
        ([0.9, 0.1, 0.2, 0.3, 0.4], 4),
    ],
)
def test_no_improvement_of_the_score(scores, epochs):
    losses = np.arange(len(scores), 0, -1.0)  # which do improve, and are not looked at
    state = play(watch_score(), losses, scores)
    assert state.epoch == (epochs or len(scores))
    if epochs:
        assert state.stop_reason == "Validation score did not improve more than tol=0.100000 for 2 consecutive epochs."


@pytest.mark.parametrize("patience", [1, 3, math.inf])
def test_patience_is_the_number_of_epochs_that_may_pass(patience):
    state = play(watch_loss(patience=patience), [1.0] * 10)
    assert state.epoch == min(10, 1 + patience + 1)


@pytest.mark.parametrize("losses", [[math.nan] * 9, [1.0] + [math.nan] * 9])
def test_loss_that_is_not_a_number_is_no_improvement(losses):
    state = play(watch_loss(), losses)
    assert state.no_improvement == 3
    assert state.stop_reason is not None


def test_score_that_is_not_a_number_is_no_improvement():
    state = play(watch_score(), [1.0] * 9, [0.5] + [math.nan] * 8)
    assert state.epoch == 4
    assert state.best_score == 0.5
    assert state.best_epoch == 1


def test_rate_is_divided_by_five_until_it_is_too_small():
    state = play(watch_loss(patience=1, divided_rate=1e-4), [1.0] * 50)
    # Twice 1 as the best, then every second epoch: 1e-4, 2e-5, 4e-6, 8e-7, where it ends.
    assert state.rate_scale == pytest.approx(5.0**-3)
    assert state.epoch == 1 + 2 * 4
    assert state.stop_reason == (
        "Training loss did not improve more than tol=0.100000 for 1 consecutive epochs. Learning rate too small."
    )


def test_a_divided_rate_goes_on_where_there_is_improvement():
    state = play(watch_loss(patience=1, divided_rate=0.1), [3.0, 3.0, 3.0, 2.0, 1.0])
    assert state.stop_reason is None
    assert state.rate_scale == pytest.approx(0.2)
    assert state.no_improvement == 0


@pytest.mark.parametrize("divided_rate", [None, 1e-5, 1e-7])
def test_decisions_are_printed_when_asked_for(divided_rate, capsys):
    play(watch_loss(patience=1, divided_rate=divided_rate), [1.0] * 3)
    assert capsys.readouterr().out == ""
    play(watch_loss(patience=1, divided_rate=divided_rate, verbose=True), [1.0] * 3)
    reason = "Training loss did not improve more than tol=0.100000 for 1 consecutive epochs."
    decision = {
        None: " Stopping.",
        1e-5: " Setting learning rate to 0.000002",
        1e-7: " Learning rate too small. Stopping.",
    }
    assert capsys.readouterr().out == f"{reason}{decision[divided_rate]}\n"


@pytest.mark.parametrize("watches_score", [False, True], ids=["loss", "score"])
def test_lower_on_plateau(watches_score):
    rule = LowerOnPlateau(Plateau(factor=0.5, patience=1, min_factor=0.2), 0.1, watches_score)
    scales = []

    class Spy(Divergence):
        def after_epoch(self, state):
            scales.append(state.rate_scale)

    values = [5.0, 5.0, 5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    losses, scores = ([1.0] * 11, [-value for value in values]) if watches_score else (values, [0.5] * 11)
    state = play([rule, Best(scores=watches_score, keeps_weights=False), Spy()], losses, scores)
    assert scales == [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2]
    assert state.stop_reason is None


def test_lowering_and_stopping_count_for_themselves():
    """A lower rate gets no more epochs than were granted."""
    rules = [*watch_loss(patience=4)[:1], LowerOnPlateau(Plateau(patience=1), 0.1, False), watch_loss()[1]]
    state = play(rules, [1.0] * 9)
    assert state.epoch == 6
    assert state.rate_scale == pytest.approx(0.2**2)
    assert state.on_plateau == 1


def test_best_loss():
    state = play([Best(scores=False, keeps_weights=False)], [3.0, 1.0, 2.0, 1.0])
    assert (state.best_loss, state.best_epoch) == (1.0, 2)
    assert state.best_score == -math.inf
    assert state.best_weights is None


def test_best_score():
    state = play([Best(scores=True, keeps_weights=True)], [3.0, 1.0, 2.0, 4.0], [0.1, 0.2, 0.3, 0.3])
    assert (state.best_loss, state.best_score, state.best_epoch) == (1.0, 0.3, 3)
    np.testing.assert_array_equal(state.best_weights[0], 3.0)
    np.testing.assert_array_equal(state.network.parameters.values, 4.0)


def test_weights_are_kept_only_where_they_are_wanted():
    assert play([Best(scores=True, keeps_weights=False)], [1.0], [0.5]).best_weights is None


def test_best_loss_is_a_number():
    state = play([Best(scores=False, keeps_weights=True)], [math.nan, 2.0, math.nan, math.inf])
    assert (state.best_loss, state.best_epoch) == (2.0, 2)
    np.testing.assert_array_equal(state.best_weights[0], 2.0)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_divergence(loss):
    state = play([Divergence()], [1.0, loss, 1.0])
    assert state.diverged
    assert state.epoch == 2
    assert state.stop_reason == f"The loss became {loss} in epoch 2."


def test_no_divergence():
    state = play([Divergence()], [1.0, 1e300, 0.0, -1e300])
    assert not state.diverged
    assert state.stop_reason is None
    assert not make_state().diverged


def test_validation_judges_the_network():
    state = make_state()
    judged = []

    def judge(network):
        judged.append(network)
        return 0.25, 0.75

    play([Validation(judge)], [1.0, 1.0], state=state)
    assert judged == [state.network] * 2
    assert state.history["validation_loss"] == [0.25, 0.25]
    assert state.history["validation_score"] == [0.75, 0.75]


def test_validation_does_not_judge_what_diverged():
    def judge(network):
        raise AssertionError

    state = play([Validation(judge)], [math.nan])
    assert math.isnan(state.history["validation_loss"][0])
    assert math.isnan(state.history["validation_score"][0])


def test_report(capsys):
    play([Report()], [1.0, 1 / 3])
    assert capsys.readouterr().out == "Iteration 1, loss = 1.00000000\nIteration 2, loss = 0.33333333\n"
    play([Report()], [1.0], [0.5])
    assert capsys.readouterr().out == "Iteration 1, loss = 1.00000000\nValidation score: 0.500000\n"


def trained_state():
    """Give the state of an estimator that was fitted: it holds its best weights, and no copy of them."""
    state = play(watch_score(), [3.0, 2.0, 1.0], [0.1, 0.5, 0.3])
    state.restore_best()
    state.optimizer_state = OptimizerState(3, {"m": np.ones(8)})
    state.rate_scale, state.stop_reason, state.mean_weight, state.on_plateau = 0.2, "Enough.", 1.5, 1
    state.clock.step, state.clock.samples = 12, 300
    return state


@pytest.mark.parametrize("anew", [True, False])
def test_continued(anew):
    state = trained_state()
    network = Network([Dense(2)], (3,), np.float64)
    other = state.continued(network, anew=anew)
    assert other.network is network
    np.testing.assert_array_equal(network.parameters.values, 2.0)
    assert (other.epoch, other.stop_reason) == (0, None)
    assert (other.rate_scale, other.no_improvement, other.on_plateau) == ((1.0, 0, 0) if anew else (0.2, 1, 1))
    assert (other.mean_weight, other.history) == (1.5, state.history)
    assert (other.clock.step, other.clock.samples, other.clock.start) == (12, 300, 12 if anew else 0)
    assert (other.best_loss, other.best_score, other.best_epoch) == (1.0, 0.5, 2)
    assert other.optimizer_state.step == 3


@pytest.mark.parametrize(
    ("judged", "at_best", "scores", "epoch", "best"),
    [
        (0.5, True, [0.4, 0.2], 2, 0.5),  # as it was scored before
        (0.5, True, [0.4, 0.9], 5, 0.9),
        (0.3, False, [0.2, 0.2], 3, 0.3),  # the last epoch's
        (0.45, True, [0.4, 0.2], 0, 0.45),  # of no epoch that was scored
        (math.nan, True, [0.2, 0.1], 4, 0.2),
    ],
)
def test_continued_training_begins_with_the_weights_that_it_has(judged, at_best, scores, epoch, best):
    """They are taken back where no later epoch scores better."""
    state = trained_state().continued(Network([Dense(2)], (3,), np.float64), anew=True)
    state.at_best = at_best
    rules = [NoImprovement(0.0, 9, True), Best(scores=True, keeps_weights=True, judge=lambda network: (0.0, judged))]
    play(rules, [0.5, 0.4], scores, state=state)
    assert (state.best_epoch, state.best_score) == (epoch, best)
    # `play` sets the weights to the number of the epoch, that of this call
    np.testing.assert_array_equal(state.best_weights[0], epoch - 3 if epoch > 3 else 2.0)


def test_continued_leaves_the_first_state_alone():
    state = trained_state()
    history, clock = copy.deepcopy(state.history), copy.deepcopy(state.clock)
    other = state.continued(Network([Dense(2)], (3,), np.float64), anew=False)
    play(watch_score(), [0.5], [0.9], state=other)
    other.network.parameters.values[:] = 99.0
    other.optimizer_state.slots["m"][:] = 99.0
    other.clock.step += 1
    assert (state.history, state.clock, state.epoch, state.best_weights) == (history, clock, 3, None)
    np.testing.assert_array_equal(state.network.parameters.values, 2.0)
    np.testing.assert_array_equal(state.optimizer_state.slots["m"], 1.0)


def test_history_starts_empty_and_is_not_shared():
    one, other = make_state(), make_state()
    assert one.history == {name: [] for name in HISTORY}
    one.history["loss"].append(1.0)
    assert other.history["loss"] == []


@pytest.mark.parametrize(("prefers_last", "epoch"), [(False, 2), (True, 4)])
def test_best_of_equal_scores(prefers_last, epoch):
    state = play([Best(True, True, prefers_last)], [1.0] * 5, [0.1, 0.5, 0.2, 0.5, math.nan])
    assert state.best_epoch == epoch
    np.testing.assert_array_equal(state.best_weights[0], epoch)


@pytest.mark.parametrize(
    ("factor", "offset", "scores", "epochs"),
    [
        (2.0, 3.0, [0.5] + [0.1] * 20, 6),
        (2.0, 3.0, [0.1, 0.2, 0.3, *[0.0] * 20], 10),
        (1.0, 0.0, [0.1, 0.2, 0.1, 0.9], 3),
        (3.0, 5.0, [0.1] * 8, 8),
    ],
)
def test_long_since_best(factor, offset, scores, epochs):
    """It stops in the first epoch that is later than ``factor`` times the best one plus ``offset``."""
    state = play([Best(True, False), LongSinceBest(factor, offset)], [1.0] * len(scores), scores)
    assert state.epoch == epochs
    assert (state.stop_reason is not None) == (epochs < len(scores) or factor == 1.0)


def test_scores_that_differ_by_rounding_are_equal():
    state = play([Best(True, True, True)], [1.0] * 4, [0.5, 0.5 - 1e-7, 0.5 - 1e-7, 0.4])
    assert (state.best_epoch, state.best_score) == (3, 0.5)


def test_scores_that_differ_by_little_are_not_equal():
    state = play([Best(True, True, True)], [1.0] * 3, [0.5, 0.5 - 1e-5, 0.4])
    assert (state.best_epoch, state.best_score) == (1, 0.5)


def test_a_rate_that_is_at_the_least_is_not_divided():
    state = play(watch_loss(patience=1, divided_rate=1e-6), [1.0] * 9)
    assert (state.epoch, state.rate_scale) == (3, 1.0)
    assert state.stop_reason.endswith("Learning rate too small.")


def test_best_weights_are_kept_in_the_same_memory():
    rules = watch_score()
    state = play(rules, [1.0], [0.1])
    arrays = state.best_weights
    play(rules, [1.0], [0.2], state=state)
    assert all(now is before for now, before in zip(state.best_weights, arrays, strict=True))
    np.testing.assert_array_equal(arrays[0], 2.0)


def test_continued_training_without_validation_leaves_the_best_epoch():
    state = trained_state().continued(Network([Dense(2)], (3,), np.float64), anew=False)
    play([Best(scores=False, keeps_weights=False)], [5.0], state=state)
    assert (state.best_epoch, state.best_score, state.at_best) == (2, 0.5, False)
    play([Best(scores=False, keeps_weights=False)], [0.5], state=state)
    assert (state.best_epoch, state.best_score, state.at_best) == (5, 0.5, False)


def test_as_if_ended_stands_alone():
    state = play(watch_score(), [3.0, 2.0, 1.0], [0.1, 0.5, 0.3])
    state.optimizer_state = OptimizerState(3, {"m": np.ones(8)})
    ended = state.as_if_ended()
    assert (ended.best_weights, ended.at_best, state.at_best) == (None, True, False)
    np.testing.assert_array_equal(ended.network.parameters.values, 2.0)
    np.testing.assert_array_equal(state.network.parameters.values, 3.0)
    state.clock.step += 1
    state.history["loss"].append(0.0)
    state.optimizer_state.slots["m"][:] = 0.0
    assert (ended.clock.step, ended.history["loss"]) == (0, [3.0, 2.0, 1.0])
    np.testing.assert_array_equal(ended.optimizer_state.slots["m"], 1.0)


def test_epochs_without_a_number_are_filled_up():
    """Before the first one that has it, between, and after the last; what no epoch had is left out."""
    state = make_state()
    state.record(loss=1.0)
    state.record(loss=2.0, seconds=0.5)
    state.record(loss=3.0)
    state.record(loss=4.0, seconds=0.25)
    state.record(loss=5.0)
    recorded = state.recorded()
    assert sorted(recorded) == ["loss", "seconds"]
    assert recorded["loss"] == [1.0, 2.0, 3.0, 4.0, 5.0]
    np.testing.assert_array_equal(recorded["seconds"], [math.nan, 0.5, math.nan, 0.25, math.nan])
    assert len(state.history["seconds"]) == 4


def test_better_by_exactly_tol_is_better():
    values = np.arange(6.0) / 2
    assert play(watch_loss(tol=0.5, patience=1), -values).stop_reason is None
    assert play(watch_score(tol=0.5, patience=1), [1.0] * 6, values).stop_reason is None
