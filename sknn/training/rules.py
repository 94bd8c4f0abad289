"""What happens after each epoch: every rule reads the training state, and may stop it or slow it down."""

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace

from sknn.core.kernels import Array
from sknn.core.network import Network
from sknn.optimizers import OptimizerState
from sknn.schedules import Clock, Plateau

BY_THE_USER = INTERRUPTED, ASKED = "Interrupted by the user.", "A callback asked to stop."
"""Reasons of the user's to stop: they end a fit as a whole."""

HISTORY = ("loss", "validation_loss", "validation_score", "learning_rate", "gradient_norm", "seconds")
"""What is recorded of each epoch."""


@dataclass
class TrainingState:
    """Where training stands.

    Parameters
    ----------
    network : Network
        The network being trained.
    clock : Clock
        Steps and rows seen.
    optimizer_state : OptimizerState, default=None
        What the optimizer remembers; None before the first update and with L-BFGS.
    epoch : int
        Epochs of this call (iterations, with L-BFGS).
    rate_scale : float
        Factor on the learning rate that rules may lower.
    history : dict of str to list of float
        One number an epoch: "loss", "validation_loss", "validation_score", "learning_rate" and "gradient_norm" (at
        the last step of the epoch), "seconds".
    best_loss, best_score : float
        The lowest loss and the highest validation score.
    best_epoch : int
        When the better of them was reached: the score where there is one; counted from 1 over all of ``history``.
    at_best : bool
        Whether the parameters are those of the best validation score.
    best_weights : tuple of ndarray or None
        Snapshot of the parameters at the best validation score.
    no_improvement : int
        Epochs in a row without one that was better by ``tol``.
    on_plateau : int
        The same since the learning rate was lowered last.
    mean_weight : float
        Mean sample weight of the rows of this fit, and of those of the calls of ``partial_fit`` after it.
    weighed : int
        Rows that it is the mean of.
    stop_reason : str or None
        Set by the rule that ends training.
    """

    network: Network
    clock: Clock = field(default_factory=Clock)
    optimizer_state: OptimizerState | None = None
    epoch: int = 0
    rate_scale: float = 1.0
    history: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in HISTORY})
    best_loss: float = math.inf
    best_score: float = -math.inf
    best_epoch: int = 0
    at_best: bool = False
    best_weights: tuple[Array, Array] | None = None
    no_improvement: int = 0
    on_plateau: int = 0
    mean_weight: float = 1.0
    weighed: int = 0
    stop_reason: str | None = None

    def continued(self, network: Network, *, anew: bool) -> "TrainingState":
        """Make the state that goes on from here with a copy of all that is trained.

        Parameters
        ----------
        network : Network
            Takes the weights over; its parameters are laid out like those of the present one.
        anew : bool
            True for a new fit, where the rate and the count of epochs without improvement start again.

        Returns
        -------
        TrainingState
        """
        network.parameters.restore(self.network.parameters.snapshot())
        return replace(
            self,
            network=network,
            clock=replace(self.clock, start=self.clock.step if anew else self.clock.start),
            optimizer_state=deepcopy(self.optimizer_state),
            epoch=0,
            rate_scale=1.0 if anew else self.rate_scale,
            history={name: list(values) for name, values in self.history.items()},
            no_improvement=0 if anew else self.no_improvement,
            on_plateau=0 if anew else self.on_plateau,
            weighed=0 if anew else self.weighed,
            stop_reason=None,
        )

    def as_if_ended(self) -> "TrainingState":
        """Make an independent copy that stands as if training had ended here: with the best weights, if there are."""
        history = {name: list(values) for name, values in self.history.items()}
        optimizer_state, clock = deepcopy(self.optimizer_state), replace(self.clock)
        copy = replace(self, network=self.network.copy(), clock=clock, optimizer_state=optimizer_state, history=history)
        if copy.best_weights is not None:
            copy.restore_best()
        return copy

    def restore_best(self) -> None:
        """Take the best weights back, which a rule has kept."""
        assert self.best_weights is not None
        self.network.parameters.restore(self.best_weights)
        self.best_weights, self.at_best = None, True

    def record(self, **values: float) -> None:
        """Note numbers of this epoch, its "loss" before all others; NaN fills epochs that had none."""
        for name, value in values.items():
            series = self.history[name]
            series += [math.nan] * (len(self.history["loss"]) - 1 - len(series))
            series.append(value)

    def recorded(self) -> dict[str, list[float]]:
        """Give the history of what was recorded at all, a number for every epoch."""
        epochs, history = len(self.history["loss"]), self.history.items()
        full = {name: series for name, series in history if len(series) == epochs}
        return full | {n: s + [math.nan] * (epochs - len(s)) for n, s in history if 0 < len(s) < epochs}

    @property
    def diverged(self) -> bool:
        """Whether the last loss is not a finite number."""
        return bool(self.history["loss"]) and not math.isfinite(self.history["loss"][-1])

    def is_worse(self, tol: float, watches_score: bool) -> bool:
        """Tell whether the last epoch was not better by ``tol`` than the best before, or not a number.

        Parameters
        ----------
        tol : float
            What counts as better.
        watches_score : bool
            Compare validation scores, else training losses.

        Returns
        -------
        bool
        """
        if watches_score:
            return not self.history["validation_score"][-1] >= self.best_score + tol
        return not self.history["loss"][-1] <= self.best_loss - tol


