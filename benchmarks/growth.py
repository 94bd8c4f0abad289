"""Time per row as rows grow, and per parameter as the network grows: both should stay flat."""

from collections.abc import Callable

import numpy as np

from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table, at_most
from benchmarks.timing import best, interleaved, limited, middle, ratios, timed
from sknn import MLPClassifierScratch

BATCH, EPOCHS = 200, 3


def fit(X: np.ndarray, y: np.ndarray, hidden: tuple[int, ...], epochs: int) -> MLPClassifierScratch:
    """Fit for some epochs."""
    parameters = {"max_iter": epochs, "n_iter_no_change": epochs + 1, "random_state": 0, "batch_size": BATCH}
    return MLPClassifierScratch(hidden, **parameters).fit(X, y)


def make_data(n: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Make random data of ten classes."""
    return np.random.default_rng(0).standard_normal((n, columns), np.float32), np.arange(n) % 10


def _add(table: Table, cases: dict[str, Callable[[], float]], unit: str, options: Options) -> None:
    """Compare every case with the first."""
    with limited(options.threads or 1), quiet():
        times = interleaved(cases, options.n_rounds(5))
    first, *others = cases
    for name in others:
        mid = [middle(times, case) * 1e6 for case in (name, first)]
        table.add(name, f"of {first}", *mid, unit, ratios(times, name, first), at_most(1.25))


def by_rows(options: Options) -> Table:
    """Let the rows grow: whole fits, each of about as many steps."""
    table = Table("Time per row", "Whole fits of 20-50-10, batch 200, float32, 1 thread; us per row and epoch.")
    largest = options.size(1_000_000, 2_000)
    X, y = make_data(largest, 20)

    def case(n: int) -> Callable[[], float]:
        epochs = max(2, min(500, largest // n // 2))
        call = timed(lambda: fit(X[:n], y[:n], (50,), epochs))
        return best(lambda: call() / n / epochs, 2 if n < 100_000 else 1)

    sizes = (1_000, 2_000) if options.smoke else (1_000, 10_000, 100_000, 1_000_000)
    _add(table, {f"{n} rows": case(n) for n in sizes}, "us", options)
    return table


def by_parameters(options: Options) -> Table:
    """Let the network grow: an epoch of few steps."""
    remarks = "Two hidden layers, batch 200, float32, 1 thread; us per step and 1000 parameters."
    table = Table("Time per parameter", remarks)

    def case(units: int) -> tuple[str, Callable[[], float]]:
        n_parameters = (units + 1) * (2 * units + 10)
        steps = max(2, min(200, int(2e6 / n_parameters)))
        X, y = make_data(BATCH * steps, units)

        def per_parameter() -> float:
            seconds = min(fit(X, y, (units, units), 1 + EPOCHS).history_["seconds"][1:])
            return seconds / steps / n_parameters * 1000

        return f"{n_parameters:.2g} parameters", per_parameter

    widths = (20, 40) if options.smoke else (70, 220, 700, 2230)
    _add(table, dict(map(case, widths)), "us", options)
    return table


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    return [by_rows(options), by_parameters(options)]
