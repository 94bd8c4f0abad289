"""How a network learned, over the epochs."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sknn.plotting.base import network_estimator, subplots, whole_numbers


class TrainingCurveDisplay:
    """Curves of a training: loss, validation score and learning rate over the epochs, the best epoch marked.

    Make it by `from_estimator`.

    Parameters
    ----------
    history : dict of str to list of float
        ``history_`` of an estimator.
    best_epoch : int, default=None
        The epoch to mark, from 1.
    score_name : str, default='score'
        What the validation score is.

    Attributes
    ----------
    axes_ : dict of str to matplotlib Axes
        The panels by name: 'loss', 'score' and 'learning_rate', as far as they were drawn.
    figure_ : matplotlib Figure
        Where they are.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifierScratch
    >>> from sknn.plotting import TrainingCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifierScratch(early_stopping=True, max_iter=1000, random_state=0).fit(X, y)
    >>> display = TrainingCurveDisplay.from_estimator(net)
    >>> sorted(display.axes_)
    ['learning_rate', 'loss', 'score']
    """

    def __init__(
        self, history: dict[str, list[float]], *, best_epoch: int | None = None, score_name: str = "score"
    ) -> None:
        self.history, self.best_epoch, self.score_name = history, best_epoch, score_name

    @classmethod
    def from_estimator(cls, estimator: Any, *, panels: Sequence[str] | None = None, ax: Any = None) -> Self:
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            One of sknn's, a pipeline that ends in one, or a fitted search over either.
        panels : sequence of str, default=None
            Which of 'loss', 'score' and 'learning_rate'; all that were recorded if None.
        ax : matplotlib Axes or array of them, default=None
            One for each panel; a new figure if None.

        Returns
        -------
        TrainingCurveDisplay

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        """
        net, _ = network_estimator(estimator)
        check_is_fitted(net)
        scoring = net.scoring if isinstance(net.scoring, str) else None
        name = {None: "score", "loss": "negative loss"}.get(scoring, scoring)
        return cls(net.history_, best_epoch=net.best_epoch_, score_name=str(name)).plot(panels=panels, ax=ax)

    def plot(self, *, panels: Sequence[str] | None = None, ax: Any = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        panels : sequence of str, default=None
            Which of 'loss', 'score' and 'learning_rate'; all that were recorded if None.
        ax : matplotlib Axes or array of them, default=None
            One for each panel; a new figure if None.

        Returns
        -------
        TrainingCurveDisplay

        Raises
        ------
        ValueError
            If a panel was not recorded, or there are fewer axes than panels.
        """
        curves = {
            "loss": {"training": "loss", "validation": "validation_loss"},
            "score": {"validation": "validation_score"},
            "learning_rate": {"learning rate": "learning_rate"},
        }
        recorded = [panel for panel, lines in curves.items() if any(name in self.history for name in lines.values())]
        chosen = recorded if panels is None else list(panels)
        if isinstance(panels, str) or not chosen or any(panel not in recorded for panel in chosen):
            raise ValueError(f"panels is {panels!r}; expected a list of some of {recorded}, which were recorded.")
        self.figure_, axes = subplots(ax, len(chosen))
        self.axes_ = dict(zip(chosen, axes, strict=True))
        for panel, axis in self.axes_.items():
            for label, name in curves[panel].items():
                if name in self.history:
                    values = self.history[name]
                    color = {"loss": "C0", "learning_rate": "C2"}.get(name, "C1")
                    axis.plot(np.arange(1, len(values) + 1), values, label=label, color=color)
            if self.best_epoch:
                axis.axvline(self.best_epoch, color="0.6", linestyle="--", label=f"best epoch, {self.best_epoch}")
            whole_numbers(axis)
            axis.set(xlabel="epoch", ylabel=self.score_name if panel == "score" else panel.replace("_", " "))
            axis.legend()
        return self
