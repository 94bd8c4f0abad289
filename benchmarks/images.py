"""CIFAR-10's pictures: the classic convolutional stack, what it learns and how sure it is, beside torch.

The stack of `benchmarks.layers_step`, with random flips and shifts, is trained on the training pictures but for a tenth
to validate with. torch gets the same rows, settings, kind of initial weights and largest number of epochs. ``--rounds``
says how many seeds (three): with one alone, chance moves the difference of the accuracies by more than a point.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks import layers_step, pictures
from benchmarks.datasets import read_table
from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.recipe import Recipe, Training
from benchmarks.report import Table, at_least
from benchmarks.timing import limited
from sknn import SequentialClassifierScratch
from sknn.initializers import HeNormal
from sknn.layers import Layer, RandomFlip, RandomTranslation

SHIFT = 0.1
"""Largest shift, as a share of the size."""


class Pictures(NamedTuple):
    """Pictures, uint8, in three parts of which each is (pictures, class numbers), and the names of the classes."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    classes: list[str]


def pictures_of(options: Options) -> Pictures | None:
    """Load the pictures; without ``--data-dir`` make some for a smoke run, and else give None."""
    if options.data_dir is not None:
        table = read_table(options.data_dir, "cifar10_10k")
        X, y, classes = table["X_num"], table["y"], [str(name) for name in table["classes"]]
        train, test = table["train_idx"], table["test_idx"]
    elif options.smoke:
        rng = np.random.default_rng(0)
        X, y, classes = rng.integers(0, 256, (90, 32, 32, 3), np.uint8), np.arange(90) % 10, list("abcdefghij")
        train, test = np.arange(60), np.arange(60, 90)
    else:
        return None
    if options.smoke:
        train, test = train[:200], test[:30]
    train, held_out = train_test_split(train, test_size=0.1, random_state=0)
    return Pictures(*((X[rows], y[rows]) for rows in (train, held_out, test)), classes)


def scaled(data: Pictures) -> list[tuple[np.ndarray, np.ndarray]]:
    """Give the three parts in float32, each channel standardized by the training pictures."""
    pixels = data.train[0].reshape(-1, 3)
    mean, std = (x.astype(np.float32) for x in (pixels.mean(axis=0), pixels.std(axis=0)))
    return [((X - mean) / std, y) for X, y in (data.train, data.validation, data.test)]


def layers() -> list[Layer]:
    """Make our stack."""
    stack = [
        replace(layer, weight_init=HeNormal()) if hasattr(layer, "weight_init") else layer
        for layer in layers_step.images()
    ]
    return [RandomFlip(), RandomTranslation(SHIFT, SHIFT), *stack]


def ours(recipe: Recipe, parts: list[Any]) -> tuple[SequentialClassifierScratch, Training]:
    """Train ours."""
    (X, y), (X_val, y_val), (X_test, _) = parts
    net = SequentialClassifierScratch(layers(), **recipe.parameters())
    net.fit(X, y, X_val=X_val, y_val=y_val)
    return net, Training(net.predict_proba(X_test), net.history_, net.best_epoch_)


def torchs(recipe: Recipe, parts: list[Any]) -> Training:
    """Train torch's."""
    import torch

    from benchmarks import torch_training

    torch.manual_seed(recipe.seed)
    train, validation, test = ((np.ascontiguousarray(X.transpose(0, 3, 1, 2)), y) for X, y in parts)
    augment = partial(torch_training.flip_and_shift, most=int(SHIFT * train[0].shape[2]))
    return torch_training.train(torch_training.images(), recipe, train, validation, test[0], augment)


def accuracy(training: Training, y: np.ndarray) -> float:
    """Give the accuracy in percent."""
    return 100 * float(np.mean(training.predicted.argmax(axis=1) == y))


