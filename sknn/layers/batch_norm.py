"""Batch normalization: every channel by its mean and variance over the batch."""

from dataclasses import dataclass
from math import prod
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
                "rows": Buffer((4, width), per_sample=False),
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
            b.slope_row, b.total = others or (b.slope, b.rows[0, :width])
            ones = b.ones.reshape(-1, order="A")
            assert np.shares_memory(ones, b.ones) or not ones.size
            ones[:] = 1.0
            b.count, b.gaps, b.present = ones.size, False, ones.reshape(b.x.shape[:-1])
            b.ones = ones[: len(b.inputs)]
            b.present_rows = b.ones[:, None]
            b.centered, b.delta = b.centered.reshape(-1, width), b.dy.reshape(-1, width)
            b.gradient = None if b.dx is None else b.dx.reshape(-1, width)

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
        np.multiply(b.centered if b.training else b.inputs, b.scale_row, out=b.outputs)
        np.add(b.outputs, b.offset_row, out=b.outputs)

    def _center(self, p: Any, b: Any) -> None:
        """Fill centered and variance, and let the running statistics follow; for a lone value, take those."""
        if b.masked:
            self._look_for_gaps(b)
        lone = b.count <= 1
        if lone:
            np.copyto(b.mean, p.mean)
        else:
            self._mean(b.inputs, b, out=b.mean)
        _spread(b.mean, b.offset_row)
        np.subtract(b.inputs, b.offset_row, out=b.centered)
        if lone:
            np.copyto(b.variance, p.variance)
            return
        counted = b.centered
        if b.gaps:
            counted = np.multiply(b.centered, b.present_rows, out=b.outputs)
        np.einsum("ij,ij->j", counted, b.centered, out=b.total)
        _gather(b.total, b.variance)
        np.divide(b.variance, b.count, out=b.variance)
        self._follow(p.mean, b.mean, 1.0, b.slope)
        self._follow(p.variance, b.variance, b.count / (b.count - 1), b.slope)

    def _look_for_gaps(self, b: Any) -> None:
        np.copyto(b.present, b.absent)
        np.subtract(1.0, b.present, out=b.present)
        b.count = int(np.add.reduce(b.ones))
        b.gaps = b.count < b.ones.size

    def _mean(self, matrix: Array, b: Any, out: Array) -> None:
        # Over the first axis np.add.reduce takes three times as long as a product with a row of ones.
        np.dot(b.ones, matrix, out=b.total)
        _gather(b.total, out)
        np.divide(out, max(1, b.count), out=out)

    def _follow(self, running: Array, batch: Array, factor: float, work: Array) -> None:
        np.multiply(running, 1.0 - self.momentum, out=running)
        np.multiply(batch, self.momentum * factor, out=work)
        np.add(running, work, out=running)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        np.einsum("ij,ij->j", b.delta, b.centered, out=b.total)
        _gather(b.total, g.gain)
        np.multiply(g.gain, b.inverse, out=g.gain)
        if b.gaps:
            np.add.reduce(b.delta, axis=0, out=g.shift)
            np.divide(g.shift, max(1, b.count), out=b.mean)
        else:
            self._mean(b.delta, b, out=b.mean)
            np.multiply(b.mean, b.count, out=g.shift)
        if b.dx is not None:
            self._input_gradient(g, b)

    def _input_gradient(self, g: Any, b: Any) -> None:
        if b.count <= 1:
            np.multiply(b.dy, b.scale, out=b.dx)
            return
        np.multiply(b.inverse, g.gain, out=b.slope)
        np.divide(b.slope, b.count, out=b.slope)
        _spread(b.slope, b.slope_row)
        _spread(b.mean, b.offset_row)
        np.multiply(b.centered, b.slope_row, out=b.gradient)
        np.add(b.gradient, b.offset_row, out=b.gradient)
        if b.gaps:  # the statistics do not depend on them
            np.multiply(b.gradient, b.present_rows, out=b.gradient)
        np.subtract(b.delta, b.gradient, out=b.gradient)
        np.multiply(b.gradient, b.scale_row, out=b.gradient)


def _spread(channels: Array, row: Array) -> None:
    """Repeat the channels for every place of a row."""
    if row is not channels:
        np.copyto(row.reshape(-1, len(channels)), channels)


def _gather(row: Array, channels: Array) -> None:
    """Sum the places of a row."""
    if len(row) == len(channels):
        np.copyto(channels, row)
    else:
        np.add.reduce(row.reshape(-1, len(channels)), axis=0, out=channels)
