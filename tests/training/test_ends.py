"""Time in training: its limit, its clock, the seconds of an epoch; and the threads of its layers."""

from dataclasses import dataclass
from itertools import count

import numpy as np
import pytest

from sknn.core.crew import Crew
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.layers import Dense
from sknn.losses import SquaredError
from sknn.optimizers import SGD
from sknn.schedules import Constant, FlatCos, Schedule
from sknn.training.batches import Batches, TargetRows
from sknn.training.lbfgs import LBFGS
from sknn.training.rules import Rule, TrainingState
from sknn.training.trainer import CONSTANT, Trainer

X = np.random.RandomState(0).randn(10, 3)
Y = X[:, :1] + 1.0


class Watched(Objective):
    """Remembers the crew and the clock of the workspaces that it evaluates."""

    def evaluate(self, ws, y, weight=None):
        self.crew, self.clock = ws.crew, ws.clock
        return super().evaluate(ws, y, weight)


class Converged(Rule):
    """Stops after the first epoch."""

    def after_epoch(self, state):
        state.stop_reason = "converged"


@dataclass(frozen=True)
class Off(Schedule):
    """Lets nothing be learned."""

    def __call__(self, clock):
        return 0.0


@pytest.fixture
def objective():
    network = Network([Dense(1)], (3,), np.float64)
    network.initialize(np.random.RandomState(0))
    return Watched(network, SquaredError(), Penalty())


def batches():
    rng = np.random.RandomState(0)
    return Batches(X, TargetRows(Y), None, np.arange(10), batch_size=2, shuffle=False, rng=rng, dtype=np.float64)


def train(objective, rules=(), schedule=CONSTANT, **options):
    """Train for two epochs of five steps, if nothing ends it before."""
    state = TrainingState(objective.network)
    trainer = Trainer(objective, SGD(), schedule, rules, learning_rate=0.1, max_epochs=2, **options)
    trainer.run(batches(), state)
    return state


def test_time_that_is_over_lets_one_step_be_done(objective):
    """The epoch does not go on to its end."""
    state = train(objective, ends=0.0)
    assert (state.clock.step, state.clock.samples, state.epoch) == (1, 2, 1)
    assert state.stop_reason == "The limit of time was reached."
    assert state.clock.budget is None


def test_time_to_spare_lets_all_steps_be_done(objective):
    state = train(objective, ends=np.inf)
    assert (state.clock.step, state.clock.samples, state.epoch) == (10, 20, 2)
    assert state.stop_reason is None


def test_what_a_rule_says_stands_when_the_time_is_over_as_well(objective):
    assert train(objective, [Converged()], ends=0.0).stop_reason == "converged"


def test_layers_see_the_clock_of_training(objective):
    assert train(objective).clock is objective.clock


@pytest.mark.parametrize("solver", ["trainer", "lbfgs"])
def test_layers_get_the_crew_that_training_is_given(objective, solver):
    state = TrainingState(objective.network)
    with Crew(2) as crew:
        if solver == "lbfgs":
            LBFGS(objective, [], max_iter=50, max_fun=100, tol=1e-3).run(X, Y, None, state, crew)
        else:
            Trainer(objective, SGD(), Constant(), [], learning_rate=0.1, max_epochs=1).run(batches(), state, crew)
        assert objective.crew is crew


def test_seconds_of_an_iteration_are_its_own(objective, monkeypatch):
    """Not those since the beginning."""
    monkeypatch.setattr("sknn.training.lbfgs.perf_counter", count().__next__)
    state = TrainingState(objective.network)
    LBFGS(objective, [], max_iter=50, max_fun=100, tol=1e-6).run(X, Y, None, state)
    assert state.epoch > 2
    assert state.recorded()["seconds"] == [1.0] * state.epoch


@pytest.mark.parametrize("name", ["schedule", "decay_schedule"])
def test_both_schedules_act_on_weight_decay(objective, name):
    """Where one of them is 0, nothing decays."""
    values = objective.network.parameters.values
    values[:] = 1.0
    without = Watched(objective.network.copy(), SquaredError(), Penalty())
    train(objective, weight_decay=0.5, **{name: Off()})
    train(without, schedule=Off() if name == "schedule" else CONSTANT)
    np.testing.assert_array_equal(values, without.network.parameters.values)


def test_the_first_run_after_the_end_of_a_schedule_warns(objective):
    state = TrainingState(objective.network)
    trainer = Trainer(objective, SGD(), FlatCos(), [], learning_rate=0.1, max_epochs=2, planned_epochs=2)
    trainer.run(batches(), state)
    with pytest.warns(UserWarning, match="laid out for 2 epochs, which are over"):
        trainer.run(batches(), state)
