"""The one check of a hyper-parameter's range, and what layers ask for most."""

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
    valid = isinstance(got, Integral) and not isinstance(got, bool) and int(got) >= 1
    require(valid, name, "a whole number of at least 1", got)
