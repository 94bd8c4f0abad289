"""Learning-rate schedules: factors of `learning_rate_init` as training goes on."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar


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
    """

    step: int = 0
    samples: int = 0
    total_steps: int = 0
    steps_per_epoch: int = 1

    @property
    def progress(self) -> float:
        """Share of the planned updates that are done, from 0 to 1."""
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0


@dataclass(frozen=True)
class Schedule(ABC):
    """Base class of the schedules, frozen dataclasses called with a `Clock` before every update."""

    divides_on_plateau: ClassVar[bool] = False

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

    divides_on_plateau: ClassVar[bool] = True


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
}
