"""First-order optimizers: each class turns a gradient vector into a step, in place."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from sknn.core.kernels import Array, blocks


@dataclass
class OptimizerState:
    """What an optimizer remembers from update to update.

    Parameters
    ----------
    step : int
        Updates done.
    slots : dict of str to ndarray
        Its vectors, each as long as the parameters.
    """

    step: int = 0
    slots: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer(ABC):
    """Base class of the optimizers, frozen dataclasses of hyper-parameters.

    A subclass names its `slots` (vectors it remembers), says in `constants` what depends on the update's
    number, and in `step` turns one block of the gradient into the step to subtract.

    Attributes
    ----------
    slots : tuple of str
        Names of the vectors kept in the state, each as long as the parameters.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    def init(self, params: Array) -> OptimizerState:
        """Make the state before the first update.

        Parameters
        ----------
        params : ndarray of shape (n_parameters,)
            The parameters to be trained.

        Returns
        -------
        OptimizerState
        """
        return OptimizerState(slots={name: np.zeros_like(params) for name in self.slots})

    def update(self, params: Array, grads: Array, state: OptimizerState, rate: float) -> None:
        """Do one update of ``params`` in place.

        Parameters
        ----------
        params : ndarray of shape (n_parameters,)
            Changed in place.
        grads : ndarray of shape (n_parameters,)
            The gradient; overwritten with the step that was subtracted.
        state : OptimizerState
            Changed in place.
        rate : float
            The learning rate of this update.
        """
        state.step += 1
        constants = self.constants(state.step, rate)
        for p, g, *slots in blocks(params, grads, *state.slots.values()):
            self.step(g, *slots, *constants)
            p -= g

    @abstractmethod
    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        """Give the numbers that `step` needs for update ``t`` (from 1), as Python floats.

        Parameters
        ----------
        t : int
            Number of the update, from 1.
        rate : float
            The learning rate of this update.

        Returns
        -------
        tuple of float
        """

    @abstractmethod
    def step(self, g: Array, *slots_and_constants: Array | float) -> None:
        """Turn a block of the gradient into the step to subtract, in place.

        Parameters
        ----------
        g : ndarray
            A block of the gradient; overwritten.
        *slots_and_constants : ndarray or float
            The same block of every slot, then what `constants` gave.
        """


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

    References
    ----------
    Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
    learning", 2013. The rate is inside the velocity, as in scikit-learn.
    """

    momentum: float = 0.9
    nesterovs_momentum: bool = True
    slots: ClassVar[tuple[str, ...]] = ("carried",)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        return (rate,)

    # The slot holds momentum * velocity, so that both forms are sums without a temporary.
    def step(self, g: Array, carried: Array, rate: float) -> None:  # type: ignore[override]
        g *= rate
        if self.nesterovs_momentum:
            carried += g
            carried *= self.momentum
            g += carried
        else:
            g += carried
            np.multiply(g, self.momentum, out=carried)


@dataclass(frozen=True)
class Adam(Optimizer):
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

    References
    ----------
    Kingma, Ba, "Adam: A method for stochastic optimization", 2014, arXiv:1412.6980. The moments are kept
    without their factors (1 - beta), which are folded into the rate and epsilon: three passes less.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        root = math.sqrt(1.0 - self.beta_2)
        corrected = rate * math.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
        return corrected * (1.0 - self.beta_1) / root, self.epsilon / root

    def step(self, g: Array, m: Array, v: Array, rate: float, epsilon: float) -> None:  # type: ignore[override]
        m *= self.beta_1
        m += g
        g *= g
        v *= self.beta_2
        v += g
        np.sqrt(v, out=g)
        g += epsilon
        np.divide(m, g, out=g)
        g *= rate


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
}
