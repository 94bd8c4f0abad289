"""Initial weights: each class draws one layer's weights and biases."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from sknn.core.kernels import Array, RandomState


@dataclass(frozen=True)
class Initializer(ABC):
    """Base class of the initializers, frozen dataclasses of their hyper-parameters."""

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


@dataclass(frozen=True)
class ScikitUniform(Initializer):
    """scikit-learn's own: weights and biases uniform within sqrt(factor / (fan_in + fan_out)).

    Parameters
    ----------
    factor : float, default=6.0
        6 gives the bound of Glorot and Bengio; scikit-learn takes 2 with the logistic activation.

    References
    ----------
    Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    factor: float = 6.0

    def _bound(self, fan_in: int, fan_out: int) -> float:
        return float(np.sqrt(self.factor / (fan_in + fan_out)))

    def weights(self, rng: RandomState, shape: tuple[int, int], fan_in: int, fan_out: int) -> Array:
        bound = self._bound(fan_in, fan_out)
        return rng.uniform(-bound, bound, shape)

    def biases(self, rng: RandomState, units: int, fan_in: int, fan_out: int) -> Array:
        bound = self._bound(fan_in, fan_out)
        return rng.uniform(-bound, bound, units)


INITIALIZERS: dict[str, type[Initializer]] = {
    "auto": ScikitUniform,
}
