"""The errors of RealMLP on real tables, beside those of HistGradientBoosting and of the reference implementation.

The tables are those of ``--data-dir``; without one, two that scikit-learn bundles. Of each the first 6000 rows of a
permutation are taken, of which a quarter is for testing: the error rate, or the root mean squared error over the
standard deviation of the test targets. ``--rounds`` says how many splits there are (five). TD is the mean of four
networks' errors, those that TD x 4 averages: of one network the error varies more from seed to seed than from one
implementation to the other. Where pytabkit is installed, its time is taken as well.
"""

import tracemalloc
from collections.abc import Callable
from copy import copy
from importlib.util import find_spec
from pathlib import Path
from statistics import geometric_mean, mean
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split

from benchmarks.datasets import read_table
from benchmarks.options import Options
from benchmarks.report import Bound, Table, at_least, at_most
from benchmarks.timing import interleaved, limited, middle, ratios, timed
from sknn import RealMLPClassifierScratch, RealMLPRegressorScratch

ROWS = 6000
OURS = ("TD-S", "TD", "TD x 4")
# Errors of the reference implementation, pytabkit 1.7.3, and of CatBoost 1.2.10, both as they come: on the first split,
# the second, and so on. There are none for tables with missing numbers, which the reference refuses. Those of TD-S are
# of the seed that is the number of the split; TD's are means of that seed, 11 and 12, and on the two tables with the
# fewest rows, where seeds differ most, also of the number of the split and 10, 20 and 30 more.
REFERENCE: dict[str, dict[str, tuple[float, ...]]] = {
    "phoneme": {
        "TD-S": (0.0972, 0.1054, 0.0987, 0.0934, 0.0949),
        "TD": (0.0994, 0.1064, 0.1089, 0.1037, 0.1006),
        "CatBoost": (0.1061, 0.1121, 0.1158, 0.1121, 0.1084),
    },
    "satimage": {
        "TD-S": (0.0787, 0.0800, 0.0793, 0.0873, 0.0900),
        "TD": (0.0791, 0.0747, 0.0822, 0.0833, 0.0862),
        "CatBoost": (0.0767, 0.0780, 0.0913, 0.0840, 0.0887),
    },
    "segment": {
        "TD-S": (0.0287, 0.0230, 0.0268, 0.0268, 0.0268),
        "TD": (0.0313, 0.0243, 0.0281, 0.0277, 0.0281),
        "CatBoost": (0.0249, 0.0153, 0.0211, 0.0345, 0.0249),
    },
    "airfoil": {
        "TD-S": (0.1712, 0.1973, 0.1995, 0.2030, 0.2090),
        "TD": (0.1667, 0.2026, 0.2047, 0.2044, 0.1792),
        "CatBoost": (0.1898, 0.2350, 0.2469, 0.2416, 0.2213),
    },
    "abalone": {
        "TD-S": (0.6602, 0.6655, 0.6953, 0.6680, 0.6496),
        "TD": (0.6540, 0.6542, 0.6894, 0.6599, 0.6434),
        "CatBoost": (0.6801, 0.6776, 0.6938, 0.6784, 0.6447),
    },
    "wine_quality": {
        "TD-S": (0.8136, 0.8136, 0.8207, 0.7935, 0.8125),
        "TD": (0.8040, 0.8074, 0.7967, 0.7930, 0.8007),
        "CatBoost": (0.7781, 0.7991, 0.7880, 0.7798, 0.7854),
    },
    "bikeshare": {
        "TD-S": (0.2547, 0.2651, 0.2801, 0.2740, 0.2408),
        "TD": (0.2365, 0.2529, 0.2608, 0.2660, 0.2219),
        "CatBoost": (0.2422, 0.2388, 0.2529, 0.2463, 0.2199),
    },
    "telco_churn": {},
    "credit_data": {},
    "california": {},
    "contraceptive": {"TD-S": (0.450,), "TD": (0.436,)},
}
# A geometric mean of errors over those of another, and what it should be.
WANTED: list[tuple[str, str, Bound]] = [
    ("TD-S", "TD-S", at_most(1.0)),
    ("TD", "TD", at_most(1.0)),
    ("TD x 4", "TD", at_most(1.0)),
    ("TD x 4", "CatBoost", at_most(1.0)),
]


class Task(NamedTuple):
    """A table with its targets."""

    X: Any
    y: np.ndarray
    regression: bool


def tasks(options: Options) -> dict[str, Callable[[], Task]]:
    """Name the tables that there are, and how to read them."""
    if options.data_dir is None:
        return {
            "breast cancer": lambda: Task(*load_breast_cancer(as_frame=True, return_X_y=True), False),
            "diabetes": lambda: Task(*load_diabetes(as_frame=True, return_X_y=True), True),
        }
    folder: Path = options.data_dir
    return {name: (lambda name=name: _read(folder, name)) for name in REFERENCE if (folder / f"{name}.npz").exists()}


def _read(folder: Path, name: str) -> Task:
    """Read a table of numbers and categories."""
    table = read_table(folder, name)
    names, n = [str(name) for name in table["feature_names"]], table["X_num"].shape[1]
    X = pd.DataFrame(table["X_num"], columns=names[:n])
    for j, column in enumerate(names[n:]):
        X[column] = pd.Categorical.from_codes(table["X_cat"][:, j], categories=table["cat_levels"][column])
    return Task(X, table["y"], table["meta"]["task"] == "regression")


