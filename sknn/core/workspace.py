"""Every activation, gradient and scratch array of a network for one batch size."""

from math import prod
from types import SimpleNamespace
from typing import Any, Literal, Protocol

import numpy as np

from sknn.core.crew import ALONE, Crew
from sknn.core.kernels import Array, empty
from sknn.layers.base import Buffer, Layer, Plan, Shape, attach, edge, hand_on, writable
from sknn.schedules import Clock


class Planned(Protocol):
    """What a workspace needs to know of a network."""

    layers: list[Layer]
    plans: list[Plan]
    shapes: list[Shape]
    first: int
    dtype: np.dtype[Any]


def _order(shape: Shape) -> Literal["C", "F"]:
    """Let rows of features lie feature by feature.

    So the view without the column of ones is contiguous, and a reduction over few outputs runs along the rows.
    (Not so the input, which is copied in row by row.)
    """
    return "F" if len(shape) == 2 else "C"


class Workspace:
    """The arrays that the passes fill; it belongs to one call of fit or predict, and to one thread or its crew.

    Parameters
    ----------
    network : Network
        Whose passes it serves.
    batch_size : int
        Number of rows.
    training : bool, default=False
        Also hold what the backward pass needs; layers with noise then make it.
    rng : numpy.random.Generator, default=None
        Where layers with noise draw from.
    clock : Clock, default=None
        How far training has come, for layers that change with it.
    sparse : bool, default=False
        The input is a sparse matrix, bound by `load` instead of copied.
    crew : Crew, default=ALONE
        The threads that share the blocks of its layers.

    Attributes
    ----------
    memory : dict of str to ndarray
        Every array that was allocated.
    layers : list of namespace
        The arrays of each layer: x, y, dx, dy, and its scratch by name.
    input, output, output_gradient : ndarray
        Where the batch goes, where the raw outputs are, and where the loss leaves its gradient.
    loss_scratch : ndarray
        Working memory of the loss, of the shape of the output.
    """

    def __init__(
        self,
        network: Planned,
        batch_size: int,
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        clock: Clock | None = None,
        sparse: bool = False,
        crew: Crew = ALONE,
    ) -> None:
        self.network, self.batch_size, self.crew = network, batch_size, crew
        self.training, self.rng, self.clock, self.sparse = training, rng, clock, sparse
        self.memory: dict[str, Array] = {}
        self._allocate()
        absent = None
        for layer, b in zip(network.layers, self.layers, strict=True):
            b.absent = absent
            layer.prepare(b)
            absent = b.absent if layer.keeps_steps else None

    def _array(self, name: str, buffer: Buffer) -> Array:
        """Allocate one array."""
        shape = (self.batch_size, *buffer.shape) if buffer.per_sample else buffer.shape
        if buffer.per_thread:
            shape = (self.crew.size, *shape)
        dtype = self.network.dtype if buffer.dtype == "float" else np.dtype(buffer.dtype)
        order = _order(shape) if buffer.per_sample and name != "edge 0" else "C"
        self.memory[name] = empty(shape, dtype, order, 5 * len(self.memory))
        return self.memory[name]

    def _edge(self, i: int) -> tuple[Array, Array]:
        """Make what enters layer ``i``: the array with its column of ones, and the view without it."""
        layers = self.network.layers
        reader = layers[i] if i < len(layers) else None
        array = self._array(f"edge {i}", edge(self.network.shapes[i], reader))
        return array, writable(array, reader)

    def _allocate(self) -> None:
        network, n = self.network, len(self.network.layers)
        edges: list[tuple[Any, Any]] = [(None, None)] if self.sparse else [self._edge(0)]
        edges += [self._edge(i) for i in range(1, n + 1)]
        deltas: list[Array | None] = [None] * (n + 1)
        if self.training:
            deltas[1:] = self._deltas()
            self.loss_scratch = self._array("loss", Buffer(network.shapes[n]))
        self.input, self.output, self.output_gradient = edges[0][1], edges[n][0], deltas[n]
        self.layers: list[Any] = []
        for i, plan in enumerate(network.plans):
            wanted = {**plan.scratch, **(plan.backward_scratch if self.training else {})}
            dx = deltas[i] if i > network.first else None
            b = SimpleNamespace(x=edges[i][0], y=edges[i + 1][1], dx=dx, dy=deltas[i + 1])
            hand_on(self, b)
            for name, buffer in wanted.items():
                attach(b, name, self._array(f"{i} {name}", buffer))
            self.layers.append(b)

    def _deltas(self) -> list[Array]:
        """Make the gradients after each layer: a pass needs two at a time, so they take turns in two arrays."""
        shapes = self.network.shapes[1:]
        sizes = [prod(shape) for shape in shapes]
        turns = [self._array(f"deltas {k}", Buffer((max(sizes[k::2], default=0),))) for k in (0, 1)]
        deltas = []
        for i, shape in enumerate(shapes):
            memory = turns[i % 2].reshape(-1, order="F")[: self.batch_size * sizes[i]]
            deltas.append(memory.reshape(self.batch_size, *shape, order=_order((self.batch_size, *shape))))
            assert np.shares_memory(deltas[i], turns[i % 2]) or not memory.size
        return deltas

    def load(self, x: Any) -> None:
        """Take a batch: a dense one is copied into `input`, a sparse one is bound."""
        if self.sparse:
            self.layers[0].x = x
        else:
            np.copyto(self.input, x, casting="same_kind")
