"""Dropout: noise that regularizes."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn.layers.base import Buffer, Layer, Plan, Shape, parts
from sknn.schedules import Schedule

PART = 2**12
"""Elements that random numbers are drawn for at a time."""


@dataclass(frozen=True)
class Dropout(Layer):
    """Inverted dropout, y = x * keep / (1 - rate), where each element of keep is 0 with probability rate.

    In predicting it does nothing: the expectation of y in training is x already.

    Parameters
    ----------
    rate : float, default=0.5
        Share of the elements that are set to zero, in [0, 1).
    schedule : Schedule or None, default=None
        Factor of the rate as training goes on; None leaves it as it is.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: a simple way to prevent neural
    networks from overfitting", 2014.
    """

    rate: float = 0.5
    schedule: Schedule | None = None
    keeps_steps: ClassVar[bool] = True

    @property
    def random(self) -> bool:  # type: ignore[override]
        return self.rate > 0.0

    def plan(self, input_shape: Shape) -> Plan:
        if not 0.0 <= self.rate < 1.0:
            raise ValueError(f"needs a rate in [0, 1); got {self.rate!r}")
        if self.schedule is not None and (self.schedule.plateau or self.schedule.divides_on_plateau):
            raise ValueError(f"needs a schedule that follows a plan; got {self.schedule!r}")
        return Plan(input_shape, backward_scratch={"kept": Buffer(input_shape, "bool")} if self.random else {})

    # Random numbers have no order: those of one part after the other are taken as they lie in memory.
    def prepare(self, b: Any) -> None:
        if b.training and self.random:
            flat = b.kept.reshape(-1, order="A")
            b.parts = [flat[part] for part in parts(len(flat), PART)]
            assert np.shares_memory(b.kept, flat) or not flat.size

    def forward(self, p: Any, b: Any) -> None:
        if not b.training or not self.random:
            np.copyto(b.y, b.x)
            return
        rate = self.rate
        if self.schedule is not None and b.clock is not None:
            rate *= self.schedule(b.clock)
        self._draw(b, rate)
        b.factor = 1.0 / (1.0 - rate)
        np.multiply(b.x, b.factor, out=b.y)
        np.multiply(b.y, b.kept, out=b.y)

    # Sixteen random bits an element say as much as a rate needs, and come five times as fast as floats.
    def _draw(self, b: Any, rate: float) -> None:
        """Fill ``kept`` with False, with probability ``rate``, and True."""
        threshold, draw = round(rate * 2**16), b.rng.bit_generator.random_raw
        for part in b.parts:
            bits = draw((len(part) + 3) // 4).view(np.uint16)
            np.greater_equal(bits[: len(part)], threshold, out=part)
            del bits  # before the next ones come

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is None:
            return
        if not self.random:
            np.copyto(b.dx, b.dy)
            return
        np.multiply(b.dy, b.factor, out=b.dx)
        np.multiply(b.dx, b.kept, out=b.dx)
