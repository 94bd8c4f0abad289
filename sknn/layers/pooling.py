"""Pooling: one number for each window of a channel."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from sknn.core.checks import for_each_axis
from sknn.core.kernels import Array
from sknn.core.windows import Axis, valid
from sknn.layers.base import Buffer, Layer, Plan, Shape, parts

BLOCK_ELEMENTS = 2**16
"""Elements of the input of one block of samples: it stays in the cache from the first place to the last."""


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
        kernel = for_each_axis("pool_size", self.pool_size, 2)
        strides = kernel if self.strides is None else for_each_axis("strides", self.strides, 2)
        try:
            return [valid(*numbers) for numbers in zip(input_shape[:2], kernel, strides, strict=True)]
        except ValueError as error:
            raise ValueError(f"{error}; got {input_shape}") from None

    def plan(self, input_shape: Shape) -> Plan:
        output_shape = (*(axis.out for axis in self.axes(input_shape)), input_shape[-1])
        block = (max(1, BLOCK_ELEMENTS // prod(input_shape)), *output_shape)
        return Plan(output_shape, backward_scratch=self.memory(block))

    def memory(self, block: Shape) -> Mapping[str, Buffer]:
        """Name the working memory of the backward pass, for a block of that shape."""
        return {}

    def prepare(self, b: Any) -> None:
        axes = self.axes(b.x.shape[1:])
        b.disjoint = all(axis.stride >= axis.kernel for axis in axes)
        b.covered = b.disjoint and all(axis.size == axis.out * axis.stride == axis.out * axis.kernel for axis in axes)
        samples = BLOCK_ELEMENTS // prod(b.x.shape[1:])
        b.blocks = [self._block(b, axes, part) for part in parts(len(b.x), samples)]

    def _block(self, b: Any, axes: list[Axis], part: slice) -> Any:
        k = SimpleNamespace(y=b.y[part], places=_places(b.x[part], axes))
        if b.dx is not None:
            k.dy, k.dx = b.dy[part], b.dx[part]
            k.dx_places = _places(k.dx, axes)
            for name in self.memory(k.y.shape):
                setattr(k, name, getattr(b, name)[: len(k.y)])
        return k

    def forward(self, p: Any, b: Any) -> None:
        for k in b.blocks:
            self.pool(k)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is None:
            return
        for k in b.blocks:
            if not b.covered:
                k.dx[...] = 0.0
            self.unpool(k, b.disjoint)

    @abstractmethod
    def pool(self, k: Any) -> None:
        """Fill ``k.y`` from ``k.places``, arrays of the same shape."""

    @abstractmethod
    def unpool(self, k: Any, disjoint: bool) -> None:
        """Fill ``k.dx_places``; where they are not disjoint, add to them."""


def _places(array: Array, axes: list[Axis]) -> list[Array]:
    """View the first place of every window, the second of every window, and so on."""
    (rows, columns) = axes
    last_row, last_column = rows.stride * (rows.out - 1) + 1, columns.stride * (columns.out - 1) + 1
    starts = product(range(rows.kernel), range(columns.kernel))
    return [array[:, i : i + last_row : rows.stride, j : j + last_column : columns.stride] for i, j in starts]


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

    References
    ----------
    Riesenhuber, Poggio, "Hierarchical models of object recognition in cortex", 1999.
    """

    def memory(self, block: Shape) -> Mapping[str, Buffer]:
        hit = Buffer(block, "bool", per_sample=False)
        return {"free": hit, "hit": hit, "part": Buffer(block, per_sample=False)}

    def pool(self, k: Any) -> None:
        np.copyto(k.y, k.places[0])
        for place in k.places[1:]:
            np.maximum(k.y, place, out=k.y)

    def unpool(self, k: Any, disjoint: bool) -> None:
        k.free[...] = True
        for place, dx in zip(k.places, k.dx_places, strict=True):
            np.equal(place, k.y, out=k.hit)
            np.logical_and(k.hit, k.free, out=k.hit)
            np.greater(k.free, k.hit, out=k.free)
            if disjoint:
                np.multiply(k.dy, k.hit, out=dx)
            else:
                np.multiply(k.dy, k.hit, out=k.part)
                np.add(dx, k.part, out=dx)


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

    References
    ----------
    LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
    """

    def pool(self, k: Any) -> None:
        np.copyto(k.y, k.places[0])
        for place in k.places[1:]:
            np.add(k.y, place, out=k.y)
        np.multiply(k.y, 1.0 / len(k.places), out=k.y)

    def unpool(self, k: Any, disjoint: bool) -> None:
        np.multiply(k.dy, 1.0 / len(k.places), out=k.dy)
        for dx in k.dx_places:
            if disjoint:
                np.copyto(dx, k.dy)
            else:
                np.add(dx, k.dy, out=dx)


@dataclass(frozen=True)
class GlobalAveragePool2D(Layer):
    """The mean of each channel over the whole image: (height, width, channels) becomes (channels,).

    References
    ----------
    Lin, Chen, Yan, "Network in network", 2013, arXiv:1312.4400.
    """

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
