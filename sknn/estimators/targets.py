"""Targets as a user gives them, and as the network is trained on them."""

from abc import ABC, abstractmethod
from numbers import Real
from typing import Any, Self

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
    classes : ndarray or None
        The classes, or the numbers of the labels.
    sparse : bool
        Whether they came as a sparse indicator matrix, as predictions then do.
    class_weight : object
        Where the weights of classes come from.
    """

    kind: str
    n_outputs: int
    classes: Array | None = None
    sparse: bool = False
    class_weight: Any = None

    @abstractmethod
    def encode(self, y: Array, dtype: Any) -> TargetRows:
        """Encode targets for training."""

    @abstractmethod
    def decode(self, predictions: Array) -> Array:
        """Turn predictions (probabilities, for classes) into targets."""

    def row_weights(self, y: Array, dtype: Any) -> Array | None:
        """Give the weight that each row has by its class."""
        return None

    def check_known(self, y: Array) -> None:
        """Raise an error if targets hold what was not there when the encoding was learned."""


class ClassTargets(Targets):
    """Classes in one column: one logistic output for two of them, else one softmax output each."""

    classes: Array

    def __init__(self, classes: Array) -> None:
        self.classes = classes
        self.kind = "binary" if len(classes) <= 2 else "multiclass"
        self.n_outputs = 1 if self.kind == "binary" else len(classes)
        self.weights: Array | None = None

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the classes from targets."""
        return cls(np.unique(y))

    def learn_weights(self, class_weight: Any, y: Array, sample_weight: Array | None) -> None:
        """Set the weight of each class, from a dict or 'balanced'."""
        self.weights = class_weights(class_weight, self.classes, self._codes(y), sample_weight)

    def check_known(self, y: Array) -> None:
        if y.ndim != 1:
            raise ValueError(f"y has the shape {y.shape}; expected one column of the classes {self.classes}.")
        if len(np.setdiff1d(y, self.classes)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes}. 'y' has {np.unique(y)}."
            )

    def _codes(self, y: Array) -> Array:
        """Number the classes, in the smallest unsigned type."""
        codes: Array = np.searchsorted(self.classes, y)
        return codes.astype(np.min_scalar_type(len(self.classes)), copy=False)

    def encode(self, y: Array, dtype: Any) -> TargetRows:
        table = np.array([[0.0], [1.0]], dtype) if self.kind == "binary" else np.eye(len(self.classes), dtype=dtype)
        return TargetRows(self._codes(y), table)

    def decode(self, predictions: Array) -> Array:
        if self.kind == "binary":
            codes = np.minimum(predictions[:, 0] > 0.5, len(self.classes) - 1)
        else:
            codes = predictions.argmax(axis=1)
        return self.classes.take(codes)

    def row_weights(self, y: Array, dtype: Any) -> Array | None:
        return None if self.weights is None else self.weights.astype(dtype)[self._codes(y)]


