"""What each option adds to the 100-100-10 step, and what data that nobody scaled do to an epoch.

Options stand beside the array passes that they cannot do without.

The passes of an option are bare NumPy calls into arrays of the sizes that it works on, timed in the same rounds: a
"pass" is ``np.multiply``. What an option adds is the difference of the fastest epochs of two fits, one with it and one
without, each epoch from its first step to the first step of the next.

Data as they are saturate many units, and make probabilities certain: without care that gives subnormal numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table, at_most
from benchmarks.timing import best, interleaved, limited, middle, ratios, repeated, timed
from sknn import MLPClassifierScratch
from sknn.activations import ACTIVATIONS
from sknn.schedules import Clock, Constant

BATCH, INPUTS, HIDDEN, OUTPUTS = 200, 100, 100, 10
SHAPES = {
    "hidden": (BATCH, HIDDEN),
    "outputs": (BATCH, OUTPUTS),
    "parameters": ((INPUTS + 1) * HIDDEN + (HIDDEN + 1) * OUTPUTS,),
}
"""The arrays that options work on."""


@dataclass(frozen=True)
class Feature:
    """An option, and what it needs.

    Parameters
    ----------
    name : str
        Its name in the table.
    parameters : dict
        What switches it on.
    array : str
        The array it works on, a key of `SHAPES`.
    needs : dict of str to int
        How many passes of each kind: keys of `KINDS`, or "predict" for the validation rows once an epoch.
    """

    name: str
    parameters: dict[str, Any]
    array: str
    needs: dict[str, int] = field(default_factory=dict)

    def explain(self) -> str:
        """Say the passes in words."""
        return f"{' + '.join(f'{n} {kind}' for kind, n in self.needs.items())} over {self.array}"


KINDS: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
    "pass": lambda a, out: np.multiply(a, 0.99, out=out),
    "draw": lambda a, out: _RNG.random(out=out, dtype=out.dtype),
    "exp": lambda a, out: np.exp(a, out=out),
}
_RNG = np.random.default_rng(0)

FEATURES = (
    # a draw; a comparison, then factor and mask, forward and backward
    Feature("dropout 0.2", {"dropout": 0.2}, "hidden", {"draw": 1, "pass": 5}),
    # forward: mean, centre, square, scale, shift; backward: two sums, and four passes for the gradient
    Feature("batch normalization", {"normalization": "batch"}, "hidden", {"pass": 11}),
    # the decay
    Feature("AdamW", {"solver": "adamw"}, "parameters", {"pass": 1}),
    # forward: exp(-z² / 2) in 6, its tail in 21, P(z) in 4, z P(z); backward: factor, z, + P, dy; less ReLU's own three
    Feature("gelu", {"activation": "gelu"}, "hidden", {"exp": 1, "pass": 30}),
    # the norm, and the factor
    Feature("clipping", {"max_grad_norm": 1e-3}, "parameters", {"pass": 2}),
    # loss and gradient times the weights, and gathering these
    Feature("class weights", {"class_weight": "balanced"}, "outputs", {"pass": 3}),
    # after each epoch the validation rows are predicted once
    Feature("early stopping", {"early_stopping": True}, "validation rows", {"predict": 1}),
)


@dataclass(frozen=True)
class Stamps(Constant):
    """Leaves the learning rate alone, and notes when each epoch begins."""

    times: list[float] = field(default_factory=list)

    def __call__(self, clock: Clock) -> float:
        if clock.step % clock.steps_per_epoch == 0:
            self.times.append(perf_counter())
        return 1.0

    def fastest(self) -> float:
        """Give the seconds of the fastest epoch."""
        return min(after - before for before, after in pairwise(self.times))


class Fits:
    """Fits on the same data, with or without an option.

    Parameters
    ----------
    steps, epochs : int
        Batches of an epoch, and epochs.
    dtype : str
        Of the data.
    """

    def __init__(self, steps: int, epochs: int, dtype: str) -> None:
        rng = np.random.default_rng(0)
        self.steps, self.epochs = steps, epochs
        self.X = rng.standard_normal((steps * BATCH, INPUTS)).astype(dtype)
        self.y = np.arange(len(self.X)) % OUTPUTS
        self.X_val, self.y_val = self.X[: len(self.X) // 10], self.y[: len(self.X) // 10]

    def fit(self, **options: Any) -> MLPClassifierScratch:
        """Fit once; with early stopping on a validation set of a tenth of the rows, so that the steps stay the same."""
        estimator = MLPClassifierScratch(
            **{"hidden_layer_sizes": (HIDDEN,), "batch_size": BATCH, "alpha": 0.0, "random_state": 0, **options},
            max_iter=self.epochs,
            n_iter_no_change=self.epochs + 1,
        )
        validation = {"X_val": self.X_val, "y_val": self.y_val} if options.get("early_stopping") else {}
        return estimator.fit(self.X, self.y, **validation)

    def epoch(self, **options: Any) -> float:
        """Give the seconds of the fastest epoch of a fit."""
        stamps = Stamps()
        self.fit(learning_rate=stamps, **options)
        return stamps.fastest()

    def candidates(self, feature: Feature) -> dict[str, Callable[[], float]]:
        """Make the candidates: fits without and with the option, and its passes."""
        chosen = {
            "without": self.epoch,
            "with": lambda: self.epoch(**feature.parameters),
        }
        fitted = self.fit()
        for kind in feature.needs:
            if kind == "predict":
                chosen[kind] = best(timed(lambda: fitted.predict_proba(self.X_val)), 10)
                continue
            chosen[kind] = self._passes(kind, SHAPES[feature.array])
        return chosen

    def _passes(self, kind: str, shape: tuple[int, ...]) -> Callable[[], float]:
        """Make the candidate of one pass."""
        array = np.random.default_rng(0).standard_normal(shape).astype(self.X.dtype)
        out = np.empty_like(array)
        return best(repeated(lambda: KINDS[kind](array, out), 20), 20)


def saturation(options: Options) -> Table:
    """Compare an epoch on data as they are with one on the same data standardized."""
    table = Table("Epochs on data as they are, float32", "256-256 on breast cancer; peer: standardized; one thread.")
    X, y = load_breast_cancer(return_X_y=True)
    data = {"as they are": X.astype("float32"), "standardized": StandardScaler().fit_transform(X).astype("float32")}
    epochs = options.size(40, 3)
    for activation in ACTIVATIONS:
        estimator = MLPClassifierScratch((256, 256), activation=activation, max_iter=epochs, random_state=0)
        estimator.set_params(n_iter_no_change=epochs + 1)

        def epoch(name: str, estimator: MLPClassifierScratch = estimator) -> float:
            return median(estimator.fit(data[name], y).history_["seconds"])

        if options.only in activation:
            with limited(options.threads or 1), quiet():
                times = interleaved({name: partial(epoch, name) for name in data}, options.n_rounds())
            mid = [middle(times, name) * 1e3 for name in data]
            table.add(activation, "standardized", *mid, "ms", ratios(times, *data))
    return table


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    table = Table(
        "What each option adds to the 100-100-10 step, batch 200, float32",
        "ours: added to a step; peer: its passes alone; one thread.",
    )
    fits = Fits(options.size(50, 2), options.size(20, 3), "float32")
    for feature in FEATURES:
        if options.only not in feature.name:
            continue
        with limited(options.threads or 1), quiet():
            times = interleaved(fits.candidates(feature), options.n_rounds())
        added = [(b - a) / fits.steps * 1e6 for a, b in zip(times["without"], times["with"], strict=True)]
        per_step = {"predict": 1e6 / fits.steps}
        needed = [
            sum(n * times[kind][i] * per_step.get(kind, 1e6) for kind, n in feature.needs.items())
            for i in range(len(added))
        ]
        each = [a / b for a, b in zip(added, needed, strict=True)]
        table.add(feature.name, feature.explain(), median(added), median(needed), "us", each, at_most(1))
    return [each for each in (table, saturation(options)) if each.rows]
