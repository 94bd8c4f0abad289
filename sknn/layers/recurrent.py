"""What the recurrent layers share: the loop over time, its products, missing steps, and the weight gradient."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from sknn.core.checks import require_count
from sknn.core.kernels import Array, RandomState
from sknn.initializers import Initializer, Orthogonal, ScikitUniform
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, rows


@dataclass(frozen=True)
class Recurrent(Layer):
    """Base class of the recurrent layers over sequences, (time, channels).

    A step whose channels are all NaN is missing: the state passes it unchanged, so the output of a missing
    step repeats the last one, or is zero before the first. Sequences of different lengths are filled up with
    NaN at their end. Recurrent layers further on pass the same steps, where only layers that keep steps
    apart stand between.

    Within the passes, samples run along the last axis, so that every gate of a step lies in one piece. A step
    is one product, z_t = weights [x_t, h_{t-1}, 1], and what a subclass makes of it.

    Attributes
    ----------
    gates : int
        Number of pre-activations for each unit.
    """

    units: int
    return_sequences: bool = False
    weight_init: Initializer = field(default_factory=ScikitUniform)
    recurrent_init: Initializer = field(default_factory=Orthogonal)
    input_ndim: ClassVar[int | None] = 2
    accepts_nan: ClassVar[bool] = True
    gates: ClassVar[int]

    @property
    def keeps_steps(self) -> bool:  # type: ignore[override]
        return self.return_sequences

    def plan(self, input_shape: Shape) -> Plan:
        require_count("units", self.units)
        if len(input_shape) != 2:
            raise ValueError(f"needs sequences, (time, channels); got {input_shape}")
        (steps, channels), u, k = input_shape, self.units, self.gates * self.units
        width = channels + u + 1
        scratch = {
            "nan": Buffer(input_shape, "bool"),
            "padding": Buffer((steps,), "bool"),
            "missing": Buffer((steps,)),
            "present": Buffer((steps,)),
            "gaps": Buffer((steps,), "bool", per_sample=False),
            "xh": Buffer((steps + 1, width)),
            "z": Buffer((1, k)),
            "product": Buffer((1, u)),
            "weights": Buffer((k, width), per_sample=False),
        }
        training = {
            "z": Buffer((steps, k)),
            "dz": Buffer((1, k)),
            "dh": Buffer((1, u)),
            "passed": Buffer((1, u)),
            "dxh": Buffer((steps, channels + u)),
            "inputs": Buffer((steps, width)),
            "dz_rows": Buffer((steps, k)),
            "turned": Buffer((width - 1, k), per_sample=False),
            "d_weights": Buffer((width, k), per_sample=False),
        }
        if self.return_sequences:
            training["dy_by_time"] = Buffer((steps, u))
        return Plan(
            (steps, u) if self.return_sequences else (u,),
            self.parameters(channels),
            {**scratch, **self.memory(1)},
            {**training, **self.memory(steps)},
        )

    @abstractmethod
    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        """Name the parameters."""

    def memory(self, steps: int) -> Mapping[str, Buffer]:
        """Name more working memory; training remembers ``steps``, predicting only one."""
        return {}

    @property
    def logistic(self) -> slice:
        """Which pre-activations the logistic function takes; steps get half of each, as `logistic_of_tanh` wants."""
        return slice(0)

    @abstractmethod
    def fold(self, p: Any, weights: Array) -> None:
        """Fill the matrix of shape (gates * units, channels + units + 1) that all steps are multiplied by."""

    @abstractmethod
    def unfold(self, g: Any, gradient: Array) -> None:
        """Turn the gradient of the matrix, transposed, into that of the parameters."""

    def prepare_step(self, b: Any, s: Any, t: int) -> None:
        """Derive the views of step ``t``, from 0."""

    @abstractmethod
    def step(self, b: Any, s: Any) -> None:
        """Fill ``s.h_next`` from ``s.z`` and ``s.h``."""

    @abstractmethod
    def step_back(self, b: Any, s: Any) -> None:
        """Fill ``b.dz``, and by `product_back` ``s.dh_before``, from ``s.dh``, which may be destroyed."""

    def draw(self, rng: RandomState, gates: int, W: Array, U: Array) -> None:
        """Fill the weights of inputs and of states, gate by gate."""
        channels, u = W.shape[0], self.units
        for gate in range(gates):
            W[:, gate * u : (gate + 1) * u] = self.weight_init.weights(rng, (channels, u), channels, u)
            U[:, gate * u : (gate + 1) * u] = self.recurrent_init.weights(rng, (u, u), u, u)

    def prepare(self, b: Any) -> None:
        steps, c = b.x.shape[1:]
        names = {"xh", "z", "product", *self.memory(1)}
        for name in names | {"dz", "dh", "passed", "dxh"} if b.training else names:
            setattr(b, name, by_time(getattr(b, name)))
        b.xh[:, -1], b.xh[0, c:-1] = 1.0, 0.0
        b.product, b.one, b.h = b.product[0], np.ones((), b.xh.dtype), b.xh[:, c:-1]
        b.half, b.logistic_weights = np.full((), 0.5, b.xh.dtype), b.weights[self.logistic]
        b.x_by_time, b.x_source = b.xh[:-1, :c], b.x.transpose(1, 2, 0)
        b.y_target = b.y.transpose(1, 2, 0) if self.return_sequences else b.y.T
        b.result = b.h[1:] if self.return_sequences else b.h[-1]
        b.finds_padding = b.absent is None
        if b.finds_padding:
            b.absent = b.padding
        b.missing, b.present, b.absent_by_time = b.missing.T, b.present.T, b.absent.T
        b.steps = [self._step(b, t) for t in range(steps)]
        if b.training:
            self._prepare_backward(b, c)

    def _step(self, b: Any, t: int) -> Any:
        """Derive the views of one step."""
        s = SimpleNamespace(xh=b.xh[t], z=b.z[t % len(b.z)], h=b.h[t], h_next=b.h[t + 1], gap=False, dy=None)
        s.missing, s.present = b.missing[t], b.present[t]
        self.prepare_step(b, s, t)
        return s

    def _prepare_backward(self, b: Any, c: int) -> None:
        first = c if b.dx is None else 0  # without dx, only the gradient of the state is computed
        b.dz, b.dh, b.passed, b.wanted = b.dz[0], b.dh[0], b.passed[0], b.turned[first:]
        shape = (len(b.steps), len(b.x), -1)
        b.inputs, b.dz_rows = b.inputs.reshape(shape), b.dz_rows.reshape(shape)
        b.input_matrix, b.dz_matrix = rows(b.inputs), rows(b.dz_rows)
        b.dx_by_time, b.dx_target = b.dxh[:, :c], None if b.dx is None else b.dx.transpose(1, 2, 0)
        if self.return_sequences:
            b.dy_by_time, b.dy_source = by_time(b.dy_by_time), b.dy.transpose(1, 2, 0)
        dh = b.dh
        for t in range(len(b.steps) - 1, -1, -1):
            s = b.steps[t]
            s.dz_rows, s.dxh, s.dh, s.dh_before = b.dz_rows[t].T, b.dxh[t, first:], dh, b.dxh[t, c:]
            s.dy = b.dy_by_time[t] if self.return_sequences else None
            dh = s.dh_before

    def forward(self, p: Any, b: Any) -> None:
        self._load(b)
        self.fold(p, b.weights)
        if b.training:
            np.copyto(b.turned, b.weights[:, :-1].T)
        np.multiply(b.logistic_weights, b.half, out=b.logistic_weights)
        for s in b.steps:
            np.dot(b.weights, s.xh, out=s.z)
            self.step(b, s)
            if s.gap:
                np.multiply(s.h_next, s.present, out=s.h_next)
                np.multiply(s.h, s.missing, out=b.product)
                np.add(s.h_next, b.product, out=s.h_next)
        np.copyto(b.y_target, b.result)

    def _load(self, b: Any) -> None:
        """Copy the input by time, with zeros for missing steps, and see at which steps there are any."""
        if b.finds_padding:
            np.isnan(b.x, out=b.nan)
            np.logical_and.reduce(b.nan, axis=2, out=b.absent)
        np.logical_or.reduce(b.absent, axis=0, out=b.gaps)
        np.copyto(b.x_by_time, b.x_source)
        for s, gap in zip(b.steps, b.gaps.tolist(), strict=True):
            s.gap = gap
        if b.gaps.any():
            np.copyto(b.x_by_time, 0.0, where=b.absent_by_time[:, None])
            np.copyto(b.missing, b.absent_by_time)
            np.subtract(1.0, b.missing, out=b.present)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if self.return_sequences:
            np.copyto(b.dy_by_time, b.dy_source)
            b.dh[...] = 0.0
        else:
            np.copyto(b.dh, b.dy.T)
        for s in reversed(b.steps):
            if s.dy is not None:
                np.add(s.dh, s.dy, out=s.dh)
            if s.gap:
                np.multiply(s.dh, s.missing, out=b.passed)
                np.multiply(s.dh, s.present, out=s.dh)
            self.step_back(b, s)
            if s.gap:
                np.add(s.dh_before, b.passed, out=s.dh_before)
        np.copyto(b.inputs, b.xh[:-1].swapaxes(1, 2))
        np.dot(b.input_matrix.T, b.dz_matrix, out=b.d_weights)
        self.unfold(g, b.d_weights)
        if b.dx is not None:
            np.copyto(b.dx_target, b.dx_by_time)

    def product_back(self, b: Any, s: Any) -> None:
        """Fill ``s.dh_before`` from ``b.dz``, and what the gradients of weights and inputs come from."""
        np.copyto(s.dz_rows, b.dz)
        np.dot(b.wanted, b.dz, out=s.dxh)


def by_time(array: Array) -> Array:
    """View an array of shape (n, steps, k) as one of shape (steps, k, n): nothing moves, its content is new."""
    n, steps, k = array.shape
    view = array.reshape(steps, k, n)
    assert np.shares_memory(view, array)
    return view
