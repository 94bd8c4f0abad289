"""Whole fits with default parameters beside scikit-learn's, on real data: alone, batch by batch, in a grid search.

Both sides train the same model from the same ``random_state``, so they should stop after the same number of epochs,
which the table shows too.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.datasets import DATA, NEEDS_DOWNLOAD, Data
from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table, at_least, exactly
from benchmarks.timing import interleaved, limited, middle, ratios, repeated, timed
from sknn import MLPClassifierScratch, MLPRegressorScratch

CLASSES = {
    False: {"ours": MLPClassifierScratch, "sklearn": MLPClassifier},
    True: {"ours": MLPRegressorScratch, "sklearn": MLPRegressor},
}
GRID = {"alpha": [1e-4, 1e-2], "hidden_layer_sizes": [(50,), (100,)]}


def _data(name: str, options: Options) -> Data | str:
    """Load data, or say why that is not possible."""
    if name in NEEDS_DOWNLOAD and options.data_dir is None and options.smoke:
        return "skipped in a smoke run, as it may need the network"
    try:
        data = DATA[name](options.data_dir)
    except OSError as error:  # offline
        return f"skipped: {type(error).__name__}: give --data-dir, or connect to the network"
    if options.smoke:
        return data._replace(X=data.X[:200], y=data.y[:200])
    return data


def _compare(table: Table, case: str, fits: dict[str, Callable[[], Any]], wanted: float, options: Options) -> None:
    """Time two fits, each of which gives its number of epochs."""
    epochs: dict[str, Any] = {}

    def candidate(name: str) -> Callable[[], float]:
        return timed(lambda: epochs.update({name: fits[name]()}))

    with limited(options.threads):
        times = interleaved({name: candidate(name) for name in fits}, options.n_rounds(5))
    table.add(
        case, "x sklearn", middle(times, "ours"), middle(times, "sklearn"), "s", ratios(times, "sklearn", "ours"),
        at_least(wanted),
    )  # fmt: skip
    ours, theirs = epochs["ours"], epochs["sklearn"]
    table.add(case, "epochs", ours, theirs, "", ours / theirs, exactly(1))


def _defaults(options: Options) -> dict[str, Any]:
    return {"random_state": 0, **({"max_iter": 2} if options.smoke else {})}


def single_fits(options: Options) -> Table:
    """Compare single fits."""
    table = Table("Whole fits, default parameters", "float64, standardized, random_state=0.")
    for name in DATA:
        if options.only not in name:
            continue
        data = _data(name, options)
        if isinstance(data, str):
            table.note(name, data)
            continue

        def fit(kind: type, data: Data = data) -> int:
            return kind(**_defaults(options)).fit(data.X, data.y).n_iter_

        kinds = CLASSES[data.regression]
        fits = {side: partial(fit, kind) for side, kind in kinds.items()}
        _compare(table, name, fits, 2.0 if name.endswith("sparse") else 2.5, options)
    return table


def online_fits(options: Options) -> Table:
    """Compare calls of ``partial_fit``, each with one batch."""
    table = Table("partial_fit, default parameters", "200 rows a call, float64.")
    case = "partial_fit, breast cancer"
    if options.only not in case:
        return table
    X, y, _ = DATA["breast cancer"](None)
    fitted = {side: kind(random_state=0).partial_fit(X, y, classes=[0, 1]) for side, kind in CLASSES[False].items()}
    calls = {
        side: repeated(lambda model=model: model.partial_fit(X[:200], y[:200]), options.size(50, 2))
        for side, model in fitted.items()
    }
    with limited(options.threads):
        times = interleaved(calls, options.n_rounds())
    mid = [middle(times, side) * 1e3 for side in fitted]
    table.add(case, "x sklearn", *mid, "ms", ratios(times, "sklearn", "ours"), at_least(1))
    return table


def grid_searches(options: Options) -> Table:
    """Compare grid searches."""
    table = Table("GridSearchCV(n_jobs=2)", f"3 folds of {GRID}; epochs are those of the best estimator.")
    grid = {"alpha": [1e-4]} if options.smoke else GRID
    for name in ("breast cancer", "digits"):
        case = f"grid search, {name}"
        if options.only not in case:
            continue
        data = _data(name, options)
        assert isinstance(data, Data)

        def fit(kind: type, data: Data = data) -> int:
            search = GridSearchCV(kind(**_defaults(options)), grid, n_jobs=2, cv=3)
            return search.fit(data.X, data.y).best_estimator_.n_iter_

        fits = {side: partial(fit, kind) for side, kind in CLASSES[False].items()}
        _compare(table, case, fits, 2.5, options)
    return table


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    with quiet():
        tables = [single_fits(options), online_fits(options), grid_searches(options)]
    return [table for table in tables if table.rows]
