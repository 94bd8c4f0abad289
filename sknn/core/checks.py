"""The one check of a hyper-parameter's range, and what layers ask for most."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any


def require(valid: bool, name: str, expected: str, got: float) -> None:
    """Raise an error that names a parameter, what was expected, and what came.

    Parameters
    ----------
    valid : bool
        Whether the parameter is in its range.
    name : str
        Name of the parameter.
    expected : str
        The range, in words.
    got : float
        What came.

    Raises
    ------
    ValueError
        If it is not valid.
    """
    if not valid:
        raise ValueError(f"{name} must be {expected}, got {got!r}.")


def require_count(name: str, got: Any) -> None:
    """Raise an error unless a parameter is a whole number of at least 1.

    Parameters
    ----------
    name : str
        Name of the parameter.
    got : object
        What came.

    Raises
    ------
    ValueError
        If it is no such number.
    """
    require(is_count(got), name, "a whole number of at least 1", got)


def is_count(value: Any) -> bool:
    """Tell whether a value is a whole number of at least 1."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def for_each_axis(name: str, value: Any, n_axes: int) -> tuple[int, ...]:
    """Give a parameter as one number for each axis.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : int or iterable of int
        One number for all axes, or one for each.
    n_axes : int
        Number of axes.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If there are others than ``n_axes`` numbers, or one that is no whole number of at least 1.
    """
    numbers = tuple(value) if isinstance(value, Iterable) else (value,) * n_axes
    if len(numbers) != n_axes or not all(map(is_count, numbers)):
        raise ValueError(f"needs as {name} a whole number of at least 1, or {n_axes} of them; got {value!r}")
    return tuple(map(int, numbers))  # those of NumPy show as np.int64(2)
