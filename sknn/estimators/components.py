"""Parameters become parts: a name becomes the class it names, an object stays as it is."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

from sknn.core.checks import is_count
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
    """Make a part; parameters of an estimator that are not at their default fill the fields of the same name.

    Parameters
    ----------
    part : type
        A dataclass; its own defaults hold for the rest.
    estimator : estimator
        Where the values come from.

    Returns
    -------
    object
    """
    signature = parameters_of(estimator.__class__)
    named = {f.name: getattr(estimator, f.name) for f in fields(part) if f.name in signature}  # type: ignore[arg-type]
    given = {name: value for name, value in named.items() if value != signature[name].default}
    return part(**given)


@lru_cache
def parameters_of(kind: type) -> Mapping[str, inspect.Parameter]:
    """Give the parameters of an estimator's class, which take longer to find than a small step.

    A subclass of the user's may set some, or have other defaults; what they are compared with are ours.
    """
    parameters: dict[str, inspect.Parameter] = {}
    for base in kind.__mro__:
        if "__init__" in vars(base) and issubclass(base, BaseEstimator):
            parameters.update(inspect.signature(base).parameters)
    return parameters


def make_optimizer(estimator: Any) -> Optimizer:
    """Give the optimizer that ``solver`` chooses."""
    return component(OPTIMIZERS, estimator.solver, estimator)


def make_schedule(estimator: Any) -> Schedule:
    """Give the schedule that ``learning_rate`` chooses; two of scikit-learn's names do not act on 'adam'."""
    choice = estimator.learning_rate
    if estimator.solver in ("adam", "lbfgs") and choice in ("invscaling", "adaptive"):
        choice = "constant"
    return component(SCHEDULES, choice, estimator)


def hidden_sizes(given: Any) -> list[int]:
    """Give the parameter ``hidden_layer_sizes``, a number or several, as a list of checked numbers."""
    sizes = list(given) if isinstance(given, Iterable) and getattr(given, "ndim", None) != 0 else [given]
    if not all(map(is_count, sizes)):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}; expected integers.")
    return [int(size) for size in sizes]


def has_partial_fit(estimator: Any) -> bool:
    """Check that the estimator and its solver go step by step, for ``available_if``."""
    if estimator.lacks_partial_fit is not None:
        raise AttributeError(estimator.lacks_partial_fit)
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
    return True
