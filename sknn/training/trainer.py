"""Minibatch training: `run` holds the epochs, an epoch holds the steps, a step is one update."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from sknn.core.kernels import Array
from sknn.core.objective import Objective
from sknn.core.workspace import Workspace
from sknn.optimizers import Optimizer
from sknn.schedules import Schedule
from sknn.training.batches import Batches
from sknn.training.rules import Rule, TrainingState


class Trainer:
    """Minimise an objective by a first-order optimizer.

    Call order: `run` calls `_run_epoch` and then the rules, until one sets ``state.stop_reason`` or the
    epochs are used up; `_run_epoch` calls `_step` for each batch.

    Parameters
    ----------
    objective : Objective
        What to minimise; its network's parameters are changed in place.
    optimizer : Optimizer
        How.
    schedule : Schedule
        Factor of the learning rate at each step.
    rules : sequence of Rule
        Called after each epoch, in this order.
    learning_rate : float
        The rate that the schedule's factor multiplies.
    max_epochs : int
        At most so many passes.
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        schedule: Schedule,
        rules: Sequence[Rule],
        *,
        learning_rate: float,
        max_epochs: int,
    ) -> None:
        self.objective, self.optimizer, self.schedule = objective, optimizer, schedule
        self.rules = list(rules)
        self.learning_rate, self.max_epochs = learning_rate, max_epochs

    def run(self, batches: Batches, state: TrainingState) -> None:
        """Train until a rule stops it, the epochs are used up, or the user interrupts.

        Sets: everything in ``state``, and the parameters of its network.

        Parameters
        ----------
        batches : Batches
            The training rows.
        state : TrainingState
            Where training starts from.
        """
        network, clock = state.network, state.clock
        if state.optimizer_state is None or tuple(state.optimizer_state.slots) != self.optimizer.slots:
            state.optimizer_state = self.optimizer.init(network.parameters.values)
        clock.steps_per_epoch = len(batches)
        clock.total_steps = clock.step + self.max_epochs * len(batches)
        rng = np.random.default_rng(batches.rng.randint(2**31 - 1)) if network.random else None
        ws = Workspace(network, batches.batch_size, training=True, rng=rng, sparse=batches.sparse)
        try:
            while state.stop_reason is None and state.epoch < self.max_epochs:
                self._run_epoch(batches, ws, state)
                for rule in self.rules:
                    rule(state)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
            state.stop_reason = "Interrupted by the user."

    def _run_epoch(self, batches: Batches, ws: Workspace, state: TrainingState) -> None:
        n = len(batches.rows)
        last = n % batches.batch_size
        remainder = ws.head(last) if last else ws
        total = 0.0
        for x, y, weight in batches:
            rows = len(y)
            total += rows * self._step(ws if rows == ws.batch_size else remainder, x, y, weight, state)
        state.epoch += 1
        state.clock.samples += n
        state.loss_curve.append(total / n)

    def _step(self, ws: Workspace, x: Any, y: Array, weight: Array | None, state: TrainingState) -> float:
        objective, clock = self.objective, state.clock
        ws.load(x)
        loss = objective.evaluate(ws, y, weight)
        rate = self.learning_rate * self.schedule(clock) * state.rate_scale
        assert state.optimizer_state is not None
        self.optimizer.update(state.network.parameters.values, objective.gradients.values, state.optimizer_state, rate)
        clock.step += 1
        return loss
