"""Optimizers that give every parameter a rate of its own, from the squares of its gradient."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from sknn.core.checks import require
from sknn.core.kernels import Array, scale
from sknn.optimizers.base import Optimizer


@dataclass(frozen=True)
class _Moments(Optimizer):
    """What Adam and its relatives share: the moments, and the step that Adam and AdamW make of them."""

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.beta_1 < 1, "beta_1", "in [0, 1)", self.beta_1)
        require(0 <= self.beta_2 < 1, "beta_2", "in [0, 1)", self.beta_2)
        require(self.epsilon > 0, "epsilon", "greater than 0", self.epsilon)

    def gains(self) -> dict[str, float]:
        return {"m": 1.0 / (1.0 - self.beta_1), "v": 1.0 / (1.0 - self.beta_2)}

    def step(self, g: Array, m: Array, v: Array, rate: float, epsilon: float) -> None:  # type: ignore[override]
        scale(m, self.beta_1)
        m += g
        g *= g
        scale(v, self.beta_2)
        v += g
        np.sqrt(v, g)
        g += epsilon
        np.divide(m, g, g)
        scale(g, rate)


@dataclass(frozen=True)
class Adam(_Moments):
    """Adam: a step per parameter, scaled by running moments of its gradient.

    Update number t::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        params -= rate * sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t) * m / (sqrt(v) + epsilon)

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the first and second moment, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the quotient finite. It is added before the bias correction, as in section 2 of the paper
        and in scikit-learn ("epsilon hat"); PyTorch adds it after.
    weight_decay : float, default=0.0
        As of `Optimizer`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Kingma, Ba, "Adam: A method for stochastic optimization", 2014, arXiv:1412.6980. The moments are kept
    without their factors (1 - beta), which are folded into the rate and epsilon: three passes less.
    """

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        root = math.sqrt(1.0 - self.beta_2)
        corrected = rate * math.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
        return corrected * (1.0 - self.beta_1) / root, self.epsilon / root


@dataclass(frozen=True)
class AdamW(_Moments):
    """Adam with decoupled weight decay, which an adaptive rate does not weaken.

    Update number t, after ``W *= 1 - rate * weight_decay`` for the penalized weights::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        params -= rate / (1 - beta_1 ** t) * m / (sqrt(v / (1 - beta_2 ** t)) + epsilon)

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the first and second moment, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the quotient finite; added after the bias correction, as in PyTorch and unlike `Adam`.
    weight_decay : float, default=0.01
        Share of each penalized weight, times the rate, that goes in each update, at least 0. Biases keep theirs;
        in PyTorch they decay too, unless they are put into a group of their own.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Loshchilov, Hutter, "Decoupled weight decay regularization", 2017, arXiv:1711.05101.
    """

    weight_decay: float = field(default=0.01, kw_only=True)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        root, bias = math.sqrt(1.0 - self.beta_2), math.sqrt(1.0 - self.beta_2**t)
        return rate * bias * (1.0 - self.beta_1) / (root * (1.0 - self.beta_1**t)), self.epsilon * bias / root


@dataclass(frozen=True)
class NAdam(_Moments):
    """Adam with Nesterov's momentum: the step looks ahead along the first moment.

    Update number t, with mu_i = beta_1 * (1 - 0.96 ** (i * momentum_decay) / 2) and P the product of mu_1 to mu_t::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        ahead = (1 - mu_t) / (1 - P) * g + mu_{t+1} / (1 - P * mu_{t+1}) * m
        params -= rate * ahead / (sqrt(v / (1 - beta_2 ** t)) + epsilon)

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the first and second moment, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the quotient finite; added after the bias correction, as in PyTorch and unlike `Adam`.
    momentum_decay : float, default=0.004
        How fast mu grows from beta_1 / 2 to beta_1, greater than 0.
    weight_decay : float, default=0.0
        As of `Optimizer`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Dozat, "Incorporating Nesterov momentum into Adam", 2016, as PyTorch has it: m decays by beta_1, not by mu.
    The moments are kept without their factors (1 - beta), as in `Adam`.
    """

    momentum_decay: float = 0.004
    needs_work: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.momentum_decay > 0, "momentum_decay", "greater than 0", self.momentum_decay)

    def _mu(self, t: int) -> float:
        return self.beta_1 * (1.0 - 0.5 * math.pow(0.96, t * self.momentum_decay))

    # Computed anew instead of kept: the logarithms of its factors, as power series, sum to this.
    def _product(self, t: int) -> float:
        power = math.pow(self.beta_1, t)
        if power < 1e-18:
            return 0.0
        q = self.momentum_decay * math.log(0.96)
        ratios = (math.exp(k * q) * math.expm1(k * t * q) / math.expm1(k * q) for k in range(1, 55))
        return power * math.exp(-sum(math.ldexp(ratio, -k) / k for k, ratio in enumerate(ratios, 1)))

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        product, after = self._product(t), self._mu(t + 1)
        root, bias = math.sqrt(1.0 - self.beta_2), math.sqrt(1.0 - self.beta_2**t)
        rate *= bias / root
        now = rate * (1.0 - self._mu(t)) / (1.0 - product)
        ahead = rate * (1.0 - self.beta_1) * after / (1.0 - product * after)
        return now, ahead, self.epsilon * bias / root

    def step(  # type: ignore[override]
        self, g: Array, m: Array, v: Array, work: Array, now: float, ahead: float, epsilon: float
    ) -> None:
        np.multiply(g, g, out=work)
        scale(v, self.beta_2)
        v += work
        scale(m, self.beta_1)
        m += g
        scale(g, now)
        np.multiply(m, ahead, out=work)
        g += work
        np.sqrt(v, out=work)
        work += epsilon
        g /= work


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """RMSProp: the gradient over the root of its running mean square.

    Update::

        v = rho * v + (1 - rho) * g * g
        params -= rate * g / (sqrt(v) + epsilon)

    Parameters
    ----------
    rho : float, default=0.9
        Decay of the mean square, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the quotient finite; outside the root, as in PyTorch.
    weight_decay : float, default=0.0
        As of `Optimizer`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Tieleman, Hinton, "Lecture 6.5 - RMSProp", 2012. The mean square is kept without its factor (1 - rho), as
    the moments in `Adam`; there is no momentum, and v starts from 0 without correction, as in the lecture.
    """

    rho: float = 0.9
    epsilon: float = 1e-8
    slots: ClassVar[tuple[str, ...]] = ("mean_square",)
    needs_work: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.rho < 1, "rho", "in [0, 1)", self.rho)
        require(self.epsilon > 0, "epsilon", "greater than 0", self.epsilon)

    def gains(self) -> dict[str, float]:
        return {"mean_square": 1.0 / (1.0 - self.rho)}

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        root = math.sqrt(1.0 - self.rho)
        return rate / root, self.epsilon / root

    def step(self, g: Array, v: Array, work: Array, rate: float, epsilon: float) -> None:  # type: ignore[override]
        np.multiply(g, g, out=work)
        scale(v, self.rho)
        v += work
        np.sqrt(v, out=work)
        work += epsilon
        g /= work
        scale(g, rate)


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Adagrad: the gradient over the root of the sum of all its squares, for features that are rarely seen.

    Update::

        v = v + g * g
        params -= rate * g / (sqrt(v) + epsilon)

    Parameters
    ----------
    epsilon : float, default=1e-8
        Keeps the quotient finite; outside the root, as in PyTorch (whose default is 1e-10).
    weight_decay : float, default=0.0
        As of `Optimizer`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    """

    epsilon: float = 1e-8
    slots: ClassVar[tuple[str, ...]] = ("sum_of_squares",)
    needs_work: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.epsilon > 0, "epsilon", "greater than 0", self.epsilon)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        return (rate,)

    def step(self, g: Array, v: Array, work: Array, rate: float) -> None:  # type: ignore[override]
        np.multiply(g, g, out=work)
        v += work
        np.sqrt(v, out=work)
        work += self.epsilon
        g /= work
        scale(g, rate)


ADAPTIVE: dict[str, type[Optimizer]] = {
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
    "rmsprop": RMSProp,
    "adagrad": Adagrad,
}