class Rule:
    """What is done before and after each epoch; rules run in the order of their list."""

    def before_epoch(self, state: TrainingState) -> None:
        """Prepare for the epoch.

        Parameters
        ----------
        state : TrainingState
            Where training stands.
        """

    def after_epoch(self, state: TrainingState) -> None:
        """Read the state, and set ``stop_reason`` or ``rate_scale`` where there is need.

        Parameters
        ----------
        state : TrainingState
            Where training stands.
        """


@dataclass(frozen=True)
class Validation(Rule):
    """Judge the network on the validation rows.

    Parameters
    ----------
    judge : callable
        Gives the loss and the score of a network; more of the score is better.
    """

    judge: Callable[[Network], tuple[float, float]]

    def after_epoch(self, state: TrainingState) -> None:
        loss, score = (math.nan, math.nan) if state.diverged else self.judge(state.network)
        state.record(validation_loss=loss, validation_score=score)


@dataclass(frozen=True)
class Report(Rule):
    """Print the loss, and the validation score where there is one."""

    def after_epoch(self, state: TrainingState) -> None:
        print(f"Iteration {state.epoch}, loss = {state.history['loss'][-1]:.8f}")
        if state.history["validation_score"]:
            print(f"Validation score: {state.history['validation_score'][-1]:f}")


@dataclass(frozen=True)
class Divergence(Rule):
    """Stop when the loss is no longer a finite number."""

    def after_epoch(self, state: TrainingState) -> None:
        if state.diverged:
            state.stop_reason = f"The loss became {state.history['loss'][-1]} in epoch {state.epoch}."


@dataclass(frozen=True)
class NoImprovement(Rule):
    """Stop, or divide the learning rate by five, after epochs that were not better than the best by ``tol``.

    Parameters
    ----------
    tol : float
        What counts as better.
    patience : int
        More than this many such epochs in a row end training.
    watches_score : bool
        Watch the validation score, else the training loss.
    divided_rate : float, default=None
        The learning rate at the start, where it is to be divided until it falls to 1e-6.
    verbose : bool, default=False
        Print what was decided.
    """

    tol: float
    patience: float
    watches_score: bool
    divided_rate: float | None = None
    verbose: bool = False

    def after_epoch(self, state: TrainingState) -> None:
        worse = state.is_worse(self.tol, self.watches_score)
        state.no_improvement = state.no_improvement + 1 if worse else 0
        if state.no_improvement > self.patience:
            self._decide(state)

    def _decide(self, state: TrainingState) -> None:
        watched = "Validation score" if self.watches_score else "Training loss"
        reason = f"{watched} did not improve more than tol={self.tol:f} for {self.patience} consecutive epochs."
        if self.divided_rate is None:
            state.stop_reason, decision = reason, "Stopping."
        elif self.divided_rate * state.rate_scale <= 1e-6:
            state.stop_reason, decision = f"{reason} Learning rate too small.", "Stopping."
        else:
            state.rate_scale /= 5.0
            state.no_improvement = 0
            decision = f"Setting learning rate to {self.divided_rate * state.rate_scale:f}"
        if self.verbose:
            print(f"{state.stop_reason or reason} {decision}")


