"""The one check of a hyper-parameter's range."""


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
