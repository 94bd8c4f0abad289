"""The contract of a loss: raw outputs in, its exact value and gradient out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sknn.core.kernels import Array
from sknn.core.settings import Settings


@dataclass(frozen=True)
class Loss(Settings, ABC):
    """Base class of the losses, frozen dataclasses of hyper-parameters.

    A loss of n rows and K outputs is the mean over the rows of the (weighted) sum over the outputs of
    ``share`` times an elementwise term. A subclass gives those terms and their derivative in `terms`.

    Attributes
    ----------
    link : str
        Name of the function that turns raw outputs into predictions, as in ``out_activation_``.
    target_range : str
        The targets the loss is defined for, in words.
    of_mean : bool
        Whether the best prediction is the mean of the targets. R² is fair to no other.

    Raises
    ------
    ValueError
        On construction, if a parameter is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from dataclasses import dataclass
    >>> from sknn.losses import Loss
    >>> @dataclass(frozen=True)
    ... class FourthPower(Loss):
    ...     def terms(self, raw, y, out, work):
    ...         raw -= y
    ...         np.power(raw, 3, out=out)
    ...         out *= 4
    ...         np.power(raw, 4, out=raw)
    >>> FourthPower().value(np.array([[1.0], [5.0]]), np.array([[2.0], [3.0]]))
    8.5
    """

    link: ClassVar[str] = "identity"
    of_mean: ClassVar[bool] = True
    target_range: ClassVar[str] = "finite numbers"

    @abstractmethod
    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        """Fill ``out`` with the derivative by ``raw``, and ``raw`` with the loss, element by element.

        Parameters
        ----------
        raw : ndarray of shape (n, n_outputs)
            Raw outputs of the network; overwritten.
        y : ndarray of shape (n, n_outputs)
            Targets.
        out : ndarray of shape (n, n_outputs)
            Where the derivative goes; its old content means nothing.
        work : ndarray of shape (n, n_outputs)
            Working memory.
        """

    def inverse_link(self, raw: Array) -> Array:
        """Turn raw outputs into predictions, in place.

        Parameters
        ----------
        raw : ndarray of shape (n, n_outputs)
            Raw outputs; overwritten.

        Returns
        -------
        ndarray of shape (n, n_outputs)
            The same array.
        """
        return raw

    def log_inverse_link(self, raw: Array) -> Array:
        """Turn raw outputs into logarithms of predictions, in place.

        With the logistic link, ``log_inverse_link(-raw)`` are those of the probabilities of the other class.

        Parameters
        ----------
        raw : ndarray of shape (n, n_outputs)
            Raw outputs; overwritten.

        Returns
        -------
        ndarray of shape (n, n_outputs)
            The same array; -inf where a prediction is 0, unless the loss computes it from the raw outputs.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.inverse_link(raw), out=raw))

    def in_target_range(self, y: Array) -> bool:
        """Tell whether all targets are ones that the loss is defined for.

        Parameters
        ----------
        y : ndarray
            Targets.

        Returns
        -------
        bool
        """
        return True

    def share(self, n_outputs: int) -> float:
        """Give the factor of each output in the sum over outputs.

        Parameters
        ----------
        n_outputs : int
            Number of outputs.

        Returns
        -------
        float
        """
        return 1.0

    def value_and_gradient(self, raw: Array, y: Array, weight: Array | None, out: Array, work: Array) -> float:
        """Give the mean loss of a batch, and fill ``out`` with its gradient by ``raw``.

        Parameters
        ----------
        raw : ndarray of shape (n, n_outputs)
            Raw outputs of the network; overwritten.
        y : ndarray of shape (n, n_outputs)
            Targets.
        weight : ndarray of shape (n, 1) or None
            Sample weights, with mean 1 over the training set.
        out : ndarray of shape (n, n_outputs)
            Where the gradient goes.
        work : ndarray of shape (n, n_outputs)
            Working memory.

        Returns
        -------
        float
            sum(weight * terms) * share / n.
        """
        self.terms(raw, y, out, work)
        if weight is not None:
            raw *= weight
            out *= weight
        scale: float = self.share(raw.shape[1]) / raw.shape[0]
        out *= scale
        return float(np.add.reduce(raw, axis=None)) * scale

    def value(self, raw: Array, y: Array, weight: Array | None = None) -> float:
        """Give the mean loss of some rows alone, leaving ``raw`` as it is.

        Parameters
        ----------
        raw : ndarray of shape (n, n_outputs)
            Raw outputs of the network.
        y : ndarray of shape (n, n_outputs)
            Targets.
        weight : ndarray of shape (n, 1), default=None
            Sample weights; the result is divided by their mean.

        Returns
        -------
        float
        """
        if weight is not None:
            weight = weight / weight.mean()
        return self.value_and_gradient(raw.copy(), y, weight, np.empty_like(raw), np.empty_like(raw))
