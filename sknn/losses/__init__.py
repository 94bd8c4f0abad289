"""Losses of raw outputs: each owns its link, its target range, and its exact value and gradient."""

from sknn.losses.base import Loss
from sknn.losses.classification import (
    CLASSIFICATION_LOSSES,
    BinaryCrossEntropy,
    BinaryFocal,
    SoftmaxCrossEntropy,
    SoftmaxFocal,
)
from sknn.losses.regression import (
    REGRESSION_LOSSES,
    AbsoluteError,
    Gamma,
    Huber,
    LogCosh,
    Poisson,
    Quantile,
    SquaredError,
)

__all__ = [
    "CLASSIFICATION_LOSSES",
    "REGRESSION_LOSSES",
    "AbsoluteError",
    "BinaryCrossEntropy",
    "BinaryFocal",
    "Gamma",
    "Huber",
    "LogCosh",
    "Loss",
    "Poisson",
    "Quantile",
    "SoftmaxCrossEntropy",
    "SoftmaxFocal",
    "SquaredError",
]
