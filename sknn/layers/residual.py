"""Residual block: a layer made of layers, with a way around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from sknn.core.kernels import RandomState
from sknn.initializers import Initializer, ScikitUniform
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape, edge, hand_on, planned, rows, writable


@dataclass(frozen=True)
class Residual(Layer):
    """Residual block, y = f(x) + x, where f is layers in a row; y = f(x) + x P where they change the shape.

    P maps the channels (last axis) at each place, without a bias. Where f also strides over the places of an
    image or a sequence, it takes every s-th place, the first included.

    Parameters
    ----------
    layers : sequence of Layer
        What makes f, from its input to its output.
    weight_init : Initializer, default=ScikitUniform()
        Draws the initial P, where there is one.

    Raises
    ------
    TypeError
        On construction, if ``layers`` holds anything else.

    References
    ----------
    He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016.
    """

    layers: Sequence[Layer]
    weight_init: Initializer = field(default_factory=ScikitUniform)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.layers, Sequence) or not all(isinstance(layer, Layer) for layer in self.layers):
            raise TypeError(f"Residual needs a sequence of layers; got {self.layers!r}.")
        object.__setattr__(self, "layers", tuple(self.layers))  # a list of the user's may change

    @property
    def bias_column(self) -> bool:  # type: ignore[override]
        return bool(self.layers) and self.layers[0].bias_column

    @property
    def random(self) -> bool:  # type: ignore[override]
        return any(layer.random for layer in self.layers)

    @property
    def adapts(self) -> bool:  # type: ignore[override]
        return any(layer.adapts for layer in self.layers)

    @property
    def shares(self) -> bool:  # type: ignore[override]
        return any(layer.shares for layer in self.layers)

    @property
    def input_ndim(self) -> int | None:  # type: ignore[override]
        return next((layer.input_ndim for layer in self.layers if layer.input_ndim is not None), None)

    @property
    def keeps_steps(self) -> bool:  # type: ignore[override]
        return all(layer.keeps_steps for layer in self.layers)

    def plan(self, input_shape: Shape) -> Plan:
        if not self.layers:
            raise ValueError("needs at least one layer inside; got none")
        if self.weight_init.needs_data:
            raise ValueError(
                f"needs as weight_init an initializer that does not depend on the data; got {self.weight_init!r}"
            )
        parameters: dict[str, ParamSpec] = {}
        scratch: dict[str, Buffer] = {}
        training: dict[str, Buffer] = {}
        shape = input_shape
        for i, layer in enumerate(self.layers):
            try:
                plan = planned(layer, shape)
            except ValueError as error:
                raise ValueError(f"has inside layer {i} ({type(layer).__name__}), which {error}") from None
            shape = plan.output_shape
            parameters.update({f"f{i}.{name}": spec for name, spec in plan.parameters.items()})
            scratch.update({f"f{i}.{name}": buffer for name, buffer in plan.scratch.items()})
            scratch[f"f{i}.y"] = edge(shape, self._reader(i))
            training.update({f"f{i}.{name}": buffer for name, buffer in plan.backward_scratch.items()})
            training[f"f{i}.dy"] = Buffer(shape)
        if shape != input_shape:
            if _strides(input_shape[:-1], shape[:-1]) is None:
                raise ValueError(
                    f"needs layers inside whose output lines up with the input; got {input_shape} to {shape}"
                )
            channels = input_shape[-1]
            parameters["P"] = ParamSpec((channels, shape[-1]), penalized_rows=channels, uses=prod(shape[:-1]))
            scratch["taken"] = Buffer((*shape[:-1], input_shape[-1]))
        return Plan(shape, parameters, scratch, training)

    def _reader(self, i: int) -> Layer | None:
        """Give what reads the output of inner layer ``i``, if that is an inner layer."""
        return self.layers[i + 1] if i + 1 < len(self.layers) else None

    def initialize(self, p: Any, rng: RandomState) -> None:
        for i, layer in enumerate(self.layers):
            layer.initialize(getattr(p, f"f{i}", None), rng)
        if hasattr(p, "P"):
            p.P[:] = self.weight_init.weights(rng, p.P.shape, *p.P.shape)

    def adapt(self, p: Any, b: Any, rng: RandomState) -> None:
        for i, (layer, inner) in enumerate(zip(self.layers, b.inner, strict=True)):
            if layer.adapts:
                layer.adapt(getattr(p, f"f{i}"), inner, rng)
            layer.forward(getattr(p, f"f{i}", None), inner)

    def prepare(self, b: Any) -> None:
        b.inner = [vars(b)[f"f{i}"] for i in range(len(self.layers))]
        x, dx, absent = b.x, b.dx, b.absent
        for i, (layer, inner) in enumerate(zip(self.layers, b.inner, strict=True)):
            inner.x, inner.dx, edge_array = x, dx, inner.y
            inner.y = writable(edge_array, self._reader(i))
            inner.dy = getattr(inner, "dy", None)
            hand_on(b, inner)
            inner.absent = absent
            layer.prepare(inner)
            x, dx, absent = edge_array, inner.dy, inner.absent if layer.keeps_steps else None
        b.shortcut = b.x[..., :-1] if self.bias_column else b.x
        b.dx_taken = b.dx
        if hasattr(b, "taken"):
            self._prepare_projection(b)

    def _prepare_projection(self, b: Any) -> None:
        strides = _strides(b.shortcut.shape[1:-1], b.y.shape[1:-1])
        places = (slice(None), *(slice(None, None, s) for s in strides or ()))
        b.shortcut = b.shortcut[places]
        b.taken_rows, b.outputs = rows(b.taken), rows(b.y)
        if b.training:
            b.delta = rows(b.dy)
            b.dx_taken = None if b.dx is None else b.dx[places]

    def forward(self, p: Any, b: Any) -> None:
        for i, layer in enumerate(self.layers):
            layer.forward(getattr(p, f"f{i}", None), b.inner[i])
        f = b.inner[-1].y
        if hasattr(p, "P"):
            np.copyto(b.taken, b.shortcut)
            np.matmul(b.taken_rows, p.P, out=b.outputs)
            np.add(b.y, f, out=b.y)
        else:
            np.add(f, b.shortcut, out=b.y)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        np.copyto(b.inner[-1].dy, b.dy)
        for i in range(len(self.layers) - 1, -1, -1):
            self.layers[i].backward(getattr(p, f"f{i}", None), getattr(g, f"f{i}", None), b.inner[i])
        way_back = b.dy
        if hasattr(p, "P"):
            np.matmul(b.taken_rows.T, b.delta, out=g.P)
            np.matmul(b.delta, p.P.T, out=b.taken_rows)
            way_back = b.taken
        if b.dx is not None:
            np.add(b.dx_taken, way_back, out=b.dx_taken)


def _strides(places: Shape, fewer: Shape) -> Shape | None:
    """Find the steps that take ``fewer`` of the places along each axis, if there are any."""
    if len(places) != len(fewer):
        return None
    strides = tuple(-(-n // m) for n, m in zip(places, fewer, strict=True))
    fits = all(-(-n // s) == m for n, m, s in zip(places, fewer, strides, strict=True))
    return strides if fits else None