@dataclass(frozen=True)
class LongSinceBest(Rule):
    """Stop when the epoch is beyond ``factor`` times the best one plus ``offset``: patience grows with training.

    It stands after the rule that finds the best epoch.

    Parameters
    ----------
    factor : float, default=2.0
        Epochs to go on for each epoch up to the best one.
    offset : float, default=20
        Epochs to go on besides.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491, as in the authors' code; for schedules that rise and fall again.
    """

    factor: float = 2.0
    offset: float = 20.0

    def after_epoch(self, state: TrainingState) -> None:
        epochs = len(state.history["loss"])
        if epochs > self.factor * state.best_epoch + self.offset:
            state.stop_reason = (
                f"Epoch {epochs} is later than {self.factor:g} times the best epoch ({state.best_epoch}) plus "
                f"{self.offset:g}."
            )


@dataclass(frozen=True)
class LowerOnPlateau(Rule):
    """Multiply the learning rate by a factor after epochs that were not better than the best by ``tol``.

    Parameters
    ----------
    schedule : Plateau
        Says the factor, the patience, and how low it may go.
    tol : float
        What counts as better.
    watches_score : bool
        Watch the validation score, else the training loss.
    """

    schedule: Plateau
    tol: float
    watches_score: bool

    def after_epoch(self, state: TrainingState) -> None:
        worse = state.is_worse(self.tol, self.watches_score)
        state.on_plateau = state.on_plateau + 1 if worse else 0
        if state.on_plateau > self.schedule.patience:
            state.rate_scale = max(state.rate_scale * self.schedule.factor, self.schedule.min_factor)
            state.on_plateau = 0


TIE = 1e-6
"""Scores that differ by no more are equal, where the last of them is taken: a weighted score has such differences."""


@dataclass(frozen=True)
class Best(Rule):
    """Remember the best epoch, and the weights that scored best.

    Parameters
    ----------
    scores : bool
        There is a validation score, which then says what is best; else the training loss does.
    keeps_weights : bool
        Take a snapshot of the parameters at the best score.
    prefers_last : bool, default=False
        Of epochs with equal scores, to 1e-6, take the last, else the first.
    judge : callable, default=None
        As of `Validation`: scores the weights that a warm start begins with, which count as the best then.
    """

    scores: bool
    keeps_weights: bool
    prefers_last: bool = False
    judge: Callable[[Network], tuple[float, float]] | None = None

    # A best score from before may be that of other weights, on other samples, or by another scorer.
    def before_epoch(self, state: TrainingState) -> None:
        if not self.keeps_weights or state.epoch or not state.history["loss"]:
            return
        score = self.judge(state.network)[1] if self.judge else math.nan
        if math.isnan(score):
            state.best_score, state.best_epoch = -math.inf, 0
            return
        state.best_score, state.best_weights = score, state.network.parameters.snapshot()
        epoch = state.best_epoch if state.at_best else len(state.history["loss"])
        state.best_epoch = epoch if state.history["validation_score"][epoch - 1 : epoch] == [score] else 0

    def after_epoch(self, state: TrainingState) -> None:
        loss = state.history["loss"]
        better = loss[-1] < state.best_loss
        state.best_loss = min(state.best_loss, loss[-1])
        if self.scores:
            score = state.history["validation_score"][-1]
            better = score >= state.best_score - TIE if self.prefers_last else score > state.best_score
            state.best_score = max(score, state.best_score) if better else state.best_score
        state.at_best = better and self.scores
        if better:
            state.best_epoch = len(loss)
            if self.keeps_weights:
                state.best_weights = state.network.parameters.snapshot(state.best_weights)
