"""Arrays that belong together, and errors that name the array they are about."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from sknn.core.kernels import Array


@contextmanager
def naming(array: str) -> Iterator[None]:
    """Put the name of an array before an error about it that does not name it."""
    try:
        yield
    except OverflowError as error:
        raise ValueError(f"{array} must be numeric: {error}") from error
    except (ValueError, TypeError) as error:
        if type(error) not in (ValueError, TypeError) or re.search(rf"\b{array}\b", str(error)):
            raise
        raise type(error)(f"{array} is not as expected: {error}") from error


def is_given(validation: tuple[Any, Any, Any]) -> bool:
    """Tell whether there are validation samples of the user's own, with all that belongs to them."""
    X, y, weight = validation
    if X is None and (y is not None or weight is not None):
        raise ValueError("y_val or sample_weight_val came without X_val; expected X_val and y_val.")
    if X is not None and y is None:
        raise ValueError("X_val came without y_val; expected both or neither.")
    return X is not None


@contextmanager
def about_validation() -> Iterator[None]:
    """Say of an error that it is about the validation samples."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise ValueError(f"X_val, y_val or sample_weight_val is not as the training samples are: {error}") from error


@contextmanager
def about_absent_classes(y: Array, classes: Array | None) -> Iterator[None]:
    """Say of an error which classes have no validation sample, as scores of probabilities want them all."""
    try:
        yield
    except ValueError as error:
        absent = [] if classes is None or y.ndim > 1 else np.setdiff1d(classes, y).tolist()
        if absent:
            raise ValueError(
                f"scoring failed on the {len(y)} validation samples, where there is none of the classes {absent}. "
                "Expected samples of all classes in X_val and y_val, no such classes in y, or another scoring; the "
                f"score says: {error}"
            ) from error
        if classes is not None and len(classes) == 1:
            raise ValueError(
                f"scoring failed on validation samples that are all of the class {classes[0]!r}, as y is. Expected "
                f"more classes in y, or another scoring; the score says: {error}"
            ) from error
        raise
