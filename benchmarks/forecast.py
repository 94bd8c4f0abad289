"""Forecasts of time series: three LSTM layers of 50 read 60 steps, and say the next ten, beside torch and last season.

The network sees each window relative to its mean, so a trend does not lead it away from what it was trained on. The
last tenth of the training windows validates. Errors are in the unit of the series, for the last fifth of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks import pictures
from benchmarks.datasets import read_table
from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.recipe import Recipe, Training
from benchmarks.report import Table, at_most
from benchmarks.timing import limited
from sknn import SequentialRegressorScratch
from sknn.initializers import GlorotUniform
from sknn.layers import LSTM, Dropout, Layer

WINDOW, HORIZON, UNITS, N_LAYERS, DROPOUT = 60, 10, 50, 3, 0.2
MOST_WINDOWS = 6000
"""Of more training windows every second, or third, is taken."""
COLORS = {"ours": "C1", "torch": "C0", "last season": "0.45", "no change": "0.75"}


@dataclass(frozen=True)
class Series:
    """A time series.

    Parameters
    ----------
    name, unit : str
        Its name and unit.
    time, values : ndarray of shape (n,)
        The series.
    season : int
        Steps of a season, for the naive forecast.
    n_train : int
        Steps before those for testing.
    """

    name: str
    unit: str
    time: np.ndarray
    values: np.ndarray
    season: int
    n_train: int

    def shortened(self, n: int) -> "Series":
        """Give the last steps before testing and the first of testing."""
        part = slice(self.n_train - n, self.n_train + n)
        return Series(self.name, self.unit, self.time[part], self.values[part], self.season, n)


def synthetic(folder: Path | None) -> Series:
    """Make a series with a trend, two seasons, and noise that lingers."""
    rng, t, noise = np.random.default_rng(0), np.arange(5000), np.zeros(5000)
    shocks = rng.normal(0, 1, len(t))
    for i in t[1:]:
        noise[i] = 0.7 * noise[i - 1] + shocks[i]
    values = 100 + 0.02 * t + 10 * np.sin(2 * np.pi * t / 12) + 6 * np.sin(2 * np.pi * t / 48) + noise
    return Series("synthetic", "units", t, values, 48, 4000)


def electricity(folder: Path | None) -> Series:
    """Half-hourly demand for electricity; the season is a day."""
    return _table(folder, "ts_elecdemand", "electricity demand", "GW", 48)


def sunspots(folder: Path | None) -> Series:
    """Monthly number of sunspots; the season is eleven years."""
    return _table(folder, "ts_sunspots", "sunspots", "spots", 132)


def _table(folder: Path | None, name: str, title: str, unit: str, season: int) -> Series:
    if folder is None:
        raise FileNotFoundError(name)
    table = read_table(folder, name)
    time = table["time"].astype("datetime64")
    return Series(title, unit, time, table["y"], season, len(table["train_idx"]))


SERIES: dict[str, Callable[[Path | None], Series]] = {
    "synthetic": synthetic,
    "electricity demand": electricity,
    "sunspots": sunspots,
}


class Windows:
    """Windows of a series and what comes after each, relative to the mean of the window.

    Parameters
    ----------
    series : Series
        The series.

    Attributes
    ----------
    train, validation, test : (ndarray, ndarray)
        Windows of shape (n, WINDOW, 1) and targets of shape (n, HORIZON), float32.
    first : ndarray of shape (n_test,)
        Number of the first step that is forecast from each window for testing.
    """

    def __init__(self, series: Series) -> None:
        self.series = series
        both = sliding_window_view(series.values, WINDOW + HORIZON)
        self.level = both[:, :WINDOW].mean(axis=1, keepdims=True)
        n_train = series.n_train - WINDOW - HORIZON + 1
        centered = both - self.level
        self.spread = centered[:n_train].std()
        scaled = (centered / self.spread).astype(np.float32)
        pair = scaled[:, :WINDOW, None], np.ascontiguousarray(scaled[:, WINDOW:])
        held_out, stride = n_train - n_train // 10, -(-n_train // MOST_WINDOWS)
        places = (
            slice(0, held_out - HORIZON, stride),
            slice(held_out, n_train, stride),
            slice(series.n_train - WINDOW, None),
        )
        self.train, self.validation, self.test = ((pair[0][rows].copy(), pair[1][rows].copy()) for rows in places)
        self.first = np.arange(series.n_train, len(series.values) - HORIZON + 1)

    def in_units(self, scaled: np.ndarray) -> np.ndarray:
        """Give forecasts for the windows for testing in the unit of the series."""
        return scaled * self.spread + self.level[self.first - WINDOW]

    def came(self) -> np.ndarray:
        """Give what came after each window for testing."""
        return self.series.values[self.first[:, None] + np.arange(HORIZON)]

    def naive(self) -> np.ndarray:
        """Forecast what came one season before."""
        return self.series.values[self.first[:, None] + np.arange(HORIZON) - self.series.season]

    def last(self) -> np.ndarray:
        """Forecast that nothing changes."""
        return np.repeat(self.series.values[self.first - 1, None], HORIZON, axis=1)


def layers() -> list[Layer]:
    """Make our stack."""
    stack: list[Layer] = []
    for i in range(N_LAYERS):
        stack += [LSTM(UNITS, return_sequences=i < N_LAYERS - 1, weight_init=GlorotUniform()), Dropout(DROPOUT)]
    return stack


def ours(recipe: Recipe, data: Windows) -> tuple[SequentialRegressorScratch, Training]:
    """Train ours."""
    net = SequentialRegressorScratch(layers(), scoring="loss", **recipe.parameters())
    net.fit(*data.train, X_val=data.validation[0], y_val=data.validation[1])
    return net, Training(net.predict(data.test[0]), net.history_, net.best_epoch_)


def torchs(recipe: Recipe, data: Windows) -> Training:
    """Train torch's."""
    import torch

    from benchmarks import torch_training

    torch.manual_seed(recipe.seed)
    model = torch_training.Recurrent("LSTM", 1, UNITS, HORIZON, n_layers=N_LAYERS, dropout=DROPOUT)
    return torch_training.train(model, recipe, data.train, data.validation, data.test[0])


