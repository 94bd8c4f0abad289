"""All parameters of a network as one contiguous vector, with named views for each layer."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from types import SimpleNamespace
from typing import Any, Self

import numpy as np

from sknn.core.kernels import Array, scale
from sknn.layers.base import ParamSpec, Shape, attach


class ParameterVector:
    """One vector of trainable numbers and one of running statistics, seen layer by layer.

    Parameters
    ----------
    specs : sequence of dict of str to ParamSpec
        The parameters of every layer, by name.
    dtype : dtype
        float32 or float64.

    Attributes
    ----------
    values : ndarray of shape (n_parameters,)
        What is trained. ``self[i].name`` are views into it.
    state : ndarray of shape (n_statistics,)
        What is kept but not trained, as running statistics.
    penalized : list of slice
        The parts of ``values`` that the weight penalty and weight decay act on.
    decay_factors : list of float
        The factor of weight decay of each of them.
    multiplications : int
        Those in the products of a forward pass of one sample; of recurrent layers those of one step, as each step is a
        product of its own.
    """

    def __init__(self, specs: Sequence[Mapping[str, ParamSpec]], dtype: Any) -> None:
        self.specs = [dict(layer) for layer in specs]
        self.values: Array = np.zeros(self._size(trainable=True), dtype)
        self.state: Array = np.zeros(self._size(trainable=False), dtype)
        self._bind()

    def __getitem__(self, i: int) -> SimpleNamespace:
        return self._views[i]

    @property
    def layout(self) -> list[list[tuple[str, Shape, bool]]]:
        """Names and shapes of each layer's arrays, if there are any, and which are trained: what the vectors mean."""
        return [[(name, spec.shape, spec.trainable) for name, spec in layer.items()] for layer in self.specs if layer]

    def _all(self) -> Iterator[ParamSpec]:
        return (spec for layer in self.specs for spec in layer.values())

    def _size(self, trainable: bool) -> int:
        return sum(prod(s.shape) for s in self._all() if s.trainable == trainable)

    def _bind(self) -> None:
        """Derive the views; after unpickling they have to be derived anew."""
        self._views = [SimpleNamespace() for _ in self.specs]
        self.penalized: list[slice] = []
        self.decay_factors: list[float] = []
        self.multiplications = sum(prod(spec.shape) * spec.uses for spec in self._all() if spec.trainable)
        position = {True: 0, False: 0}
        for views, layer in zip(self._views, self.specs, strict=True):
            for name, spec in layer.items():
                vector = self.values if spec.trainable else self.state
                start = position[spec.trainable]
                stop = position[spec.trainable] = start + prod(spec.shape)
                view = vector[start:stop].reshape(spec.shape)
                assert stop == start or np.shares_memory(view, vector)
                attach(views, name, view)
                if spec.penalized_rows:
                    row = (stop - start) // spec.shape[0]
                    self.penalized.append(slice(start, start + spec.penalized_rows * row))
                    self.decay_factors.append(spec.rate * spec.decay)

    def gradients(self) -> Self:
        """Make a vector of the same layout, uninitialized, for the gradients."""
        trainable = [{n: s for n, s in layer.items() if s.trainable} for layer in self.specs]
        return type(self)(trainable, self.values.dtype)

    def copy(self) -> Self:
        """Make an independent copy."""
        other = type(self)(self.specs, self.values.dtype)
        other.restore((self.values, self.state))
        return other

    def snapshot(self, into: tuple[Array, Array] | None = None) -> tuple[Array, Array]:
        """Copy the current numbers, into the memory of an older snapshot where one is given."""
        if into is None:
            return self.values.copy(), self.state.copy()
        np.copyto(into[0], self.values)
        np.copyto(into[1], self.state)
        return into

    def restore(self, snapshot: tuple[Array, Array]) -> None:
        """Take back the numbers of a snapshot, in place."""
        np.copyto(self.values, snapshot[0])
        np.copyto(self.state, snapshot[1])

    def decay(self, share: float) -> None:
        """Take a share of every penalized weight away."""
        for part, factor in zip(self.penalized, self.decay_factors, strict=True):
            scale(self.values[part], 1.0 - share * factor)

    def rates(self) -> Array | None:
        """Give the factor of the learning rate of every parameter, or None where all are 1."""
        specs = [spec for spec in self._all() if spec.trainable]
        if all(spec.rate == 1.0 and spec.bias_rate in (None, 1.0) for spec in specs):
            return None
        factors = [np.empty(0, self.values.dtype)]
        for spec in specs:
            factor = np.full(spec.shape, spec.rate, self.values.dtype)
            if spec.bias_rate is not None:
                factor[spec.penalized_rows :] = spec.bias_rate
            factors.append(factor.reshape(-1))
        return np.concatenate(factors)

    def is_finite(self) -> bool:
        """Tell whether every number is finite."""
        # The sum is finite exactly when all are, or nearly overflows; only then look at each.
        with np.errstate(all="ignore"):
            total = self.values.sum() + self.state.sum()
        return bool(np.isfinite(total) or (np.isfinite(self.values).all() and np.isfinite(self.state).all()))

    def __getstate__(self) -> dict[str, Any]:
        return {"specs": self.specs, "values": self.values, "state": self.state}

    def __setstate__(self, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)
        self._bind()
