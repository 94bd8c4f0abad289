"""The gated recurrent unit layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from sknn.activations.base import logistic_of_tanh
from sknn.core.kernels import RandomState
from sknn.layers.base import ParamSpec
from sknn.layers.recurrent import Recurrent


@dataclass(frozen=True)
class GRU(Recurrent):
    """Gated recurrent units over sequences, (time, channels), with the reset gate after the product.

    With σ the logistic function, [n, r, z] the three column blocks of [x_t, 1] W, and [r', z', q] those of
    h_{t-1} U::

        r = σ(r + r'),  z = σ(z + z')
        n = tanh(n + r (q + shift))
        h_t = (1 - z) n + z h_{t-1}

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
    Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio, "Learning phrase representations
    using RNN encoder-decoder for statistical machine translation", 2014.
    """

    gates: ClassVar[int] = 4

    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        u = self.units
        return {
            "W": ParamSpec((channels + 1, 3 * u), penalized_rows=channels),
            "U": ParamSpec((u, 3 * u), penalized_rows=u),
            "shift": ParamSpec((u,)),
        }

    def initialize(self, p: Any, rng: RandomState) -> None:
        c, u = len(p.W) - 1, self.units
        self.draw(rng, 3, p.W[:-1], p.U)
        p.W[-1] = self.weight_init.biases(rng, 3 * u, c, u)
        p.shift[:] = self.weight_init.biases(rng, u, c, u)

    @property
    def logistic(self) -> slice:
        return slice(self.units, 3 * self.units)

    # One matrix gives [n, r + r', z + z', q + shift]: n sees no h, q sees no x.
    def fold(self, p: Any, weights: Any) -> None:
        c, u = len(p.W) - 1, self.units
        weights[:u, c:-1], weights[3 * u :, :c] = 0.0, 0.0
        np.copyto(weights[: 3 * u, :c], p.W[:-1].T)
        np.copyto(weights[: 3 * u, -1], p.W[-1])
        np.copyto(weights[u:, c:-1], p.U.T)
        np.copyto(weights[3 * u :, -1], p.shift)

    def unfold(self, g: Any, gradient: Any) -> None:
        c, u = len(g.W) - 1, self.units
        np.copyto(g.W[:-1], gradient[:c, : 3 * u])
        np.copyto(g.W[-1], gradient[-1, : 3 * u])
        np.copyto(g.U, gradient[c:-1, u:])
        np.copyto(g.shift, gradient[-1, 3 * u :])

    def prepare(self, b: Any) -> None:
        super().prepare(b)
        if b.training:
            b.d_rz = b.dz[self.units : 3 * self.units]
            b.d_n, b.d_r, b.d_z, b.d_q = b.dz.reshape(4, self.units, -1)

    def prepare_step(self, b: Any, s: Any, t: int) -> None:
        s.rz = s.z[self.units : 3 * self.units]
        s.n, s.r, s.update, s.q = s.z.reshape(4, self.units, -1)

    def step(self, b: Any, s: Any) -> None:
        np.tanh(s.rz, out=s.rz)
        logistic_of_tanh(s.rz, b.half)
        np.multiply(s.r, s.q, out=b.product)
        np.add(s.n, b.product, out=s.n)
        np.tanh(s.n, out=s.n)
        np.subtract(s.h, s.n, out=s.h_next)
        np.multiply(s.h_next, s.update, out=s.h_next)
        np.add(s.h_next, s.n, out=s.h_next)

    def step_back(self, b: Any, s: Any) -> None:
        np.subtract(b.one, s.rz, out=b.d_rz)
        np.multiply(b.d_rz, s.rz, out=b.d_rz)
        np.subtract(s.h, s.n, out=b.product)
        np.multiply(b.product, s.dh, out=b.product)
        np.multiply(b.d_z, b.product, out=b.d_z)
        np.multiply(s.dh, s.update, out=b.product)
        np.subtract(s.dh, b.product, out=s.dh)
        np.multiply(s.n, s.n, out=b.d_n)
        np.subtract(b.one, b.d_n, out=b.d_n)
        np.multiply(b.d_n, s.dh, out=b.d_n)
        np.multiply(b.d_r, s.q, out=b.d_r)
        np.multiply(b.d_r, b.d_n, out=b.d_r)
        np.multiply(b.d_n, s.r, out=b.d_q)
        self.product_back(b, s)
        np.add(s.dh_before, b.product, out=s.dh_before)
