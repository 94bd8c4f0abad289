"""Minibatch training: `run` holds the epochs, an epoch holds the steps, a step is one update."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from sknn.core.crew import ALONE, Crew
from sknn.core.kernels import Array, norm
from sknn.core.objective import Objective
from sknn.core.warn import warn
from sknn.core.workspace import Workspace
from sknn.optimizers import Optimizer
from sknn.schedules import Constant, Schedule
from sknn.training.batches import Batches
from sknn.training.rules import INTERRUPTED, Rule, TrainingState

CONSTANT = Constant()


class Trainer:
    """Minimise an objective by a first-order optimizer.

    Call order: `run` calls `_run_epoch` and then the rules, until one sets ``state.stop_reason`` or the
    epochs are used up; `_run_epoch` calls `_step` for each batch.

    Parameters
    ----------
    objective : Objective
        What to minimize; its network's parameters are changed in place.
    optimizer : Optimizer
        How.
    schedule : Schedule
        Factor of the learning rate at each step.
    rules : sequence of Rule
        Called before and after each epoch, in this order.
    learning_rate : float
        The rate that the schedule's factor multiplies.
    max_epochs : int
        At most so many passes.
    planned_epochs : int, default=max_epochs
        The schedule is laid out for so many; more than ``max_epochs`` where training goes on in further calls.
    weight_decay : float, default=0.0
        Share of each penalized weight, times the learning rate, that is taken away before an update.
    max_grad_norm : float, default=None
        Scale the gradient down to this norm where it is longer.
    decay_schedule : Schedule, default=Constant()
        Factor of the weight decay at each step, besides that of the learning rate.
    ends : float, default=None
        Stop at this time, counted as by `time.perf_counter`; the schedules are then at their end.

    References
    ----------
    Loshchilov, Hutter, "Decoupled weight decay regularization", 2017, arXiv:1711.05101. Pascanu, Mikolov, Bengio,
    "On the difficulty of training recurrent neural networks", 2013, arXiv:1211.5063 (clipping).
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
        planned_epochs: int | None = None,
        weight_decay: float = 0.0,
        max_grad_norm: float | None = None,
        decay_schedule: Schedule = CONSTANT,
        ends: float | None = None,
    ) -> None:
        self.objective, self.optimizer, self.schedule = objective, optimizer, schedule
        self.rules = list(rules)
        # A scalar of NumPy, as grids give it, would make numbers of its own type of all that it touches.
        self.learning_rate, self.weight_decay = float(learning_rate), float(weight_decay)
        self.max_grad_norm = None if max_grad_norm is None else float(max_grad_norm)
        self.max_epochs = int(max_epochs)
        self.planned_epochs = int(max_epochs if planned_epochs is None else planned_epochs)
        self.decay_schedule, self.ends = decay_schedule, ends

    def run(self, batches: Batches, state: TrainingState, crew: Crew = ALONE) -> None:
        """Train until a rule stops it, the epochs are used up, or the user interrupts.

        Sets: everything in ``state``, and the parameters of its network.

        Parameters
        ----------
        batches : Batches
            The training rows.
        state : TrainingState
            Where training starts from.
        crew : Crew, default=ALONE
            The threads that share the blocks of layers.
        """
        network, clock = state.network, state.clock
        state.optimizer_state = self.optimizer.take_over(state.optimizer_state, network.parameters.values)
        clock.plan(len(batches), self.planned_epochs)
        self.schedule.check(clock)
        if self.schedule.ends_as_planned and clock.step >= clock.total_steps:
            warn(
                f"The schedule was laid out for {self.planned_epochs} epochs, which are over: the learning rate stays "
                f"at {self.learning_rate * self.schedule(clock):g}. Raise max_iter, or choose one without an end.",
            )
        clock.budget = None if self.ends is None else (perf_counter(), self.ends)
        self._factors = network.parameters.rates()
        # SFC64 draws twice as fast as the default.
        seed = [batches.rng.randint(2**31 - 1), clock.step] if network.random else None
        rng = np.random.Generator(np.random.SFC64(seed)) if network.random else None
        spaces = {
            n: Workspace(network, n, training=True, rng=rng, clock=clock, sparse=batches.sparse, crew=crew)
            for n in batches.sizes
        }
        try:
            while state.stop_reason is None and state.epoch < self.max_epochs:
                for rule in self.rules:
                    rule.before_epoch(state)
                self._run_epoch(batches, spaces, state)
                for rule in self.rules:
                    rule.after_epoch(state)
                if state.stop_reason is None and clock.is_up:
                    state.stop_reason = "The limit of time was reached."
        except KeyboardInterrupt:
            warn("Training interrupted by user.")
            state.stop_reason = INTERRUPTED
        clock.budget = None

    def _run_epoch(self, batches: Batches, spaces: dict[int, Workspace], state: TrainingState) -> None:
        started = perf_counter()
        n = 0
        self._last_step = state.clock.step + len(batches)
        total = 0.0
        for x, y, weight in batches:
            rows = len(y)
            total += rows * self._step(spaces[rows], x, y, weight, state)
            n += rows
            if self._is_last:
                break
        state.epoch += 1
        state.clock.samples += n
        seconds = perf_counter() - started
        state.record(loss=total / n, learning_rate=self._rate, gradient_norm=self._norm, seconds=seconds)

    def _step(self, ws: Workspace, x: Any, y: Array, weight: Array | None, state: TrainingState) -> float:
        objective, clock, parameters = self.objective, state.clock, state.network.parameters
        ws.load(x)
        loss = objective.evaluate(ws, y, weight)
        self._rate = self.learning_rate * self.schedule(clock) * state.rate_scale
        decay_factor = self.decay_schedule(clock) if self.weight_decay else 0.0
        clock.step += 1
        self._is_last = clock.step == self._last_step or clock.is_up
        if self.max_grad_norm is not None or self._is_last:
            self._clip(objective.gradients.values)
        if self.weight_decay:
            parameters.decay(self.weight_decay * self._rate * decay_factor)
        assert state.optimizer_state is not None
        gradient, remembered = objective.gradients.values, state.optimizer_state
        self.optimizer.update(parameters.values, gradient, remembered, self._rate, self._factors, ws.crew)
        return loss

    def _clip(self, gradient: Array) -> None:
        """Measure the gradient, and shorten it to ``max_grad_norm``."""
        self._norm = norm(gradient)
        if self.max_grad_norm is not None and self._norm > self.max_grad_norm:
            gradient *= self.max_grad_norm / self._norm
