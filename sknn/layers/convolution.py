"""Convolutions: windows of the input laid out as rows, and one matrix product for a block of samples."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from sknn.activations import Activation, Identity
from sknn.core.affine import pieces
from sknn.core.checks import for_each_axis, require_count
from sknn.core.kernels import Array, RandomState
from sknn.core.windows import Axis, same, valid, windows
from sknn.initializers import Initializer, ScikitUniform
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, rows

BLOCK_ELEMENTS = 2**18
"""Elements of the columns of one block: they stay in the cache between the copy and the product."""


@dataclass(frozen=True)
class Convolution(Layer):
    """What `Conv1D` and `Conv2D` share.

    The windows of the input, each followed by a one, are the rows of a matrix (the columns of "im2col"), so
    y = f([windows, 1] W), and the last row of W is the bias. They are copied for a block of samples at a
    time, into memory that does not grow with the batch. The gradient dx is a convolution too, of dy with the
    kernel turned around; where there are strides, with zeros between the places of dy.

    Threads share the blocks, each has its own columns.
    """

    filters: int
    kernel_size: int | tuple[int, ...] = 3
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    dilation: int | tuple[int, ...] = 1
    activation: Activation = field(default_factory=Identity)
    weight_init: Initializer = field(default_factory=ScikitUniform)
    needs: ClassVar[str]
    shares: ClassVar[bool] = True

    def axes(self, input_shape: Shape) -> list[Axis]:
        """Work out the geometry along each axis."""
        if len(input_shape) != self.input_ndim:
            raise ValueError(f"needs {self.needs}; got {input_shape}")
        if self.padding not in ("valid", "same"):
            raise ValueError(f"needs a padding of 'valid' or 'same'; got {self.padding!r}")
        place = valid if self.padding == "valid" else same
        options = (self._each("kernel_size"), self._each("strides"), self._each("dilation"))
        try:
            return [place(*numbers) for numbers in zip(input_shape[:-1], *options, strict=True)]
        except ValueError as error:
            raise ValueError(f"{error}; got {input_shape}") from None

    def _each(self, name: str) -> Shape:
        """Give an option as one number for every axis."""
        assert self.input_ndim is not None
        return for_each_axis(name, getattr(self, name), self.input_ndim - 1)

    def plan(self, input_shape: Shape) -> Plan:
        require_count("filters", self.filters)
        axes, channels, filters = self.axes(input_shape), input_shape[-1], self.filters
        window, inputs = prod(axis.kernel for axis in axes), prod(input_shape[:-1])
        output_shape = (*(axis.out for axis in axes), filters)
        places = prod(output_shape[:-1])
        samples = max(1, BLOCK_ELEMENTS // (window * max(places * channels, inputs * filters)))
        W = ParamSpec((window * channels + 1, filters), penalized_rows=window * channels, uses=places)

        def own(*shape: int, dtype: str = "float") -> Buffer:
            return Buffer(shape, dtype, per_sample=False, per_thread=True)

        wanted = dict(self.activation.scratch)
        if self.activation.keeps_z:
            wanted["z"] = "float"
        # Predicting keeps nothing from one block to the next.
        scratch = {name: own(samples, *output_shape, dtype=dtype) for name, dtype in wanted.items()}
        scratch["padded"] = own(samples, *(axis.padded for axis in axes), channels)
        scratch["columns"] = own(samples * places, W.shape[0])
        training = {
            **{name: Buffer(output_shape, dtype) for name, dtype in wanted.items()},
            "part": own(*W.shape),
            "sum": own(*W.shape),
            "turned": Buffer((window * filters, channels), per_sample=False),
            "dy_padded": own(samples, *(axis.turned().padded for axis in axes), filters),
            "dy_columns": own(samples * inputs, window * filters),
        }
        return Plan(output_shape, {"W": W}, scratch, training)

    def initialize(self, p: Any, rng: RandomState) -> None:
        fan_in, filters = p.W[:-1].shape
        fan_out = prod(self._each("kernel_size")) * filters
        p.W[:-1] = self.weight_init.weights(rng, (fan_in, filters), fan_in, fan_out)
        p.W[-1] = self.weight_init.biases(rng, filters, fan_in, fan_out)

    def prepare(self, b: Any) -> None:
        axes = self.axes(b.x.shape[1:])
        b.padded[...] = 0.0
        b.columns[..., -1] = 1.0
        if b.training:
            b.dy_padded[...] = 0.0
            kernel = tuple(axis.kernel for axis in axes)
            b.turned_windows = b.turned.reshape(*kernel, self.filters, b.x.shape[-1])
        cut, threads = b.crew.parts(len(b.x), b.padded.shape[1]), b.crew.size
        b.shares = [[self._block(b, axes, part, t) for part in cut[t::threads]] for t in range(min(threads, len(cut)))]

    def _block(self, b: Any, axes: list[Axis], part: slice, thread: int) -> Any:
        """Derive the views of one block of samples, with the working memory of its thread."""
        samples = part.stop - part.start
        own = part if b.training else (thread, slice(samples))
        padded = b.padded[thread, :samples]
        columns = b.columns[thread, : samples * prod(axis.out for axis in axes)]
        k = SimpleNamespace(x=b.x[part], y=b.y[part], columns=columns)
        k.z = b.z[own] if self.activation.keeps_z else k.y
        k.s = SimpleNamespace(**{name: getattr(b, name)[own] for name in self.activation.scratch})
        k.inside, k.windows, k.z_rows = padded[_inside(axes)], windows(padded, axes), rows(k.z)
        k.column_stack, k.z_stack = _stacks(columns, k.z_rows)
        k.spread = columns[:, :-1].reshape(k.windows.shape)
        assert np.shares_memory(k.spread, columns)
        if b.training:
            self._block_backward(b, axes, part, thread, k)
        self.activation.prepare(k.z, k.y, k.dy if b.training else None, k.s)
        return k

    def _block_backward(self, b: Any, axes: list[Axis], part: slice, thread: int, k: Any) -> None:
        turned, samples = [axis.turned() for axis in axes], part.stop - part.start
        dy_padded = b.dy_padded[thread, :samples]
        k.dy_columns = b.dy_columns[thread, : samples * prod(b.x.shape[1:-1])]
        k.dy, k.dx_rows = b.dy[part], None if b.dx is None else rows(b.dx[part])
        k.dy_rows, k.dy_windows = rows(k.dy), windows(dy_padded, turned)
        k.dy_inside = dy_padded[_inside(turned)][_strides(axes)]
        k.dy_column_stack, k.dx_stack = (None, None) if b.dx is None else _stacks(k.dy_columns, k.dx_rows)
        k.dy_spread = k.dy_columns.reshape(k.dy_windows.shape)
        k.sum, k.part = b.sum[thread], b.part[thread]

    def forward(self, p: Any, b: Any) -> None:
        def convolve(blocks: list[Any]) -> None:
            for k in blocks:
                np.copyto(k.inside, k.x)
                np.copyto(k.spread, k.windows)
                np.matmul(k.column_stack, p.W, out=k.z_stack)
                self.activation.forward(k.z, k.y, k.s)

        b.crew.share(convolve, b.shares)

    # One loop for each gradient: so each needs only one of the two arrays of columns in the cache.
    def backward(self, p: Any, g: Any, b: Any) -> None:
        def gradients(blocks: list[Any]) -> None:
            for k in blocks:
                self.activation.backward(k.z, k.y, k.dy, k.s)
                self._weight_gradient(k, blocks)
            if b.dx is None:
                return
            for k in blocks:
                np.copyto(k.dy_inside, k.dy)
                np.copyto(k.dy_spread, k.dy_windows)
                np.matmul(k.dy_column_stack, b.turned, out=k.dx_stack)

        if b.dx is not None:
            self._turn(p.W, b.turned_windows)
        b.crew.share(gradients, b.shares)
        np.add.reduce(b.sum[: len(b.shares)], axis=0, out=g.W)

    def _weight_gradient(self, k: Any, blocks: list[Any]) -> None:
        first = k is blocks[0]
        if len(blocks) > 1:
            np.copyto(k.inside, k.x)
            np.copyto(k.spread, k.windows)
        np.matmul(k.columns.T, k.dy_rows, out=k.sum if first else k.part)
        if not first:
            np.add(k.sum, k.part, out=k.sum)

    def _turn(self, W: Any, out: Any) -> None:
        """Fill ``out``, of shape (*kernel, filters, channels), with the kernel turned around."""
        *kernel, filters, channels = out.shape
        turned = W[:-1].reshape(*kernel, channels, filters)[(slice(None, None, -1),) * len(kernel)]
        np.copyto(out, turned.swapaxes(-1, -2))


def _stacks(columns: Array, result: Array) -> tuple[Array, Array]:
    """View the rows of a product as those of several, as `pieces` has them."""
    n, width = columns.shape
    p = pieces(n, width * result.shape[1])
    stack = result.reshape(p, n // p, result.shape[1])
    assert np.shares_memory(stack, result) or not result.size
    return columns.reshape(p, n // p, width), stack


def _inside(axes: Sequence[Axis]) -> tuple[slice, ...]:
    return (slice(None), *(axis.inside for axis in axes))


def _strides(axes: Sequence[Axis]) -> tuple[slice, ...]:
    return (slice(None), *(slice(None, None, axis.stride) for axis in axes))


@dataclass(frozen=True)
class Conv2D(Convolution):
    """Convolution of images, (height, width, channels): y = f([windows, 1] W), the last row of W is the bias.

    Parameters
    ----------
    filters : int
        Number of channels of the output.
    kernel_size : int or (int, int), default=3
        Height and width of a window.
    strides : int or (int, int), default=1
        Steps from one window to the next.
    padding : {'valid', 'same'}, default='valid'
        'valid' takes the windows that lie inside. 'same' takes one at every ``strides`` places, with zeros
        around the image; where their number is odd, the odd one is at the bottom and on the right.
    dilation : int or (int, int), default=1
        Distances between the neighbors in a window.
    activation : Activation, default=Identity()
        The function f.
    weight_init : Initializer, default=ScikitUniform()
        Draws the initial weights.

    References
    ----------
    Chellapilla, Puri, Simard, "High performance convolutional neural networks for document processing", 2006.
    """

    input_ndim: ClassVar[int | None] = 3
    needs: ClassVar[str] = "images, (height, width, channels)"


@dataclass(frozen=True)
class Conv1D(Convolution):
    """Convolution of sequences, (time, channels): y = f([windows, 1] W), the last row of W is the bias.

    Parameters
    ----------
    filters : int
        Number of channels of the output.
    kernel_size : int, default=3
        Length of a window.
    strides : int, default=1
        Step from one window to the next.
    padding : {'valid', 'same'}, default='valid'
        'valid' takes the windows that lie inside. 'same' takes one at every ``strides`` places, with zeros
        around the sequence; where their number is odd, the odd one is at the end.
    dilation : int, default=1
        Distance between the neighbors in a window.
    activation : Activation, default=Identity()
        The function f.
    weight_init : Initializer, default=ScikitUniform()
        Draws the initial weights.

    References
    ----------
    Waibel, Hanazawa, Hinton, Shikano, Lang, "Phoneme recognition using time-delay neural networks", 1989.
    """

    input_ndim: ClassVar[int | None] = 2
    needs: ClassVar[str] = "sequences, (time, channels)"
