"""How much of the loss's gradient reaches each layer."""

from copy import deepcopy
from dataclasses import dataclass, field
from math import sqrt
from operator import attrgetter
from typing import Any, Self
from warnings import catch_warnings, simplefilter

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sknn.core.kernels import Array
from sknn.estimators.base import NetworkEstimator
from sknn.optimizers import Optimizer, OptimizerState
from sknn.plotting.base import network_estimator, subplots, whole_numbers


class GradientFlowDisplay:
    """Norm of the loss's gradient by the weights of each layer: does what the loss says reach the first layers.

    The penalty of the weights is part of what is differentiated, and hides norms below those of its own gradient: set
    ``alpha=0`` to see them.

    Norms that shrink from the last layer to the first are vanishing gradients, norms that grow exploding ones.
    Make it by `from_estimator`.

    Parameters
    ----------
    norms : ndarray of shape (n_layers,)
        The norms, from the first layer with weights to the last; biases included.
    name : str, default=None
        Label of the line.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where the line is.
    figure_ : matplotlib Figure
        Where that is.
    line_ : matplotlib Line2D
        The line.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifierScratch
    >>> from sknn.plotting import GradientFlowDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> deep = MLPClassifierScratch((20,) * 8, activation="logistic", random_state=0)
    >>> display = GradientFlowDisplay.from_estimator(deep, X, y)
    >>> len(display.norms), bool(display.norms[0] < 1e-3 * display.norms[-1])
    (9, True)
    """

    def __init__(self, norms: Array, *, name: str | None = None) -> None:
        self.norms, self.name = norms, name

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, name: str | None = None, ax: Any = None) -> Self:
        """Compute the norms on some samples, as in a training step with all of them as its batch, and draw them.

        Parameters
        ----------
        estimator : estimator
            One of sknn's, or a pipeline or a fitted search that ends in one. If it is not fitted, the gradient is that
            at the initial weights, which follow from ``random_state``. It is not changed.
        X : array-like of shape (n_samples, ...)
            The samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        name : str, default=None
            Label of the line.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None. Several displays in the same axes compare networks.

        Returns
        -------
        GradientFlowDisplay

        Raises
        ------
        TypeError
            If the estimator has no parameter ``solver``, as RealMLP.
        """
        net, before = network_estimator(estimator)
        fitted = net.__sklearn_is_fitted__()
        if before is not None:
            X = before.transform(X) if fitted else clone(before).fit_transform(X, y)
        return cls(_gradient_norms(net, X, y), name=name).plot(ax=ax)

    def plot(self, *, ax: Any = None, **line: Any) -> Self:
        """Draw the norms on a logarithmic axis.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        **line : dict
            More for ``Axes.plot``, as color.

        Returns
        -------
        GradientFlowDisplay
        """
        self.figure_, [self.ax_] = subplots(ax, 1)
        numbers = np.arange(1, len(self.norms) + 1)
        [self.line_] = self.ax_.plot(numbers, self.norms, **{"marker": "o", "label": self.name, **line})
        self.ax_.set(xlabel="layer with weights", ylabel="norm of the gradient", yscale="log")
        whole_numbers(self.ax_)
        if self.name is not None:
            self.ax_.legend()
        return self


@dataclass(frozen=True)
class _Recorder(Optimizer):
    """Keeps the gradient, and leaves the parameters as they are."""

    gradients: list[Array] = field(default_factory=list)

    def update(self, params: Array, grads: Array, state: OptimizerState, rate: float, *options: Any) -> None:
        self.gradients.append(grads.copy())

    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        return ()

    def step(self, g: Array, *slots_and_constants: Array | float) -> None:
        pass


def _gradient_norms(net: NetworkEstimator, X: Any, y: Any) -> Array:
    """Train a copy for one step that changes nothing, and give the gradient's norm for each layer with weights."""
    if not hasattr(net, "solver"):
        raise TypeError(f"estimator is a {type(net).__name__}; expected one with the parameter solver.")
    fitted, recorder = net.__sklearn_is_fitted__(), _Recorder()
    net = deepcopy(net) if fitted else clone(net)
    if fitted:
        net._state.weighed = 0  # the mean weight is that of these samples
    net.__dict__.pop("_skl_callbacks", None)
    net.set_params(solver=recorder, batch_size=np.shape(X)[0], learning_rate="constant", max_iter=1, verbose=False)
    net.set_params(early_stopping=False, weight_decay=0.0, max_grad_norm=None)
    with catch_warnings():
        simplefilter("ignore", ConvergenceWarning)
        (net.partial_fit if fitted else net.fit)(X, y)
    parameters = net._state.network.parameters
    gradients = parameters.gradients()
    gradients.values[:] = recorder.gradients[0]
    norms = []
    for i, layer in enumerate(gradients.specs):
        if any(spec.penalized_rows for spec in layer.values()):
            parts = [attrgetter(name)(gradients[i]) for name in layer]
            norms.append(sqrt(sum(float(np.vdot(part, part)) for part in parts)))
    return np.array(norms)
