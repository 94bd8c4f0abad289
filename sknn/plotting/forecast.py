"""Time series with their forecasts."""

from typing import Any, Self

import numpy as np

from sknn.core.checks import is_count
from sknn.plotting.base import subplots


class ForecastDisplay:
    """A series with its forecast, the residuals, and the error of each step ahead.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    y_true : ndarray of shape (n,) or (n, horizon)
        What came: row i holds the next ``horizon`` values after window i.
    y_pred : ndarray of the same shape
        What was forecast.
    time : array-like of shape (n,), default=None
        When the first step of each row is; 0, 1, 2, ... if None.
    step : int, default=1
        The step ahead whose forecasts are drawn, from 1 to horizon.
    unit : str, default=None
        Unit of the series.

    Attributes
    ----------
    axes_ : dict of str to matplotlib Axes
        The panels 'forecast', 'residuals' and, with more than one step, 'error'.
    figure_ : matplotlib Figure
        Where they are.
    errors_ : ndarray of shape (horizon,)
        Root mean squared error of each step, in the unit of the series.

    Examples
    --------
    >>> import numpy as np
    >>> from numpy.lib.stride_tricks import sliding_window_view
    >>> from sknn import MLPRegressorScratch
    >>> from sknn.plotting import ForecastDisplay
    >>> windows = sliding_window_view(np.sin(0.3 * np.arange(300)), 12)
    >>> X, y = windows[:, :8], windows[:, 8:]
    >>> net = MLPRegressorScratch(hidden_layer_sizes=20, solver="lbfgs", random_state=0).fit(X[:200], y[:200])
    >>> display = ForecastDisplay.from_estimator(net, X[200:], y[200:])
    >>> display.errors_.shape, bool(display.errors_.max() < 0.1)
    ((4,), True)
    """

    def __init__(self, y_true: Any, y_pred: Any, *, time: Any = None, step: int = 1, unit: str | None = None) -> None:
        if not len(y_true):
            raise ValueError("y_true is empty; expected one row at least.")
        self.y_true, self.y_pred = (np.asarray(y, dtype=float).reshape(len(y), -1) for y in (y_true, y_pred))
        if self.y_true.shape != self.y_pred.shape:
            raise ValueError(f"y_pred has shape {np.shape(y_pred)}; expected {np.shape(y_true)}, that of y_true.")
        if not is_count(step) or step > self.y_true.shape[1]:
            raise ValueError(
                f"step is {step!r}; expected a whole number from 1 to the horizon, {self.y_true.shape[1]}."
            )
        self.time = np.arange(len(self.y_true)) if time is None else np.asarray(time)
        if self.time.shape != (len(self.y_true),):
            raise ValueError(f"time has the shape {self.time.shape}; expected ({len(self.y_true)},), one for each row.")
        self.step, self.unit = step, unit

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, time: Any = None, step: int = 1, unit: str | None = None, ax: Any = None
    ) -> Self:
        """Forecast, and draw.

        Parameters
        ----------
        estimator : regressor
            Fitted; whatever has ``predict``.
        X : array-like of shape (n, ...)
            The windows, in order of time.
        y : array-like of shape (n,) or (n, horizon)
            What came after each.
        time : array-like of shape (n,), default=None
            When the first step of each row is; 0, 1, 2, ... if None.
        step : int, default=1
            The step ahead whose forecasts are drawn, from 1 to horizon.
        unit : str, default=None
            Unit of the series.
        ax : array of matplotlib Axes, default=None
            One for each panel; a new figure if None.

        Returns
        -------
        ForecastDisplay
        """
        return cls(y, estimator.predict(X), time=time, step=step, unit=unit).plot(ax=ax)

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, *, time: Any = None, step: int = 1, unit: str | None = None, ax: Any = None
    ) -> Self:
        """Draw forecasts made elsewhere.

        Parameters
        ----------
        y_true : array-like of shape (n,) or (n, horizon)
            What came.
        y_pred : array-like of the same shape
            What was forecast.
        time : array-like of shape (n,), default=None
            When the first step of each row is; 0, 1, 2, ... if None.
        step : int, default=1
            The step ahead whose forecasts are drawn, from 1 to horizon.
        unit : str, default=None
            Unit of the series.
        ax : array of matplotlib Axes, default=None
            One for each panel; a new figure if None.

        Returns
        -------
        ForecastDisplay
        """
        return cls(y_true, y_pred, time=time, step=step, unit=unit).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : array of matplotlib Axes, default=None
            One for each panel; a new figure if None.

        Returns
        -------
        ForecastDisplay
        """
        residuals = self.y_true - self.y_pred
        self.errors_ = np.sqrt(np.mean(residuals**2, axis=0))
        names = ["forecast", "residuals", "error"][: 2 + (len(self.errors_) > 1)]
        self.figure_, axes = subplots(ax, len(names))
        self.axes_ = dict(zip(names, axes, strict=True))
        k, unit = self.step - 1, "" if self.unit is None else f" ({self.unit})"
        ahead = f"{self.step} step{'s' if k else ''} ahead"
        forecast, left = self.axes_["forecast"], self.axes_["residuals"]
        forecast.plot(self.time, self.y_true[:, k], color="0.4", label="came")
        forecast.plot(self.time, self.y_pred[:, k], color="C1", label=f"forecast {ahead}")
        forecast.set(xlabel="time", ylabel=f"value{unit}")
        forecast.legend(fontsize="small")
        left.axhline(0.0, color="0.6", linewidth=1)
        left.plot(self.time, residuals[:, k], ".", color="C1", markersize=3)
        left.set(xlabel="time", ylabel=f"residual {ahead}{unit}")
        if "error" in self.axes_:
            self.axes_["error"].plot(np.arange(1, len(self.errors_) + 1), self.errors_, "o-", color="C1")
            self.axes_["error"].set(xlabel="steps ahead", ylabel=f"root mean squared error{unit}", ylim=(0, None))
        return self
