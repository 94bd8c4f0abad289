"""Parameters become parts: a name becomes the class it names, an object stays as it is."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

Part = TypeVar("Part")


def component(registry: Mapping[str, type[Part]], choice: str | Part, estimator: Any) -> Part:
    """Give the part that a parameter chooses.

    Parameters
    ----------
    registry : dict of str to type
        The classes that can be named.
    choice : str or object
        A name, or a part as it is.
    estimator : estimator
        Its parameters of the same name fill the fields of a class that is named.

    Returns
    -------
    object

    Raises
    ------
    ValueError
        If the name is not in the registry.
    """
    if not isinstance(choice, str):
        return choice
    if choice not in registry:
        raise ValueError(f"{choice!r} is not one of {sorted(registry)}.")
    part = registry[choice]
    given = {f.name: getattr(estimator, f.name) for f in fields(part) if hasattr(estimator, f.name)}  # type: ignore[arg-type]
    return part(**given)
