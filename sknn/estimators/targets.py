"""Targets as a user gives them, and as the network is trained on them."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from sknn.core.kernels import Array
from sknn.losses import Loss
from sknn.training.batches import TargetRows


class Targets(ABC):
    """How targets become rows for the loss, and predictions become what the user expects.

    Attributes
    ----------
    kind : str
        'binary', 'multiclass', 'multilabel' or 'numeric'.
    n_outputs : int
        Outputs of the network.
    """

    kind: str
    n_outputs: int

    @abstractmethod
    def encode(self, y: Array, dtype: Any) -> TargetRows:
        """Encode targets for training."""

    @abstractmethod
    def decode(self, predictions: Array) -> Array:
        """Turn predictions (probabilities, for classes) into targets."""


class ClassTargets(Targets):
    """Classes in one column: one logistic output for two of them, else one softmax output each."""

    def __init__(self, classes: Array) -> None:
        self.classes = classes
        self.kind = "binary" if len(classes) <= 2 else "multiclass"
        self.n_outputs = 1 if self.kind == "binary" else len(classes)

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the classes from targets."""
        return cls(np.unique(y))

    def unknown(self, y: Array) -> Array:
        """Give the classes in ``y`` that are not known."""
        return np.setdiff1d(y, self.classes)

    def codes(self, y: Array) -> Array:
        """Number the classes, in the smallest unsigned type."""
        codes: Array = np.searchsorted(self.classes, y)
        return codes.astype(np.min_scalar_type(len(self.classes)), copy=False)

    def encode(self, y: Array, dtype: Any) -> TargetRows:
        binary = self.kind == "binary"
        table = np.array([[0.0], [1.0]]) if binary else np.eye(len(self.classes))
        return TargetRows(self.codes(y), table.astype(dtype))

    def decode(self, predictions: Array) -> Array:
        if self.kind == "binary":
            codes = np.minimum(predictions[:, 0] > 0.5, len(self.classes) - 1)
        else:
            codes = predictions.argmax(axis=1)
        return self.classes.take(codes)


class MultilabelTargets(Targets):
    """An indicator matrix: one logistic output for every label."""

    kind = "multilabel"

    def __init__(self, n_labels: int) -> None:
        self.classes = np.arange(n_labels)
        self.n_outputs = n_labels

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the number of labels from an indicator matrix."""
        return cls(y.shape[1])

    def unknown(self, y: Array) -> Array:
        """Give the labels in ``y`` that are not known."""
        return np.arange(self.n_outputs, y.shape[1])

    def encode(self, y: Array, dtype: Any) -> TargetRows:
        return TargetRows(y.astype(bool))

    def decode(self, predictions: Array) -> Array:
        return (predictions > 0.5).astype(int)


class NumericTargets(Targets):
    """Numbers: one output a column."""

    kind = "numeric"
    classes: ClassVar[None] = None

    def __init__(self, n_outputs: int) -> None:
        self.n_outputs = n_outputs

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the number of outputs from targets."""
        return cls(1 if y.ndim == 1 else y.shape[1])

    def encode(self, y: Array, dtype: Any) -> TargetRows:
        if y.reshape(len(y), -1).shape[1] != self.n_outputs:
            raise ValueError(
                f"y has {y.reshape(len(y), -1).shape[1]} outputs; expected the {self.n_outputs} of the last fit."
            )
        with np.errstate(over="ignore"):
            values = y.reshape(len(y), -1).astype(dtype, copy=False)
        if values.dtype != y.dtype and not np.isfinite(values).all():
            raise ValueError(f"y has values too large for {values.dtype}, the type of X.")
        return TargetRows(values)

    def decode(self, predictions: Array) -> Array:
        return predictions[:, 0] if self.n_outputs == 1 else predictions


def class_targets(y: Any) -> ClassTargets | MultilabelTargets:
    """Choose the encoding that fits the targets of a classifier.

    Parameters
    ----------
    y : ndarray or sparse matrix
        Class labels, or an indicator matrix.

    Returns
    -------
    ClassTargets or MultilabelTargets

    Raises
    ------
    ValueError
        If ``y`` holds numbers that are no classes, or several columns of more than two classes.
    """
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            "Multioutput target data is not supported: y has several columns with more than two classes; "
            "expected one column of classes, or an indicator matrix of labels."
        )
    return MultilabelTargets.of(y) if kind.startswith("multilabel") else ClassTargets.of(y)


def check_target_range(y: Array, loss: Loss) -> None:
    """Raise an error if a loss is not defined for some targets."""
    if not loss.in_target_range(y):
        raise ValueError(
            f"y has values outside the range of loss {type(loss).__name__}: expected {loss.target_range}, "
            f"got values from {y.min()} to {y.max()}."
        )


def dense_targets(y: Any) -> Array:
    """Give an indicator matrix as an array, if it is sparse."""
    return np.asarray(y.toarray() if issparse(y) else y)
