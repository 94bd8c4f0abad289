"""A stack of layers over one parameter vector: forward, backward, predict."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse

from sknn.core.crew import ALONE, Crew, crew
from sknn.core.kernels import Array, RandomState
from sknn.core.parameters import ParameterVector
from sknn.core.predictor import Predictor
from sknn.core.threads import claim, threads_for
from sknn.core.workspace import Workspace
from sknn.layers.base import Layer, Plan, Shape, planned

ADAPT_BYTES = 32 * 2**20
"""Working memory of the rows that layers adapt to in `Network.initialize`."""


class Network:
    """Layers in a row.

    Parameters
    ----------
    layers : sequence of Layer
        From the input to the raw outputs.
    input_shape : tuple of int
        Shape of one sample.
    dtype : dtype
        float32 or float64: the type of the parameters and of every computation.
    names : sequence of str, default=None
        A name for each layer; None gives them names like dense_1.

    Attributes
    ----------
    shapes : list of tuple of int
        Shape of one sample before the first layer, between layers, and after the last.
    plans : list of Plan
        What each layer asked for.
    first : int
        Where the backward pass ends: the layers before only augment the data.
    parameters : ParameterVector
        Zeros until `initialize`.

    Raises
    ------
    ValueError
        If a layer cannot take the shape that reaches it.
    """

    def __init__(
        self, layers: Sequence[Layer], input_shape: Shape, dtype: Any, names: Sequence[str] | None = None
    ) -> None:
        self.layers = list(layers)
        self.names = list(names) if names is not None else layer_names(self.layers)
        self.input_shape = tuple(input_shape)
        self.dtype = np.dtype(dtype)
        self._plan()
        self.parameters = ParameterVector([plan.parameters for plan in self.plans], self.dtype)

    def _plan(self) -> None:
        self.shapes: list[Shape] = [self.input_shape]
        self.plans: list[Plan] = []
        for name, layer in zip(self.names, self.layers, strict=True):
            try:
                plan = planned(layer, self.shapes[-1])
            except ValueError as error:
                raise ValueError(f"layer {name} ({type(layer).__name__}) {error}") from None
            self.plans.append(plan)
            self.shapes.append(plan.output_shape)
        self.first = next((i for i, layer in enumerate(self.layers) if not layer.augments), 0)

    @property
    def random(self) -> bool:
        """Whether training draws random numbers inside the layers."""
        return any(layer.random for layer in self.layers)

    def initialize(self, rng: RandomState, X: Any = None, rows: Array | None = None) -> None:
        """Fill the parameters with their initial values, layer by layer.

        Parameters
        ----------
        rng : RandomState
            The only source of random numbers.
        X : ndarray of shape (n, ...) or CSR matrix of shape (n, n_features), default=None
            Samples for layers that adapt to the data, which do not where there are none. Of many rows some are drawn.
        rows : ndarray of int, default=None
            Take only these rows of ``X``.
        """
        ws = self._adapting(rng, X, rows)
        for i, layer in enumerate(self.layers):
            layer.initialize(self.parameters[i], rng)
            if ws is not None:
                if layer.adapts:
                    layer.adapt(self.parameters[i], ws.layers[i], rng)
                layer.forward(self.parameters[i], ws.layers[i])

    def _adapting(self, rng: RandomState, X: Any, rows: Array | None) -> Workspace | None:
        """Make a workspace that holds the rows that layers adapt to; None if there are no such layers or rows."""
        if X is None or not any(layer.adapts for layer in self.layers):
            return None
        rows = np.arange(X.shape[0]) if rows is None else rows
        most = max(256, ADAPT_BYTES // self.bytes_per_row(issparse(X)))
        x = X[rows if len(rows) <= most else rng.choice(rows, most, replace=False)]
        ws = Workspace(self, x.shape[0], sparse=issparse(X))
        ws.load(x if ws.sparse else x.reshape(-1, *self.input_shape))
        return ws

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("plans", "shapes", "first")}

    def __setstate__(self, saved: dict[str, Any]) -> None:
        vars(self).update(saved)
        self._plan()

    def copy(self) -> Self:
        """Make an independent copy."""
        other = type(self).__new__(type(self))
        vars(other).update(vars(self), parameters=self.parameters.copy())
        return other

    def cast(self, dtype: Any) -> Self:
        """Make a copy that computes in another type."""
        other = self.copy()
        other.dtype = np.dtype(dtype)
        other.parameters = ParameterVector(self.parameters.specs, dtype)
        other.parameters.restore((self.parameters.values, self.parameters.state))
        return other

    def forward(self, ws: Workspace) -> None:
        """Fill every output of the workspace from its input."""
        for i, b in enumerate(ws.layers):
            self.layers[i].forward(self.parameters[i], b)

    def backward(self, ws: Workspace, gradients: ParameterVector) -> None:
        """Fill ``gradients`` from ``ws.output_gradient``, after `forward`."""
        for i in range(len(self.layers) - 1, self.first - 1, -1):
            self.layers[i].backward(self.parameters[i], gradients[i], ws.layers[i])

    @contextmanager
    def threads(self, batch_size: int) -> Iterator[Crew]:
        """Claim the threads that are worth it for training steps; the layers share them, or else BLAS has them.

        Parameters
        ----------
        batch_size : int
            Rows of a step.

        Yields
        ------
        Crew
            For the workspaces of those steps.
        """
        wanted = threads_for(self.parameters.multiplications, batch_size)
        if any(layer.shares for layer in self.layers):
            with crew(wanted) as members:
                yield members
        else:
            with claim(wanted):
                yield ALONE

    def predict(self, X: Any, rows: Array | None = None, **options: Any) -> Array:
        """Compute raw outputs in blocks of rows, in constant extra memory, as a `Predictor` does, with its options."""
        return Predictor(self)(X, rows, **options)

    def bytes_per_row(self, sparse: bool) -> int:
        """Say how much working memory predicting takes for each row."""
        numbers = sum(map(prod, self.shapes[sparse:]))
        for plan in self.plans:
            numbers += sum(prod(b.shape) for b in plan.scratch.values() if b.per_sample)
        return int(numbers * self.dtype.itemsize)


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """Name layers by their kind and a number, as dense_1.

    Parameters
    ----------
    layers : sequence of Layer
        From the input to the output.

    Returns
    -------
    list of str
    """
    counts: Counter[str] = Counter()
    names = []
    for layer in layers:
        kind = type(layer).__name__.lower()
        counts[kind] += 1
        names.append(f"{kind}_{counts[kind]}")
    return names
