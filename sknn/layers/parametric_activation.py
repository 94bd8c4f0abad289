"""An activation function with a learned strength for each unit."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn import activations
from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, rows


@dataclass(frozen=True)
class ParametricActivation(Layer):
    """An activation function of learned strength, y = x + w (f(x) - x), one w a unit (last axis) that starts at 1.

    At w = 0 the unit is linear, and beyond 1 it bends more than f.

    Parameters
    ----------
    activation : sknn.activations.Activation
        The function f.
    rate : float, default=1.0
        Factor of the learning rate for w.
    decay : float, default=1.0
        Factor of weight decay for w, which is in proportion to its learning rate, too.

    Notes
    -----
    The gradients are dw = sum((f(x) - x) dy) and dx = dy + w (f'(x) - 1) dy.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491.
    """

    activation: activations.Activation
    rate: float = 1.0
    decay: float = 1.0
    keeps_steps: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        units = input_shape[-1]
        wanted = {name: Buffer(input_shape, dtype) for name, dtype in self.activation.scratch.items()}
        w = ParamSpec((units,), penalized_rows=units, rate=self.rate, decay=self.decay)
        scratch = {**wanted, "f": Buffer(input_shape), "bend": Buffer(input_shape)}
        return Plan(input_shape, {"w": w}, scratch, {"df": Buffer(input_shape)})

    def initialize(self, p: Any, rng: RandomState) -> None:
        p.w[:] = 1.0

    def prepare(self, b: Any) -> None:
        self.activation.prepare(b.x, b.f, b.df if b.training else None, b)
        if b.training:
            b.bends = rows(b.bend)

    def forward(self, p: Any, b: Any) -> None:
        self.activation.forward(b.x, b.f, b)
        np.subtract(b.f, b.x, out=b.bend)
        np.multiply(b.bend, p.w, out=b.y)
        np.add(b.y, b.x, out=b.y)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        np.multiply(b.bend, b.dy, out=b.bend)
        np.add.reduce(b.bends, axis=0, out=g.w)
        if b.dx is None:
            return
        np.multiply(b.dy, p.w, out=b.df)
        np.subtract(b.dy, b.df, out=b.dx)
        self.activation.backward(b.x, b.f, b.df, b)
        np.add(b.dx, b.df, out=b.dx)