class MultilabelTargets(Targets):
    """An indicator matrix: one logistic output for every label."""

    kind = "multilabel"
    classes: Array

    def __init__(self, n_labels: int) -> None:
        self.classes = np.arange(n_labels)
        self.n_outputs = n_labels
        self.weights: list[Array] | None = None

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the number of labels from an indicator matrix."""
        return cls(y.shape[1])

    def learn_weights(self, class_weight: Any, y: Array, sample_weight: Array | None) -> None:
        """Set the weights of 0 and 1 in each column, from a list of dicts or 'balanced'."""
        self.weights = None
        if class_weight is None:
            return
        given = [class_weight] * self.n_outputs if isinstance(class_weight, str) else class_weight
        if isinstance(given, dict) or len(given) != self.n_outputs:
            raise ValueError(
                f"class_weight={class_weight!r} does not fit multilabel targets; expected 'balanced' or a list of "
                f"{self.n_outputs} dicts, one a label."
            )
        columns = zip(given, y.T.astype(np.intp), strict=True)
        weights = (class_weights(one, np.arange(2), column, sample_weight) for one, column in columns)
        self.weights = [np.ones(2) if w is None else w for w in weights]

    def check_known(self, y: Array) -> None:
        if y.shape[1:] != (self.n_outputs,) or not np.isin(y, (0, 1)).all():
            raise ValueError(
                f"`y` has classes not in `self.classes_`: got shape {y.shape} with values from {y.min()} to {y.max()}, "
                f"expected (n, {self.n_outputs}) labels of 0 or 1."
            )

    def encode(self, y: Array, dtype: Any) -> TargetRows:
        return TargetRows(y.astype(bool))

    def decode(self, predictions: Array) -> Array:
        return (predictions > 0.5).astype(int)

    def row_weights(self, y: Array, dtype: Any) -> Array | None:
        if self.weights is None:
            return None
        product = np.ones(len(y))
        for weights, column in zip(self.weights, y.T.astype(np.intp), strict=True):
            product *= weights[column]
        return product.astype(dtype)


class NumericTargets(Targets):
    """Numbers: one output a column."""

    kind = "numeric"

    def __init__(self, n_outputs: int) -> None:
        self.n_outputs = n_outputs

    @classmethod
    def of(cls, y: Array) -> Self:
        """Learn the number of outputs from targets."""
        return cls(1 if y.ndim == 1 else y.shape[1])

    def check_known(self, y: Array) -> None:
        found = 1 if y.ndim == 1 else y.shape[1]
        if found != self.n_outputs:
            raise ValueError(f"y has {found} outputs; expected {self.n_outputs} as in the (last) fit.")

    def encode(self, y: Array, dtype: Any) -> TargetRows:
        with np.errstate(over="ignore"):
            values = y.reshape(len(y), -1).astype(dtype, copy=False)
        if values.dtype != y.dtype and not np.isfinite(values).all():
            raise ValueError(f"y has values too large for {values.dtype}, the type of X.")
        return TargetRows(values)

    def decode(self, predictions: Array) -> Array:
        return predictions[:, 0] if self.n_outputs == 1 else predictions


class ScaledTargets(NumericTargets):
    """Numbers that the network sees centered and scaled: one output a column.

    Parameters
    ----------
    center, scale : ndarray of shape (n_outputs,)
        The network is trained on ``(y - center) / scale``.
    low, high : ndarray of shape (n_outputs,) or None
        Predictions are kept within.
    """

    def __init__(self, center: Array, scale: Array, low: Array | None, high: Array | None) -> None:
        super().__init__(len(center))
        self.center, self.scale, self.low, self.high = center, scale, low, high

    @classmethod
    def learn(cls, y: Array, *, positive: bool, clamp: bool) -> Self:
        """Learn mean and deviation; ``positive`` targets are only divided by their mean, ``clamp`` keeps the range."""
        columns = y.reshape(len(y), -1).astype(np.float64)
        unit = np.exp2(np.frexp(np.abs(columns).max(axis=0))[1] - 1.0)  # a power of two, so that nothing is rounded
        measured = columns / unit  # and their squares are numbers, whatever the unit of the target
        offsets = measured - measured[0]  # which are zeros, exactly, if the target is constant
        mean, deviation = (measured[0] + offsets.mean(axis=0)) * unit, offsets.std(axis=0) * unit
        center, scale = (np.zeros_like(mean), mean) if positive else (mean, deviation)
        scale = np.where(scale == 0, 1.0, scale)
        return cls(center, scale, *((columns.min(axis=0), columns.max(axis=0)) if clamp else (None, None)))

    def encode(self, y: Array, dtype: Any) -> TargetRows:
        rows = super().encode(y, np.float64)
        return TargetRows(((rows.values - self.center) / self.scale).astype(dtype))

    def decode(self, predictions: Array) -> Array:
        y = predictions * self.scale + self.center
        if self.low is not None:
            y = np.clip(y, self.low, self.high)
        return super().decode(y)


def class_weights(class_weight: Any, classes: Array, codes: Array, sample_weight: Array | None) -> Array | None:
    """Give the weight of each class.

    Parameters
    ----------
    class_weight : dict, 'balanced' or None
        Weights by class, 1 where a class is not named; 'balanced' is n / (n_classes * count of the class), where a
        sample of weight 2 counts as two.
    classes : ndarray of shape (n_classes,)
        The classes.
    codes : ndarray of int of shape (n,)
        The class of each sample, as a place in ``classes``.
    sample_weight : ndarray of shape (n,) or None
        Weights of the samples.

    Returns
    -------
    ndarray of shape (n_classes,) or None

    Raises
    ------
    ValueError
        If a class is named that is not there while one that is there is not named, or a weight is not a number
        from 0 on.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        counts = np.bincount(codes, weights=sample_weight, minlength=len(classes)).astype(float)
        present = np.count_nonzero(counts)
        return np.divide(counts.sum(), present * counts, out=np.ones(len(classes)), where=counts > 0)
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"class_weight={class_weight!r} does not fit one column of classes; got a list, expected a dict."
        )
    unknown = [name for name in class_weight if name not in classes.tolist()]
    unnamed = [name for name in classes.tolist() if name not in class_weight]
    if unknown and unnamed:  # a rare class may be missing, but this looks like a slip
        raise ValueError(
            f"class_weight names the classes {unknown}, which are not in y, and not {unnamed}, which are; expected "
            f"some of {classes}, or all of them and others."
        )
    given = [class_weight.get(name, 1.0) for name in classes.tolist()]
    if not all(isinstance(weight, Real) and 0 <= float(weight) < np.inf for weight in given):
        raise ValueError(f"class_weight must be a finite number, at least 0, for every class; got {class_weight}.")
    return np.array(given, dtype=float)


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
    if y.dtype == object and any(label is None for label in y.flat):
        raise ValueError("y contains None; expected the label of a class for every sample.")
    kind = type_of_target(y, input_name="y")
    if kind not in ("binary", "multilabel-indicator"):  # which pass, but would be looked for again
        check_classification_targets(y)
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
