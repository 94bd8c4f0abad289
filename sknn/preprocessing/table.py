"""Whole tables for networks: numbers scaled and completed, categories encoded."""

from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, assert_all_finite, check_is_fitted

from sknn.core.checks import unchanged_on_error
from sknn.core.kernels import Array
from sknn.preprocessing.categories import is_one_hot, one_hot_names
from sknn.preprocessing.columns import (
    Levels,
    Table,
    as_numbers,
    check_table,
    columns_of,
    distinct,
    encode_levels,
    holds_categories,
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
    levels : list of list or None
        The levels of each column; None for a column of numbers.
    """

    def __init__(self, categorical_features: Any) -> None:
        self.categorical_features = categorical_features

    def learn(self, X: Any, estimator: Any) -> Table:
        """Learn what the columns are, and read them."""
        X = check_table(X, estimator, reset=True)
        columns = columns_of(X)
        names = getattr(estimator, "feature_names_in_", None)
        self.names = [f"x{j}" for j in range(len(columns))] if names is None else [str(name) for name in names]
        flags = self._flags(columns)
        learned = [learn_levels(column) if flag else None for column, flag in zip(columns, flags, strict=True)]
        self.levels: list[Levels | None] = [None if pair is None else pair[0] for pair in learned]
        return self._table(X, columns, [pair[1] for pair in learned if pair is not None])

    def read(self, X: Any, estimator: Any) -> Table:
        """Read a table with the columns that were learned."""
        X = check_table(X, estimator, reset=False)
        columns = columns_of(X)
        pairs = zip(columns, self.levels, strict=True)
        codes = [encode_levels(column, levels) for column, levels in pairs if levels is not None]
        return self._table(X, columns, codes)

    def _flags(self, columns: list[Any]) -> list[bool]:
        """Say which columns hold categories."""
        chosen = self.categorical_features
        if isinstance(chosen, str):
            return [holds_categories(column, name) for column, name in zip(columns, self.names, strict=True)]
        given = np.asarray([] if chosen is None else chosen)
        if given.ndim != 1:
            raise ValueError(f"categorical_features has {given.ndim} dimensions; expected a list, got {chosen!r}.")
        entries, at = given.tolist(), range(len(columns))
        if entries and all(isinstance(one, bool | np.bool_) for one in entries):
            if len(entries) != len(at):
                raise ValueError(
                    f"categorical_features is a mask of shape {given.shape}; expected one entry for each of the "
                    f"{len(at)} columns."
                )
            return entries
        places = [self.names.index(one) if one in self.names else one for one in entries]
        unknown = [one for one in places if not isinstance(one, Integral) or isinstance(one, bool) or one not in at]
        if unknown:
            raise ValueError(f"categorical_features names {unknown}, which X does not have; it has {self.names}.")
        return [j in places for j in at]

    def _table(self, X: Any, columns: list[Any], codes: list[Array]) -> Table:
        n = len(columns[0])
        matrix = np.stack(codes, axis=1) if codes else np.empty((n, 0), np.int32)
        if not codes and isinstance(X, np.ndarray) and X.dtype in (np.float32, np.float64):
            assert_all_finite(X, allow_nan=True, input_name="X")
            return Table(X, matrix)
        triples = zip(columns, self.names, self.levels, strict=True)
        numbers = [(column, name) for column, name, levels in triples if levels is None]
        single = all(column.dtype == np.float32 for column, _ in numbers)
        out = np.empty((n, len(numbers)), np.float32 if single else np.float64)
        for j, (column, name) in enumerate(numbers):
            out[:, j] = as_numbers(column, name)
        return Table(out, matrix)


@dataclass
class _Fitted:
    """What `TableEncoder` learns of the values of a table.

    Each number has a center and a scale; ``holes`` are the columns that had missing numbers, of which each gets a
    column of its own, and ``marks`` are the values of the latter for 0 and 1. Of each category there are the values of
    its one-hot columns for 0 and 1 (for a category of two levels also that for missing), or None where it has codes.
    """

    center: Array
    scale: Array
    holes: list[int]
    marks: list[Array]
    one_hot: list[Array | None] = field(default_factory=list)


class TableEncoder(TransformerMixin, BaseEstimator):
    """Make a table of numbers and categories, with holes, into a matrix for a network.

    Numbers are scaled as by `RobustScaleSmoothClip`. A missing one becomes the median, which is 0, and a column that
    had some in ``fit`` is accompanied by one that says where. Categories are encoded as by `CategoryEncoder`; the
    one-hot columns (and those that mark missing numbers) are scaled like numbers. In the matrix stand, in this order:
    numbers, marks of missing numbers, one-hot columns, and codes for `sknn.layers.TableEmbedding`.

    Parameters
    ----------
    categorical_features : 'from_dtype', array-like of str, int or bool, or None, default='from_dtype'
        The columns that hold categories, as names, places or a mask. 'from_dtype' takes those of a data frame that are
        strings, booleans or of the type 'category', and of an array those that hold anything but numbers. Whole numbers
        count as numbers: name the column here if they are categories.
    max_one_hot_size : int or None, default=9
        As of `CategoryEncoder`.
    max_abs : float, default=3.0
        As of `RobustScaleSmoothClip`.
    dtype : {'float32', 'float64'}, default='float32'
        Type of the matrix.

    Attributes
    ----------
    n_numbers_ : int
        Columns of numbers.
    levels_ : tuple of int
        Number of codes, that of "missing" included, of each category that is encoded so: the last columns.
    categories_ : dict of str to list
        The levels of each category.
    n_features_in_ : int
        Number of columns of the table.
    feature_names_in_ : ndarray of str of shape (n_features_in_,)
        Their names, where all have one.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491. There missing numbers are not accepted.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn.preprocessing import TableEncoder
    >>> X = np.array([[1.0, "a"], [2.0, "b"], [np.nan, "a"], [4.0, "a"]], dtype=object)
    >>> encoder = TableEncoder().fit(X)
    >>> list(encoder.get_feature_names_out())
    ['x0', 'x0_missing', 'x1_a']
    >>> encoder.transform(X).round(2)
    array([[-0.65,  0.  ,  0.  ],
           [ 0.  ,  0.  , -2.4 ],
           [ 0.  ,  2.4 ,  0.  ],
           [ 1.22,  0.  ,  0.  ]], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "max_one_hot_size": [Interval(Integral, 0, None, closed="left"), None],
        "max_abs": [Interval(Real, 0, None, closed="neither")],
        "dtype": [StrOptions({"float32", "float64"})],
    }

    def __init__(
        self,
        *,
        categorical_features: Any = "from_dtype",
        max_one_hot_size: int | None = 9,
        max_abs: float = 3.0,
        dtype: str = "float32",
    ) -> None:
        self.categorical_features = categorical_features
        self.max_one_hot_size = max_one_hot_size
        self.max_abs = max_abs
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the columns, their levels and their statistics.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table; NaN and None are missing.
        y : None
            Not used.

        Returns
        -------
        self
        """
        reader = TableReader(self.categorical_features)
        with unchanged_on_error(self):
            return self.fit_table(reader, reader.learn(X, self))

    def transform(self, X: Any) -> Array:
        """Encode a table.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            The table.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
        """
        check_is_fitted(self)
        return self.transform_table(self._reader.read(X, self))

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Name the columns: as they were, and ``name_missing``, ``name_level``.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; None takes those of ``fit``, or x0, x1, ...

        Returns
        -------
        ndarray of str
            A name that another column has already gets a number behind it.
        """
        check_is_fitted(self)
        pairs = list(zip(_check_feature_names_in(self, input_features), self._reader.levels, strict=True))
        numbers = [name for name, levels in pairs if levels is None]
        categories = [(name, list(levels)) for name, levels in pairs if levels is not None]
        flagged = list(zip(categories, self._fitted.one_hot, strict=True))
        one_hot = [column for (name, levels), v in flagged if v is not None for column in one_hot_names(name, levels)]
        codes = [name for (name, _), v in flagged if v is None]
        return distinct([*numbers, *(f"{numbers[j]}_missing" for j in self._fitted.holes), *one_hot, *codes])

    # -- tables that were read already ---------------------------------------------------------------------------------

    def fit_table(self, reader: TableReader, table: Table, rows: Any = slice(None)) -> Self:
        """Learn the statistics of some rows of a table.

        Parameters
        ----------
        reader : TableReader
            Has read the table.
        table : Table
            The table.
        rows : ndarray of int, default=slice(None)
            Learn from these only.

        Returns
        -------
        self
        """
        self._reader = reader
        columns = [table.numbers[rows, j] for j in range(table.numbers.shape[1])]
        statistics = [robust_statistics(column) for column in columns]
        center, scale = np.array(statistics).T if statistics else np.empty((2, 0))
        holes = [j for j, column in enumerate(columns) if np.isnan(column).any()]
        marks = [self._values(np.array([np.isnan(columns[j]).sum()]), len(columns[j]), 0.0, 1.0)[:, 0] for j in holes]
        self._fitted = _Fitted(center, scale, holes, marks)
        levels = [known for known in reader.levels if known is not None]
        for codes, known in zip(table.codes.T, levels, strict=True):
            kept = is_one_hot(len(known), self.max_one_hot_size)
            self._fitted.one_hot.append(self._one_hot_values(codes[rows], len(known)) if kept else None)
        self.n_numbers_ = len(columns)
        pairs = list(zip(levels, self._fitted.one_hot, strict=True))
        self.levels_ = tuple(len(known) + 1 for known, values in pairs if values is None)
        named = zip(reader.names, reader.levels, strict=True)
        self.categories_ = {name: list(known) for name, known in named if known is not None}
        return self

    def _values(self, ones: Array, n: int, *values: float) -> Array:
        """Scale and bend values of columns of zeros and ones: a row for each value."""
        center, scale = binary_statistics(ones, n)
        return np.stack([scale_and_clip(value, center, scale, self.max_abs) for value in values])

    def _one_hot_values(self, codes: Array, n_levels: int) -> Array:
        """Give the scaled values of one-hot columns: rows for 0 and 1, or for two levels first, second, missing."""
        if n_levels <= 2:
            column = np.array([1.0, -1.0, 0.0])[codes]
            center, scale = robust_statistics(column)
            return np.asarray(scale_and_clip(np.array([1.0, -1.0, 0.0]), center, scale, self.max_abs))
        ones = np.bincount(codes[codes >= 0], minlength=n_levels)
        return self._values(ones, len(codes), 0.0, 1.0)

    def transform_table(self, table: Table) -> Array:
        """Encode a table that was read.

        Parameters
        ----------
        table : Table
            Read by the reader of ``fit_table``.

        Returns
        -------
        ndarray of shape (n, n_columns)
        """
        fitted = self._fitted
        widths = [1 if v is None or v.ndim == 1 else v.shape[1] for v in fitted.one_hot]
        out = np.empty((len(table), self.n_numbers_ + len(fitted.holes) + sum(widths)), self.dtype)
        for j in range(self.n_numbers_):
            z = scale_and_clip(table.numbers[:, j], fitted.center[j], fitted.scale[j], self.max_abs)
            missing = np.isnan(z)
            z[missing] = 0.0
            out[:, j] = z
            if j in fitted.holes:
                place = fitted.holes.index(j)
                out[:, self.n_numbers_ + place] = fitted.marks[place][missing.astype(int)]
        self._write_categories(table.codes, out[:, self.n_numbers_ + len(fitted.holes) :])
        return out

    def _write_categories(self, codes: Array, out: Array) -> None:
        """Fill the columns of the categories: one-hot, then codes."""
        start, stop = 0, out.shape[1] - len(self.levels_)
        for column, values in zip(codes.T, self._fitted.one_hot, strict=True):
            if values is None:
                out[:, stop] = column + 1
                stop += 1
            elif values.ndim == 1:
                out[:, start] = values[column]
                start += 1
            else:
                block = out[:, start : start + values.shape[1]]
                block[:] = values[0]
                known = np.flatnonzero(column >= 0)
                block[known, column[known]] = values[1, column[known]]
                start += values.shape[1]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
