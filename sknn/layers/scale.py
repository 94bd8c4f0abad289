"""Scaling layer: every feature by a factor of its own."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, rows


@dataclass(frozen=True)
class Scale(Layer):
    """Multiply every feature (last axis) by a learned factor, y = x * s, where s starts at 1.

    Before the first dense layer it lets training turn the weight of a whole feature up or down.

    Parameters
    ----------
    rate : float, default=1.0
        Factor of the learning rate for s.
    decay : float, default=1.0
        Factor of weight decay for s, which is in proportion to its learning rate, too.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491.
    """

    rate: float = 1.0
    decay: float = 1.0
    keeps_steps: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        channels = input_shape[-1]
        s = ParamSpec((channels,), penalized_rows=channels, rate=self.rate, decay=self.decay)
        return Plan(input_shape, {"s": s}, backward_scratch={"product": Buffer(input_shape)})

    def initialize(self, p: Any, rng: RandomState) -> None:
        p.s[:] = 1.0

    def prepare(self, b: Any) -> None:
        if b.training:
            b.products = rows(b.product)

    def forward(self, p: Any, b: Any) -> None:
        np.multiply(b.x, p.s, out=b.y)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        np.multiply(b.x, b.dy, out=b.product)
        np.add.reduce(b.products, axis=0, out=g.s)
        if b.dx is not None:
            np.multiply(b.dy, p.s, out=b.dx)
