"""The long short-term memory layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

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

    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        fan_in = channels + self.units
        return {"W": ParamSpec((fan_in + 1, 4 * self.units), penalized_rows=fan_in)}

    def memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        u = self.units
        return {
            "xh": Buffer((steps + 1, channels + u + 1)),
            "gates": Buffer((1, 4 * u)),
            "cells": Buffer((steps + 1, u)),
            "squashed": Buffer((1, u)),
            "product": Buffer((1, u)),
            "halved": Buffer((channels + u + 1, 4 * u), per_sample=False),
        }

    def backward_memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        u = self.units
        return {
            "gates": Buffer((steps, 4 * u)),
            "squashed": Buffer((steps, u)),
            "dz": Buffer((steps, 4 * u)),
            "dc": Buffer((1, u)),
            "dx_by_time": Buffer((steps, channels + u)),
            "turned": Buffer((4 * u, channels + u), per_sample=False),
        }

    def initialize(self, p: Any, rng: RandomState) -> None:
        c, u = len(p.W) - 1 - self.units, self.units
        self.draw(rng, 4, p.W[:c], p.W[c:-1])
        p.W[-1] = self.weight_init.biases(rng, 4 * u, c, u)
        p.W[-1, 2 * u : 3 * u] = 1.0

    def prepare(self, b: Any) -> None:
        c = b.x.shape[-1]
        u, xh = self.units, self.by_time(b.xh)
        xh[..., -1] = 1.0
        self.prepare_steps(b, xh[:-1, :, :c], xh[..., c:-1])
        b.inputs = xh[:-1].reshape(-1, xh.shape[-1])
        b.gates, b.squashed = self.by_time(b.gates, b.steps), self.by_time(b.squashed, b.steps)
        b.cells = self.by_time(b.cells)
        b.cells[0], b.product = 0.0, b.product[:, 0]
        b.sigmoids = b.gates[..., : 3 * u]
        b.o, b.i, b.f, b.g = (b.gates[..., k * u : (k + 1) * u] for k in range(4))
        states = (b.h[:-1], b.h[1:], b.cells[:-1], b.cells[1:], b.squashed)
        b.forward_steps = list(
            zip(xh[:-1], b.gates, b.sigmoids, b.o, b.i, b.f, b.g, *states, b.absent_steps, strict=True)
        )
        if b.training:
            self._prepare_backward(b)

    def _prepare_backward(self, b: Any) -> None:
        u, steps, n, c = self.units, b.steps, len(b.x), b.x.shape[-1]
        b.dz_rows, b.dz = b.dz.reshape(-1, 4 * u), self.by_time(b.dz)
        b.d_sigmoids = b.dz[..., : 3 * u]
        b.d_o, b.d_i, b.d_f, b.d_g = (b.dz[..., k * u : (k + 1) * u] for k in range(4))
        d_ifg = b.dz[..., u:].reshape(steps, n, 3, u)
        assert np.shares_memory(d_ifg, b.dz)
        b.dc_row, b.dc = b.dc, b.dc[:, 0]
        # One product gives the gradients of x_t and of h_{t-1}, or only the latter where that is all there is to do.
        wanted = slice(c if b.dx is None else 0, None)
        dxh, b.dx_by_time, b.turned_wanted = b.dx_by_time, b.dx_by_time[..., :c], b.turned[:, wanted]
        parts = (b.dz, b.d_o, d_ifg, b.squashed, b.f, dxh[..., wanted], dxh[..., c:], b.dy_steps, b.absent_steps)
        b.backward_steps = list(zip(*parts, strict=True))[::-1]

    def forward(self, p: Any, b: Any) -> None:
        self.load(b)
        # σ(z) = (tanh(z / 2) + 1) / 2: so one tanh serves all gates, and it cannot overflow.
        np.copyto(b.halved, p.W)
        np.multiply(b.halved[:, : 3 * self.units], 0.5, out=b.halved[:, : 3 * self.units])
        product, ragged = b.product, b.ragged
        for xh, gates, sigmoids, o, i, f, g, h, h_next, c, c_next, squashed, absent in b.forward_steps:
            np.matmul(xh, b.halved, out=gates)
            np.tanh(gates, out=gates)
            np.multiply(sigmoids, 0.5, out=sigmoids)
            np.add(sigmoids, 0.5, out=sigmoids)
            np.multiply(f, c, out=c_next)
            np.multiply(i, g, out=product)
            np.add(c_next, product, out=c_next)
            np.tanh(c_next, out=squashed)
            np.multiply(o, squashed, out=h_next)
            if ragged:
                np.copyto(c_next, c, where=absent)
                np.copyto(h_next, h, where=absent)
        self.unload(b)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        dh, dc, product, ragged = b.dh, b.dc, b.product, b.ragged
        np.copyto(b.turned, p.W[:-1].T)
        self._slopes(b)
        self.begin_backward(b)
        dc[...] = 0.0
        for dz, d_o, d_ifg, slope, f, dxh, dh_before, dy, absent in b.backward_steps:
            if dy is not None:
                np.add(dh, dy, out=dh)
            np.multiply(dh, slope, out=product)
            np.add(dc, product, out=dc)
            np.multiply(d_ifg, b.dc_row, out=d_ifg)
            np.multiply(d_o, dh, out=d_o)
            np.multiply(dc, f, out=dc)
            np.matmul(dz, b.turned_wanted, out=dxh)
            if ragged:
                np.multiply(dh, absent, out=b.passed)
                np.add(dh_before, b.passed, out=dh)
            else:
                np.copyto(dh, dh_before)
        np.matmul(b.inputs.T, b.dz_rows, out=g.W)
        if b.dx is not None:
            np.copyto(b.dx_source, b.dx_by_time)

    def _slopes(self, b: Any) -> None:
        """Fill dz, for all steps at once, with what dc_t and dh_t are multiplied by; squashed with dc_t / dh_t."""
        np.multiply(b.gates, b.gates, out=b.dz)
        np.subtract(b.sigmoids, b.d_sigmoids, out=b.d_sigmoids)
        np.multiply(b.d_o, b.squashed, out=b.d_o)
        np.multiply(b.d_i, b.g, out=b.d_i)
        np.multiply(b.d_f, b.cells[:-1], out=b.d_f)
        np.subtract(1.0, b.d_g, out=b.d_g)
        np.multiply(b.d_g, b.i, out=b.d_g)
        np.multiply(b.squashed, b.squashed, out=b.squashed)
        np.subtract(1.0, b.squashed, out=b.squashed)
        np.multiply(b.squashed, b.o, out=b.squashed)
        if b.ragged:
            np.copyto(b.dz, 0.0, where=b.absent_by_time)
            np.copyto(b.squashed, 0.0, where=b.absent_by_time)
            np.copyto(b.f, 1.0, where=b.absent_by_time)
