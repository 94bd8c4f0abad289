"""What a network is made of."""

from math import prod
from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from sknn.activations import Identity
from sknn.layers import Layer
from sknn.plotting.base import network_estimator, subplots


class NetworkDisplay:
    """The layers of a network from its input to its output, with shapes and numbers of parameters.

    Make it by `from_estimator`.

    Parameters
    ----------
    rows : list of (str, tuple of int, int)
        Name of each layer, shape of one sample of its output, number of its trained parameters.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where the stack is.
    figure_ : matplotlib Figure
        Where that is.
    boxes_ : list of matplotlib Text
        The text of each layer, in its box.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifierScratch
    >>> from sknn.plotting import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifierScratch((20, 10), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> [number for name, shape, number in NetworkDisplay.from_estimator(net).rows]
    [0, 100, 210, 33]
    """

    def __init__(self, rows: list[tuple[str, tuple[int, ...], int]]) -> None:
        self.rows = rows

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the network of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            One of sknn's, a pipeline that ends in one, or a fitted search over either.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        NetworkDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        """
        net, _ = network_estimator(estimator)
        check_is_fitted(net)
        network = net._state.network
        rows = [("Input", network.input_shape, 0)]
        for layer, plan in zip(network.layers, network.plans, strict=True):
            number = sum(prod(spec.shape) for spec in plan.parameters.values() if spec.trainable)
            rows.append((_title(layer), tuple(plan.output_shape), number))
        return cls(rows).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the stack, the input on top.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.

        Returns
        -------
        NetworkDisplay
        """
        self.figure_, [self.ax_] = subplots(ax, 1, width=4.5, height=0.3 + 0.55 * len(self.rows))
        self.boxes_ = []
        box = {"boxstyle": "round,pad=0.4", "facecolor": "#e8eef7", "edgecolor": "#4c6a92"}
        for place, (name, shape, number) in enumerate(self.rows):
            if place:
                arrow = {"arrowstyle": "->", "color": "#4c6a92"}
                self.ax_.annotate("", (0.3, place - 0.3), (0.3, place - 0.7), arrowprops=arrow)
            self.boxes_.append(self.ax_.text(0.3, place, name, ha="center", va="center", bbox=box))
            size = " × ".join(map(str, shape))
            self.ax_.text(0.62, place, f"{size}\n{number:,} parameters" if number else size, va="center", fontsize=8)
        self.ax_.set(xlim=(0, 1), ylim=(len(self.rows) - 0.4, -0.6))
        self.ax_.set_axis_off()
        return self


def _title(layer: Layer) -> str:
    """Give a layer's kind, and its activation function where it has one."""
    function = getattr(layer, "activation", None)
    kind = type(layer).__name__
    return kind if function is None or isinstance(function, Identity) else f"{kind}, {type(function).__name__}"
