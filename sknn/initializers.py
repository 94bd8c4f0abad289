"""Initial weights: each class draws one layer's weights and biases."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sknn.core.checks import require
from sknn.core.kernels import Array, RandomState
from sknn.core.settings import Settings


@dataclass(frozen=True)
class Initializer(Settings, ABC):
    """Base class of the initializers, frozen dataclasses of their hyper-parameters.

    Attributes
    ----------
    needs_data : bool
        True for an initializer that `adapt` completes.
    """

    needs_data: ClassVar[bool] = False

    @abstractmethod
    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        """Draw the weights of one layer.

        Parameters
        ----------
        rng : RandomState
            The only source of random numbers.
        shape : (int, int)
            Shape of the weight matrix, inputs by units.
        fan_in, fan_out : int
            Number of connections into and out of a unit; for a convolution, times the size of its window.

        Returns
        -------
        ndarray of that shape, float64
        """

    def biases(self, rng: RandomState, units: int, fan_in: int, fan_out: int) -> Array:
        """Draw the biases of one layer, after its weights; zeros unless a subclass says otherwise.

        Parameters
        ----------
        rng : RandomState
            The only source of random numbers.
        units : int
            Number of units of the layer.
        fan_in, fan_out : int
            As in `weights`.

        Returns
        -------
        ndarray of shape (units,), float64
        """
        return np.zeros(units)

    def adapt(self, W: Array, z: Array, rng: RandomState) -> None:
        """Change the weights and biases of one layer in place, by what they make of the data.

        Parameters
        ----------
        W : ndarray of shape (fan_in + 1, units)
            Weights, and the biases as the last row, which are zero.
        z : ndarray of shape (n, units)
            What the weights make of n samples; changed as they are.
        rng : RandomState
            The only source of random numbers.
        """


@dataclass(frozen=True)
class ScikitUniform(Initializer):
    """scikit-learn's own: weights and biases uniform within sqrt(factor / (fan_in + fan_out)).

    Parameters
    ----------
    factor : float, default=6.0
        6 gives the bound of Glorot and Bengio; scikit-learn takes 2 with the logistic activation.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    factor: float = 6.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.factor > 0, "factor", "greater than 0", self.factor)

    def _bound(self, fan_in: int, fan_out: int) -> float:
        return float(np.sqrt(self.factor / (fan_in + fan_out)))

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        bound = self._bound(fan_in, fan_out)
        return rng.uniform(-bound, bound, shape)

    def biases(self, rng: RandomState, units: int, fan_in: int, fan_out: int) -> Array:
        bound = self._bound(fan_in, fan_out)
        return rng.uniform(-bound, bound, units)


@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """Uniform within sqrt(6 / (fan_in + fan_out)), of variance 2 / (fan_in + fan_out); biases zero.

    For tanh and logistic units: it keeps the variance of outputs and of gradients from layer to layer.

    References
    ----------
    Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        bound = math.sqrt(6.0 / (fan_in + fan_out))
        return rng.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class GlorotNormal(Initializer):
    """Normal with variance 2 / (fan_in + fan_out), not truncated; biases zero.

    References
    ----------
    Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        return rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), shape)


@dataclass(frozen=True)
class HeUniform(Initializer):
    """Uniform within sqrt(6 / fan_in), of variance 2 / fan_in; biases zero.

    For rectifiers, which halve the second moment of what they pass on.

    References
    ----------
    He, Zhang, Ren, Sun, "Delving deep into rectifiers: surpassing human-level performance on ImageNet
    classification", 2015, arXiv:1502.01852.
    """

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        bound = math.sqrt(6.0 / fan_in)
        return rng.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class HeNormal(Initializer):
    """Normal with variance 2 / fan_in, not truncated; biases zero.

    References
    ----------
    He, Zhang, Ren, Sun, "Delving deep into rectifiers: surpassing human-level performance on ImageNet
    classification", 2015, arXiv:1502.01852.
    """

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        return rng.normal(0.0, math.sqrt(2.0 / fan_in), shape)


