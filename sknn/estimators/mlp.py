"""Multi-layer perceptrons: what both estimators share."""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from sknn.activations import ACTIVATIONS, Identity
from sknn.core.kernels import Array
from sknn.estimators.base import NetworkEstimator
from sknn.estimators.components import component
from sknn.initializers import ScikitUniform
from sknn.layers import Dense, Layer
from sknn.optimizers import OPTIMIZERS
from sknn.schedules import SCHEDULES


class MLP(NetworkEstimator):
    """Dense layers of given sizes with one activation, then a dense output layer."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "solver": [StrOptions({"lbfgs", *OPTIMIZERS})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions(set(SCHEDULES))],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
    }

    def _hidden_sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if isinstance(given, Iterable) else [given]
        if not all(isinstance(size, Integral) and int(size) > 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}; expected integers.")
        return [int(size) for size in sizes]

    def _layers(self, n_outputs: int) -> list[Layer]:
        weight_init = ScikitUniform(2.0 if self.activation == "logistic" else 6.0)
        activation = component(ACTIVATIONS, self.activation, self)
        hidden: list[Layer] = [Dense(size, activation, weight_init) for size in self._hidden_sizes()]
        return [*hidden, Dense(n_outputs, Identity(), weight_init)]

    def _matrices(self) -> list[Array]:
        network = self._state.network
        dense = (i for i, layer in enumerate(network.layers) if isinstance(layer, Dense))
        return [network.parameters[i].W for i in dense]

    @property
    def coefs_(self) -> list[Array]:
        """Weights of each layer, of shape (inputs, units): views, which may be written to."""
        self._fitted_attribute("coefs_")
        return [W[:-1] for W in self._matrices()]

    @property
    def intercepts_(self) -> list[Array]:
        """Biases of each layer, of shape (units,): views, which may be written to."""
        self._fitted_attribute("intercepts_")
        return [W[-1] for W in self._matrices()]

    @property
    def n_layers_(self) -> int:
        """Number of layers, those of the input and the output included."""
        self._fitted_attribute("n_layers_")
        return len(self._matrices()) + 1

    def _fitted_attribute(self, name: str) -> None:
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r} before it is fitted.")


def has_partial_fit(estimator: Any) -> bool:
    """Check that the solver goes step by step, for ``available_if``."""
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
    return True
