"""Optimizers whose step is one rate for all parameters: descent with momentum, and its sign."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sknn.core.checks import require
from sknn.core.kernels import Array, scale
from sknn.optimizers.base import Optimizer


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent with momentum.

    Update::

        velocity = momentum * velocity + rate * g
        params  -= momentum * velocity + rate * g        (Nesterov)
        params  -= velocity                              (otherwise)

    Parameters
    ----------
    momentum : float, default=0.9
        Share of the last velocity that is kept, from 0 to 1.
    nesterovs_momentum : bool, default=True
        Look ahead along the velocity. Without effect where ``momentum`` is 0.
    weight_decay : float, default=0.0
        As of `Optimizer`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
    learning", 2013. The rate is inside the velocity, as in scikit-learn.
    """

    momentum: float = 0.9
    nesterovs_momentum: bool = True
    slots: ClassVar[tuple[str, ...]] = ("carried",)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.momentum <= 1, "momentum", "from 0 to 1", self.momentum)

    def gains(self) -> dict[str, float]:
        return {"carried": self.momentum}

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        return (rate,)

    # The slot holds momentum * velocity, so that both forms are sums without a temporary.
    def step(self, g: Array, carried: Array, rate: float) -> None:  # type: ignore[override]
        scale(g, rate)
        if self.nesterovs_momentum:
            carried += g
            scale(carried, self.momentum)
            g += carried
        else:
            g += carried
            np.multiply(g, self.momentum, out=carried)


@dataclass(frozen=True)
class Lion(Optimizer):
    """Lion: every parameter moves by the rate, up or down, as the sign of a running mean says.

    Update::

        params -= rate * sign(beta_step * m + (1 - beta_step) * g)
        m = beta_mean * m + (1 - beta_mean) * g

    Its rate should be 3 to 10 times less than that of `Adam`, and its weight decay as much greater.

    Parameters
    ----------
    beta_step : float, default=0.9
        Share of the running mean in the step, in [0, 1]; the paper's beta_1.
    beta_mean : float, default=0.99
        Decay of the running mean, in [0, 1); the paper's beta_2.
    weight_decay : float, default=0.0
        As of `Optimizer`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv:2302.06675.
    """

    beta_step: float = 0.9
    beta_mean: float = 0.99
    slots: ClassVar[tuple[str, ...]] = ("mean",)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 <= self.beta_step <= 1, "beta_step", "in [0, 1]", self.beta_step)
        require(0 <= self.beta_mean < 1, "beta_mean", "in [0, 1)", self.beta_mean)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        return rate, (self.beta_mean - self.beta_step) / (1.0 - self.beta_mean)

    # With d = (1 - beta_mean) * (g - m), the new mean is m + d, and the argument of the sign a multiple of d more.
    def step(self, g: Array, m: Array, rate: float, more: float) -> None:  # type: ignore[override]
        g -= m
        scale(g, 1.0 - self.beta_mean)
        m += g
        scale(g, more)
        g += m
        np.sign(g, out=g)
        scale(g, rate)


MOMENTUM: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "lion": Lion,
}
