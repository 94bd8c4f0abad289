"""Networks of layers that the user lists: what both estimators share."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import issparse

from sknn.core.checks import is_count
from sknn.core.kernels import Array
from sknn.core.network import layer_names
from sknn.estimators.base import NetworkEstimator
from sknn.estimators.constraints import TRAINING
from sknn.estimators.guards import naming
from sknn.layers import Dense, Layer
from sknn.layers.base import Shape, planned
from sknn.training.rules import TrainingState


class Sequential(NetworkEstimator):
    """Layers in a row, then a dense output layer that follows from the targets."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **TRAINING,
        "layers": [list, tuple],
        "input_shape": [tuple, list, None],
    }
    layers: Any
    input_shape_: Shape

    # -- layers as parameters ------------------------------------------------------------------------------------------

    def _parts(self) -> dict[str, Any]:
        return {**super()._parts(), **dict(named_layers(self.layers))}

    def _put(self, name: str, part: Any) -> None:
        named = list(named_layers(self.layers))
        place = next((i for i, (known, _) in enumerate(named) if known == name), None)
        if place is None:
            super()._put(name, part)
            return
        # One of another kind would change the names of others, unless all are given.
        entries = list(self.layers) if type(part) is type(named[place][1]) else named
        entries[place] = (name, part) if _is_pair(entries[place]) else part
        self.layers = entries

    def _present(self) -> list[tuple[str, Layer]]:
        """Give the layers that are not left out, after checking the list."""
        named = list(named_layers(self.layers))
        names = [name for name, _ in named]
        for name, layer in named:
            reserved = "__" in name or name.endswith("_") or name == "output" or name in self._get_param_names()
            if reserved or names.count(name) > 1:
                raise ValueError(
                    f"layers has the name {name!r}; expected names that are unique, without '__' or a '_' at their "
                    "end, and not those of a parameter or 'output'."
                )
            if layer is not None and not isinstance(layer, Layer):
                raise TypeError(f"layers has {layer!r} as {name!r}; expected an object of sknn.layers, or None.")
        return [(name, layer) for name, layer in named if layer is not None]

    def _layers(self, n_outputs: int) -> list[Layer]:
        return [*(layer for _, layer in self._present()), Dense(n_outputs)]

    def _layer_names(self) -> list[str]:
        return [*(name for name, _ in self._present()), "output"]

    def _starting_state(self, X: Any, *more: Any) -> TrainingState:
        wanted = self.input_shape_ if self.input_shape is None else tuple(self.input_shape)
        if wanted != self.input_shape_:
            raise ValueError(
                f"input_shape={wanted} is not that of the last fit, {self.input_shape_}, whose weights cannot be "
                "trained on for it. Use a new estimator, or warm_start=False."
            )
        return super()._starting_state(X, *more)

    # -- shapes of samples ---------------------------------------------------------------------------------------------

    def _check_X(self, X: Any, *, reset: bool, fitted: bool = False, **more: Any) -> Any:
        first, wanted = self._first(fitted), self.input_shape_ if fitted else self.input_shape
        with naming("X"):
            X, shape = _as_rows(X)
            if not reset and shape is not None and shape != self.input_shape_:
                raise ValueError(f"X has samples of shape {shape}; expected {self.input_shape_}, as in fit.")
            X = self._validated(
                X,
                reset=reset,
                accept_sparse="csr" if _takes_sparse(first, wanted) else False,
                ensure_all_finite="allow-nan" if _takes_nan(first) else True,
                **more,
            )
        if reset:
            self.input_shape_ = self._resolve_shape(shape, X.shape[1])
        if issparse(X):
            return X
        X = X.reshape(-1, *self.input_shape_)
        if first is not None and first.input_ndim == 2 and first.accepts_nan and X.ndim == 3:
            _check_missing(X)
        return X

    def _resolve_shape(self, shape: Shape | None, n_features: int) -> Shape:
        """Find the shape of a sample from ``input_shape``, from X, or from what the layers take."""
        if self.input_shape is not None:
            wanted = tuple(self.input_shape)
            if not all(is_count(length) for length in wanted):
                raise ValueError(f"input_shape must be of integers > 0; got {wanted}.")
            if shape not in (None, wanted) or int(np.prod(wanted)) != n_features:
                got = f"of shape {shape}" if shape else f"of {n_features} features"
                raise ValueError(f"input_shape={wanted} does not fit samples {got} in X.")
            return wanted
        if shape is not None:
            return shape
        rows, steps = (n_features,), (n_features, 1)
        for _, layer in self._present():
            if layer.input_ndim is not None:
                return steps if layer.input_ndim == 2 else rows
            if _axes_after(layer, rows) != 1 or _axes_after(layer, steps) is None:
                break
        return rows

    def _first(self, fitted: bool = False) -> Layer | None:
        """Give the layer that gets X, as the parameters say or as the network has it; None is the output layer."""
        layers = self._state.network.layers if fitted else [layer for _, layer in named_layers(self.layers)]
        return next((layer for layer in layers if isinstance(layer, Layer)), None)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = _takes_sparse(self._first(), self.input_shape)
        tags.input_tags.allow_nan = _takes_nan(self._first())
        return tags


def _takes_sparse(first: Layer | None, shape: Any) -> bool:
    return isinstance(first, Dense | None) and (shape is None or len(shape) == 1)


def _takes_nan(first: Layer | None) -> bool:
    return first is not None and first.accepts_nan


def _check_missing(X: Array) -> None:
    """Make sure that a step is missing in all its channels or in none."""
    missing = np.isnan(X)
    if (missing.any(axis=2) != missing.all(axis=2)).any():
        raise ValueError(
            "X contains NaN in some channels of a step, but not in all; expected NaN only in whole steps, for those "
            "that are missing."
        )


def named_layers(layers: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Walk the layers with their names: those of (name, layer) pairs, and for others their kind and a number.

    Parameters
    ----------
    layers : sequence of Layer or (str, Layer)
        As the user listed them.

    Yields
    ------
    (str, Layer or None)
    """
    if not isinstance(layers, list | tuple):
        return  # which fit says
    bare = [entry for entry in layers if not _is_pair(entry)]
    names = iter(layer_names(bare))
    for entry in layers:
        yield (entry[0], entry[1]) if _is_pair(entry) else (next(names), entry)


def _axes_after(layer: Layer, shape: Shape) -> int | None:
    """Say how many axes the next layer gets; None if this one cannot take the shape."""
    try:
        return len(planned(layer, shape).output_shape)
    except ValueError:  # the network says it with the name of the layer
        return None


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str)


def _as_rows(X: Any) -> tuple[Any, Shape | None]:
    """Give samples of several axes as rows, with the shape they had; leave rows as they are."""
    if isinstance(X, list | tuple) and np.ndim(X) > 2:
        X = np.asarray(X)
    if getattr(X, "ndim", 2) <= 2:
        return X, None
    array: Array = np.asarray(X)
    shape = array.shape[1:]
    return array.reshape(len(array), int(np.prod(shape))), shape
