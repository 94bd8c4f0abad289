"""An activation function as a layer of its own."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from sknn import activations
from sknn.layers.base import Buffer, Layer, Plan, Shape, parts

BLOCK_ELEMENTS = 2**16
"""Elements of one block: it stays in the cache from one operation to the next."""


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

    # Rows of features lie feature by feature, all else sample by sample: so the blocks are contiguous.
    def prepare(self, b: Any) -> None:
        along = 1 if b.x.ndim == 2 else 0
        size = BLOCK_ELEMENTS // max(1, b.x.size // max(1, b.x.shape[along]))
        pieces = parts(b.x.shape[along], size)
        b.blocks = [self._block(b, (slice(None), piece) if along else (piece,)) for piece in pieces]

    def _block(self, b: Any, part: tuple[slice, ...]) -> Any:
        k = SimpleNamespace(x=b.x[part], y=b.y[part], dy=None if b.dy is None else b.dy[part])
        k.s = SimpleNamespace(**{name: getattr(b, name)[part] for name in self.activation.scratch})
        k.dx = None if b.dx is None else b.dx[part]
        self.activation.prepare(k.x, k.y, k.dy, k.s)
        return k

    def forward(self, p: Any, b: Any) -> None:
        for k in b.blocks:
            self.activation.forward(k.x, k.y, k.s)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.dx is None:
            return
        for k in b.blocks:
            self.activation.backward(k.x, k.y, k.dy, k.s)
            np.copyto(k.dx, k.dy)
