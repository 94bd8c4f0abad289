"""Fully connected layer in the neural tangent parametrization."""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from sknn.activations import Activation, Identity
from sknn.core.affine import affine
from sknn.core.checks import require_count
from sknn.core.kernels import RandomState
from sknn.initializers import Initializer, Normal
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape

UNIT_NORMAL = Normal(1.0)


@dataclass(frozen=True)
class NTKDense(Layer):
    """Fully connected layer, y = f(x W / sqrt(fan_in) + bias), in the neural tangent parametrization.

    The weights are of the order 1, whatever the width, and an adaptive optimizer moves them by about the learning
    rate: so one rate suits all widths, and it is 40 to 200 times that of a `Dense` layer. The last row of W
    is the bias.

    Parameters
    ----------
    units : int
        Number of outputs.
    activation : Activation, default=Identity()
        The function f.
    weight_init : Initializer, default=Normal(1.0)
        Draws the initial weights, and the biases unless ``bias_init`` does.
    bias_init : Initializer or None, default=None
        Draws the biases, as it would draw weights.
    rate : float, default=1.0
        Factor of the learning rate for the weights.
    bias_rate : float, default=1.0
        Factor of the learning rate for the biases.

    References
    ----------
    Jacot, Gabriel, Hongler, "Neural tangent kernel: convergence and generalization in neural networks", 2018,
    arXiv:1806.07572.
    """

    units: int
    activation: Activation = field(default_factory=Identity)
    weight_init: Initializer = UNIT_NORMAL
    bias_init: Initializer | None = None
    rate: float = 1.0
    bias_rate: float = 1.0
    bias_column: ClassVar[bool] = True

    @property
    def adapts(self) -> bool:  # type: ignore[override]
        return self.weight_init.needs_data or (self.bias_init is not None and self.bias_init.needs_data)

    def plan(self, input_shape: Shape) -> Plan:
        require_count("units", self.units)
        if len(input_shape) != 1:
            raise ValueError(f"needs rows of features, (n_features,); got {input_shape}")
        (fan_in,) = input_shape
        shape = (self.units,)
        z = {"z": Buffer(shape)} if self.activation.keeps_z else {}
        extra = {name: Buffer(shape, dtype) for name, dtype in self.activation.scratch.items()}
        W = ParamSpec((fan_in + 1, self.units), penalized_rows=fan_in, rate=self.rate, bias_rate=self.bias_rate)
        return Plan(shape, {"W": W}, {**z, **extra})

    def initialize(self, p: Any, rng: RandomState) -> None:
        fan_in, fan_out = p.W[:-1].shape
        p.W[:-1] = self.weight_init.weights(rng, (fan_in, fan_out), fan_in, fan_out)
        if self.bias_init is None:
            p.W[-1] = self.weight_init.biases(rng, fan_out, fan_in, fan_out)
        else:
            p.W[-1] = self.bias_init.weights(rng, (1, fan_out), fan_in, fan_out)[0]

    def adapt(self, p: Any, b: Any, rng: RandomState) -> None:
        biases = p.W[-1].copy()
        p.W[-1] = 0.0
        self._forward_linear(p, b)
        self.weight_init.adapt(p.W, b.z, rng)
        if self.bias_init is not None:
            p.W[-1] = biases
            self.bias_init.adapt(p.W, b.z, rng)

    # The ones are sqrt(fan_in) here, so that a factor of 1 / sqrt(fan_in) on the whole leaves the biases as they are.
    def prepare(self, b: Any) -> None:
        fan_in = b.x.shape[1] - 1
        b.scale = 1.0 / math.sqrt(max(1, fan_in))
        b.x[:, -1] = 1.0 / b.scale
        if not self.activation.keeps_z:
            b.z = b.y
        b.linear = affine(b.x, b.z, b.dy, b.dx, b.crew)
        self.activation.prepare(b.z, b.y, b.dy, b)

    def _forward_linear(self, p: Any, b: Any) -> None:
        b.linear.forward(p.W, b.x)
        np.multiply(b.z, b.scale, out=b.z)

    def forward(self, p: Any, b: Any) -> None:
        self._forward_linear(p, b)
        self.activation.forward(b.z, b.y, b)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        self.activation.backward(b.z, b.y, b.dy, b)
        np.multiply(b.dy, b.scale, out=b.dy)
        b.linear.backward(p.W, g.W, b.x)
