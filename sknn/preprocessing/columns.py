"""Columns of tables: which hold numbers and which categories, and their levels."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sknn.core.kernels import Array

Levels = list[Any]
"""The levels of a category, in the order of their codes."""

DATES = (date, time, timedelta, np.datetime64, np.timedelta64)
"""Types of objects that are neither numbers nor categories; those of pandas are among them."""


@dataclass(frozen=True)
class Table:
    """A table as it was read: a matrix of numbers and one of codes.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numbers)
        float32 or float64; NaN is missing.
    codes : ndarray of int32 of shape (n, n_categories)
        The level of each category; -1 is missing or unknown.
    """

    numbers: Array
    codes: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.numbers), self.numbers.shape[1] + self.codes.shape[1]

    @property
    def dtype(self) -> Any:
        """Type of the numbers."""
        return self.numbers.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> "Table":
        return Table(self.numbers[rows], self.codes[rows])


def check_table(X: Any, estimator: Any, *, reset: bool) -> Any:
    """Give a data frame as it is, and anything else as an array; set or check the names of its columns.

    Parameters
    ----------
    X : data frame or array-like of shape (n, n_columns)
        The table.
    estimator : estimator
        Keeps the names, and is named in errors.
    reset : bool
        Set the names, else check them.

    Returns
    -------
    data frame or ndarray

    Raises
    ------
    ValueError
        If it has no rows, no columns, other columns than before, or is no table.
    """
    if hasattr(X, "column_names") and hasattr(X, "to_pandas"):  # a table of Arrow
        X = X.to_pandas()
    if not is_frame(X):
        options = {"ensure_all_finite": False, "input_name": "X", "estimator": estimator}
        table = check_array(X, dtype=None, **options)
        # Lists with some text are all text as an array.
        X = check_array(X, dtype=object, **options) if table.dtype.kind in "SU" and not hasattr(X, "dtype") else table
    for count, unit in zip(X.shape, ("sample(s)", "feature(s)"), strict=True):
        if not count:
            raise ValueError(f"Found array with 0 {unit} (shape={X.shape}) while a minimum of 1 is required.")
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    return X


def columns_of(X: Any) -> list[Any]:
    """Give the columns of a table that `check_table` gave."""
    if isinstance(X, np.ndarray):
        return [X[:, j] for j in range(X.shape[1])]
    if hasattr(X, "iloc"):
        return [X.iloc[:, j] for j in range(X.shape[1])]
    return [X[name] for name in X.columns]


def is_frame(X: Any) -> bool:
    """Tell whether it is a data frame, of pandas, polars or the like, whose columns are there already."""
    return all(hasattr(X, mark) for mark in ("to_numpy", "dtypes" if hasattr(X, "iloc") else "schema", "columns"))


def distinct(names: Iterable[Any]) -> Array:
    """Give the names of columns of which some may be alike: what comes again gets a number after its name."""
    given, seen = list(names), set[Any]()
    taken = set(given)
    for i, name in enumerate(given):
        if name in seen:
            given[i] = next(new for new in (f"{name}_{k}" for k in range(2, len(given) + 2)) if new not in taken)
            taken.add(given[i])
        seen.add(name)
    return np.array(given, dtype=object)


def holds_categories(column: Any, name: str) -> bool:
    """Tell by the type of a column whether it holds categories.

    Parameters
    ----------
    column : series or ndarray
        Of the types, 'category', strings and (in a data frame) booleans are categories; objects are unless there are
        only numbers, and one at least. Booleans with holes are objects in pandas.
    name : str
        Of the column, for errors.

    Returns
    -------
    bool

    Raises
    ------
    ValueError
        If it holds dates, durations, lists, structures or complex numbers.
    """
    dtype = str(column.dtype).lower()
    if dtype.startswith(("list", "array", "struct")):
        raise ValueError(f"X has lists or structures in column {name}; expected numbers or categories.")
    if dtype.startswith(("category", "categorical", "enum", "str", "large_string", "utf8", "null")):
        return True
    kind = _kind(column)
    if kind in "Mm":
        raise ValueError(f"X has dates or durations in column {name}; expected numbers or categories.")
    if kind == "c":
        raise ValueError(f"Complex data not supported: X has complex numbers in column {name}.")
    if kind in "iuf":
        return False
    if kind == "b" or dtype.startswith("bool"):
        return not isinstance(column, np.ndarray)
    values = [value for value in np.asarray(column, dtype=object) if not _is_missing(value)]
    if dtype.startswith("period") or any(isinstance(value, DATES) for value in values):
        raise ValueError(f"X has dates or durations in column {name}; expected numbers or categories.")
    if any(isinstance(value, complex | np.complexfloating) for value in values):
        raise ValueError(f"Complex data not supported: X has complex numbers in column {name}.")
    flags = not isinstance(column, np.ndarray) and all(isinstance(value, bool | np.bool_) for value in values)
    return not values or flags or not all(isinstance(value, Real | Decimal) for value in values)


def _kind(column: Any) -> str:
    """Give the letter that NumPy has for the type of a column."""
    levels = getattr(column.dtype, "categories", None)
    dtype = getattr(levels, "dtype", column.dtype)
    return str(getattr(dtype, "kind", None) or np.asarray(column[:1]).dtype.kind)


def _is_missing(value: Any) -> bool:
    # pandas' NA is neither equal to itself nor different from itself, and an array is both.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    unequal = value != value
    return isinstance(unequal, bool | np.bool_) and bool(unequal)


def as_numbers(column: Any, name: str) -> Array:
    """Give a column of numbers as floats, NaN where one is missing.

    Parameters
    ----------
    column : series or ndarray
        Numbers.
    name : str
        Of the column, for errors.

    Returns
    -------
    ndarray of shape (n,)
        float32 if the column is, else float64.

    Raises
    ------
    ValueError
        If one is infinite, a date, complex, or text that is no number.
    """
    if _kind(column) in "Mm":
        raise ValueError(f"X has dates or durations in column {name}; expected numbers.")
    if _kind(column) == "c":
        raise ValueError(f"Complex data not supported: X has complex numbers in column {name}.")
    try:
        x = _floats(column)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            f"Input X holds no number in column {name}: {error}. Expected numbers, or the column among the categories."
        ) from None
    if np.isinf(x).any():
        raise ValueError(f"Input X contains infinity or a value too large for {x.dtype}: in column {name}.")
    return x


def _floats(column: Any) -> Array:
    if hasattr(column, "iloc") and not isinstance(column.dtype, np.dtype):
        column = column.to_numpy(dtype=np.float64, na_value=np.nan)
    x = np.asarray(column)
    if x.dtype == object:
        x = np.array([np.nan if _is_missing(value) else float(value) for value in x])
    return x if x.dtype == np.float32 else x.astype(np.float64, copy=False)


def factorize(column: Any) -> tuple[Array, list[Any]]:
    """Number the values of a column.

    Parameters
    ----------
    column : series or ndarray
        Anything that can be a key of a dict.

    Returns
    -------
    codes : ndarray of int of shape (n,)
        The place of each in ``values``; -1 where it is missing.
    values : list
        Each value once.

    Raises
    ------
    TypeError
        If a value can be no category, such as a list.
    """
    try:
        return _factorized(column)
    except TypeError:
        values = np.asarray(column, dtype=object)
        unfit = next((v for v in values if not isinstance(v, Hashable)), ())  # a tuple may hold what is not
        raise TypeError(f"X: argument must be a string or a real number, not {type(unfit).__name__!r}") from None


def _factorized(column: Any) -> tuple[Array, list[Any]]:
    if hasattr(column, "iloc"):
        codes, uniques = column.factorize()
        values = [_plain(value) for value in uniques]
        # NaN is a value to Arrow, whose own mark for what is missing is null.
        kept = [i for i, value in enumerate(values) if not _is_missing(value)]
        place = np.full(len(values) + 1, -1)
        place[kept] = np.arange(len(kept))
        return place[codes], [values[i] for i in kept]
    array = np.asarray(column)
    if array.dtype.kind == "f" and str(column.dtype).lower().startswith(("int", "uint")):
        array = np.asarray(column.to_list(), dtype=object)  # polars makes floats of whole numbers with holes
    if array.dtype.kind in "biuf":
        uniques, codes = np.unique(array, return_inverse=True)
        missing = np.isnan(uniques) if array.dtype.kind == "f" else np.zeros(len(uniques), bool)
        return np.where(missing[codes], -1, codes), [_plain(value) for value in uniques[~missing]]
    places: dict[Any, int] = {}
    found = [-1 if _is_missing(v) else places.setdefault(_plain(v), len(places)) for v in array]
    return np.array(found), list(places)


def _plain(value: Any) -> Any:
    if isinstance(value, np.datetime64 | np.timedelta64):  # of nanoseconds NumPy would make whole numbers
        value = value.astype(f"{value.dtype.kind}8[us]")
    return value.item() if isinstance(value, np.generic) else value


def learn_levels(column: Any) -> tuple[Levels, Array]:
    """Number the levels of a category in their order, and encode them.

    Parameters
    ----------
    column : series or ndarray
        The values.

    Returns
    -------
    levels : list
        In the order of their codes; a list, since skops makes text of the keys of a dict.
    codes : ndarray of int32 of shape (n,)
        As of `encode_levels`.
    """
    codes, values = factorize(column)
    order = sorted(range(len(values)), key=lambda i: _sort_key(values[i]))
    rank = np.empty(len(values) + 1, np.int32)
    rank[order] = np.arange(len(values))
    rank[-1] = -1
    return [values[i] for i in order], rank[codes]


def _sort_key(value: Any) -> tuple[bool, Any, str]:
    is_number = isinstance(value, Real)
    return not is_number, value if is_number else 0, str(value)


def encode_levels(column: Any, levels: Levels) -> Array:
    """Give the code of each value of a category.

    Parameters
    ----------
    column : series or ndarray
        The values.
    levels : list
        As `learn_levels` gave them.

    Returns
    -------
    ndarray of int32 of shape (n,)
        -1 where a value is missing or unknown.
    """
    codes, values = factorize(column)
    places = {level: code for code, level in enumerate(levels)}
    known = np.array([*(places.get(value, -1) for value in values), -1], dtype=np.int32)
    return known[codes]
