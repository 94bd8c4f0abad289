"""Batch normalization: every channel by its mean and variance over the batch."""

from dataclasses import dataclass
from math import prod
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from sknn.core.checks import require
from sknn.core.kernels import Array, RandomState
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalization of each channel (last axis), y = gain * (x - mean) / std + shift.

    In training, mean and std = sqrt(variance + epsilon) are those of the batch, over the samples and, for
    images and sequences, over all their places. They also move the running statistics, which predicting
    uses: ``running = (1 - momentum) * running + momentum * batch``, with the unbiased variance. A batch that
    has one value a channel has no variance: it is normalized by the running statistics and leaves them alone.
    Missing steps of a sequence do not count.

    Parameters
    ----------
    momentum : float, default=0.1
        Weight of the newest batch in the running statistics.
    epsilon : float, default=1e-5
        Keeps the division finite.

    Notes
    -----
    With xhat = (x - mean) / std, the gradient is dx = gain / std * (dy - mean(dy) - xhat * mean(dy * xhat)).

    References
    ----------
    Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
    shift", 2015.
    """

    momentum: float = 0.1
    epsilon: float = 1e-5
    keeps_steps: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        require(0 <= self.momentum <= 1, "momentum", "from 0 to 1", self.momentum)
        require(self.epsilon > 0, "epsilon", "greater than 0", self.epsilon)
        channels, width = (input_shape[-1],), prod(input_shape[-2:])
        statistic, one = ParamSpec(channels, trainable=False), Buffer(channels, per_sample=False)
        return Plan(
            input_shape,
            {"gain": ParamSpec(channels), "shift": ParamSpec(channels), "mean": statistic, "variance": statistic},
            {"inverse": one, "scale": one, "offset": one, "rows": Buffer((2, width), per_sample=False)},
            {
                **dict.fromkeys(("mean", "variance", "slope"), one),
                **dict.fromkeys(("sums", "products"), Buffer((width,), per_sample=False, per_thread=True)),
                "rows": Buffer((3, width), per_sample=False),
                "ones": Buffer(input_shape[:-1]),
                "centered": Buffer(input_shape),
            },
        )

    def initialize(self, p: Any, rng: RandomState) -> None:
        p.gain[:], p.shift[:] = 1.0, 0.0
        p.mean[:], p.variance[:] = 0.0, 1.0

    # A row holds the channels of several places: a loop over the few channels of one would take twice as long.
    def prepare(self, b: Any) -> None:
        arrays = [array for array in (b.x, b.y, b.dy, b.dx) if array is not None]
        b.masked = b.training and b.absent is not None and b.x.ndim == 3
        rows_of_places = b.x.ndim > 2 and not b.masked and all(array.flags.c_contiguous for array in arrays)
        width = b.rows.shape[1] if rows_of_places else b.x.shape[-1]
        b.inputs, b.outputs = b.x.reshape(-1, width), b.y.reshape(-1, width)
        assert np.shares_memory(b.outputs, b.y)
        b.scale_row, b.offset_row, *others = b.rows[:, :width] if rows_of_places else (b.scale, b.offset)
        if b.training:
            (b.slope_row,) = others or (b.slope,)
            self._prepare_training(b, width, rows_of_places)

    def _prepare_training(self, b: Any, width: int, rows_of_places: bool) -> None:
        ones = b.ones.reshape(-1, order="A")
        assert np.shares_memory(ones, b.ones) or not ones.size
        ones[:] = 1.0
        b.count, b.present = ones.size, ones.reshape(b.x.shape[:-1])
        b.ones = ones[: len(b.inputs)]
        b.present_rows = b.ones[:, None]
        b.centered, b.delta = b.centered.reshape(-1, width), b.dy.reshape(-1, width)
        b.gradient = None if b.dx is None else b.dx.reshape(-1, width)
        cut = b.crew.strips(len(b.inputs), b.x.size) if rows_of_places else [slice(None)]
        b.sums, b.products = b.sums[: len(cut), :width], b.products[: len(cut), :width]
        b.parts = [self._part(b, rows, t) for t, rows in enumerate(cut)]

    def _part(self, b: Any, rows: slice, thread: int) -> Any:
        """Derive the views of the rows of one thread."""
        names = ("inputs", "outputs", "ones", "present_rows", "centered", "delta", "gradient")
        arrays = {name: getattr(b, name) for name in names}
        k = SimpleNamespace(**{name: None if array is None else array[rows] for name, array in arrays.items()})
        k.scale_row, k.offset_row, k.slope_row, k.gaps = b.scale_row, b.offset_row, b.slope_row, False
        k.sum, k.product = b.sums[thread], b.products[thread]
        return k

    def forward(self, p: Any, b: Any) -> None:
        if b.training:
            self._center(p, b)
        np.add(b.variance if b.training else p.variance, self.epsilon, out=b.inverse)
        np.sqrt(b.inverse, out=b.inverse)
        np.reciprocal(b.inverse, out=b.inverse)
        np.multiply(p.gain, b.inverse, out=b.scale)
        if b.training:
            np.copyto(b.offset, p.shift)
        else:
            np.multiply(p.mean, b.scale, out=b.offset)
            np.subtract(p.shift, b.offset, out=b.offset)
        _spread(b.scale, b.scale_row)
        _spread(b.offset, b.offset_row)
        if b.training:
            b.crew.share(_scale_part, b.parts)
        else:
            np.multiply(b.inputs, b.scale_row, out=b.outputs)
            np.add(b.outputs, b.offset_row, out=b.outputs)

    def _center(self, p: Any, b: Any) -> None:
        """Fill centered and variance, and let the running statistics follow; for a lone value, take those."""
        if b.masked:
            self._look_for_gaps(b)
        lone = b.count <= 1
        if lone:
            np.copyto(b.mean, p.mean)
        else:
            b.crew.share(_sum_inputs, b.parts)
            _gather(b.sums, b.mean)
            np.divide(b.mean, max(1, b.count), out=b.mean)
        _spread(b.mean, b.offset_row)
        b.crew.share(_center_part, b.parts)
        if lone:
            np.copyto(b.variance, p.variance)
            return
        _gather(b.products, b.variance)
        np.divide(b.variance, b.count, out=b.variance)
        self._follow(p.mean, b.mean, 1.0, b.slope)
        self._follow(p.variance, b.variance, b.count / (b.count - 1), b.slope)

    def _look_for_gaps(self, b: Any) -> None:
        np.copyto(b.present, b.absent)
        np.subtract(1.0, b.present, out=b.present)
        b.count = int(np.add.reduce(b.ones))
        b.parts[0].gaps = b.count < b.ones.size

    def _follow(self, running: Array, batch: Array, factor: float, work: Array) -> None:
        np.multiply(running, 1.0 - self.momentum, out=running)
        np.multiply(batch, self.momentum * factor, out=work)
        np.add(running, work, out=running)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        b.crew.share(_sum_delta, b.parts)
        _gather(b.products, g.gain)
        np.multiply(g.gain, b.inverse, out=g.gain)
        _gather(b.sums, g.shift)
        np.divide(g.shift, max(1, b.count), out=b.mean)
        if b.dx is None:
            return
        if b.count <= 1:
            np.multiply(b.dy, b.scale, out=b.dx)
            return
        np.multiply(b.inverse, g.gain, out=b.slope)
        np.divide(b.slope, b.count, out=b.slope)
        _spread(b.slope, b.slope_row)
        _spread(b.mean, b.offset_row)
        b.crew.share(_input_gradient, b.parts)


# Over the first axis np.add.reduce takes three times as long as a product with a row of ones.
def _sum_inputs(k: Any) -> None:
    np.dot(k.ones, k.inputs, out=k.sum)


def _center_part(k: Any) -> None:
    np.subtract(k.inputs, k.offset_row, out=k.centered)
    counted = np.multiply(k.centered, k.present_rows, out=k.outputs) if k.gaps else k.centered
    np.einsum("ij,ij->j", counted, k.centered, out=k.product)


def _scale_part(k: Any) -> None:
    np.multiply(k.centered, k.scale_row, out=k.outputs)
    np.add(k.outputs, k.offset_row, out=k.outputs)


def _sum_delta(k: Any) -> None:
    np.einsum("ij,ij->j", k.delta, k.centered, out=k.product)
    if k.gaps:
        np.add.reduce(k.delta, axis=0, out=k.sum)
    else:
        np.dot(k.ones, k.delta, out=k.sum)


def _input_gradient(k: Any) -> None:
    np.multiply(k.centered, k.slope_row, out=k.gradient)
    np.add(k.gradient, k.offset_row, out=k.gradient)
    if k.gaps:  # the statistics do not depend on them
        np.multiply(k.gradient, k.present_rows, out=k.gradient)
    np.subtract(k.delta, k.gradient, out=k.gradient)
    np.multiply(k.gradient, k.scale_row, out=k.gradient)


def _spread(channels: Array, row: Array) -> None:
    """Repeat the channels for every place of a row."""
    if row is not channels:
        np.copyto(row.reshape(-1, len(channels)), channels)


def _gather(rows: Array, channels: Array) -> None:
    """Sum the rows of all threads, and the places of a row."""
    if rows.size == len(channels):
        np.copyto(channels, rows[0])
    else:
        np.add.reduce(rows.reshape(-1, len(channels)), axis=0, out=channels)
