"""What layers, losses, optimizers and the like are: frozen dataclasses of hyper-parameters."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Settings:
    """Base class of frozen dataclasses whose numbers are Python's.

    A scalar of NumPy, as grids give it, becomes one: it would make numbers of its own type of all that it touches, so
    that float32 is computed in float64. A subclass with a ``__post_init__`` of its own calls this one first.
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                object.__setattr__(self, field.name, value.item())
