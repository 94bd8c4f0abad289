"""The errors of RealMLP on real tables, beside those of HistGradientBoosting and of the reference implementation.

The tables are those of ``--data-dir``; without one, two that scikit-learn bundles. Of each the first 6000 rows of a
permutation are taken, of which a quarter is for testing: the error rate, or the root mean squared error over the
standard deviation of the test targets. ``--rounds`` says how many splits there are (five); the reference figures are of
the first. Where pytabkit is installed, its time is taken as well.
"""

import tracemalloc
from collections.abc import Callable
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
# Errors on the first split: pytabkit 1.7.3, CatBoost, scikit-learn 1.9. The reference refuses missing numbers.
REFERENCE: dict[str, dict[str, float]] = {
    "phoneme": {"MLP": 0.151, "HistGB": 0.108, "CatBoost": 0.121, "TD-S": 0.092, "TD": 0.111},
    "satimage": {"MLP": 0.092, "HistGB": 0.075, "CatBoost": 0.088, "TD-S": 0.079, "TD": 0.074},
    "contraceptive": {"MLP": 0.496, "HistGB": 0.469, "CatBoost": 0.472, "TD-S": 0.450, "TD": 0.436},
    "segment": {"MLP": 0.035, "HistGB": 0.021, "CatBoost": 0.025, "TD-S": 0.023, "TD": 0.023},
    "airfoil": {"MLP": 0.405, "HistGB": 0.245, "CatBoost": 0.229, "TD-S": 0.186, "TD": 0.180},
    "abalone": {"MLP": 0.643, "HistGB": 0.679, "CatBoost": 0.669, "TD-S": 0.663, "TD": 0.652},
    "wine_quality": {"MLP": 0.806, "HistGB": 0.800, "CatBoost": 0.797, "TD-S": 0.814, "TD": 0.805},
    "bikeshare": {"MLP": 0.472, "HistGB": 0.250, "CatBoost": 0.259, "TD-S": 0.257, "TD": 0.235},
    "telco_churn": {"MLP": 0.220, "HistGB": 0.204},
    "credit_data": {"MLP": 0.220, "HistGB": 0.208},
    "california": {"MLP": 0.490, "HistGB": 0.442},
}
# A geometric mean of errors over those of another, and what it should be.
WANTED: list[tuple[str, str, Bound]] = [
    ("TD-S", "TD-S", at_most(1.0)),
    ("TD", "TD", at_most(1.0)),
    ("TD x 4", "TD", at_most(1.0)),
    ("TD x 4", "HistGB", at_most(1.0)),
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
        "TD": ours(**params),
        "TD x 4": ours(n_members=4, **params),
        "HistGB": boosting(categorical_features="from_dtype", random_state=seed),
    }


def _error(model: Any, task: Task, seed: int, options: Options) -> float:
    """Fit on one split, and give the error on its other part."""
    X_train, X_test, y_train, y_test = _split(task, seed, options)
    predicted = model.fit(X_train, y_train).predict(X_test)
    if task.regression:
        return float(np.sqrt(np.mean((predicted - y_test) ** 2)) / y_test.std())
    return float(np.mean(predicted != y_test))


def _errors(task: Task, options: Options) -> dict[str, list[float]]:
    """Give the errors of all models, a number a split."""
    found: dict[str, list[float]] = {}
    for seed in range(options.n_rounds(5)):
        for name, model in _models(task.regression, seed, options).items():
            found.setdefault(name, []).append(_error(model, task, seed, options))
    return found


def errors(options: Options) -> list[Table]:
    """Compare errors, table by table and in the mean."""
    each = Table("Errors", "Error rate or RMSE over the deviation: mean over the splits; ratios split by split.")
    means = Table("Geometric means over the tables", "Errors over those named, which are of the first split, or ours.")
    results = {name: _errors(read(), options) for name, read in tasks(options).items() if options.only in name}
    for name, found in results.items():
        for model in OURS:
            ours = [max(error, 1e-9) for error in found[model]]
            over = [a / max(b, 1e-9) for a, b in zip(ours, found["HistGB"], strict=True)]
            each.add(f"{name}, {model}", "HistGB here", mean(ours), mean(found["HistGB"]), "", over)
            for peer, error in REFERENCE.get(name, {}).items():
                if peer == model.removesuffix(" x 4"):
                    each.add(f"{name}, {model}", f"{peer} of pytabkit", mean(ours), error, "", mean(ours) / error)
    for model, peer, bound in WANTED:
        pairs = [(mean(found[model]), REFERENCE.get(name, {}).get(peer)) for name, found in results.items()]
        known = [max(ours, 1e-9) / theirs for ours, theirs in pairs if theirs]
        if known:
            means.add(f"{model}, {len(known)} tables", f"{peer}, given", 1, 1, "", geometric_mean(known), bound)
    here = [max(mean(f["TD x 4"]), 1e-9) / max(mean(f["HistGB"]), 1e-9) for f in results.values()]
    if here:
        means.add(f"TD x 4, {len(here)} tables", "HistGB here", 1, 1, "", geometric_mean(here), at_most(1.0))
    return [each, means]


def speed(options: Options) -> Table:
    """Compare the time of a fit with pytabkit's, both with one thread unless ``--threads`` says else."""
    table = Table("Time of a fit", "4000 rows, 10 numbers, 2 classes, 256 epochs, defaults.")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(options.size(4000, 200), 10)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] + rng.normal(size=len(X)) > 0).astype(int)
    more = {"max_iter": 4} if options.smoke else {}
    fits: dict[str, Callable[[], Any]] = {"ours": lambda: RealMLPClassifierScratch(random_state=0, **more).fit(X, y)}
    if find_spec("pytabkit"):
        from pytabkit import RealMLP_TD_Classifier

        epochs = {"n_epochs": 4} if options.smoke else {}
        fits["pytabkit"] = lambda: RealMLP_TD_Classifier(random_state=0, device="cpu", **epochs).fit(X, y)
    with limited(options.threads or 1):
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
