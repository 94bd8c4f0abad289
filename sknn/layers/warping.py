"""Image augmentation between the pixels: rotations and zooms, in training only."""

from abc import abstractmethod
from dataclasses import dataclass
from math import prod, radians
from typing import Any, ClassVar

import numpy as np

from sknn.core.kernels import Array
from sknn.layers.base import Buffer, Layer, Plan, Shape


@dataclass(frozen=True)
class Warp(Layer):
    """Base class of layers that map every image, (height, width, channels), linearly about its center.

    In predicting they do nothing. The pixel at q from the center of y is x at M q, with one matrix M for each
    image, by bilinear interpolation between the four pixels around; x is zero outside. A subclass fills M.
    """

    random: ClassVar[bool] = True
    augments: ClassVar[bool] = True
    input_ndim: ClassVar[int | None] = 3

    def plan(self, input_shape: Shape) -> Plan:
        if len(input_shape) != 3:
            raise ValueError(f"needs images, (height, width, channels); got {input_shape}")
        height, width, channels = input_shape
        place = Buffer((height, width))
        training = {
            "draws": Buffer(()),
            "M": Buffer((2, 2)),
            # One border of zeros before and two after: no neighbor of a place kept within -1 and height is outside.
            "padded": Buffer((height + 3, width + 3, channels)),
            "corner": Buffer(input_shape),
            **dict.fromkeys(("i", "j", "floor_i", "floor_j", "weight", "work"), place),
            "index": Buffer((height, width), "int"),
            "column": Buffer((height, width), "int"),
            "positions": Buffer(input_shape, "int"),
        }
        return Plan(input_shape, backward_scratch=training)

    @abstractmethod
    def fill(self, draws: Array, M: Array) -> None:
        """Fill the matrices.

        Parameters
        ----------
        draws : ndarray of shape (n,)
            Random numbers, uniform in [-1, 1).
        M : ndarray of shape (n, 2, 2)
            Where the matrices go.
        """

    def prepare(self, b: Any) -> None:
        if not b.training:
            return
        n, height, width, channels = b.x.shape
        b.inside, b.flat = b.padded[:, 1:-2, 1:-2], b.padded.reshape(-1, channels)
        b.across, b.down = np.arange(width) - (width - 1) / 2, (np.arange(height) - (height - 1) / 2)[:, None]
        b.first = (np.arange(n) * prod(b.padded.shape[1:3]) + width + 4)[:, None, None]
        b.entries = {(r, c): b.M[:, r, c, None, None] for r in (0, 1) for c in (0, 1)}
        b.offsets = [(r, c, r * (width + 3) + c) for r in (0, 1) for c in (0, 1)]
        b.channels = np.arange(channels)

    def forward(self, p: Any, b: Any) -> None:
        if not b.training:
            np.copyto(b.y, b.x)
            return
        b.rng.random(out=b.draws, dtype=b.draws.dtype)
        np.multiply(b.draws, 2.0, out=b.draws)
        np.subtract(b.draws, 1.0, out=b.draws)
        self.fill(b.draws, b.M)
        b.padded[...] = 0.0
        np.copyto(b.inside, b.x)
        self._locate(b)
        b.y[...] = 0.0
        for r, c, offset in b.offsets:
            self._weigh(b, r, c)
            b.flat[offset:].take(b.index, 0, b.corner, "clip")
            np.multiply(b.corner, b.weight[..., None], out=b.corner)
            np.add(b.y, b.corner, out=b.y)

    def _locate(self, b: Any) -> None:
        """Find where every pixel comes from: the pixel before it in both directions, and what is left."""
        for row, at, floor, size in ((0, b.i, b.floor_i, b.x.shape[1]), (1, b.j, b.floor_j, b.x.shape[2])):
            np.multiply(b.down, b.entries[row, 0], out=at)
            np.multiply(b.across, b.entries[row, 1], out=b.work)
            np.add(at, b.work, out=at)
            np.add(at, (size - 1) / 2, out=at)
            np.clip(at, -1.0, float(size), out=at)
            np.floor(at, out=floor)
            np.subtract(at, floor, out=at)
        np.copyto(b.index, b.floor_i, casting="unsafe")
        np.copyto(b.column, b.floor_j, casting="unsafe")
        np.multiply(b.index, b.x.shape[2] + 3, out=b.index)
        np.add(b.index, b.column, out=b.index)
        np.add(b.index, b.first, out=b.index)

    def _weigh(self, b: Any, r: int, c: int) -> None:
        """Fill the weights of one of the four pixels around: of row r after the floor, and column c."""
        np.subtract(1 - r, b.i, out=b.weight)
        np.subtract(1 - c, b.j, out=b.work)
        np.multiply(b.weight, b.work, out=b.weight)
        if r != c:
            np.negative(b.weight, out=b.weight)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is None:
            return
        b.padded[...] = 0.0
        for r, c, offset in b.offsets:
            self._weigh(b, r, c)
            np.multiply(b.dy, b.weight[..., None], out=b.corner)
            np.add(b.index[..., None], offset, out=b.positions)
            np.multiply(b.positions, len(b.channels), out=b.positions)
            np.add(b.positions, b.channels, out=b.positions)
            np.add.at(b.flat.reshape(-1), b.positions.reshape(-1), b.corner.reshape(-1))
        np.copyto(b.dx, b.inside)


@dataclass(frozen=True)
class RandomRotation(Warp):
    """Rotate every image about its center, in training only; what comes in from outside is zero.

    Parameters
    ----------
    degrees : float, default=10.0
        By an angle that is uniform within plus and minus so many degrees.

    References
    ----------
    Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
    analysis", 2003.
    """

    degrees: float = 10.0

    def fill(self, draws: Array, M: Array) -> None:
        np.multiply(draws, radians(self.degrees), out=draws)
        np.cos(draws, out=M[:, 0, 0])
        np.sin(draws, out=M[:, 1, 0])
        M[:, 1, 1] = M[:, 0, 0]
        np.negative(M[:, 1, 0], out=M[:, 0, 1])


@dataclass(frozen=True)
class RandomZoom(Warp):
    """Enlarge or shrink every image about its center, in training only; what comes in from outside is zero.

    Parameters
    ----------
    factor : float, default=0.1
        The size becomes 1 + r times what it was, with r uniform within plus and minus ``factor``, in [0, 1).

    References
    ----------
    Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
    analysis", 2003.
    """

    factor: float = 0.1

    def plan(self, input_shape: Shape) -> Plan:
        if not 0.0 <= self.factor < 1.0:
            raise ValueError(f"needs a factor in [0, 1); got {self.factor!r}")
        return super().plan(input_shape)

    def fill(self, draws: Array, M: Array) -> None:
        np.multiply(draws, self.factor, out=draws)
        np.add(draws, 1.0, out=draws)
        M[:, 0, 1] = M[:, 1, 0] = 0.0
        np.reciprocal(draws, out=M[:, 0, 0])
        M[:, 1, 1] = M[:, 0, 0]
