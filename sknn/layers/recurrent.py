"""What the recurrent layers share: arrays by time, missing steps, and one product for all weight gradients."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import as_strided

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

    A subclass allocates its arrays by time with `by_time`; ``b.h`` of shape (time + 1, n, units) is the
    state before each step and, at the end, after the last.
    """

    units: int
    return_sequences: bool = False
    weight_init: Initializer = field(default_factory=ScikitUniform)
    recurrent_init: Initializer = field(default_factory=Orthogonal)
    input_ndim: ClassVar[int | None] = 2
    accepts_nan: ClassVar[bool] = True

    @property
    def keeps_steps(self) -> bool:  # type: ignore[override]
        return self.return_sequences

    def plan(self, input_shape: Shape) -> Plan:
        require_count("units", self.units)
        if len(input_shape) != 2:
            raise ValueError(f"needs sequences, (time, channels); got {input_shape}")
        steps, channels = input_shape
        shared = {
            "nan": Buffer(input_shape, "bool"),
            "padding": Buffer((steps,), "bool"),
        }
        state = Buffer((1, self.units))
        training = {"dh": state, "passed": state, "dx_by_time": Buffer(input_shape)}
        return Plan(
            (steps, self.units) if self.return_sequences else (self.units,),
            self.parameters(channels),
            {**shared, **self.memory(steps, channels)},
            {**training, **self.backward_memory(steps, channels)},
        )

    @abstractmethod
    def parameters(self, channels: int) -> Mapping[str, ParamSpec]:
        """Name the parameters."""

    @abstractmethod
    def memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        """Name the working memory of every pass."""

    @abstractmethod
    def backward_memory(self, steps: int, channels: int) -> Mapping[str, Buffer]:
        """Name the working memory for training only."""

    def draw(self, rng: RandomState, gates: int, W: Array, U: Array) -> None:
        """Fill the weights of inputs and of states, gate by gate."""
        channels, u = W.shape[0], self.units
        for gate in range(gates):
            W[:, gate * u : (gate + 1) * u] = self.weight_init.weights(rng, (channels, u), channels, u)
            U[:, gate * u : (gate + 1) * u] = self.recurrent_init.weights(rng, (u, u), u, u)

    def by_time(self, array: Array, steps: int | None = None) -> Array:
        """View an array of shape (n, steps, k) as one of shape (steps, n, k): nothing moves, its content is new.

        An array of shape (n, 1, k), as predicting has where training must remember, stands for every step.
        """
        n, own, k = array.shape
        view = array.reshape(own, n, k)
        assert np.shares_memory(view, array)
        return view if steps in (None, own) else as_strided(view, (steps, n, k), (0, *view.strides[1:]))

    def prepare_steps(self, b: Any, x_by_time: Array, h: Array) -> None:
        """Derive the views that all share; ``x_by_time`` is where the passes read the input, ``h`` the states."""
        b.steps, b.x_by_time, b.h = b.x.shape[1], x_by_time, h
        b.finds_padding = b.absent is None
        if b.finds_padding:
            b.absent = b.padding
        b.absent_steps = [b.absent[:, t, None] for t in range(b.steps)]
        b.absent_by_time = b.absent.T[..., None]
        b.x_source = b.x.swapaxes(0, 1)
        b.y_by_time = b.y.swapaxes(0, 1) if self.return_sequences else b.y
        b.result = h[1:] if self.return_sequences else h[-1]
        h[0] = 0.0
        if b.training:
            b.dy_steps = [b.dy[:, t] for t in range(b.steps)] if self.return_sequences else [None] * b.steps
            b.dx_source = None if b.dx is None else b.dx.swapaxes(0, 1)
            b.dx_by_time = self.by_time(b.dx_by_time)
            b.dx_rows = rows(b.dx_by_time)
            b.dh, b.passed = b.dh[:, 0], b.passed[:, 0]

    def load(self, b: Any) -> None:
        """Copy the input by time, with zeros for missing steps, and see whether there are any."""
        if b.finds_padding:
            np.isnan(b.x, out=b.nan)
            np.logical_and.reduce(b.nan, axis=2, out=b.absent)
        b.ragged = bool(b.absent.any())
        np.copyto(b.x_by_time, b.x_source)
        if b.ragged:
            np.copyto(b.x_by_time, 0.0, where=b.absent_by_time)

    def unload(self, b: Any) -> None:
        """Copy the states to the output."""
        np.copyto(b.y_by_time, b.result)

    def begin_backward(self, b: Any) -> None:
        """Set the gradient of the state after the last step."""
        if self.return_sequences:
            b.dh[...] = 0.0
        else:
            np.copyto(b.dh, b.dy)

    def step_back(self, dz: Array, U: Array, absent: Array, b: Any) -> None:
        """Turn the gradient of a state into that of the state before: dh = dz U, and dh itself where missing."""
        if b.ragged:
            np.multiply(b.dh, absent, out=b.passed)
        np.matmul(dz, U, out=b.dh)
        if b.ragged:
            np.add(b.dh, b.passed, out=b.dh)

    def input_gradient(self, dz: Array, W: Array, b: Any) -> None:
        """Fill dx from the gradients of all pre-activations."""
        if b.dx is not None:
            np.matmul(dz, W.T, out=b.dx_rows)
            np.copyto(b.dx_source, b.dx_by_time)
