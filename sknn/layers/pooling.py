"""Pooling: one number for each window of a channel."""

from abc import abstractmethod
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from sknn.core.kernels import Array
from sknn.core.windows import Axis, valid
from sknn.layers.base import Buffer, Layer, Plan, Shape


@dataclass(frozen=True)
class Pool2D(Layer):
    """What `MaxPool2D` and `AveragePool2D` share: they work on the k-th place of all windows at once."""

    pool_size: int | tuple[int, int] = 2
    strides: int | tuple[int, int] | None = None
    input_ndim: ClassVar[int | None] = 3

    def axes(self, input_shape: Shape) -> list[Axis]:
        """Work out the geometry along each axis."""
        if len(input_shape) != 3:
            raise ValueError(f"needs images, (height, width, channels); got {input_shape}")
        kernel = _pair("pool_size", self.pool_size)
        strides = kernel if self.strides is None else _pair("strides", self.strides)
        try:
            return [valid(*numbers) for numbers in zip(input_shape[:2], kernel, strides, strict=True)]
        except ValueError as error:
            raise ValueError(f"{error}; got {input_shape}") from None

    def plan(self, input_shape: Shape) -> Plan:
        output_shape = (*(axis.out for axis in self.axes(input_shape)), input_shape[-1])
        return Plan(output_shape, backward_scratch=self.memory(output_shape))

    @abstractmethod
    def memory(self, output_shape: Shape) -> dict[str, Buffer]:
        """Name the working memory of the backward pass."""

    def prepare(self, b: Any) -> None:
        axes = self.axes(b.x.shape[1:])
        b.places = self._places(b.x, axes)
        b.disjoint = all(axis.stride >= axis.kernel for axis in axes)
        b.covered = b.disjoint and all(
            axis.stride == axis.kernel and axis.size == axis.out * axis.kernel for axis in axes
        )
        if b.dx is not None:
            b.dx_places = self._places(b.dx, axes)

    def _places(self, array: Array, axes: list[Axis]) -> list[Array]:
        """View the first place of every window, the second of every window, and so on."""
        starts = product(*(range(axis.kernel) for axis in axes))
        last = [axis.stride * (axis.out - 1) + 1 for axis in axes]
        steps = [axis.stride for axis in axes]
        return [array[:, i : i + last[0] : steps[0], j : j + last[1] : steps[1]] for i, j in starts]


def _pair(name: str, value: int | tuple[int, int]) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or min(pair) < 1:
        raise ValueError(f"needs as {name} a positive number, or 2 of them; got {value!r}")
    return pair


@dataclass(frozen=True)
class MaxPool2D(Pool2D):
    """The largest number of every window of a channel; of equal ones the first takes the gradient.

    Parameters
    ----------
    pool_size : int or (int, int), default=2
        Height and width of a window.
    strides : int or (int, int), default=None
        Steps from one window to the next; None takes `pool_size`, so that windows do not overlap. Only
        windows that lie inside count.
    """

    def memory(self, output_shape: Shape) -> dict[str, Buffer]:
        return {"free": Buffer(output_shape, "bool"), "hit": Buffer(output_shape, "bool"), "part": Buffer(output_shape)}

    def forward(self, p: Any, b: Any) -> None:
        np.copyto(b.y, b.places[0])
        for place in b.places[1:]:
            np.maximum(b.y, place, out=b.y)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is None:
            return
        if not b.covered:
            b.dx[...] = 0.0
        b.free[...] = True
        for place, dx in zip(b.places, b.dx_places, strict=True):
            np.equal(place, b.y, out=b.hit)
            np.logical_and(b.hit, b.free, out=b.hit)
            np.greater(b.free, b.hit, out=b.free)
            if b.disjoint:
                np.multiply(b.dy, b.hit, out=dx)
            else:
                np.multiply(b.dy, b.hit, out=b.part)
                np.add(dx, b.part, out=dx)


@dataclass(frozen=True)
class AveragePool2D(Pool2D):
    """The mean of every window of a channel.

    Parameters
    ----------
    pool_size : int or (int, int), default=2
        Height and width of a window.
    strides : int or (int, int), default=None
        Steps from one window to the next; None takes `pool_size`, so that windows do not overlap. Only
        windows that lie inside count.
    """

    def memory(self, output_shape: Shape) -> dict[str, Buffer]:
        return {}

    def forward(self, p: Any, b: Any) -> None:
        np.copyto(b.y, b.places[0])
        for place in b.places[1:]:
            np.add(b.y, place, out=b.y)
        np.multiply(b.y, 1.0 / len(b.places), out=b.y)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is None:
            return
        if not b.covered:
            b.dx[...] = 0.0
        np.multiply(b.dy, 1.0 / len(b.places), out=b.dy)
        for dx in b.dx_places:
            if b.disjoint:
                np.copyto(dx, b.dy)
            else:
                np.add(dx, b.dy, out=dx)


@dataclass(frozen=True)
class GlobalAveragePool2D(Layer):
    """The mean of each channel over the whole image: (height, width, channels) becomes (channels,)."""

    input_ndim: ClassVar[int | None] = 3

    def plan(self, input_shape: Shape) -> Plan:
        if len(input_shape) != 3:
            raise ValueError(f"needs images, (height, width, channels); got {input_shape}")
        return Plan((input_shape[-1],))

    def prepare(self, b: Any) -> None:
        b.share = 1.0 / (b.x.shape[1] * b.x.shape[2])
        if b.dx is not None:
            b.spread = b.dy[:, None, None, :]

    def forward(self, p: Any, b: Any) -> None:
        np.add.reduce(b.x, axis=(1, 2), out=b.y)
        np.multiply(b.y, b.share, out=b.y)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is not None:
            np.multiply(b.dy, b.share, out=b.dy)
            np.copyto(b.dx, b.spread)
