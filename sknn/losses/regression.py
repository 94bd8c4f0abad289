"""Losses of regressors: distances from the target, and deviances with predictions that are exponentials."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import xlogy

from sknn.core.checks import require
from sknn.core.kernels import Array
from sknn.losses.base import Loss


@dataclass(frozen=True)
class DistanceLoss(Loss):
    """Base class of the losses of distances, averaged over the outputs."""

    def share(self, n_outputs: int) -> float:
        return 1.0 / n_outputs


@dataclass(frozen=True)
class DevianceLoss(Loss):
    """Base class of the deviances of means that are exponentials of the raw outputs, summed over the outputs."""

    link: ClassVar[str] = "exp"

    def inverse_link(self, raw: Array) -> Array:
        return np.exp(raw, out=raw)

    def log_inverse_link(self, raw: Array) -> Array:
        return raw


@dataclass(frozen=True)
class SquaredError(DistanceLoss):
    """Half the squared error, averaged over the outputs: (raw - y)² / 2, gradient raw - y.

    With K outputs both value and gradient are divided by K. scikit-learn's MLPRegressor divides the value
    only (its issue 8349), so its multi-output gradient is K times that of the loss it reports.
    """

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        np.subtract(raw, y, out=out)
        np.multiply(out, out, out=raw)
        raw *= 0.5


@dataclass(frozen=True)
class AbsoluteError(DistanceLoss):
    """The absolute error, averaged over the outputs: |raw - y|, gradient sign(raw - y), 0 where they are equal.

    The best constant is the median.

    References
    ----------
    Koenker, Bassett, "Regression quantiles", 1978: this is twice their loss at the quantile 1/2.
    """

    of_mean: ClassVar[bool] = False

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        raw -= y
        np.sign(raw, out=out)
        np.abs(raw, out=raw)


@dataclass(frozen=True)
class Huber(DistanceLoss):
    """Half the squared error near the target, straight lines far from it, averaged over the outputs.

    With r = raw - y: r² / 2 where |r| <= huber_delta, else huber_delta (|r| - huber_delta / 2). The gradient is
    r cut off at -huber_delta and huber_delta.

    Parameters
    ----------
    huber_delta : float, default=1.0
        Where the square becomes a line, in the units of ``y``, greater than 0.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Huber, "Robust estimation of a location parameter", 1964.
    """

    huber_delta: float = 1.0
    of_mean: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.huber_delta > 0, "huber_delta", "greater than 0", self.huber_delta)

    # With g the gradient, g (r - g / 2) is the loss on either side.
    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        raw -= y
        np.clip(raw, -self.huber_delta, self.huber_delta, out=out)
        np.multiply(out, 0.5, out=work)
        raw -= work
        raw *= out


@dataclass(frozen=True)
class LogCosh(DistanceLoss):
    """The logarithm of cosh(raw - y), averaged over the outputs: near r² / 2 for small r, |r| - log 2 for large.

    The gradient is tanh(raw - y).

    References
    ----------
    Green, "Bayesian reconstructions from emission tomography data using a modified EM algorithm", 1990.
    """

    of_mean: ClassVar[bool] = False

    # log cosh r = log1p(2 sinh(m / 2)²) + (|r| - m), m = min(|r|, 20): exact for small r, and for large ones
    # to the last bit, as from 20 on the difference to a line is less than the rounding.
    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        raw -= y
        np.abs(raw, out=work)
        np.minimum(work, 20.0, out=out)
        work -= out
        out *= 0.5
        np.sinh(out, out=out)
        out *= out
        out *= 2.0
        np.log1p(out, out=out)
        work += out
        np.tanh(raw, out=out)
        np.copyto(raw, work)


@dataclass(frozen=True)
class Quantile(DistanceLoss):
    """The pinball loss, averaged over the outputs: (y - raw) times quantile where y > raw, else times quantile - 1.

    The best constant is that quantile of the targets. The gradient is -quantile where y > raw, 1 - quantile where
    y < raw, and their mean where they are equal.

    Parameters
    ----------
    quantile : float, default=0.5
        Which one, between 0 and 1. At 0.5 the loss is half the absolute error.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Koenker, Bassett, "Regression quantiles", 1978.
    """

    quantile: float = 0.5
    of_mean: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.quantile < 1, "quantile", "between 0 and 1", self.quantile)

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        raw -= y
        np.sign(raw, out=out)
        out *= 0.5
        out += 0.5 - self.quantile
        raw *= out


@dataclass(frozen=True)
class Poisson(DevianceLoss):
    """Half the Poisson deviance, summed over the outputs: y log(y / mu) - y + mu, mu = exp(raw).

    The gradient by ``raw`` is mu - y. Targets are counts or rates, 0 or more.

    References
    ----------
    McCullagh, Nelder, "Generalized linear models", 1989.
    """

    target_range: ClassVar[str] = "numbers >= 0"

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        np.exp(raw, out=out)
        raw *= y
        np.subtract(out, raw, out=raw)
        out -= y
        xlogy(y, y, out=work)
        work -= y
        raw += work

    def in_target_range(self, y: Array) -> bool:
        return bool(np.all(y >= 0))


@dataclass(frozen=True)
class Gamma(DevianceLoss):
    """Half the gamma deviance, summed over the outputs: log(mu / y) + y / mu - 1, mu = exp(raw).

    The gradient by ``raw`` is 1 - y / mu. Targets are positive, with a spread in proportion to their mean.

    References
    ----------
    McCullagh, Nelder, "Generalized linear models", 1989.
    """

    target_range: ClassVar[str] = "numbers > 0"

    # With r = raw - log y, that is r + expm1(-r), without cancellation where r is small.
    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        np.log(y, out=work)
        raw -= work
        np.negative(raw, out=out)
        np.expm1(out, out=out)
        raw += out
        np.negative(out, out=out)

    def in_target_range(self, y: Array) -> bool:
        return bool(np.all(y > 0))


REGRESSION_LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "log_cosh": LogCosh,
    "quantile": Quantile,
    "poisson": Poisson,
    "gamma": Gamma,
}
