"""Predicting a million rows, and one row, beside scikit-learn: time, and memory beyond the result."""

import tracemalloc
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table, at_least, at_most
from benchmarks.timing import interleaved, limited, middle, ratios, repeated, timed
from sknn import MLPClassifierScratch

MEGA = 2**20


def extra_memory(estimator: Any, method: str, X: np.ndarray) -> float:
    """Give the peak of what a call allocates beyond its result, in MB; arrays of NumPy are all counted."""
    tracemalloc.start()
    result = getattr(estimator, method)(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - result.nbytes) / MEGA


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    rng = np.random.default_rng(0)
    n = options.size(1_000_000, 2_000)
    X = rng.standard_normal((n, 100), dtype=np.float32)
    X_fit, y_fit = X[:2000], np.arange(min(n, 2000)) % 10
    parameters = {"hidden_layer_sizes": (100,), "max_iter": 2, "random_state": 0}
    with quiet():
        fitted = {"ours": MLPClassifierScratch(**parameters), "sklearn": MLPClassifier(**parameters)}
        for estimator in fitted.values():
            estimator.fit(X_fit, y_fit)
    speed = Table("Predict, time", "100-100-10, float32.")
    memory = Table("Predict, peak memory beyond the result", "By tracemalloc, which counts every array.")
    for method in ("predict", "predict_proba"):
        calls = {name: timed(lambda e=e, method=method: getattr(e, method)(X)) for name, e in fitted.items()}
        with limited(options.threads):
            times = interleaved(calls, options.n_rounds(5))
        mid = [middle(times, name) * 1e3 for name in fitted]
        speed.add(f"{method}, {n} rows", "x sklearn", *mid, "ms", ratios(times, "sklearn", "ours"), at_least(2))
        few, many, theirs = (
            extra_memory(fitted["ours"], method, X[: n // 4]),
            extra_memory(fitted["ours"], method, X),
            extra_memory(fitted["sklearn"], method, X),
        )
        memory.add(f"{method}, {n} rows", "of sklearn's", many, theirs, "MB", many / theirs)
        memory.add(f"{method}, {n} rows", f"of {n // 4} rows", many, few, "MB", many / few, at_most(1.1))
    for method in ("predict", "predict_proba"):
        calls = {
            name: repeated(lambda e=e, method=method: getattr(e, method)(X[:1]), options.size(300, 2))
            for name, e in fitted.items()
        }
        with limited(options.threads):
            times = interleaved(calls, options.n_rounds())
        mid = [middle(times, name) * 1e6 for name in fitted]
        speed.add(f"{method}, 1 row", "x sklearn", *mid, "us", ratios(times, "sklearn", "ours"), at_least(1))
    return [speed, memory]
