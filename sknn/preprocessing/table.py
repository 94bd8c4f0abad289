"""Whole tables for networks: numbers scaled and completed, categories encoded."""

from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from sknn.core.kernels import Array
from sknn.preprocessing.categories import is_one_hot, one_hot_names
from sknn.preprocessing.columns import (
    Levels,
    Table,
    as_numbers,
    columns_of,
    encode_levels,
    holds_categories,
    is_frame,
    learn_levels,
)
from sknn.preprocessing.scaling import binary_statistics, robust_statistics, scale_and_clip


class TableReader:
    """Tell numbers from categories, learn the levels, and read tables by that.

    Parameters
    ----------
    categorical_features : 'from_dtype', array-like or None
        As of `TableEncoder`.

    Attributes
    ----------
    names : list of str
        Of the columns, in their order.
    levels : list of dict or None
        The levels of each column; None for a column of numbers.
    """

    def __init__(self, categorical_features: Any) -> None:
        self.categorical_features = categorical_features

    def learn(self, X: Any, estimator: Any) -> Table:
        """Learn what the columns are, and read them."""
        columns = self._columns(X, estimator, reset=True)
        names = getattr(estimator, "feature_names_in_", None)
        self.names = [f"x{j}" for j in range(len(columns))] if names is None else [str(name) for name in names]
        flags = self._flags(columns)
        learned = [learn_levels(column) if flag else None for column, flag in zip(columns, flags, strict=True)]
        self.levels: list[Levels | None] = [None if pair is None else pair[0] for pair in learned]
        return self._table(columns, [pair[1] for pair in learned if pair is not None])

    def read(self, X: Any, estimator: Any) -> Table:
        """Read a table with the columns that were learned."""
        columns = self._columns(X, estimator, reset=False)
        pairs = zip(columns, self.levels, strict=True)
        return self._table(columns, [encode_levels(column, levels) for column, levels in pairs if levels is not None])

    def _columns(self, X: Any, estimator: Any, *, reset: bool) -> list[Any]:
        columns = columns_of(X, estimator)
        stand_in = X if hasattr(X, "shape") else np.broadcast_to(0.0, (1, len(columns)))
        validate_data(estimator, stand_in, reset=reset, skip_check_array=True)
        return columns

    def _flags(self, columns: list[Any]) -> list[bool]:
        """Say which columns hold categories."""
        chosen = self.categorical_features
        if isinstance(chosen, str):
            return [holds_categories(column, name) for column, name in zip(columns, self.names, strict=True)]
        given = np.asarray([] if chosen is None else chosen)
        if given.dtype == bool:
            if given.shape != (len(columns),):
                raise ValueError(
                    f"categorical_features is a mask of shape {given.shape}; expected one entry for each of the "
                    f"{len(columns)} columns."
                )
            return given.tolist()
        numbers = [self.names.index(one) if one in self.names else one for one in given.tolist()]
        unknown = [one for one in numbers if not (isinstance(one, int) and 0 <= one < len(columns))]
        if unknown:
            raise ValueError(f"categorical_features names {unknown}, which X does not have; it has {self.names}.")
        return [j in numbers for j in range(len(columns))]

    def _table(self, columns: list[Any], codes: list[Array]) -> Table:
        named = zip(columns, self.names, self.levels, strict=True)
        numbers = [(column, name) for column, name, levels in named if levels is None]
        n = len(columns[0])
        if numbers and len(numbers) == len(columns) and getattr(columns[0], "base", None) is not None:
            whole = columns[0].base
            if isinstance(whole, np.ndarray) and whole.dtype.kind == "f" and whole.shape == (n, len(columns)):
                return Table(_checked(whole), np.empty((n, 0), np.int32))
        single = numbers and all(getattr(column, "dtype", None) == np.float32 for column, _ in numbers)
        matrix = np.empty((n, len(numbers)), np.float32 if single else np.float64)
        for j, (column, name) in enumerate(numbers):
            matrix[:, j] = as_numbers(column, name)
        return Table(matrix, np.stack(codes, axis=1) if codes else np.empty((n, 0), np.int32))