def _split(task: Task, seed: int, options: Options) -> list[Any]:
    """Give X_train, X_test, y_train, y_test."""
    rows = np.random.default_rng(0).permutation(len(task.y))[: options.size(ROWS, 200)]
    X, y = task.X.iloc[rows].reset_index(drop=True), np.asarray(task.y)[rows]
    return train_test_split(X, y, test_size=0.25, random_state=seed, stratify=None if task.regression else y)


def _models(regression: bool, seed: int, options: Options) -> dict[str, Any]:
    """Make the models."""
    ours = RealMLPRegressorScratch if regression else RealMLPClassifierScratch
    boosting = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    params = {"random_state": seed, **({"max_iter": 4, "hidden_layer_sizes": 16} if options.smoke else {})}
    return {
        "TD-S": ours("td-s", **params),
        "TD x 4": ours(n_members=4, **params),
        "HistGB": boosting(categorical_features="from_dtype", random_state=seed),
    }


def _split_errors(task: Task, seed: int, options: Options) -> dict[str, float]:
    """Fit all models on one part of a split, and give their errors on the other."""
    X_train, X_test, y_train, y_test = _split(task, seed, options)

    def error(model: Any) -> float:
        predicted = model.predict(X_test)
        if task.regression:
            return float(np.sqrt(np.mean((predicted - y_test) ** 2)) / y_test.std())
        return float(np.mean(predicted != y_test))

    models = _models(task.regression, seed, options)
    found = {name: error(model.fit(X_train, y_train)) for name, model in models.items()}
    return {**found, "TD": mean(error(alone) for alone in _members(models["TD x 4"]))}


def _members(model: Any) -> list[Any]:
    """Take each member of a fitted model as a model of its own."""
    alone = [copy(model) for _ in model.members_]
    for one, member in zip(alone, model.members_, strict=True):
        one.members_ = [member]
    return alone


def errors(options: Options) -> list[Table]:
    """Compare errors on all tables."""
    results: dict[str, dict[str, list[float]]] = {}
    for name, read in tasks(options).items():
        if options.only in name:
            task = read()
            splits = [_split_errors(task, seed, options) for seed in range(options.n_rounds(5))]
            results[name] = {model: [split[model] for split in splits] for model in splits[0]}
    return compared(results)


def compared(results: dict[str, dict[str, list[float]]]) -> list[Table]:
    """Compare errors, table by table and in the mean."""
    each = Table("Errors", "Error rate or RMSE over the deviation: means over the splits.")
    means = Table("Geometric means over the tables", "Of mean errors over those named, on the same splits.")
    over: dict[tuple[str, str], list[float]] = {}
    for name, found in results.items():
        for model in OURS:
            ours = [max(error, 1e-9) for error in found[model]]
            for peer, theirs in {"HistGB": found["HistGB"], **REFERENCE.get(name, {})}.items():
                pairs = list(zip(ours, theirs, strict=False))  # as many splits as are known of both
                a, b = (mean(column) for column in zip(*pairs, strict=True))
                over.setdefault((model, peer), []).append(a / max(b, 1e-9))
                each.add(f"{name}, {model}", peer, a, b, "", a / max(b, 1e-9))
    for model, peer, bound in [*WANTED, ("TD x 4", "HistGB", at_most(1.0))]:
        if ratios_of := over.get((model, peer)):
            means.add(f"{model}, {len(ratios_of)} tables", peer, 1, 1, "", geometric_mean(ratios_of), bound)
    return [each, means]


def speed(options: Options) -> Table:
    """Compare the time of a fit with pytabkit's, both with one thread unless ``--threads`` says else."""
    table = Table("Time of a fit", "4000 rows, 10 numbers, 2 classes, 256 epochs, defaults.")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(options.size(4000, 200), 10)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] + rng.normal(size=len(X)) > 0).astype(int)
    more = {"max_iter": 4} if options.smoke else {}
    threads = options.threads or 1
    fits: dict[str, Callable[[], Any]] = {"ours": lambda: RealMLPClassifierScratch(random_state=0, **more).fit(X, y)}
    if find_spec("pytabkit"):
        from pytabkit import RealMLP_TD_Classifier

        # It has a number of threads of its own, which is that of all cores unless one says it.
        peer = {"device": "cpu", "n_threads": threads, **({"n_epochs": 4} if options.smoke else {})}
        fits["pytabkit"] = lambda: RealMLP_TD_Classifier(random_state=0, **peer).fit(X, y)
    with limited(threads):
        times = interleaved({name: timed(fit) for name, fit in fits.items()}, options.n_rounds(1))
    if "pytabkit" in fits:
        ratio = ratios(times, "pytabkit", "ours")
        table.add("TD", "pytabkit", middle(times, "ours"), middle(times, "pytabkit"), "s", ratio, at_least(4.0))
    else:
        table.note("TD", f"{middle(times, 'ours'):.2f} s; pytabkit is not installed")
    return table


def memory(options: Options) -> Table:
    """Measure what a fit allocates at most, over the table and the weights."""
    table = Table("Memory of a fit", "Largest sum of all allocations over the size of the table plus the weights.")
    X = np.random.default_rng(0).normal(size=(options.size(200_000, 20_000), 20))
    net = RealMLPRegressorScratch(max_iter=1, random_state=0)
    y = X[:, 0].copy()
    tracemalloc.start()
    started = perf_counter()
    net.fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    weights = net.n_parameters_ * 4
    case = f"{X.shape[0]} x {X.shape[1]}, {perf_counter() - started:.1f} s"
    size = X.nbytes + weights
    table.add(case, "table + weights", peak / 2**20, size / 2**20, "MB", peak / size, at_most(3.0))
    return table


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    tables = errors(options)
    if not options.only:
        tables += [speed(options), memory(options)]
    return [table for table in tables if table.rows]
