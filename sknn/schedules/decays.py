"""Schedules that fall, or rise and fall, as training goes on."""

import math
from dataclasses import dataclass, field, replace

from sknn.core.checks import require
from sknn.schedules.base import Clock, Constant, Plateau, Schedule


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """Falls along half a cosine, from 1 to ``final_factor`` at the end of training.

    Factor: final_factor + (1 - final_factor) (1 + cos(pi progress)) / 2, progress from 0 to 1.

    Parameters
    ----------
    final_factor : float, default=0.0
        The factor at the end, from 0 to 1.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Loshchilov, Hutter, "SGDR: Stochastic gradient descent with warm restarts", 2016, arXiv:1608.03983, without
    the restarts.
    """

    final_factor: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.final_factor <= 1, "final_factor", "from 0 to 1", self.final_factor)

    @property
    def ends_as_planned(self) -> bool:
        return True

    def __call__(self, clock: Clock) -> float:
        return _cosine(1.0, self.final_factor, clock.progress)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Rises from ``first_factor`` to 1, then falls to ``final_factor``, each along half a cosine.

    The learning rate is the peak of the cycle, and may be several times what is right for a constant rate.

    Parameters
    ----------
    rise : float, default=0.25
        Share of the updates in which the rate rises, from 0 to 1, both excluded.
    first_factor : float, default=0.04
        The factor at the start, from 0 to 1.
    final_factor : float, default=1e-5
        The factor at the end, from 0 to 1.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Smith, Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2017,
    arXiv:1708.07120. Cosines instead of lines and the defaults are those of fastai; the momentum stays as it is.
    """

    rise: float = 0.25
    first_factor: float = 0.04
    final_factor: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.rise < 1, "rise", "between 0 and 1", self.rise)
        require(0 <= self.first_factor <= 1, "first_factor", "from 0 to 1", self.first_factor)
        require(0 <= self.final_factor <= 1, "final_factor", "from 0 to 1", self.final_factor)

    @property
    def ends_as_planned(self) -> bool:
        return True

    def __call__(self, clock: Clock) -> float:
        progress = clock.progress
        if progress < self.rise:
            return _cosine(self.first_factor, 1.0, progress / self.rise)
        return _cosine(1.0, self.final_factor, (progress - self.rise) / (1.0 - self.rise))


def _cosine(first: float, last: float, progress: float) -> float:
    """Go from one factor to the other along half a cosine."""
    return last + (first - last) * 0.5 * (1.0 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class StepDecay(Schedule):
    """Multiplied by ``gamma`` after every so many epochs: factor gamma ** floor(epoch / epochs).

    Parameters
    ----------
    epochs : int, default=50
        Epochs at one rate, at least 1 and at most those of the training.
    gamma : float, default=0.1
        Factor of each step, greater than 0 and at most 1.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    epochs: int = 50
    gamma: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.epochs >= 1, "epochs", "at least 1", self.epochs)
        require(0 < self.gamma <= 1, "gamma", "greater than 0 and at most 1", self.gamma)

    def check(self, clock: Clock) -> None:
        planned = (clock.total_steps - clock.start) / clock.steps_per_epoch
        if self.epochs > planned:
            raise ValueError(f"Steps of epochs={self.epochs} are longer than the {planned:g} epochs of the training.")

    def __call__(self, clock: Clock) -> float:
        return math.pow(self.gamma, clock.epoch // self.epochs)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """Falls by the same share in every update, by ``gamma`` in every epoch: factor gamma ** epoch.

    Parameters
    ----------
    gamma : float, default=0.98
        Factor of one epoch, greater than 0 and at most 1.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    gamma: float = 0.98

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.gamma <= 1, "gamma", "greater than 0 and at most 1", self.gamma)

    def __call__(self, clock: Clock) -> float:
        return math.pow(self.gamma, clock.epoch)


@dataclass(frozen=True)
class Warmup(Schedule):
    """Rises in a straight line during the first epochs, and then goes on as another schedule from its start.

    Update k (from 0) of a warm-up of n updates has the factor (k + 1) / (n + 1) times the first factor of
    ``then``; from update n on the factor is that of ``then``, as if training began there. (What counts rows, as
    'invscaling' does, counts those of the warm-up too.)

    Parameters
    ----------
    epochs : float, default=5.0
        Length of the rise in epochs, at least 0, less than the training; fractions count.
    then : Schedule, default=Constant()
        What follows.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    TypeError
        If ``then`` is not a schedule.

    References
    ----------
    Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, arXiv:1706.02677.
    """

    epochs: float = 5.0
    then: Schedule = field(default_factory=Constant)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.epochs >= 0, "epochs", "at least 0", self.epochs)
        if not isinstance(self.then, Schedule):
            raise TypeError(f"then must be a Schedule, got {self.then!r}.")

    def __call__(self, clock: Clock) -> float:
        length = self._length(clock)
        begin = clock.start + length
        factor = self.then(replace(clock, start=begin, step=max(clock.step, begin)))
        return factor * min(1.0, (clock.step - clock.start + 1) / (length + 1))

    def _length(self, clock: Clock) -> int:
        return round(self.epochs * clock.steps_per_epoch)

    def check(self, clock: Clock) -> None:
        length = self._length(clock)
        planned = clock.total_steps - clock.start
        if length >= planned:
            raise ValueError(
                f"The warm-up of epochs={self.epochs} takes {length} updates; expected fewer than the {planned} of "
                "the whole training."
            )
        self.then.check(replace(clock, start=clock.start + length))

    @property
    def ends_as_planned(self) -> bool:
        return self.then.ends_as_planned

    @property
    def divides_on_plateau(self) -> bool:
        return self.then.divides_on_plateau

    @property
    def plateau(self) -> "Plateau | None":
        return self.then.plateau


@dataclass(frozen=True)
class CosLog4(Schedule):
    """Four cosine waves, each about twice as long as the one before: from 0 up to 1 and back to 0, four times.

    Factor: (1 - cos(2 pi log2(1 + 15 progress))) / 2, progress from 0 to 1. The first update has the rate 0.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491.
    """

    @property
    def ends_as_planned(self) -> bool:
        return True

    def __call__(self, clock: Clock) -> float:
        return 0.5 * (1.0 - math.cos(2.0 * math.pi * math.log2(1.0 + 15.0 * clock.progress)))


@dataclass(frozen=True)
class FlatCos(Schedule):
    """Stays 1 for the first half of training, then falls to 0 along half a cosine.

    Factor: (1 + cos(pi max(0, 2 progress - 1))) / 2, progress from 0 to 1.

    References
    ----------
    As of `CosLog4`.
    """

    @property
    def ends_as_planned(self) -> bool:
        return True

    def __call__(self, clock: Clock) -> float:
        return _cosine(1.0, 0.0, max(0.0, 2.0 * clock.progress - 1.0))
