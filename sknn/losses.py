"""Losses of raw outputs: each owns its link, its target range, and its exact value and gradient."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, xlogy

from sknn.core.kernels import Array


@dataclass(frozen=True)
class Loss(ABC):
    """Base class of the losses, frozen dataclasses of hyper-parameters.

    A loss of n rows and K outputs is the mean over the rows of the (weighted) sum over the outputs of
    ``share`` times an elementwise term. A subclass gives those terms and their derivative in `terms`.

    Attributes
    ----------
    link : str
        Name of the function that turns raw outputs into predictions, as in ``out_activation_``.
    target_range : str
        The targets the loss is defined for, in words.
    """

    link: ClassVar[str] = "identity"
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


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """Cross-entropy of softmax probabilities: -sum(y * log p), p = exp(raw) / sum(exp(raw)).

    The gradient is p sum(y) - y; targets are probabilities that sum to 1 in each row (one-hot, or smoothed).
    """

    link: ClassVar[str] = "softmax"
    target_range: ClassVar[str] = "probabilities, from 0 to 1"

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        rows = work[:, :1]
        np.maximum.reduce(raw, axis=1, keepdims=True, out=rows)
        raw -= rows
        np.exp(raw, out=out)
        np.add.reduce(out, axis=1, keepdims=True, out=rows)
        out /= rows
        np.log(rows, out=rows)
        np.subtract(rows, raw, out=raw)
        raw *= y
        out -= y

    def inverse_link(self, raw: Array) -> Array:
        raw -= raw.max(axis=1, keepdims=True)
        np.exp(raw, out=raw)
        raw /= raw.sum(axis=1, keepdims=True)
        return raw

    def in_target_range(self, y: Array) -> bool:
        return bool(np.all((y >= 0) & (y <= 1)))


@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """Cross-entropy of logistic probabilities, summed over labels: log(1 + exp(raw)) - y * raw.

    The gradient is p - y with p = 1 / (1 + exp(-raw)). Serves two classes (one output) and multilabel
    targets.
    """

    link: ClassVar[str] = "logistic"
    target_range: ClassVar[str] = "probabilities, from 0 to 1"

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        expit(raw, out=out)
        out -= y
        np.logaddexp(0.0, raw, out=work)
        raw *= y
        np.subtract(work, raw, out=raw)

    def inverse_link(self, raw: Array) -> Array:
        return np.asarray(expit(raw, out=raw))

    def in_target_range(self, y: Array) -> bool:
        return bool(np.all((y >= 0) & (y <= 1)))


@dataclass(frozen=True)
class SquaredError(Loss):
    """Half the squared error, averaged over the outputs: (raw - y)² / 2, gradient raw - y.

    With K outputs both value and gradient are divided by K. scikit-learn's MLPRegressor divides the value
    only (its issue 8349), so its multi-output gradient is K times that of the loss it reports.
    """

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        np.subtract(raw, y, out=out)
        np.multiply(out, out, out=raw)
        raw *= 0.5

    def share(self, n_outputs: int) -> float:
        return 1.0 / n_outputs


@dataclass(frozen=True)
class Poisson(Loss):
    """Half the Poisson deviance, summed over the outputs: y log(y / mu) - y + mu, mu = exp(raw).

    The gradient by ``raw`` is mu - y. Targets are counts or rates, 0 or more.
    """

    link: ClassVar[str] = "exp"
    target_range: ClassVar[str] = "numbers >= 0"

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        np.exp(raw, out=out)
        raw *= y
        np.subtract(out, raw, out=raw)
        out -= y
        xlogy(y, y, out=work)
        work -= y
        raw += work

    def inverse_link(self, raw: Array) -> Array:
        return np.exp(raw, out=raw)

    def in_target_range(self, y: Array) -> bool:
        return bool(np.all(y >= 0))


REGRESSION_LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "poisson": Poisson,
}


CLASSIFICATION_LOSSES: dict[str, tuple[type[Loss], type[Loss]]] = {
    "log_loss": (BinaryCrossEntropy, SoftmaxCrossEntropy),
}
