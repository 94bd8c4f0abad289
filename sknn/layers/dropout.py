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
    random: ClassVar[bool] = True
    keeps_steps: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        if not 0.0 <= self.rate < 1.0:
            raise ValueError(f"needs a rate in [0, 1); got {self.rate!r}")
        keep, kept = Buffer((1, *input_shape)), Buffer((PART,), "bool", per_sample=False)
        return Plan(input_shape, backward_scratch={"keep": keep, "kept": kept})

    # Random numbers have no order: keep takes that of the output, which may lie column by column.
    def prepare(self, b: Any) -> None:
        if b.training:
            order = "F" if b.y.strides[0] < b.y.strides[-1] else "C"
            flat = b.keep.reshape(-1)
            b.parts = [(flat[part], b.kept[: part.stop - part.start]) for part in parts(len(flat), PART)]
            b.keep = flat.reshape(b.y.shape, order=order)
            assert np.shares_memory(b.keep, flat) or not flat.size

    def forward(self, p: Any, b: Any) -> None:
        if not b.training:
            np.copyto(b.y, b.x)
            return
        rate = self.rate
        if self.schedule is not None and b.clock is not None:
            rate *= self.schedule(b.clock)
        self._draw(b, rate)
        np.multiply(b.x, b.keep, out=b.y)

    # Sixteen random bits an element say as much as a rate needs, and come five times as fast as floats.
    def _draw(self, b: Any, rate: float) -> None:
        """Fill ``keep`` with 0 and 1 / (1 - rate)."""
        threshold, draw = round(rate * 2**16), b.rng.bit_generator.random_raw
        factor = b.keep.dtype.type(1.0 / (1.0 - rate))
        for part, kept in b.parts:
            n = len(part)
            bits = draw((n + 3) // 4).view(np.uint16)
            np.greater_equal(bits[:n], threshold, out=kept)
            np.multiply(kept, factor, out=part, dtype=part.dtype)
            del bits  # before the next ones come

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is not None:
            np.multiply(b.dy, b.keep, out=b.dx)
