"""An activation function with a learned strength for each unit."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from sknn import activations
from sknn.core.kernels import Array, RandomState
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, parts, rows

BLOCK_ELEMENTS = 2**16
"""Elements of one block of units: its arrays stay in the cache from one operation to the next."""


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
        w = ParamSpec((units,), penalized_rows=units, rate=self.rate, decay=self.decay)
        wanted = {"f": "float", **self.activation.scratch}
        scratch = {name: Buffer(input_shape, dtype) for name, dtype in wanted.items() if name != self.activation.spare}
        return Plan(input_shape, {"w": w}, scratch, {"bend": Buffer(input_shape)} if self.activation.keeps_y else {})

    def initialize(self, p: Any, rng: RandomState) -> None:
        p.w[:] = 1.0

    # The arrays of rows of features lie feature by feature, so a block of units is contiguous.
    def prepare(self, b: Any) -> None:
        units = b.x.shape[-1]
        size = BLOCK_ELEMENTS // len(b.x) if b.x.ndim == 2 else units
        b.blocks = [self._block(b, part) for part in parts(units, size)]

    def _block(self, b: Any, part: slice) -> Any:
        activation = self.activation
        names = {"x", "y", "dx", "dy", "f", *activation.scratch} - {activation.spare}
        k = SimpleNamespace(part=part, **{name: _columns(getattr(b, name), part) for name in names})
        k.bend = _columns(getattr(b, "bend", b.f), part)
        if activation.spare is not None:
            setattr(k, activation.spare, k.y)
        activation.prepare(k.x, k.f, k.dx, k)
        if b.training:
            k.bends, k.dys = rows(k.bend), rows(k.dy)
        return k

    # The bend, f(x) - x, takes the place of f(x) unless that is to be read again.
    def forward(self, p: Any, b: Any) -> None:
        for k in b.blocks:
            self.activation.forward(k.x, k.f, k)
            np.subtract(k.f, k.x, out=k.bend)
            np.multiply(k.bend, p.w[k.part], out=k.y)
            np.add(k.y, k.x, out=k.y)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        for k in b.blocks:
            np.einsum("ij,ij->j", k.bends, k.dys, out=g.w[k.part])
            if k.dx is not None:
                np.multiply(k.dy, p.w[k.part], out=k.dx)
                np.subtract(k.dy, k.dx, out=k.dy)
                self.activation.backward(k.x, k.f, k.dx, k)
                np.add(k.dx, k.dy, out=k.dx)


def _columns(array: Array | None, part: slice) -> Array | None:
    """Give some columns of an array, if there is one."""
    return None if array is None else array[..., part]
