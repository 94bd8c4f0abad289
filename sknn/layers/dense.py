"""Fully connected layer."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from sknn.activations import Activation, Identity
from sknn.core.affine import affine
from sknn.core.checks import require_count
from sknn.core.kernels import RandomState
from sknn.initializers import Initializer, ScikitUniform
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape


@dataclass(frozen=True)
class Dense(Layer):
    """Fully connected layer, y = f([x, 1] W): the last row of W is the bias.

    Parameters
    ----------
    units : int
        Number of outputs.
    activation : Activation, default=Identity()
        The function f.
    weight_init : Initializer, default=ScikitUniform()
        Draws the initial weights.

    References
    ----------
    Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", 1986.
    """

    units: int
    activation: Activation = field(default_factory=Identity)
    weight_init: Initializer = field(default_factory=ScikitUniform)
    bias_column: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        require_count("units", self.units)
        if len(input_shape) != 1:
            raise ValueError(f"needs rows of features, (n_features,); got {input_shape}")
        (fan_in,) = input_shape
        shape = (self.units,)
        z = {"z": Buffer(shape)} if self.activation.keeps_z else {}
        extra = {name: Buffer(shape, dtype) for name, dtype in self.activation.scratch.items()}
        W = ParamSpec((fan_in + 1, self.units), penalized_rows=fan_in)
        return Plan(shape, {"W": W}, {**z, **extra})

    def initialize(self, p: Any, rng: RandomState) -> None:
        fan_in, fan_out = p.W[:-1].shape
        p.W[:-1] = self.weight_init.weights(rng, (fan_in, fan_out), fan_in, fan_out)
        p.W[-1] = self.weight_init.biases(rng, fan_out, fan_in, fan_out)

    @property
    def adapts(self) -> bool:  # type: ignore[override]
        return self.weight_init.needs_data

    def adapt(self, p: Any, b: Any, rng: RandomState) -> None:
        b.linear.forward(p.W, b.x)
        self.weight_init.adapt(p.W, b.z, rng)

    def prepare(self, b: Any) -> None:
        if not self.activation.keeps_z:
            b.z = b.y
        b.linear = affine(b.x, b.z, b.dy, b.dx, b.crew)
        self.activation.prepare(b.z, b.y, b.dy, b)

    def forward(self, p: Any, b: Any) -> None:
        b.linear.forward(p.W, b.x)
        self.activation.forward(b.z, b.y, b)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        self.activation.backward(b.z, b.y, b.dy, b)
        b.linear.backward(p.W, g.W, b.x)
