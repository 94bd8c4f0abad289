"""The long short-term memory layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn.activations.base import logistic_of_tanh
from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, ParamSpec
from sknn.layers.recurrent import Recurrent


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Long short-term memory over sequences, (time, channels).

    With σ the logistic function, and [o, i, f, g] the four column blocks of [x_t, h_{t-1}, 1] W::

        c_t = σ(f) c_{t-1} + σ(i) tanh(g)
        h_t = σ(o) tanh(c_t)

    A step whose channels are all NaN is missing: the state passes it unchanged. So sequences of different
    lengths are filled up with NaN at their end. The bias of the forget gate f starts at 1.

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
    Hochreiter, Schmidhuber, "Long short-term memory", 1997. Gers, Schmidhuber, Cummins, "Learning to forget:
    continual prediction with LSTM", 2000. Jozefowicz, Zaremba, Sutskever, "An empirical exploration of
    recurrent network architectures", 2015, for the bias of 1.
    """

    gates: ClassVar[int] = 4

    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        fan_in = channels + self.units
        return {"W": ParamSpec((fan_in + 1, 4 * self.units), penalized_rows=fan_in)}

    def memory(self, steps: int) -> Mapping[str, Buffer]:
        every, one = Buffer((steps, self.units)), Buffer((1, self.units))
        return {"cells": every, "squashed": every, "start": one, "dc": one}

    def initialize(self, p: Any, rng: RandomState) -> None:
        c, u = len(p.W) - 1 - self.units, self.units
        self.draw(rng, 4, p.W[:c], p.W[c:-1])
        p.W[-1] = self.weight_init.biases(rng, 4 * u, c, u)
        p.W[-1, 2 * u : 3 * u] = 1.0

    @property
    def logistic(self) -> slice:
        return slice(3 * self.units)

    def fold(self, p: Any, weights: Any) -> None:
        np.copyto(weights, p.W.T)

    def unfold(self, g: Any, gradient: Any) -> None:
        np.copyto(g.W, gradient)

    def prepare(self, b: Any) -> None:
        super().prepare(b)
        u = self.units
        b.start[...] = 0.0
        if b.training:
            b.dc, b.d_sigmoids = b.dc[0], b.dz[: 3 * u]
            b.d_o, b.d_i, b.d_f, b.d_g = b.dz.reshape(4, u, -1)
            b.d_ifg = b.dz[u:].reshape(3, u, -1)

    def prepare_step(self, b: Any, s: Any, t: int) -> None:
        last = len(b.cells)
        s.sigmoids = s.z[: 3 * self.units]
        s.o, s.i, s.f, s.g = s.z.reshape(4, self.units, -1)
        s.c = b.cells[(t - 1) % last] if t else b.start[0]
        s.c_next, s.squashed = b.cells[t % last], b.squashed[t % last]

    def step(self, b: Any, s: Any) -> None:
        np.tanh(s.z, out=s.z)
        logistic_of_tanh(s.sigmoids, b.half)
        if s.gap:  # o = i = 0 and f = 1
            np.multiply(s.sigmoids, s.present, out=s.sigmoids)
            np.add(s.f, s.missing, out=s.f)
        np.multiply(s.f, s.c, out=s.c_next)
        np.multiply(s.i, s.g, out=b.product)
        np.add(s.c_next, b.product, out=s.c_next)
        np.tanh(s.c_next, out=s.squashed)
        np.multiply(s.o, s.squashed, out=s.h_next)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        b.dc[...] = 0.0
        super().backward(p, g, b)

    def step_back(self, b: Any, s: Any) -> None:
        np.multiply(s.squashed, s.h_next, out=b.product)
        np.subtract(s.o, b.product, out=b.product)
        np.multiply(b.product, s.dh, out=b.product)
        np.add(b.dc, b.product, out=b.dc)
        np.subtract(b.one, s.sigmoids, out=b.d_sigmoids)
        np.multiply(b.d_sigmoids, s.sigmoids, out=b.d_sigmoids)
        np.multiply(s.dh, s.squashed, out=s.dh)
        np.multiply(b.d_o, s.dh, out=b.d_o)
        np.multiply(b.d_i, s.g, out=b.d_i)
        np.multiply(b.d_f, s.c, out=b.d_f)
        np.multiply(s.g, s.g, out=b.d_g)
        np.subtract(b.one, b.d_g, out=b.d_g)
        np.multiply(b.d_g, s.i, out=b.d_g)
        np.multiply(b.d_ifg, b.dc, out=b.d_ifg)
        np.multiply(b.dc, s.f, out=b.dc)
        self.product_back(b, s)
