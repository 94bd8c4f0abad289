"""What a fit adds to the process's memory, and what a step allocates.

Each fit runs in a new process, after a small one that loads everything. Arrays are measured by the process's high-water
mark, the memory-mapped file by sampling the process's anonymous memory, in which pages of the file do not count.
"""

import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.options import Options
from benchmarks.processes import in_new_process, quiet
from benchmarks.report import Table, at_most
from benchmarks.timing import limited
from sknn import MLPClassifierScratch
from sknn.training.trainer import Trainer

MEGA = 2**20
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def status(name: str) -> float:
    """Read a number of the process's memory, in MB."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name + ":"))
    return int(line.split()[1]) / 1024


def high_water(run: Callable[[], object]) -> float:
    """Give by how many MB the resident memory rises at most during a call."""
    CLEAR.write_text("5")  # resets the mark
    before = status("VmRSS")
    run()
    return status("VmHWM") - before


def sampled(run: Callable[[], object]) -> float:
    """Give by how many MB the anonymous memory rises at most during a call, looking every few milliseconds."""
    done, peak = Event(), [0.0]
    before = status("RssAnon")

    def watch() -> None:
        while not done.wait(0.003):
            peak[0] = max(peak[0], status("RssAnon") - before)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        run()
    finally:
        done.set()
        watcher.join()
    return peak[0]


def fit(X: np.ndarray, y: np.ndarray, hidden: tuple[int, ...], **parameters: Any) -> MLPClassifierScratch:
    """Fit for two epochs, with one thread, which a busy machine disturbs least."""
    with quiet(), limited(1):
        return MLPClassifierScratch(hidden, max_iter=2, random_state=0, **parameters).fit(X, y)


def fit_on_array(n: int, columns: int, hidden: tuple[int, ...], early_stopping: bool) -> tuple[float, float]:
    """Give the MB that a fit adds, and the MB of its parameters."""
    X = np.empty((n, columns), np.float32)
    np.random.default_rng(0).standard_normal(out=X, dtype=np.float32)
    y = np.arange(n) % 10
    n_parameters = fit(X[:400], y[:400], hidden, early_stopping=early_stopping).n_parameters_
    return high_water(lambda: fit(X, y, hidden, early_stopping=early_stopping)), n_parameters * 4 / MEGA


def fit_on_memmap(path: str, n: int, columns: int) -> tuple[float, float]:
    """Give the MB that a fit on a read-only file adds, and the MB of its parameters."""
    X = np.memmap(path, np.float32, "r", shape=(n, columns))
    y = np.arange(n) % 10
    n_parameters = fit(X[:400], y[:400], (100,)).n_parameters_
    return sampled(lambda: fit(X, y, (100,))), n_parameters * 4 / MEGA


def step_allocation(**parameters: Any) -> float:
    """Give the most that a step of a fit allocates at once, in kB; its smallest array has 80 kB."""
    peaks: list[int] = []
    step = Trainer._step

    def measured(*args: Any) -> Any:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        result = step(*args)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
        return result

    X = np.random.default_rng(0).standard_normal((4000, 100), np.float32)
    with patch.object(Trainer, "_step", measured):
        tracemalloc.start()
        fit(X, np.arange(4000) % 10, (400,), batch_size=2000, **parameters)
        tracemalloc.stop()
    return max(peaks[len(peaks) // 2 :]) / 1024  # the second epoch: nothing is done for the first time


def added_by_fits(options: Options) -> Table:
    """Measure fits."""
    table = Table(
        "Memory that a fit adds, beside 16 MB and 4 times the parameters (6 with early stopping)",
        "float32, C-ordered X; two epochs.",
    )
    if not CLEAR.exists():
        table.note("all", "skipped: measured through /proc, which is not here")
        return table
    n, hidden = options.size(100_000, 1_000), (1024, 1024, 1024)
    cases = [(n, 100, (100,)), (4 * n, 100, (100,)), (10_000, 784, hidden)]
    for rows, columns, sizes in cases[: options.size(3, 1)]:
        for early_stopping in (False, True)[: options.size(2, 1)]:
            added, parameters = in_new_process(fit_on_array, rows, columns, sizes, early_stopping)
            allowed = 16 + parameters * (6 if early_stopping else 4)
            name = f"{rows} rows, {'-'.join(map(str, (columns, *sizes, 10)))}"
            case = f"{name}, early stopping" if early_stopping else name
            table.add(case, "of what is allowed", added, allowed, "MB", added / allowed, at_most(1))
    _add_memmap(table, options)
    return table


def _add_memmap(table: Table, options: Options) -> None:
    size, columns = options.size(2 * 2**30, 2**22), 784
    n = size // (4 * columns)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.float32"
        with path.open("wb") as file:
            file.truncate(4 * columns * n)  # a file of zeros that takes no place
        added, parameters = in_new_process(fit_on_memmap, str(path), n, columns)
    allowed = 16 + 4 * parameters
    case = f"read-only memmap of {size / 2**30:.2g} GB"
    table.add(case, "of what is allowed", added, allowed, "MB", added / allowed, at_most(1))


def allocated_by_steps(options: Options) -> Table:
    """Measure steps."""
    table = Table(
        "What a step allocates at once",
        "By tracemalloc; 100-400-10, batch 2000: its arrays have 80 kB and more. NumPy casts in pieces of up to 64 kB.",
    )
    features: dict[str, dict[str, Any]] = {
        "default": {},
        "dropout": {"dropout": 0.2},
        "batch normalization": {"normalization": "batch"},
        "layer normalization": {"normalization": "layer"},
        "AdamW": {"solver": "adamw"},
        "gelu": {"activation": "gelu"},
        "clipping": {"max_grad_norm": 1e-3},
        "class weights": {"class_weight": "balanced"},
        "l1_ratio": {"l1_ratio": 0.5},
    }
    for name, parameters in features.items():
        allocated = step_allocation(**parameters)
        table.add(name, "of what is allowed", allocated, 64, "kB", allocated / 64, at_most(1))
    return table


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    return [added_by_fits(options), allocated_by_steps(options)]