def importance(net: Any, data: Windows, n: int, repeats: int) -> np.ndarray:
    """Say how much the error grows when a step of the window is exchanged among windows, in the series' unit."""
    rng = np.random.default_rng(0)
    X, y = (array[:: max(1, len(array) // n)] for array in data.test)

    def error(X: np.ndarray) -> float:
        return float(np.sqrt(np.mean((net.predict(X) - y) ** 2)))

    base, added = error(X), np.zeros(WINDOW)
    for step in range(WINDOW):
        for _ in range(repeats):
            changed = X.copy()
            changed[:, step] = rng.permutation(X[:, step])
            added[step] += (error(changed) - base) / repeats
    return added * data.spread


def rmse(predicted: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Give the root mean squared error of each step ahead."""
    return np.sqrt(np.mean((predicted - came) ** 2, axis=0))


def mae(predicted: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Give the mean absolute error of each step ahead."""
    return np.mean(np.abs(predicted - came), axis=0)


def compare(table: Table, data: Windows, forecasts: dict[str, np.ndarray]) -> None:
    """Add the errors of our forecasts beside those of each other."""
    bounds = {"last season": at_most(1), "torch": at_most(1.1)}
    for name, measure in {"RMSE": rmse, "MAE": mae}.items():
        errors = {peer: measure(forecast, data.came()) for peer, forecast in forecasts.items()}
        for peer, error in list(errors.items())[1:]:
            cases = {"1": slice(1), "5": slice(4, 5), "10": slice(9, 10), "1-10": slice(None)}
            for steps, part in cases.items():
                mine, theirs = errors["ours"][part].mean(), error[part].mean()
                bound = bounds.get(peer) if steps == "1-10" else None
                case = f"{data.series.name}, {name}, {steps} ahead"
                table.add(case, f"/ {peer}", mine, theirs, data.series.unit, mine / theirs, bound)


def draw_forecast(data: Windows, forecasts: dict[str, np.ndarray], step: int = 5, shown: int = 240) -> Any:
    """Draw forecasts some steps ahead, residuals, and the errors of all."""
    from sknn.plotting import ForecastDisplay

    series, came = data.series, data.came()
    time = series.time[data.first + step - 1]
    display = ForecastDisplay.from_predictions(came, forecasts["ours"], time=time, step=step, unit=series.unit)
    lines = np.stack([values[-shown:, step - 1] for values in (came, forecasts["ours"])])
    margin = 0.05 * np.ptp(lines)
    display.axes_["forecast"].set(xlim=(time[-shown:][0], time[-1]), ylim=(lines.min() - margin, lines.max() + margin))
    errors = display.axes_["error"]
    errors.lines[0].set_label("ours")
    for name, forecast in list(forecasts.items())[1:]:
        errors.plot(np.arange(1, HORIZON + 1), rmse(forecast, came), ".-", color=COLORS[name], label=name)
    errors.set_ylim(0, 1.05 * max(line.get_ydata().max() for line in errors.lines))
    errors.legend()
    for name in ("forecast", "residuals"):
        _date_axis(display.axes_[name], time)
    return display.figure_


def _date_axis(axis: Any, time: np.ndarray) -> None:
    """Let the labels of dates be short and few."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    if time.dtype.kind == "M":
        locator = AutoDateLocator(minticks=3, maxticks=6)
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def draw_paths(data: Windows, forecasts: dict[str, np.ndarray], n: int = 6, before: int = 24) -> Any:
    """Draw the ends of a few windows, with the ten steps that came and those that were forecast."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, n // 2, figsize=(4.5 * (n // 2), 6), layout="constrained")
    ahead, came = np.arange(1, HORIZON + 1), data.came()
    for axis, i in zip(axes.flat, np.linspace(0, len(came) - 1, n).astype(int), strict=True):
        first = data.first[i]
        axis.plot(np.arange(1 - before, 1), data.series.values[first - before : first], color="0.6", label="window")
        axis.plot(ahead, came[i], color="black", label="came")
        for name, forecast in forecasts.items():
            if name != "no change":
                axis.plot(ahead, forecast[i], ".-", color=COLORS[name], markersize=4, label=name)
        axis.set(title=f"from {str(data.series.time[first]).replace('T', ' ')}", xlabel="steps ahead")
        axis.set_ylabel(data.series.unit)
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure


def draw_importance(added: np.ndarray, unit: str) -> Any:
    """Draw the importance of each step."""
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(8, 3.5), layout="constrained")
    axis.bar(np.arange(-WINDOW, 0), added)
    axis.set(xlabel="step, counted from the first that is forecast", ylabel=f"error added when exchanged ({unit})")
    return figure


def draw_curves(net: Any) -> Any:
    """Draw the training."""
    from sknn.plotting import TrainingCurveDisplay

    return TrainingCurveDisplay.from_estimator(net, panels=["loss", "learning_rate"]).figure_


def one(series: Series, options: Options) -> Table:
    """Train for one series, and give its table."""
    data, recipe = Windows(series), Recipe(options.size(30, 1), 64, rate=2e-3)
    with limited(options.threads), quiet():
        net, own = ours(recipe, data)
        peer = torchs(recipe, data) if "torch" in options.peers else None
        added = importance(net, data, options.size(400, 3), options.size(3, 1))
    table = Table(f"Forecasts, {series.name}", f"float32; errors in {series.unit}; {len(data.train[0])} windows.")
    forecasts = {"ours": data.in_units(own.predicted)}
    if peer is not None:
        forecasts["torch"] = data.in_units(peer.predicted)
    forecasts |= {"last season": data.naive(), "no change": data.last()}
    compare(table, data, forecasts)
    if peer is not None:
        seconds = [float(np.median(training.history["seconds"])) for training in (own, peer)]
        table.add(f"{series.name}, epoch", "x torch", *seconds, "s", seconds[1] / seconds[0])
        table.add("best epoch", "- torch", own.best_epoch, peer.best_epoch, "", own.best_epoch - peer.best_epoch)
    drawn = {
        "errors": partial(draw_forecast, data, forecasts),
        "paths": partial(draw_paths, data, forecasts),
        "importance": partial(draw_importance, added, series.unit),
        "curves": partial(draw_curves, net),
    }
    pictures.save({f"forecast_{series.name.split()[0]}_{name}": draw for name, draw in drawn.items()}, options)
    return table


def run(options: Options) -> list[Table]:
    """Train for every series, and give the tables."""
    if "torch" in options.peers:
        import torch  # noqa: F401 (so that its threads are limited too)
    tables = []
    for name, load in SERIES.items():
        if options.only not in name:
            continue
        try:
            series = load(options.data_dir)
        except FileNotFoundError:
            tables.append(Table(f"Forecasts, {name}"))
            tables[-1].note(name, "skipped: give --data-dir")
            continue
        tables.append(one(series.shortened(300) if options.smoke else series, options))
    return tables
