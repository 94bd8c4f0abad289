"""Windows over the places of an image or a sequence: their geometry along an axis, and a view of them all."""

from collections.abc import Sequence
from typing import NamedTuple

from numpy.lib.stride_tricks import as_strided

from sknn.core.kernels import Array


class Axis(NamedTuple):
    """``out`` windows of ``kernel`` places each, over ``before`` zeros, ``size`` places and ``after`` zeros."""

    size: int
    out: int
    kernel: int
    stride: int
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def reach(self) -> int:
        """Distance between the first and the last place of a window."""
        return self.dilation * (self.kernel - 1)

    @property
    def padded(self) -> int:
        """Number of places with the zeros."""
        return self.before + self.size + self.after

    @property
    def inside(self) -> slice:
        """The places without the zeros."""
        return slice(self.before, self.before + self.size)

    def turned(self) -> "Axis":
        """Give the geometry of the gradient: windows of the outputs, one around each place of the input."""
        before, size = self.reach - self.before, self.stride * (self.out - 1) + 1
        after = self.size + self.reach - size - before
        return Axis(size, self.size, self.kernel, 1, self.dilation, before, after)


def valid(size: int, kernel: int, stride: int, dilation: int = 1) -> Axis:
    """Take the windows that lie inside.

    Raises
    ------
    ValueError
        If there is none.
    """
    out = (size - dilation * (kernel - 1) - 1) // stride + 1
    if out < 1:
        raise ValueError(f"needs at least {dilation * (kernel - 1) + 1} places along each axis")
    return Axis(size, out, kernel, stride, dilation)


def same(size: int, kernel: int, stride: int, dilation: int = 1) -> Axis:
    """Take a window at every ``stride`` places, with zeros on both sides, the odd one after."""
    out = -(-size // stride)
    zeros = max((out - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return Axis(size, out, kernel, stride, dilation, zeros // 2, zeros - zeros // 2)


def windows(array: Array, axes: Sequence[Axis]) -> Array:
    """View an array of shape (n, *padded, channels) as (n, *out, *kernel, channels)."""
    # A view by strides is not checked by NumPy: it must end inside the array.
    last = [axis.stride * (axis.out - 1) + axis.reach for axis in axes]
    assert all(place < size for place, size in zip(last, array.shape[1:-1], strict=True))
    n, *places, channel = array.strides
    steps = [stride * axis.stride for stride, axis in zip(places, axes, strict=True)]
    inside = [stride * axis.dilation for stride, axis in zip(places, axes, strict=True)]
    outs, kernels = [axis.out for axis in axes], [axis.kernel for axis in axes]
    shape = (len(array), *outs, *kernels, array.shape[-1])
    return as_strided(array, shape, (n, *steps, *inside, channel))
