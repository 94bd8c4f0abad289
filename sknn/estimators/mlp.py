"""Multi-layer perceptrons: what both estimators share."""

from collections.abc import Iterable, Iterator, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from sknn.activations import ACTIVATIONS, Activation, Identity, Logistic
from sknn.core.kernels import Array
from sknn.estimators.base import NetworkEstimator
from sknn.estimators.components import component, hidden_sizes
from sknn.estimators.constraints import TRAINING
from sknn.initializers import INITIALIZERS, Initializer, ScikitUniform
from sknn.layers import Activation as ActivationLayer
from sknn.layers import BatchNorm, Dense, Dropout, Layer, LayerNorm, Residual

NORMALIZATIONS: dict[str, type[Layer]] = {"batch": BatchNorm, "layer": LayerNorm}


class MLP(NetworkEstimator):
    """Dense layers of given sizes with their activations, then a dense output layer."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **TRAINING,
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS)), Activation, list, tuple],
        "dropout": [Interval(Real, 0, 1, closed="left"), list, tuple],
        "normalization": [StrOptions(set(NORMALIZATIONS)), None],
        "residual": ["boolean"],
        "weight_init": [StrOptions(set(INITIALIZERS)), Initializer],
    }

    def _per_layer(self, name: str, n_hidden: int) -> list[Any]:
        """Give a parameter's value for each hidden layer."""
        value = getattr(self, name)
        if not isinstance(value, list | tuple):
            return [value] * n_hidden
        if len(value) != n_hidden:
            raise ValueError(
                f"{name} has {len(value)} entries; expected one, or one for each of the {n_hidden} layers."
            )
        return list(value)

    def _activations(self, n_hidden: int) -> list[Activation]:
        choices = self._per_layer("activation", n_hidden)
        for choice in choices:
            if not isinstance(choice, Activation) and not (isinstance(choice, str) and choice in ACTIVATIONS):
                raise ValueError(
                    f"activation has the entry {choice!r}; expected an Activation or one of {sorted(ACTIVATIONS)}."
                )
        return [component(ACTIVATIONS, choice, self) for choice in choices]

    def _rates(self, n_hidden: int) -> list[float]:
        rates = self._per_layer("dropout", n_hidden)
        for rate in rates:
            if not isinstance(rate, Real) or not 0 <= float(rate) < 1:
                raise ValueError(f"dropout has the entry {rate!r}; expected numbers from 0 to below 1.")
        return rates

    def _weight_init(self, activation: Activation) -> Initializer:
        if self.weight_init == "auto":
            return ScikitUniform(2.0 if isinstance(activation, Logistic) else 6.0)
        return component(INITIALIZERS, self.weight_init, self)

    def _layers(self, n_outputs: int) -> list[Layer]:
        sizes = hidden_sizes(self.hidden_layer_sizes)
        activations, rates = self._activations(len(sizes)), self._rates(len(sizes))
        layers: list[Layer] = []
        for i, (size, activation, rate) in enumerate(zip(sizes, activations, rates, strict=True)):
            block = self._block(size, activation, rate)
            skips = self.residual and i > 0 and sizes[i - 1] == size
            layers += [Residual(tuple(block))] if skips else block
        one_for_all = isinstance(self.activation, str | Activation)
        last = activations or (self._activations(1) if one_for_all else [Identity()])
        return [*layers, Dense(n_outputs, Identity(), self._weight_init(last[-1]))]

    def _block(self, size: int, activation: Activation, rate: float) -> list[Layer]:
        """Say one hidden layer: dense, perhaps normalized, activated, perhaps thinned out."""
        weight_init = self._weight_init(activation)
        if self.normalization is None:
            block: list[Layer] = [Dense(size, activation, weight_init)]
        else:
            normalize = NORMALIZATIONS[self.normalization]()
            block = [Dense(size, Identity(), weight_init), normalize, ActivationLayer(activation)]
        return [*block, Dropout(rate)] if rate else block

    def _matrices(self) -> list[Array]:
        network = self._state.network
        return list(_dense_matrices(network.layers, [network.parameters[i] for i in range(len(network.layers))]))

    @property
    def coefs_(self) -> list[Array]:
        """Weights of each layer, of shape (inputs, units): views, which may be written to."""
        self._fitted_attribute("coefs_")
        return Views(W[:-1] for W in self._matrices())

    @coefs_.setter
    def coefs_(self, values: Sequence[Array]) -> None:
        self.coefs_[:] = values
        self._state.at_best = False

    @property
    def intercepts_(self) -> list[Array]:
        """Biases of each layer, of shape (units,): views, which may be written to."""
        self._fitted_attribute("intercepts_")
        return Views(W[-1] for W in self._matrices())

    @intercepts_.setter
    def intercepts_(self, values: Sequence[Array]) -> None:
        self.intercepts_[:] = values
        self._state.at_best = False

    @property
    def n_layers_(self) -> int:
        """Number of layers, those of the input and the output included."""
        self._fitted_attribute("n_layers_")
        return len(self._matrices()) + 1

    def _fitted_attribute(self, name: str) -> None:
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r} before it is fitted.")


class Views(list[Array]):
    """Views of a network's weights; what is assigned to an item, or to all, is written into the weights."""

    def __setitem__(self, place: Any, value: Any) -> None:
        views = self[place] if isinstance(place, slice) else [self[place]]
        several = isinstance(place, slice) and isinstance(value, Iterable)
        arrays = [np.array(one) for one in (value if several else [value])]  # copies, for they may be these views
        fits = [view.shape for view in views] == [array.shape for array in arrays]
        if not fits or not all(np.can_cast(a.dtype, v.dtype, "same_kind") for a, v in zip(arrays, views, strict=True)):
            raise ValueError(
                f"coefs_ and intercepts_ take numbers; expected the shapes {[view.shape for view in views]}, got "
                f"{[(array.shape, str(array.dtype)) for array in arrays]}."
            )
        for view, array in zip(views, arrays, strict=True):
            view[...] = array


def _dense_matrices(layers: Sequence[Layer], parameters: Sequence[Any]) -> Iterator[Array]:
    """Walk the weight matrices of dense layers, bias row included, also inside residual blocks."""
    for layer, p in zip(layers, parameters, strict=True):
        if isinstance(layer, Dense):
            yield p.W
        elif isinstance(layer, Residual):
            yield from _dense_matrices(layer.layers, [getattr(p, f"f{i}", None) for i in range(len(layer.layers))])
