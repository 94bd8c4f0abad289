"""Image augmentation in whole pixels: flips and shifts, in training only."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn.layers.base import Buffer, Layer, Plan, Shape

Slices = tuple[slice, slice]


@dataclass(frozen=True)
class Augmentation(Layer):
    """Base class of layers that copy a part of every image, (height, width, channels), to another place.

    In predicting they do nothing. A subclass says in `move` which part goes where.
    """

    random: ClassVar[bool] = True
    augments: ClassVar[bool] = True
    input_ndim: ClassVar[int | None] = 3

    def plan(self, input_shape: Shape) -> Plan:
        if len(input_shape) != 3:
            raise ValueError(f"needs images, (height, width, channels); got {input_shape}")
        return Plan(input_shape, backward_scratch={"draws": Buffer((1, 2))})

    def prepare(self, b: Any) -> None:
        if b.training:
            b.draws = b.draws[:, 0]

    @abstractmethod
    def move(self, u: float, v: float, height: int, width: int) -> tuple[Slices, Slices]:
        """Say which part of an image goes where; the rest becomes zero.

        Parameters
        ----------
        u, v : float
            Random numbers of this image, uniform in [0, 1).
        height, width : int
            Its size.

        Returns
        -------
        (slice, slice), (slice, slice)
            Rows and columns of x, and those of y that they become.
        """

    def forward(self, p: Any, b: Any) -> None:
        if not b.training:
            np.copyto(b.y, b.x)
            return
        b.rng.random(out=b.draws, dtype=b.draws.dtype)
        height, width = b.x.shape[1:3]
        b.y[...] = 0.0
        for x, y, draws in zip(b.x, b.y, b.draws, strict=True):
            u, v = draws.tolist()
            taken, put = self.move(u, v, height, width)
            y[put] = x[taken]

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is None:
            return
        height, width = b.x.shape[1:3]
        b.dx[...] = 0.0
        for dx, dy, draws in zip(b.dx, b.dy, b.draws, strict=True):
            u, v = draws.tolist()
            taken, put = self.move(u, v, height, width)
            dx[taken] = dy[put]


@dataclass(frozen=True)
class RandomFlip(Augmentation):
    """Mirror every image with probability 1/2, in training only.

    Parameters
    ----------
    horizontal : bool, default=True
        Swap left and right.
    vertical : bool, default=False
        Swap top and bottom; if both, each of the two is decided on its own.

    References
    ----------
    Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
    analysis", 2003.
    """

    horizontal: bool = True
    vertical: bool = False

    def move(self, u: float, v: float, height: int, width: int) -> tuple[Slices, Slices]:
        as_is, turned = slice(None), slice(None, None, -1)
        rows = turned if self.vertical and u < 0.5 else as_is
        columns = turned if self.horizontal and v < 0.5 else as_is
        return (rows, columns), (as_is, as_is)


@dataclass(frozen=True)
class RandomTranslation(Augmentation):
    """Shift every image by whole pixels, in training only; what comes in from outside is zero.

    Parameters
    ----------
    height : float, default=0.1
        Up or down by at most this share of the height, each number of pixels as likely as the others; a share of less
        than one pixel, as 0.1 of 8, moves nothing.
    width : float, default=0.1
        Left or right by at most this share of the width.

    References
    ----------
    Simard, Steinkraus, Platt, "Best practices for convolutional neural networks applied to visual document
    analysis", 2003.
    """

    height: float = 0.1
    width: float = 0.1

    def plan(self, input_shape: Shape) -> Plan:
        if not (0.0 <= self.height < 1.0 and 0.0 <= self.width < 1.0):
            raise ValueError(f"needs shares in [0, 1); got {self.height!r} and {self.width!r}")
        return super().plan(input_shape)

    def move(self, u: float, v: float, height: int, width: int) -> tuple[Slices, Slices]:
        down, right = int(self.height * height), int(self.width * width)
        i, j = int(u * (2 * down + 1)) - down, int(v * (2 * right + 1)) - right
        return (_shifted(height, -i), _shifted(width, -j)), (_shifted(height, i), _shifted(width, j))


def _shifted(size: int, shift: int) -> slice:
    """Give the places that stay inside when all are shifted."""
    return slice(max(shift, 0), size + min(shift, 0))
