"""An activation function as a layer of its own."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn import activations
from sknn.layers.base import Buffer, Layer, Plan, Shape


@dataclass(frozen=True)
class Activation(Layer):
    """Activation function as a layer of its own, y = f(x), for what comes between it and the linear map.

    Parameters
    ----------
    activation : sknn.activations.Activation
        The function f.
    """

    activation: activations.Activation
    keeps_steps: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        wanted = self.activation.scratch.items()
        return Plan(input_shape, scratch={name: Buffer(input_shape, dtype) for name, dtype in wanted})

    def forward(self, p: Any, b: Any) -> None:
        self.activation.forward(b.x, b.y, b)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is not None:
            self.activation.backward(b.x, b.y, b.dy, b)
            np.copyto(b.dx, b.dy)
