"""The one check of a hyper-parameter's range, what layers ask for most, and errors that change nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any


def require(valid: bool, name: str, expected: str, got: Any) -> None:
    """Raise an error that names a parameter, what was expected, and what came.

    Parameters
    ----------
    valid : bool
        Whether the parameter is in its range.
    name : str
        Name of the parameter.
    expected : str
        The range, in words.
    got : object
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


@contextmanager
def unchanged_on_error(estimator: Any) -> Iterator[None]:
    """Give the estimator back the attributes it had, if the block raises."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        # scikit-learn tears the callbacks down by two attributes of its own.
        own = {name: value for name, value in vars(estimator).items() if "_callback" in name}
        vars(estimator).clear()
        vars(estimator).update({**before, **own})
        raise
