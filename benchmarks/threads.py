"""Threads of BLAS: chosen by the size of the step, restored after it, never more than there are cores.

A schedule that looks at the thread count in the midst of training tells what a fit uses.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_info

from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table, at_least, at_most, exactly
from benchmarks.timing import interleaved, middle, ratios, timed
from sknn import MLPClassifierScratch
from sknn.schedules import Clock, Constant


def blas_threads() -> int:
    """Give how many threads BLAS may use now."""
    return max((library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"), default=1)


@dataclass(frozen=True)
class Watch(Constant):
    """Leaves the learning rate alone, and writes down the thread count once in every ``every`` steps.

    Parameters
    ----------
    path : str
        File that a line is added to.
    every : int
        Steps between two looks.
    """

    path: str
    every: int

    def __call__(self, clock: Clock) -> float:
        if clock.step % self.every == 0:
            with Path(self.path).open("a") as file:
                file.write(f"{blas_threads()}\n")
        return 1.0

    def seen(self) -> list[int]:
        """Give the counts that were seen."""
        return [int(line) for line in Path(self.path).read_text().split()]


def estimator(hidden: tuple[int, ...], **parameters: Any) -> MLPClassifierScratch:
    """Make an estimator that trains for a few epochs."""
    defaults: dict[str, Any] = {"max_iter": 3, "random_state": 0, **parameters}
    return MLPClassifierScratch(hidden, **defaults)


def make_data(n: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Make random data of ten classes."""
    X = np.random.default_rng(0).standard_normal((n, columns), np.float32)
    return X, np.arange(n) % 10


def chosen(options: Options, folder: Path) -> Table:
    """Look at the count that fits choose."""
    table = Table("Threads chosen", "ours: BLAS threads while training; peer: those allowed before and after.")
    for columns, hidden in ((20, (64,)), (100, (100,)), (784, (512, 512)), (784, (1024,) * 3)):
        X, y = make_data(options.size(4_000, 400), columns)
        name = "-".join(map(str, (columns, *hidden, 10)))
        watch = Watch(str(folder / name), every=5)
        before = blas_threads()
        estimator(hidden, learning_rate=watch).fit(X, y)
        used = max(watch.seen())
        table.add(name, "of those allowed", used, before, "threads", used / before, at_most(1))
        table.add(name, "restored", blas_threads(), before, "threads", blas_threads() / before, exactly(1))
    return table


SIZES = {"small": (20, (50,)), "large": (784, (1024, 1024))}


def a_fit(name: str, watch: Watch, options: Options) -> Callable[[], Any]:
    """Make a function that fits; the small net trains as long as the large one, roughly."""
    columns, hidden = SIZES[name]
    X, y = make_data(options.size(4_000, 400), columns)
    epochs = options.size(150 if name == "small" else 3, 2)
    model = estimator(hidden, learning_rate=watch, max_iter=epochs, n_iter_no_change=epochs)
    return lambda: model.fit(X, y)


def two_fits(options: Options, folder: Path) -> Table:
    """Let a small and a large fit overlap in two threads, in either order."""
    remarks = "ours: most BLAS threads that a fit saw; peer: those of the same fit alone, in the main thread."
    table = Table("Two fits in two threads", remarks)
    before, alone = blas_threads(), {}
    for name in SIZES:
        watch = Watch(str(folder / f"{name} alone"), every=1)
        a_fit(name, watch, options)()
        alone[name] = max(watch.seen())
    for order in (("small", "large"), ("large", "small")):
        watches = {name: Watch(str(folder / f"{order[0]} first, {name}"), every=1) for name in order}
        threads = [Thread(target=a_fit(name, watches[name], options)) for name in order]
        for name, thread in zip(order, threads, strict=True):
            thread.start()
            while thread.is_alive() and not Path(watches[name].path).exists():
                sleep(0.001)  # the other one starts when this one trains
        for thread in threads:
            thread.join()
        for name, watch in watches.items():
            most = max(watch.seen())
            case = f"{name}, {order[0]} one first"
            table.add(case, "of the same alone", most, alone[name], "threads", most / alone[name], at_most(1))
        now = blas_threads()
        table.add(f"afterwards, {order[0]} one first", "restored", now, before, "threads", now / before, exactly(1))
    return table


def grid(options: Options, folder: Path) -> Table:
    """Look at the workers of a grid search."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    table = Table("GridSearchCV(n_jobs=-1), small nets", "BLAS threads of all workers together, beside the cores.")
    X, y = make_data(options.size(4_000, 200), 50)
    epochs = options.size(20, 2)
    parameters = {"alpha": [1e-4, 1e-3, 1e-2, 1e-1]}
    watch = Watch(str(folder / "grid"), every=5)

    def search(n_jobs: int, **more: Any) -> None:
        small = estimator((50,), max_iter=epochs, n_iter_no_change=epochs, **more)
        GridSearchCV(small, parameters, n_jobs=n_jobs, cv=3).fit(X, y)

    search(-1, learning_rate=watch)
    total = cores * max(watch.seen())
    table.add("threads", "of the cores", total, cores, "threads", total / cores, at_most(1))
    calls = {"alone": timed(lambda: search(1)), "all cores": timed(lambda: search(-1))}
    times = interleaved(calls, options.n_rounds(5))
    speed = ratios(times, "alone", "all cores")
    wanted = at_least(0.6 * cores)
    table.add("time", "n_jobs=1 over n_jobs=-1", middle(times, "all cores"), middle(times, "alone"), "s", speed, wanted)
    return table


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    with quiet(), tempfile.TemporaryDirectory() as folder:
        return [part(options, Path(folder)) for part in (chosen, two_fits, grid)]
