"""The simple recurrent layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

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

    gates: ClassVar[int] = 1

    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        fan_in = channels + self.units
        return {"W": ParamSpec((fan_in + 1, self.units), penalized_rows=fan_in)}

    def memory(self, steps: int) -> Mapping[str, Buffer]:
        return {"z": Buffer((1, self.units))}

    def initialize(self, p: Any, rng: RandomState) -> None:
        c, u = len(p.W) - 1 - self.units, self.units
        self.draw(rng, 1, p.W[:c], p.W[c:-1])
        p.W[-1] = self.weight_init.biases(rng, u, c, u)

    def fold(self, p: Any, weights: Any) -> None:
        np.copyto(weights, p.W.T)

    def unfold(self, g: Any, gradient: Any) -> None:
        np.copyto(g.W, gradient)

    def step(self, b: Any, s: Any) -> None:
        np.tanh(s.z, out=s.h_next)

    def step_back(self, b: Any, s: Any) -> None:
        np.multiply(s.h_next, s.h_next, out=b.dz)
        np.subtract(b.one, b.dz, out=b.dz)
        np.multiply(b.dz, s.dh, out=b.dz)
        self.product_back(b, s)
