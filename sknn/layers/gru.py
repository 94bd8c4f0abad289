"""The gated recurrent unit layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, ParamSpec
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

    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        u = self.units
        return {
            "W": ParamSpec((channels + 1, 3 * u), penalized_rows=channels),
            "U": ParamSpec((u, 3 * u), penalized_rows=u),
            "shift": ParamSpec((u,)),
        }

    def memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        u = self.units
        return {
            "x1": Buffer((steps, channels + 1)),
            "states": Buffer((steps + 1, u)),
            "nrz": Buffer((steps, 3 * u)),
            "rzq": Buffer((1, 3 * u)),
            "product": Buffer((1, u)),
            "halved_W": Buffer((channels + 1, 3 * u), per_sample=False),
            "halved_U": Buffer((u, 3 * u), per_sample=False),
        }

    def backward_memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        return {"rzq": Buffer((steps, 3 * self.units)), "dz": Buffer((steps, 4 * self.units))}

    def initialize(self, p: Any, rng: RandomState) -> None:
        c, u = len(p.W) - 1, self.units
        self.draw(rng, 3, p.W[:-1], p.U)
        p.W[-1] = self.weight_init.biases(rng, 3 * u, c, u)
        p.shift[:] = self.weight_init.biases(rng, u, c, u)

    def prepare(self, b: Any) -> None:
        c = b.x.shape[-1]
        u, x1 = self.units, self.by_time(b.x1)
        x1[..., -1] = 1.0
        self.prepare_steps(b, x1[..., :c], self.by_time(b.states))
        b.inputs, b.input_products = x1.reshape(-1, c + 1), b.nrz.reshape(-1, 3 * u)
        b.nrz, b.rzq = self.by_time(b.nrz), self.by_time(b.rzq, b.steps)
        b.n, b.r, b.z = (b.nrz[..., k * u : (k + 1) * u] for k in range(3))
        b.product = b.product[:, 0]
        b.rz, b.q = b.nrz[..., u:], b.rzq[..., 2 * u :]
        parts = (b.n, b.r, b.z, b.rz, b.rzq, b.rzq[..., : 2 * u], b.q, b.h[:-1], b.h[1:], b.absent_steps)
        b.forward_steps = list(zip(*parts, strict=True))
        if b.training:
            self._prepare_backward(b)

    def _prepare_backward(self, b: Any) -> None:
        u, steps, n = self.units, b.steps, len(b.x)
        b.dz_rows, b.dz = b.dz.reshape(-1, 4 * u), self.by_time(b.dz)
        b.d_n, b.d_r, b.d_z, b.d_q = (b.dz[..., k * u : (k + 1) * u] for k in range(4))
        blocks = b.dz.reshape(steps, n, 4, u)
        assert np.shares_memory(blocks, b.dz)
        b.dh_row, b.states_before = b.dh[:, None], b.h[:-1].reshape(-1, u)
        parts = (blocks, b.dz[..., u:], b.z, b.dy_steps, b.absent_steps)
        b.backward_steps = list(zip(*parts, strict=True))[::-1]

    def forward(self, p: Any, b: Any) -> None:
        self.load(b)
        u = self.units
        # σ(z) = (tanh(z / 2) + 1) / 2, which cannot overflow: so the products of the gates are halved.
        np.copyto(b.halved_W, p.W)
        np.multiply(b.halved_W[:, u:], 0.5, out=b.halved_W[:, u:])
        np.copyto(b.halved_U, p.U)
        np.multiply(b.halved_U[:, : 2 * u], 0.5, out=b.halved_U[:, : 2 * u])
        np.matmul(b.inputs, b.halved_W, out=b.input_products)
        for n, r, z, rz, rzq, rz_of_h, q, h, h_next, absent in b.forward_steps:
            np.matmul(h, b.halved_U, out=rzq)
            np.add(rz, rz_of_h, out=rz)
            np.tanh(rz, out=rz)
            np.multiply(rz, 0.5, out=rz)
            np.add(rz, 0.5, out=rz)
            np.add(q, p.shift, out=q)
            np.multiply(r, q, out=b.product)
            np.add(n, b.product, out=n)
            np.tanh(n, out=n)
            np.subtract(h, n, out=h_next)
            np.multiply(h_next, z, out=h_next)
            np.add(h_next, n, out=h_next)
            if b.ragged:
                np.copyto(h_next, h, where=absent)
        self.unload(b)

    # dz holds [n, r, z, q]: its first three blocks are the gradient of [x_t, 1] W, its last three that of h U.
    def backward(self, p: Any, g: Any, b: Any) -> None:
        u, U = self.units, p.U.T
        self._slopes(b)
        self.begin_backward(b)
        for blocks, d_rzq, z, dy, absent in b.backward_steps:
            if dy is not None:
                np.add(b.dh, dy, out=b.dh)
            np.multiply(blocks, b.dh_row, out=blocks)
            np.multiply(b.dh, z, out=b.product)
            self.step_back(d_rzq, U, absent, b)
            np.add(b.dh, b.product, out=b.dh)
        np.matmul(b.inputs.T, b.dz_rows[:, : 3 * u], out=g.W)
        np.matmul(b.states_before.T, b.dz_rows[:, u:], out=g.U)
        np.add.reduce(b.dz_rows[:, 3 * u :], axis=0, out=g.shift)
        self.input_gradient(b.dz_rows[:, : 3 * u], p.W[:-1], b)

    def _slopes(self, b: Any) -> None:
        """Fill dz, for all steps at once, with what dh_t is multiplied by."""
        np.multiply(b.n, b.n, out=b.d_n)
        np.subtract(1.0, b.d_n, out=b.d_n)
        np.subtract(1.0, b.z, out=b.d_z)
        np.multiply(b.d_n, b.d_z, out=b.d_n)
        np.multiply(b.d_z, b.z, out=b.d_z)
        np.subtract(b.h[:-1], b.n, out=b.d_q)
        np.multiply(b.d_z, b.d_q, out=b.d_z)
        np.subtract(1.0, b.r, out=b.d_r)
        np.multiply(b.d_r, b.r, out=b.d_r)
        np.multiply(b.d_r, b.q, out=b.d_r)
        np.multiply(b.d_r, b.d_n, out=b.d_r)
        np.multiply(b.d_n, b.r, out=b.d_q)
        if b.ragged:
            np.copyto(b.dz, 0.0, where=b.absent_by_time)
            np.copyto(b.z, 0.0, where=b.absent_by_time)
