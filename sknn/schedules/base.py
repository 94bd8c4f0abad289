"""The contract of a learning-rate schedule, and those that keep it constant or let what happens decide."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from time import perf_counter

from sknn.core.checks import require
from sknn.core.settings import Settings


@dataclass
class Clock:
    """How far training has come; the trainer advances it, schedules read it.

    Parameters
    ----------
    step : int, default=0
        Parameter updates done.
    samples : int, default=0
        Rows seen up to the start of this epoch, over all calls of ``fit`` that were continued.
    total_steps : int, default=0
        Updates planned, at most.
    steps_per_epoch : int, default=1
        Updates of one pass over the data.
    start : int, default=0
        The update at which the schedule begins, counted like ``step``: not 0 where training was continued.
    budget : (float, float), default=None
        When a limit of time began and when it ends, as `time.perf_counter` counts seconds.
    """

    step: int = 0
    samples: int = 0
    total_steps: int = 0
    steps_per_epoch: int = 1
    start: int = 0
    budget: tuple[float, float] | None = None

    def plan(self, steps_per_epoch: int, epochs: int) -> None:
        """Lay the schedule out for epochs of so many updates; those that are done count as epochs of that length.

        Parameters
        ----------
        steps_per_epoch : int
            Updates of one pass over the data that come now.
        epochs : int
            Passes planned, at most, those that are done included.
        """
        self.start = self.step - round(self.epoch * steps_per_epoch)
        self.steps_per_epoch = steps_per_epoch
        self.total_steps = self.start + epochs * steps_per_epoch

    @property
    def progress(self) -> float:
        """Share of the planned updates that are done, or of the limit of time if that is more, from 0 to 1."""
        planned = self.total_steps - self.start
        share = (self.step - self.start) / planned if planned > 0 else 0.0
        if self.budget is not None:
            began, ends = self.budget
            share = max(share, (perf_counter() - began) / (ends - began)) if ends > began else 1.0
        return min(1.0, share)

    @property
    def is_up(self) -> bool:
        """Whether the limit of time has passed."""
        return self.budget is not None and perf_counter() >= self.budget[1]

    @property
    def epoch(self) -> float:
        """Passes over the data that are done, with their fraction, since the schedule began."""
        return (self.step - self.start) / self.steps_per_epoch


@dataclass(frozen=True)
class Schedule(Settings, ABC):
    """Base class of the schedules, frozen dataclasses called with a `Clock` before every update.

    Raises
    ------
    ValueError
        On construction, if a parameter is out of its range.
    """

    @property
    def divides_on_plateau(self) -> bool:
        """Whether the rate is to be divided by five when training no longer improves, as `Adaptive` says."""
        return False

    @property
    def ends_as_planned(self) -> bool:
        """Whether the schedule is laid out for all epochs, so that training is over when they are."""
        return False

    @property
    def plateau(self) -> "Plateau | None":
        """What to do when training no longer improves, if that is for the schedule to say."""
        return None

    @abstractmethod
    def __call__(self, clock: Clock) -> float:
        """Give the factor of the learning rate for the next update.

        Parameters
        ----------
        clock : Clock
            How far training has come.

        Returns
        -------
        float
        """

    def check(self, clock: Clock) -> None:
        """Make sure that the schedule fits into the training that is planned.

        Parameters
        ----------
        clock : Clock
            Says how many updates are planned.

        Raises
        ------
        ValueError
            If the schedule is longer; the message names its parameter.
        """


@dataclass(frozen=True)
class Constant(Schedule):
    """The learning rate stays `learning_rate_init`."""

    def __call__(self, clock: Clock) -> float:
        return 1.0


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """Falls with the rows seen before this epoch: factor 1 / (samples + 1) ** power_t.

    Parameters
    ----------
    power_t : float, default=0.5
        The exponent.
    """

    power_t: float = 0.5

    def __call__(self, clock: Clock) -> float:
        return math.pow(clock.samples + 1, -self.power_t)


@dataclass(frozen=True)
class Adaptive(Constant):
    """Constant until training no longer improves; then divided by five, until it falls to 1e-6."""

    @property
    def divides_on_plateau(self) -> bool:
        return True


@dataclass(frozen=True)
class Plateau(Constant):
    """Constant until training no longer improves; then multiplied by ``factor``, again and again.

    Unlike 'adaptive' it does not end training: that is for the number of epochs without improvement, which
    should be greater than ``patience``.

    Parameters
    ----------
    factor : float, default=0.2
        What the rate is multiplied by, between 0 and 1.
    patience : int, default=5
        So many epochs in a row without improvement are borne, at least 0.
    min_factor : float, default=1e-3
        The product of all reductions goes no lower, from 0 to 1.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    factor: float = 0.2
    patience: int = 5
    min_factor: float = 1e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.factor < 1, "factor", "between 0 and 1", self.factor)
        require(self.patience >= 0, "patience", "at least 0", self.patience)
        require(0 <= self.min_factor <= 1, "min_factor", "from 0 to 1", self.min_factor)

    @property
    def plateau(self) -> "Plateau | None":
        return self
