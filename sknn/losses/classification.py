"""Losses of classifiers: for every task one of a single output or several labels, and one of several classes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, log_expit

from sknn.core.checks import require
from sknn.core.kernels import REACH, Array, settle
from sknn.losses.base import Loss

NEGLIGIBLE = 1e-30
"""Added to a difference of probabilities before it divides: less than its rounding, and never 0 in its place."""


@dataclass(frozen=True)
class ProbabilityLoss(Loss):
    """Base class of the losses whose targets are probabilities."""

    target_range: ClassVar[str] = "probabilities, from 0 to 1"

    def in_target_range(self, y: Array) -> bool:
        return bool(np.all((y >= 0) & (y <= 1)))


@dataclass(frozen=True)
class LogisticLoss(ProbabilityLoss):
    """Base class of the losses of logistic probabilities, for two classes (one output) and for labels."""

    link: ClassVar[str] = "logistic"

    def inverse_link(self, raw: Array) -> Array:
        return np.asarray(expit(raw, out=raw))

    def log_inverse_link(self, raw: Array) -> Array:
        return np.asarray(log_expit(raw, out=raw))


@dataclass(frozen=True)
class SoftmaxLoss(ProbabilityLoss):
    """Base class of the losses of softmax probabilities, for three classes or more."""

    link: ClassVar[str] = "softmax"

    def inverse_link(self, raw: Array) -> Array:
        raw -= raw.max(axis=1, keepdims=True)
        np.exp(raw, out=raw)
        raw /= raw.sum(axis=1, keepdims=True)
        return raw

    def log_inverse_link(self, raw: Array) -> Array:
        raw -= raw.max(axis=1, keepdims=True)
        raw -= np.log(np.exp(raw).sum(axis=1, keepdims=True))
        return raw


@dataclass(frozen=True)
class BinaryCrossEntropy(LogisticLoss):
    """Cross-entropy of logistic probabilities, summed over labels: log(1 + exp(raw)) - y * raw.

    The gradient is p - y with p = 1 / (1 + exp(-raw)). Serves two classes (one output) and multilabel
    targets.

    References
    ----------
    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
    """

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        np.maximum(raw, -REACH[raw.dtype], out=out)
        expit(out, out=out)
        out -= y
        np.logaddexp(0.0, raw, out=work)
        raw *= y
        np.subtract(work, raw, out=raw)


@dataclass(frozen=True)
class SoftmaxCrossEntropy(SoftmaxLoss):
    """Cross-entropy of softmax probabilities: -sum(y * log p), p = exp(raw) / sum(exp(raw)).

    The gradient is p - y; targets are probabilities that sum to 1 in each row (one-hot, or smoothed).

    References
    ----------
    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
    """

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        rows = work[:, :1]
        np.maximum.reduce(raw, axis=1, keepdims=True, out=rows)
        raw -= rows
        np.maximum(raw, -REACH[raw.dtype], out=out)
        np.exp(out, out=out)
        np.add.reduce(out, axis=1, keepdims=True, out=rows)
        out /= rows
        np.log(rows, out=rows)
        np.subtract(rows, raw, out=raw)
        raw *= y
        out -= y


@dataclass(frozen=True)
class BinaryFocal(LogisticLoss):
    """Focal loss of logistic probabilities: the cross-entropy times |y - p| ** focal_gamma, summed over labels.

    So a sample counts less the better it is predicted. With c the cross-entropy and d = p - y the gradient is
    |d| ** focal_gamma (d + focal_gamma p (1 - p) c / d).

    Parameters
    ----------
    focal_gamma : float, default=2.0
        How much less, at least 0; at 0 this is the cross-entropy.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    Lin, Goyal, Girshick, He, Dollár, "Focal loss for dense object detection", 2017, arXiv:1708.02002, without
    its alpha (weights of classes do that). For targets between 0 and 1: Li et al., "Generalized focal loss",
    2020, arXiv:2006.04388.
    """

    focal_gamma: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.focal_gamma >= 0, "focal_gamma", "at least 0", self.focal_gamma)

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        expit(raw, out=out)
        np.logaddexp(0.0, raw, out=work)
        raw *= y
        work -= raw
        np.subtract(1.0, out, out=raw)
        raw *= out
        raw *= work
        raw *= self.focal_gamma
        out -= y
        out += NEGLIGIBLE
        raw /= out
        raw += out
        np.abs(out, out=out)
        np.power(out, self.focal_gamma, out=out)
        work *= out
        out *= raw
        settle(out)
        np.copyto(raw, work)


@dataclass(frozen=True)
class SoftmaxFocal(SoftmaxLoss):
    """Focal loss of softmax probabilities: -sum(|y - p| ** focal_gamma * y * log p).

    So a sample counts less the better it is predicted. With d = p - y and
    b = y |d| ** focal_gamma (1 + focal_gamma p log(p) / d) the gradient is p sum(b) - b.

    Parameters
    ----------
    focal_gamma : float, default=2.0
        How much less, at least 0; at 0 this is the cross-entropy.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    As of `BinaryFocal`.
    """

    focal_gamma: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.focal_gamma >= 0, "focal_gamma", "at least 0", self.focal_gamma)

    def terms(self, raw: Array, y: Array, out: Array, work: Array) -> None:
        rows = work[:, :1]
        np.maximum.reduce(raw, axis=1, keepdims=True, out=rows)
        raw -= rows
        np.exp(raw, out=out)
        np.add.reduce(out, axis=1, keepdims=True, out=rows)
        out /= rows
        np.log(rows, out=rows)
        raw -= rows
        np.multiply(out, raw, out=work)
        work *= self.focal_gamma
        out -= y
        out += NEGLIGIBLE
        work /= out
        work += 1.0
        np.abs(out, out=out)
        np.power(out, self.focal_gamma, out=out)
        out *= y
        work *= out
        out *= raw
        np.exp(raw, out=raw)
        # One number a row: the only array that is made in a step, as all three here are full.
        raw *= np.add.reduce(work, axis=1, keepdims=True)
        np.subtract(raw, work, out=work)
        np.negative(out, out=raw)
        np.copyto(out, work)
        settle(out)


CLASSIFICATION_LOSSES: dict[str, tuple[type[Loss], type[Loss]]] = {
    "log_loss": (BinaryCrossEntropy, SoftmaxCrossEntropy),
    "focal": (BinaryFocal, SoftmaxFocal),
}
