"""A recurrent layer in both directions of time."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, Layer, Plan, Shape, hand_on, planned
from sknn.layers.recurrent import Recurrent

DIRECTIONS = {"ahead": 1, "back": -1}


@dataclass(frozen=True)
class Bidirectional(Layer):
    """A recurrent layer ahead and, with weights of its own, back in time; the outputs stand side by side.

    Each direction passes missing steps, so on the way back a sequence starts at its own last step.

    Parameters
    ----------
    layer : Layer
        A recurrent layer, as `GRU`, `LSTM` or `SimpleRNN`.

    Raises
    ------
    TypeError
        On construction, if it is another one.

    References
    ----------
    Schuster, Paliwal, "Bidirectional recurrent neural networks", 1997.
    """

    layer: Layer
    input_ndim: ClassVar[int | None] = 2
    accepts_nan: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.layer, Recurrent):
            raise TypeError(f"Bidirectional needs a recurrent layer, such as GRU(32); got {self.layer!r}.")

    @property
    def random(self) -> bool:  # type: ignore[override]
        return self.layer.random

    @property
    def keeps_steps(self) -> bool:  # type: ignore[override]
        return self.layer.keeps_steps

    def plan(self, input_shape: Shape) -> Plan:
        try:
            plan = planned(self.layer, input_shape)
        except ValueError as error:
            raise ValueError(f"has inside {type(self.layer).__name__}, which {error}") from None
        *places, units = plan.output_shape
        return Plan(
            (*places, 2 * units),
            {f"{way}.{name}": spec for way in DIRECTIONS for name, spec in plan.parameters.items()},
            {f"{way}.{name}": buffer for way in DIRECTIONS for name, buffer in plan.scratch.items()},
            {
                **{f"{way}.{name}": buffer for way in DIRECTIONS for name, buffer in plan.backward_scratch.items()},
                "dx_back": Buffer(input_shape),
            },
        )

    def initialize(self, p: Any, rng: RandomState) -> None:
        self.layer.initialize(p.ahead, rng)
        self.layer.initialize(p.back, rng)

    def prepare(self, b: Any) -> None:
        units = b.y.shape[-1] // 2
        self._prepare_direction(b, "ahead", slice(None, units), b.dx)
        b.absent = b.ahead.absent
        self._prepare_direction(b, "back", slice(units, None), None if b.dx is None else b.dx_back)

    def _prepare_direction(self, b: Any, way: str, half: slice, dx: Any) -> None:
        inner = vars(b).setdefault(way, SimpleNamespace())
        by_time = (slice(None), slice(None, None, DIRECTIONS[way]))
        out = by_time if b.y.ndim == 3 else (slice(None),)
        inner.x, inner.y = b.x[by_time], b.y[..., half][out]
        inner.dx = None if dx is None else dx[by_time]
        inner.dy = None if b.dy is None else b.dy[..., half][out]
        inner.absent = None if b.absent is None else b.absent[by_time]
        hand_on(b, inner)
        self.layer.prepare(inner)

    def forward(self, p: Any, b: Any) -> None:
        self.layer.forward(p.ahead, b.ahead)
        self.layer.forward(p.back, b.back)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        self.layer.backward(p.ahead, g.ahead, b.ahead)
        self.layer.backward(p.back, g.back, b.back)
        if b.dx is not None:
            np.add(b.dx, b.dx_back, out=b.dx)
