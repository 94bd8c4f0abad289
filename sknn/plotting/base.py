"""What all displays share: axes to draw in, and the network's estimator in what they are given."""

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils._optional_dependencies import check_matplotlib_support

from sknn.estimators.base import NetworkEstimator


def pyplot() -> Any:
    """Import matplotlib, which is optional.

    Raises
    ------
    ImportError
        If it is not there; the message says what brings it.
    """
    try:
        check_matplotlib_support("The displays of sknn")
    except ImportError as error:
        raise ImportError("The displays of sknn need matplotlib, which `pip install 'sknn[plot]'` brings.") from error
    from matplotlib import pyplot

    return pyplot


def subplots(
    ax: Any, n: int, *, width: float | None = None, height: float = 3.4, columns: int | None = None
) -> tuple[Any, list[Any]]:
    """Give a figure with axes: those of the user, one or several, or new ones.

    Parameters
    ----------
    ax : matplotlib Axes, array of them, or None
        Those of the user.
    n : int
        Number of axes that are needed.
    width : float, default=None
        Width of each of the new axes, in inches; None makes several narrower than one, so that their labels are
        still read where the figure is as wide as a page.
    height : float, default=3.4
        Their height, in inches.
    columns : int, default=None
        New axes in a row; all if None.

    Returns
    -------
    (matplotlib Figure, list of matplotlib Axes)

    Raises
    ------
    ImportError
        If matplotlib is not there.
    ValueError
        If the user gave fewer axes than are needed.
    """
    module = pyplot()
    if ax is not None:
        given = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) < n:
            raise ValueError(f"ax has {len(given)} axes; expected {n}, one for each panel.")
        return given[0].figure, given[:n]
    across = n if columns is None else min(columns, n)
    down = -(-n // across)
    width = width or (5.0 if across == 1 else 3.6)
    figure, axes = module.subplots(
        down, across, figsize=(width * across, height * down), layout="constrained", squeeze=False
    )
    for empty in axes.flat[n:]:
        empty.set_axis_off()
    return figure, list(axes.flat[:n])


def network_estimator(estimator: Any) -> tuple[NetworkEstimator, Pipeline | None]:
    """Find the network's estimator in what may be a search or a pipeline, and the steps before it.

    Parameters
    ----------
    estimator : estimator
        One of sknn's, a pipeline that ends in one, or a fitted search over either.

    Returns
    -------
    (NetworkEstimator, Pipeline or None)

    Raises
    ------
    TypeError
        If there is none.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    before = None
    if isinstance(estimator, Pipeline):
        before, estimator = (estimator[:-1] if len(estimator) > 1 else None), estimator[-1]
    if not isinstance(estimator, NetworkEstimator):
        raise TypeError(
            f"estimator is a {type(estimator).__name__}; expected an estimator of sknn, a pipeline that ends in one, "
            "or a fitted search over either."
        )
    return estimator, before


def whole_numbers(axis: Any) -> None:
    """Let the ticks along x be whole numbers, unless the user has chosen others."""
    from matplotlib.ticker import MaxNLocator

    locator = axis.xaxis.get_major_locator()
    if isinstance(locator, MaxNLocator):
        locator.set_params(integer=True)
