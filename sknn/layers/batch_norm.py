"""Batch normalization: every channel by its mean and variance over the batch."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn.core.checks import require
from sknn.core.kernels import Array, RandomState
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, parts, rows

BLOCK_ELEMENTS = 2**16
"""Elements of one block of rows: it stays in the cache from one operation to the next."""


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalization of each channel (last axis), y = gain * (x - mean) / std + shift.

    In training, mean and std = sqrt(variance + epsilon) are those of the batch, over the samples and, for
    images and sequences, over all their places. They also move the running statistics, which predicting
    uses: ``running = (1 - momentum) * running + momentum * batch``, with the unbiased variance. A batch that
    has one value a channel has no variance: it is normalized by the running statistics and leaves them alone.

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
        channels = (input_shape[-1],)
        statistic, one = ParamSpec(channels, trainable=False), Buffer(channels, per_sample=False)
        return Plan(
            input_shape,
            {"gain": ParamSpec(channels), "shift": ParamSpec(channels), "mean": statistic, "variance": statistic},
            {"inverse": one, "scale": one},
            {
                "mean": one,
                "variance": one,
                "part": one,
                "ones": Buffer(input_shape[:-1]),
                "centered": Buffer(input_shape),
            },
        )

    def initialize(self, p: Any, rng: RandomState) -> None:
        p.gain[:], p.shift[:] = 1.0, 0.0
        p.mean[:], p.variance[:] = 0.0, 1.0

    def prepare(self, b: Any) -> None:
        b.inputs, b.outputs = rows(b.x), rows(b.y)
        b.centered = rows(b.centered) if b.training else b.outputs
        b.parts = parts(len(b.inputs), BLOCK_ELEMENTS // b.x.shape[-1])
        b.blocks = [(b.inputs[part], b.centered[part], b.outputs[part]) for part in b.parts]
        if b.training:
            self._prepare_backward(b)

    def _prepare_backward(self, b: Any) -> None:
        b.ones = b.ones.reshape(-1)
        b.ones[:] = 1.0
        b.count = len(b.ones)
        b.delta = rows(b.dy)
        dx = b.delta if b.dx is None else rows(b.dx)
        b.backward_blocks = [(b.delta[part], b.centered[part], dx[part]) for part in b.parts]

    def forward(self, p: Any, b: Any) -> None:
        if b.training and b.count > 1:
            self._center_by_batch(p, b)
            np.add(b.variance, self.epsilon, out=b.inverse)
        else:
            for inputs, centered, _ in b.blocks:
                np.subtract(inputs, p.mean, out=centered)
            np.add(p.variance, self.epsilon, out=b.inverse)
        np.sqrt(b.inverse, out=b.inverse)
        np.reciprocal(b.inverse, out=b.inverse)
        np.multiply(p.gain, b.inverse, out=b.scale)
        for _, centered, outputs in b.blocks:
            np.multiply(centered, b.scale, out=outputs)
            np.add(outputs, p.shift, out=outputs)

    def _center_by_batch(self, p: Any, b: Any) -> None:
        """Fill centered, mean and variance, and let the running statistics follow."""
        # Over the first axis np.add.reduce takes three times as long as a product with a row of ones.
        np.matmul(b.ones, b.inputs, out=b.mean)
        np.divide(b.mean, b.count, out=b.mean)
        b.variance[:] = 0.0
        for inputs, centered, _ in b.blocks:
            np.subtract(inputs, b.mean, out=centered)
            np.einsum("ij,ij->j", centered, centered, out=b.part)
            np.add(b.variance, b.part, out=b.variance)
        np.divide(b.variance, b.count, out=b.variance)
        self._follow(p.mean, b.mean, 1.0, b.scale)
        self._follow(p.variance, b.variance, b.count / (b.count - 1), b.scale)

    def _follow(self, running: Array, batch: Array, factor: float, work: Array) -> None:
        np.multiply(running, 1.0 - self.momentum, out=running)
        np.multiply(batch, self.momentum * factor, out=work)
        np.add(running, work, out=running)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        np.einsum("ij,ij->j", b.delta, b.centered, out=g.gain)
        np.multiply(g.gain, b.inverse, out=g.gain)
        np.matmul(b.ones, b.delta, out=g.shift)
        if b.dx is None:
            return
        if b.count == 1:
            np.multiply(b.dy, b.scale, out=b.dx)
            return
        np.multiply(b.inverse, g.gain, out=b.part)
        np.divide(b.part, b.count, out=b.part)
        np.divide(g.shift, b.count, out=b.mean)
        for dy, centered, dx in b.backward_blocks:
            np.multiply(centered, b.part, out=dx)
            np.subtract(dy, dx, out=dx)
            np.subtract(dx, b.mean, out=dx)
            np.multiply(dx, b.scale, out=dx)
