"""First-order optimizers: each class turns a gradient vector into a step, in place."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from sknn.core.kernels import BLOCK_ELEMENTS, Array, blocks


@dataclass
class OptimizerState:
    """What an optimizer remembers from update to update.

    Parameters
    ----------
    step : int
        Updates done.
    slots : dict of str to ndarray
        Its vectors, each as long as the parameters.
    work : ndarray, default=None
        Working memory of one block, for optimizers that need it. It means nothing between updates, so it is
        not copied and not pickled.
    """

    step: int = 0
    slots: dict[str, Array] = field(default_factory=dict)
    work: Array | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {"step": self.step, "slots": self.slots, "work": None}


@dataclass(frozen=True)
class Optimizer(ABC):
    """Base class of the optimizers, frozen dataclasses of hyper-parameters.

    A subclass names its `slots` (vectors it remembers), says in `constants` what depends on the update's
    number, and in `step` turns one block of the gradient into the step to subtract.

    Parameters
    ----------
    weight_decay : float, default=0.0
        Share of each penalized weight, times the learning rate, that the trainer takes away before an update
        (decoupled decay); at least 0. Only by name.

    Attributes
    ----------
    slots : tuple of str
        Names of the vectors kept in the state, each as long as the parameters.
    needs_work : bool
        True if `step` takes one more array between the slots and the constants: working memory, of the length
        of the block, with no meaning before or after.

    Raises
    ------
    ValueError
        On construction, if a parameter is out of its range.
    """

    weight_decay: float = field(default=0.0, kw_only=True)
    slots: ClassVar[tuple[str, ...]] = ()
    needs_work: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _require(self.weight_decay >= 0, "weight_decay", "at least 0", self.weight_decay)

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
        if self.needs_work and state.work is None:
            state.work = np.empty_like(params[:BLOCK_ELEMENTS])
        for p, g, *slots in blocks(params, grads, *state.slots.values()):
            work = () if state.work is None else (state.work[: len(g)],)
            self.step(g, *slots, *work, *constants)
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
            The same block of every slot, the working memory if there is any, then what `constants` gave.
        """


def _require(valid: bool, name: str, expected: str, got: float) -> None:
    if not valid:
        raise ValueError(f"{name} must be {expected}, got {got!r}.")


def _require_moments(beta_1: float, beta_2: float, epsilon: float) -> None:
    _require(0 <= beta_1 < 1, "beta_1", "in [0, 1)", beta_1)
    _require(0 <= beta_2 < 1, "beta_2", "in [0, 1)", beta_2)
    _require(epsilon > 0, "epsilon", "greater than 0", epsilon)


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

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0 <= self.momentum <= 1, "momentum", "from 0 to 1", self.momentum)

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

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_moments(self.beta_1, self.beta_2, self.epsilon)

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


@dataclass(frozen=True)
class AdamW(Adam):
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

    References
    ----------
    Loshchilov, Hutter, "Decoupled weight decay regularization", 2017, arXiv:1711.05101.
    """

    weight_decay: float = field(default=0.01, kw_only=True)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        root, bias = math.sqrt(1.0 - self.beta_2), math.sqrt(1.0 - self.beta_2**t)
        return rate * bias * (1.0 - self.beta_1) / (root * (1.0 - self.beta_1**t)), self.epsilon * bias / root


@dataclass(frozen=True)
class NAdam(Optimizer):
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

    References
    ----------
    Dozat, "Incorporating Nesterov momentum into Adam", 2016, as PyTorch has it: m decays by beta_1, not by mu.
    The moments are kept without their factors (1 - beta), as in `Adam`.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    momentum_decay: float = 0.004
    slots: ClassVar[tuple[str, ...]] = ("m", "v")
    needs_work: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_moments(self.beta_1, self.beta_2, self.epsilon)
        _require(self.momentum_decay > 0, "momentum_decay", "greater than 0", self.momentum_decay)

    def _mu(self, t: int) -> float:
        return self.beta_1 * (1.0 - 0.5 * 0.96 ** (t * self.momentum_decay))

    # Kept nowhere: the logarithm of the product, each log(1 - q ** i / 2) as its power series, sums to this.
    def _product(self, t: int) -> float:
        if self.beta_1**t < 1e-18:
            return 0.0
        q = 0.96**self.momentum_decay
        series = sum(0.5**k / k * q**k * (1.0 - q ** (k * t)) / (1.0 - q**k) for k in range(1, 55))
        return self.beta_1**t * math.exp(-series)

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
        v *= self.beta_2
        v += work
        m *= self.beta_1
        m += g
        g *= now
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
        _require(0 <= self.rho < 1, "rho", "in [0, 1)", self.rho)
        _require(self.epsilon > 0, "epsilon", "greater than 0", self.epsilon)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        root = math.sqrt(1.0 - self.rho)
        return rate / root, self.epsilon / root

    def step(self, g: Array, v: Array, work: Array, rate: float, epsilon: float) -> None:  # type: ignore[override]
        np.multiply(g, g, out=work)
        v *= self.rho
        v += work
        np.sqrt(v, out=work)
        work += epsilon
        g /= work
        g *= rate


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

    References
    ----------
    Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
    """

    epsilon: float = 1e-8
    slots: ClassVar[tuple[str, ...]] = ("sum_of_squares",)
    needs_work: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(self.epsilon > 0, "epsilon", "greater than 0", self.epsilon)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        return (rate,)

    def step(self, g: Array, v: Array, work: Array, rate: float) -> None:  # type: ignore[override]
        np.multiply(g, g, out=work)
        v += work
        np.sqrt(v, out=work)
        work += self.epsilon
        g /= work
        g *= rate


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

    References
    ----------
    Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv:2302.06675.
    """

    beta_step: float = 0.9
    beta_mean: float = 0.99
    slots: ClassVar[tuple[str, ...]] = ("mean",)

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0 <= self.beta_step <= 1, "beta_step", "in [0, 1]", self.beta_step)
        _require(0 <= self.beta_mean < 1, "beta_mean", "in [0, 1)", self.beta_mean)

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        return rate, (self.beta_mean - self.beta_step) / (1.0 - self.beta_mean)

    # With d = (1 - beta_mean) * (g - m), the new mean is m + d, and the argument of the sign a multiple of d more.
    def step(self, g: Array, m: Array, rate: float, more: float) -> None:  # type: ignore[override]
        g -= m
        g *= 1.0 - self.beta_mean
        m += g
        g *= more
        g += m
        np.sign(g, out=g)
        g *= rate


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
    "rmsprop": RMSProp,
    "adagrad": Adagrad,
    "lion": Lion,
}
