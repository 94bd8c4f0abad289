"""Layers that only change the shape of a sample."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from sknn.layers.base import Layer, Plan, Shape


@dataclass(frozen=True)
class Flatten(Layer):
    """Turn every sample into a row of features, the last axis running fastest."""

    def plan(self, input_shape: Shape) -> Plan:
        return Plan((prod(input_shape),))

    # The output may be part of a wider array, so it is the output that is seen in the shape of the input.
    def prepare(self, b: Any) -> None:
        b.unfolded = b.y.reshape(b.x.shape)
        assert np.shares_memory(b.unfolded, b.y)
        if b.dx is not None:
            b.dy_unfolded = b.dy.reshape(b.x.shape)

    def forward(self, p: Any, b: Any) -> None:
        np.copyto(b.unfolded, b.x)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is not None:
            np.copyto(b.dx, b.dy_unfolded)


@dataclass(frozen=True)
class Reshape(Layer):
    """Give every sample another shape, the last axis running fastest.

    Parameters
    ----------
    shape : tuple of int
        Shape of one sample of the output; one number may be -1, for what is left.
    """

    shape: Shape

    def plan(self, input_shape: Shape) -> Plan:
        if not isinstance(self.shape, Iterable) or not all(
            isinstance(n, Integral) and not isinstance(n, bool) for n in self.shape
        ):
            raise ValueError(f"needs as shape whole numbers, one an axis; got {self.shape!r}")
        size, known = prod(input_shape), prod(n for n in self.shape if n != -1)
        shape = tuple(size // max(known, 1) if n == -1 else n for n in self.shape)
        if prod(shape) != size or min(shape, default=1) < 0 or tuple(self.shape).count(-1) > 1:
            raise ValueError(f"needs samples that have the shape {tuple(self.shape)} too; got {input_shape}")
        return Plan(shape)

    def prepare(self, b: Any) -> None:
        b.refolded = b.x.reshape(b.y.shape)
        assert np.shares_memory(b.refolded, b.x)
        if b.dx is not None:
            b.dx_refolded = b.dx.reshape(b.y.shape)

    def forward(self, p: Any, b: Any) -> None:
        np.copyto(b.y, b.refolded)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is not None:
            np.copyto(b.dx_refolded, b.dy)
