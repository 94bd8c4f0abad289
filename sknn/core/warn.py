"""Warnings that point to the line of the user's that called."""

import sys
import warnings

PASSED_THROUGH = ("sknn", "sklearn.base")
"""Packages and modules that stand between that line and what warns."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn about what the caller of this package did, however deep inside it that is noticed.

    Parameters
    ----------
    message : str
        What to say.
    category : type, default=UserWarning
        Class of the warning.
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_passed_through(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_passed_through(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in PASSED_THROUGH)