def compare(table: Table, own: list[Training], peer: list[Training], y: np.ndarray) -> None:
    """Add what came out with every seed."""
    measures: dict[str, tuple[Callable[[Training], float], str]] = {
        "accuracy": (lambda training: accuracy(training, y), "%"),
        "validation accuracy": (lambda training: 100 * max(training.history["validation_score"]), "%"),
        "best epoch": (lambda training: training.best_epoch, ""),
        "epoch": (lambda training: median(training.history["seconds"]), "s"),
    }
    for case, (measure, unit) in measures.items():
        mine, theirs = ([measure(training) for training in each] for each in (own, peer))
        if not peer:
            table.note(f"CIFAR-10, {case}", f"{mean(mine):.4g} {unit}, nothing to compare with")
        elif case == "epoch":
            table.add(f"CIFAR-10, {case}", "x torch", median(mine), median(theirs), unit, median(theirs) / median(mine))
        else:
            wanted = at_least(-2) if case == "accuracy" else None
            difference = mean(mine) - mean(theirs)
            table.add(f"CIFAR-10, {case}", "- torch", mean(mine), mean(theirs), unit, difference, wanted)


def draw_curves(net: Any, peer: Training | None) -> Any:
    """Draw the training, and torch's validation score."""
    from sknn.plotting import TrainingCurveDisplay

    display = TrainingCurveDisplay.from_estimator(net)
    display.axes_["score"].set_ylabel("accuracy")
    if peer is not None:
        scores = peer.history["validation_score"]
        display.axes_["score"].plot(np.arange(1, len(scores) + 1), scores, color="0.6", label="torch's validation")
        display.axes_["score"].legend()
    return display.figure_


def draw_confusion(own: Training, data: Pictures) -> Any:
    """Draw the confusion matrix of the test pictures."""
    from matplotlib import pyplot
    from sklearn.metrics import ConfusionMatrixDisplay

    figure, axis = pyplot.subplots(figsize=(7, 6), layout="constrained")
    ConfusionMatrixDisplay.from_predictions(
        data.test[1],
        own.predicted.argmax(axis=1),
        labels=np.arange(len(data.classes)),
        display_labels=data.classes,
        xticks_rotation=45,
        cmap="Blues",
        ax=axis,
    )
    return figure


def draw_predictions(own: Training, data: Pictures, n: int = 24) -> Any:
    """Draw some test pictures with what was predicted, and how confidently."""
    from sknn.plotting import ImagePredictionDisplay

    rows = np.random.default_rng(0).choice(len(own.predicted), n, replace=False)
    names, predicted = np.asarray(data.classes), own.predicted[rows]
    return ImagePredictionDisplay.from_predictions(
        data.test[0][rows],
        names[predicted.argmax(axis=1)],
        confidence=predicted.max(axis=1),
        y_true=names[data.test[1][rows]],
    ).figure_


def run(options: Options) -> list[Table]:
    """Train, and give the tables."""
    table = Table(
        "CIFAR-10 stack on the test pictures", "float32; means over seeds; ratio of what is not time: the difference."
    )
    data = pictures_of(options)
    if data is None:
        table.note("CIFAR-10", "skipped: give --data-dir")
        return [table]
    if "torch" in options.peers:
        import torch  # noqa: F401 (so that its threads are limited too)
    parts, own, peer = scaled(data), [], []
    for seed in range(options.n_rounds(3)):
        recipe = Recipe(options.size(25, 2), options.size(32, 20), seed=seed)
        with limited(options.threads), quiet():
            net, training = ours(recipe, parts)
            own.append(training)
            if "torch" in options.peers:
                peer.append(torchs(recipe, parts))
        if seed == 0:
            drawn = {
                "curves": partial(draw_curves, net, peer[0] if peer else None),
                "confusion": partial(draw_confusion, training, data),
                "predictions": partial(draw_predictions, training, data),
            }
            pictures.save({f"images_{name}": draw for name, draw in drawn.items()}, options)
    compare(table, own, peer, data.test[1])
    return [table]
