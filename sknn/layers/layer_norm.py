"""Layer normalization: every sample by its own mean and variance."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn.core.checks import require
from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, rows


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Layer normalization over the last axis, y = gain * xhat + shift with xhat = (x - mean) / std.

    The mean and std = sqrt(variance + epsilon) are those of a sample's features, for images and sequences
    those of the channels at one place. Training and predicting are the same.

    Parameters
    ----------
    epsilon : float, default=1e-5
        Keeps the division finite.

    Notes
    -----
    With d = gain * dy, the gradient is dx = (d - mean(d) - xhat * mean(d * xhat)) / std.

    References
    ----------
    Ba, Kiros, Hinton, "Layer normalization", 2016.
    """

    epsilon: float = 1e-5
    keeps_steps: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        require(self.epsilon > 0, "epsilon", "greater than 0", self.epsilon)
        channels = (input_shape[-1],)
        each = Buffer((*input_shape[:-1], 1))
        return Plan(
            input_shape,
            {"gain": ParamSpec(channels), "shift": ParamSpec(channels)},
            {"xhat": Buffer(input_shape), "mean": each, "scale": each},
            {"product": Buffer(input_shape)},
        )

    def initialize(self, p: Any, rng: RandomState) -> None:
        p.gain[:] = 1.0
        p.shift[:] = 0.0

    def prepare(self, b: Any) -> None:
        b.inputs, b.outputs = rows(b.x), rows(b.y)
        b.xhat, b.mean, b.scale = rows(b.xhat), rows(b.mean), rows(b.scale)
        b.share = 1.0 / b.x.shape[-1]
        if b.training:
            b.product, b.delta = rows(b.product), rows(b.dy)
            b.input_delta = None if b.dx is None else rows(b.dx)

    def forward(self, p: Any, b: Any) -> None:
        np.add.reduce(b.inputs, axis=1, keepdims=True, out=b.mean)
        np.multiply(b.mean, b.share, out=b.mean)
        np.subtract(b.inputs, b.mean, out=b.xhat)
        np.multiply(b.xhat, b.xhat, out=b.outputs)
        np.add.reduce(b.outputs, axis=1, keepdims=True, out=b.scale)
        np.multiply(b.scale, b.share, out=b.scale)
        np.add(b.scale, self.epsilon, out=b.scale)
        np.sqrt(b.scale, out=b.scale)
        np.reciprocal(b.scale, out=b.scale)
        np.multiply(b.xhat, b.scale, out=b.xhat)
        np.multiply(b.xhat, p.gain, out=b.outputs)
        np.add(b.outputs, p.shift, out=b.outputs)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        dy = b.delta
        np.multiply(dy, b.xhat, out=b.product)
        np.add.reduce(b.product, axis=0, out=g.gain)
        np.add.reduce(dy, axis=0, out=g.shift)
        if b.input_delta is None:
            return
        np.multiply(dy, p.gain, out=dy)
        np.multiply(dy, b.xhat, out=b.product)
        np.add.reduce(b.product, axis=1, keepdims=True, out=b.mean)
        np.multiply(b.mean, b.share, out=b.mean)
        np.multiply(b.xhat, b.mean, out=b.product)
        np.add.reduce(dy, axis=1, keepdims=True, out=b.mean)
        np.multiply(b.mean, b.share, out=b.mean)
        np.subtract(dy, b.mean, out=dy)
        np.subtract(dy, b.product, out=dy)
        np.multiply(dy, b.scale, out=b.input_delta)