@dataclass(frozen=True)
class LecunNormal(Initializer):
    """Normal with variance 1 / fan_in, not truncated; biases zero. SELU needs it.

    References
    ----------
    LeCun, Bottou, Orr, Müller, "Efficient backprop", 1998.
    """

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        return rng.normal(0.0, math.sqrt(1.0 / fan_in), shape)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A random matrix W with W'W = gain² I, or WW' = gain² I where it has more columns than rows; biases zero.

    Drawn evenly from all such matrices: the orthonormal factor of a normal matrix, with the signs that make
    the triangular factor's diagonal positive.

    Parameters
    ----------
    gain : float, default=1.0
        Its singular values, all the same; sqrt(2) for rectifiers.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2013, arXiv:1312.6120.
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.gain > 0, "gain", "greater than 0", self.gain)

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        rows, columns = max(shape), min(shape)
        q, r = np.linalg.qr(rng.normal(size=(rows, columns)))
        q *= self.gain * np.copysign(1.0, np.diagonal(r))
        return np.asarray(q if shape == q.shape else q.T)


@dataclass(frozen=True)
class Normal(Initializer):
    """Normal with the same standard deviation in every layer; biases zero.

    Parameters
    ----------
    scale : float, default=0.05
        The standard deviation.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    scale: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.scale >= 0, "scale", "at least 0", self.scale)

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        return rng.normal(0.0, self.scale, shape)


@dataclass(frozen=True)
class Zeros(Initializer):
    """All weights and biases zero: right for a linear model, but hidden units would all stay the same."""

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        return np.zeros(shape)


@dataclass(frozen=True)
class UnitVariance(Initializer):
    """Normal weights, of which each unit's are divided by the standard deviation of what it makes of the data.

    So every unit starts with the variance 1. A unit that makes the same of all samples keeps its weights, as do all
    where there are no data. Biases are zero, or those of `hull_biases`.

    Parameters
    ----------
    hull_rows : int, default=0
        Samples of which each bias takes a mean; 0 leaves the biases zero.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491 ("std", and "he+5" with 5 rows).
    """

    hull_rows: int = 0
    needs_data: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.hull_rows >= 0, "hull_rows", "at least 0", self.hull_rows)

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        return rng.normal(size=shape)

    def adapt(self, W: Array, z: Array, rng: RandomState) -> None:
        # What float32 leaves of a constant is not zero.
        deviation, largest = z.std(axis=0, dtype=np.float64), np.abs(z).max(axis=0)
        scale = np.where(deviation > 1e-6 * largest, deviation, 1.0)
        W[:-1] /= scale
        z /= scale
        if self.hull_rows:
            W[-1] = hull_biases(z, self.hull_rows, rng)


@dataclass(frozen=True)
class UnitVarianceHull(UnitVariance):
    """`UnitVariance` with biases: each unit is zero somewhere in the convex hull of ``hull_rows`` samples.

    Parameters
    ----------
    hull_rows : int, default=5
        Samples of which each bias takes a mean.
    """

    hull_rows: int = 5


@dataclass(frozen=True)
class HullBiases(Zeros):
    """Biases alone, which put the zero of each unit among the data: see `hull_biases`. Without data they are zero.

    Parameters
    ----------
    rows : int, default=5
        Samples of which each bias takes a mean, at least 1.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Steinwart, "A sober look at neural network initializations", 2019, arXiv:1903.11482 ("he+5").
    """

    rows: int = 5
    needs_data: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.rows >= 1, "rows", "at least 1", self.rows)

    def adapt(self, W: Array, z: Array, rng: RandomState) -> None:
        W[-1] = hull_biases(z, self.rows, rng)


def hull_biases(z: Array, rows: int, rng: RandomState) -> Array:
    """Draw biases that put the zero of each unit among the data: minus a random mean of a few of its values.

    Parameters
    ----------
    z : ndarray of shape (n, units)
        What each unit makes of the samples, without a bias.
    rows : int
        Samples of each mean, drawn anew for every unit; their shares are exponential draws over their sum.
    rng : RandomState
        The only source of random numbers.

    Returns
    -------
    ndarray of shape (units,), float64
    """
    n, units = z.shape
    chosen = z[rng.randint(n, size=(rows, units)), np.arange(units)]
    shares = rng.exponential(size=(rows, units))
    return np.asarray(-(chosen * shares).sum(axis=0) / shares.sum(axis=0))


INITIALIZERS: dict[str, type[Initializer]] = {
    "auto": ScikitUniform,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal,
    "normal": Normal,
    "std": UnitVariance,
    "std_he5": UnitVarianceHull,
    "zeros": Zeros,
}
