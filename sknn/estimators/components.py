"""Parameters become parts: a name becomes the class it names, an object stays as it is."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from sknn.optimizers import OPTIMIZERS, Optimizer
from sknn.schedules import SCHEDULES, Schedule

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
    return fill(registry[choice], estimator)


def fill(part: type[Part], estimator: Any) -> Part:
    """Make a part from the parameters of an estimator that have the names of its fields.

    Parameters
    ----------
    part : type
        A dataclass.
    estimator : estimator
        Where the values come from.

    Returns
    -------
    object
    """
    given = {f.name: getattr(estimator, f.name) for f in fields(part) if hasattr(estimator, f.name)}  # type: ignore[arg-type]
    return part(**given)


def make_optimizer(estimator: Any) -> Optimizer:
    """Give the optimizer that ``solver`` chooses."""
    return component(OPTIMIZERS, estimator.solver, estimator)


def make_schedule(estimator: Any) -> Schedule:
    """Give the schedule that ``learning_rate`` chooses; scikit-learn's three names act on 'sgd', not on 'adam'."""
    choice = estimator.learning_rate
    if estimator.solver in ("adam", "lbfgs") and choice in ("invscaling", "adaptive"):
        choice = "constant"
    return component(SCHEDULES, choice, estimator)


def has_partial_fit(estimator: Any) -> bool:
    """Check that the solver goes step by step, for ``available_if``."""
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
    return True
