"""What layers, losses, optimizers and the like are: frozen dataclasses of hyper-parameters."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np


@dataclass(frozen=True)
class Settings:
    """Base class of frozen dataclasses whose numbers are Python's.

    A scalar of NumPy, as grids give it, becomes one: it would make numbers of its own type of all that it touches, so
    that float32 is computed in float64. An array in place of a tuple becomes one. A subclass with a ``__post_init__``
    of its own calls this one first.
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                object.__setattr__(self, field.name, value.item())
            elif isinstance(value, np.ndarray) and value.ndim == 1:
                object.__setattr__(self, field.name, tuple(value.tolist()))

    def settings(self) -> dict[str, Any]:
        """Give the hyper-parameters.

        Returns
        -------
        dict of str to object
        """
        return {field.name: getattr(self, field.name) for field in fields(self) if field.init}

    def changed(self, title: str, name: str, value: Any) -> Self:
        """Make another, of which one hyper-parameter is another.

        Parameters
        ----------
        title : str
            What this one is, for errors.
        name : str
            Name of the hyper-parameter.
        value : object
            Its new value.

        Returns
        -------
        Settings

        Raises
        ------
        ValueError
            If there is no such hyper-parameter, or it cannot have that value.
        """
        known = list(self.settings())
        if name not in known:
            raise ValueError(f"{title} ({type(self).__name__}) has no field {name!r}; expected one of {known}.")
        return replace(self, **{name: value})
