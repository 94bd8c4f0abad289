"""The simple recurrent layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, ParamSpec
from sknn.layers.recurrent import Recurrent


@dataclass(frozen=True)
class SimpleRNN(Recurrent):
    """Recurrent layer over sequences, (time, channels): h_t = tanh([x_t, h_{t-1}, 1] W).

    A step whose channels are all NaN is missing: the state passes it unchanged. So sequences of different
    lengths are filled up with NaN at their end.

    Parameters
    ----------
    units : int
        Number of outputs.
    return_sequences : bool, default=False
        Give every h_t, (time, units), and not only the last, (units,); a missing step repeats the one before.
    weight_init : Initializer, default=ScikitUniform()
        Draws the initial weights of the input, and the biases.
    recurrent_init : Initializer, default=Orthogonal()
        Draws the initial weights of the state.

    References
    ----------
    Elman, "Finding structure in time", 1990.
    """

    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        fan_in = channels + self.units
        return {"W": ParamSpec((fan_in + 1, self.units), penalized_rows=fan_in)}

    def memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        return {"xh": Buffer((steps + 1, channels + self.units + 1))}

    def backward_memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        return {"dz": Buffer((steps, self.units))}

    def initialize(self, p: Any, rng: RandomState) -> None:
        c, u = len(p.W) - 1 - self.units, self.units
        self.draw(rng, 1, p.W[:c], p.W[c:-1])
        p.W[-1] = self.weight_init.biases(rng, u, c, u)

    def prepare(self, b: Any) -> None:
        c = b.x.shape[-1]
        xh = self.by_time(b.xh)
        xh[..., -1] = 1.0
        self.prepare_steps(b, xh[:-1, :, :c], xh[..., c:-1])
        b.inputs = xh[:-1].reshape(-1, xh.shape[-1])
        if b.training:
            b.dz_rows = b.dz.reshape(-1, self.units)
            b.dz = self.by_time(b.dz)
        b.forward_steps = list(zip(xh[:-1], b.h[:-1], b.h[1:], b.absent_steps, strict=True))
        b.backward_steps = list(zip(b.dz, b.dy_steps, b.absent_steps, strict=True))[::-1] if b.training else []

    def forward(self, p: Any, b: Any) -> None:
        self.load(b)
        for xh, h, h_next, absent in b.forward_steps:
            np.matmul(xh, p.W, out=h_next)
            np.tanh(h_next, out=h_next)
            if b.ragged:
                np.copyto(h_next, h, where=absent)
        self.unload(b)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        c = b.x.shape[-1]
        U = p.W[c:-1].T
        np.multiply(b.h[1:], b.h[1:], out=b.dz)
        np.subtract(1.0, b.dz, out=b.dz)
        if b.ragged:
            np.copyto(b.dz, 0.0, where=b.absent_by_time)
        self.begin_backward(b)
        for dz, dy, absent in b.backward_steps:
            if dy is not None:
                np.add(b.dh, dy, out=b.dh)
            np.multiply(dz, b.dh, out=dz)
            self.step_back(dz, U, absent, b)
        np.matmul(b.inputs.T, b.dz_rows, out=g.W)
        self.input_gradient(b.dz_rows, p.W[:c], b)
