"""Japanese vowels: which of nine speakers, from sequences of different lengths, by a bidirectional GRU, beside torch.

What is missing at the end of a shorter sequence is NaN. The rows for testing are the source's own; of the others a
fifth validates, by its loss, as their accuracy soon stands still.
"""

from functools import partial
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks import pictures
from benchmarks.datasets import read_table
from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.recipe import Recipe, Training
from benchmarks.report import Table, at_least
from benchmarks.timing import limited
from sknn import SequentialClassifierScratch
from sknn.initializers import GlorotUniform
from sknn.layers import GRU, Bidirectional, Dropout

UNITS, DROPOUT = 32, 0.2

Parts = list[tuple[np.ndarray, np.ndarray]]


def made_up(n: int = 90) -> dict[str, Any]:
    """Make noise of different lengths, in place of the data."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 12, 3)).astype(np.float32)
    X[np.arange(12) >= rng.integers(4, 13, (n, 1))] = np.nan
    return {"X_num": X, "y": np.arange(n) % 3, "train_idx": np.arange(60), "test_idx": np.arange(60, n)}


def parts_of(options: Options) -> Parts | None:
    """Give the rows to train, to validate and to test with; without ``--data-dir`` noise, or nothing."""
    if options.data_dir is not None:
        table = read_table(options.data_dir, "seq_japanese_vowels")
    elif options.smoke:
        table = made_up()
    else:
        return None
    X, y = table["X_num"], np.unique(table["y"], return_inverse=True)[1]
    known = X[table["train_idx"]]
    X = (X - np.nanmean(known, axis=(0, 1))) / np.nanstd(known, axis=(0, 1))
    train, held_out = train_test_split(
        table["train_idx"], test_size=0.2, stratify=y[table["train_idx"]], random_state=0
    )
    return [(X[rows], y[rows]) for rows in (train, held_out, table["test_idx"])]


def ours(recipe: Recipe, parts: Parts) -> tuple[SequentialClassifierScratch, Training]:
    """Train ours."""
    (X, y), (X_val, y_val), (X_test, _) = parts
    layers = [Bidirectional(GRU(UNITS, weight_init=GlorotUniform())), Dropout(DROPOUT)]
    net = SequentialClassifierScratch(layers, scoring="loss", **recipe.parameters())
    net.fit(X, y, X_val=X_val, y_val=y_val)
    return net, Training(net.predict_proba(X_test), net.history_, net.best_epoch_)


def torchs(recipe: Recipe, parts: Parts) -> Training:
    """Train torch's."""
    import torch

    from benchmarks import torch_training

    torch.manual_seed(recipe.seed)
    train, validation, test = parts
    outputs = len(np.unique(train[1]))
    model = torch_training.Recurrent("GRU", train[0].shape[2], UNITS, outputs, dropout=DROPOUT, bidirectional=True)
    return torch_training.train(model, recipe, train, validation, test[0], scoring="loss")


def accuracy(training: Training, y: np.ndarray) -> float:
    """Give the accuracy in percent."""
    return 100 * float(np.mean(training.predicted.argmax(axis=1) == y))


def draw(net: Any, own: Training, y: np.ndarray) -> Any:
    """Draw the training and the confusion matrix."""
    from matplotlib import pyplot
    from sklearn.metrics import ConfusionMatrixDisplay

    from sknn.plotting import TrainingCurveDisplay

    figure, axes = pyplot.subplots(ncols=3, figsize=(15, 4.5), layout="constrained")
    TrainingCurveDisplay.from_estimator(net, panels=["loss", "learning_rate"], ax=axes[:2])
    ConfusionMatrixDisplay.from_predictions(
        y, own.predicted.argmax(axis=1), display_labels=np.arange(1, 1 + len(net.classes_)), cmap="Blues", ax=axes[2]
    )
    axes[2].set(xlabel="predicted speaker", ylabel="speaker")
    return figure


def run(options: Options) -> list[Table]:
    """Train with several seeds, and give the tables."""
    table = Table("Speakers of Japanese vowels", "float32; ratio: the difference in points, that of every seed.")
    parts = parts_of(options)
    if parts is None:
        table.note("Japanese vowels", "skipped: give --data-dir")
        return [table]
    if "torch" in options.peers:
        import torch  # noqa: F401 (so that its threads are limited too)
    rates: list[tuple[float, float]] = []
    for seed in range(options.n_rounds(5)):
        recipe = Recipe(options.size(80, 2), 32, rate=5e-3, patience=10, seed=seed)
        with limited(options.threads), quiet():
            net, own = ours(recipe, parts)
            peer = torchs(recipe, parts) if "torch" in options.peers else None
        rates.append(tuple(accuracy(training, parts[2][1]) for training in (own, peer or own)))
        if seed == 0:
            pictures.save({"sequences": partial(draw, net, own, parts[2][1])}, options)
    mine, theirs = np.median(rates, axis=0)
    if "torch" in options.peers:
        table.add("accuracy", "- torch", mine, theirs, "%", [a - b for a, b in rates], at_least(-2))
    else:
        table.note("accuracy", f"{mine:.1f} %, nothing to compare with")
    return [table]
