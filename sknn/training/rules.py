"""What happens after each epoch: every rule reads the training state, and may stop it or slow it down."""

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Protocol

from sknn.core.kernels import Array
from sknn.core.network import Network
from sknn.optimizers import OptimizerState
from sknn.schedules import Clock


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
    loss_curve, validation_scores : list of float
        One number an epoch.
    best_loss, best_score : float
        The best of each.
    best_weights : tuple of ndarray or None
        Snapshot of the parameters at the best validation score.
    no_improvement : int
        Epochs in a row without one that was better by ``tol``.
    mean_weight : float
        Mean sample weight of all rows seen.
    stop_reason : str or None
        Set by the rule that ends training.
    """

    network: Network
    clock: Clock = field(default_factory=Clock)
    optimizer_state: OptimizerState | None = None
    epoch: int = 0
    rate_scale: float = 1.0
    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    best_loss: float = math.inf
    best_score: float = -math.inf
    best_weights: tuple[Array, Array] | None = None
    no_improvement: int = 0
    mean_weight: float = 1.0
    stop_reason: str | None = None

    def continued(self, network: Network, *, anew: bool) -> "TrainingState":
        """Make the state that goes on from here with a copy of all that is trained.

        Parameters
        ----------
        network : Network
            Takes the weights over; its parameters are laid out like those of the present one.
        anew : bool
            True for a new fit, where the rate and the count of epochs without improvement start again.
        """
        weights = self.network.parameters.snapshot()
        network.parameters.restore(weights)
        return replace(
            self,
            network=network,
            clock=replace(self.clock),
            optimizer_state=deepcopy(self.optimizer_state),
            epoch=0,
            rate_scale=1.0 if anew else self.rate_scale,
            loss_curve=list(self.loss_curve),
            validation_scores=list(self.validation_scores),
            best_weights=weights if self.validation_scores else None,
            no_improvement=0 if anew else self.no_improvement,
            stop_reason=None,
        )

    @property
    def diverged(self) -> bool:
        """Whether the last loss is not a finite number."""
        return bool(self.loss_curve) and not math.isfinite(self.loss_curve[-1])


class Rule(Protocol):
    """A function of the training state, called after each epoch in the order of the list."""

    def __call__(self, state: TrainingState) -> None:
        """Read the state, and set ``stop_reason`` or ``rate_scale`` where there is need."""


@dataclass(frozen=True)
class Validation:
    """Score the network on the validation rows.

    Parameters
    ----------
    score : callable
        Gives the score of a network; more is better.
    """

    score: Callable[[Network], float]

    def __call__(self, state: TrainingState) -> None:
        state.validation_scores.append(math.nan if state.diverged else self.score(state.network))


@dataclass(frozen=True)
class Report:
    """Print the loss, and the validation score where there is one."""

    def __call__(self, state: TrainingState) -> None:
        print(f"Iteration {state.epoch}, loss = {state.loss_curve[-1]:.8f}")
        if state.validation_scores:
            print(f"Validation score: {state.validation_scores[-1]:f}")


@dataclass(frozen=True)
class Divergence:
    """Stop when the loss is no longer a finite number."""

    def __call__(self, state: TrainingState) -> None:
        if state.diverged:
            state.stop_reason = f"The loss became {state.loss_curve[-1]} in epoch {state.epoch}."


@dataclass(frozen=True)
class NoImprovement:
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

    def __call__(self, state: TrainingState) -> None:
        if self.watches_score:
            worse = state.validation_scores[-1] < state.best_score + self.tol
        else:
            worse = state.loss_curve[-1] > state.best_loss - self.tol
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
class Best:
    """Remember the best loss, or the best validation score together with its weights.

    Parameters
    ----------
    watches_score : bool
        Which of the two.
    """

    watches_score: bool

    def __call__(self, state: TrainingState) -> None:
        if not self.watches_score:
            state.best_loss = min(state.best_loss, state.loss_curve[-1])
        elif state.validation_scores[-1] > state.best_score:
            state.best_score = state.validation_scores[-1]
            state.best_weights = state.network.parameters.snapshot(state.best_weights)
