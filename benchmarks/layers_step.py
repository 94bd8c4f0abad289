"""Step time and predicting of networks of layers beside torch: images, and sequences of 60 steps; batch 32.

Timed as in `benchmarks.step_time`. The images go through conv 32-32, pool, conv 64-64, pool, conv 128, dense 512, with
batch normalization and dropout between; the sequences through three layers of 50 units, to ten numbers.
"""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table, at_least
from benchmarks.timing import Times, best, interleaved, limited, middle, ratios, timed
from sknn import SequentialClassifierScratch, SequentialRegressorScratch
from sknn.activations import ReLU
from sknn.layers import GRU, LSTM, BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D, SimpleRNN

BATCH, EPOCHS = 32, 2


def images() -> list[Layer]:
    """Make the stack for CIFAR-10."""

    def convolution(filters: int) -> list[Layer]:
        return [Conv2D(filters, 3, padding="same", activation=ReLU()), BatchNorm()]

    return [
        *convolution(32),
        *convolution(32),
        MaxPool2D(2),
        Dropout(0.2),
        *convolution(64),
        *convolution(64),
        MaxPool2D(2),
        Dropout(0.3),
        *convolution(128),
        Flatten(),
        Dense(512, ReLU()),
        BatchNorm(),
        Dropout(0.5),
    ]


def recurrent(kind: type) -> list[Layer]:
    """Make three recurrent layers."""
    return [kind(50, return_sequences=True), kind(50, return_sequences=True), kind(50)]


KINDS = {"LSTM": (LSTM, "LSTM", 0.8), "GRU": (GRU, "GRU", 0.8), "SimpleRNN": (SimpleRNN, "RNN", 0.8)}
"""Ours, the name in torch, and how many times torch's speed is wanted."""


def ours(estimator: Any, layers: list[Layer], X: np.ndarray, y: np.ndarray) -> dict[str, Callable[[], float]]:
    """Make our candidates: a step and a prediction."""
    parameters = {"batch_size": BATCH, "alpha": 0.0, "random_state": 0, "max_iter": 1 + EPOCHS, "n_iter_no_change": 9}
    model = estimator(layers, **parameters)
    with quiet():
        fitted = estimator(layers, **parameters).set_params(max_iter=1).fit(X, y)
    return {
        "ours": lambda: min(model.fit(X, y).history_["seconds"][1:]),
        "ours, predict": best(timed(lambda: fitted.predict(X)), EPOCHS),
    }


def torch_candidates(model: Any, X: np.ndarray, y: np.ndarray, name: str = "torch") -> dict[str, Callable[[], float]]:
    """Make torch's candidates."""
    from benchmarks import torch_peer

    return {
        name: best(torch_peer.epoch_timer(model, X, y, BATCH), EPOCHS),
        f"{name}, predict": best(torch_peer.predict_timer(model, X, BATCH), EPOCHS),
    }


def image_candidates(options: Options) -> dict[str, Callable[[], float]]:
    """Make the candidates for images; torch also with its faster memory layout."""
    n = BATCH * options.size(6, 1)
    X, y = np.random.default_rng(0).standard_normal((n, 32, 32, 3), np.float32), np.arange(n) % 10
    candidates = ours(SequentialClassifierScratch, images(), X, y)
    if "torch" in options.peers:
        import torch

        from benchmarks import torch_peer

        channels_first = np.ascontiguousarray(X.transpose(0, 3, 1, 2))
        candidates |= torch_candidates(torch_peer.images(), channels_first, y)
        model = torch_peer.images().to(memory_format=torch.channels_last)
        candidates |= torch_candidates(model, X.transpose(0, 3, 1, 2), y, "torch channels-last")
    return candidates


def sequence_candidates(kind: str, options: Options) -> dict[str, Callable[[], float]]:
    """Make the candidates for sequences."""
    n, (layer, torch_name, _) = BATCH * options.size(10, 1), KINDS[kind]
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((n, 60, 1), np.float32), rng.standard_normal((n, 10), np.float32)
    candidates = ours(SequentialRegressorScratch, recurrent(layer), X, y)
    if "torch" in options.peers:
        from benchmarks import torch_peer

        candidates |= torch_candidates(torch_peer.Recurrent(torch_name, 50, 10), X, y)
    return candidates


def _add(table: Table, case: str, times: Times, wanted: float, steps: int) -> None:
    for what in ("", ", predict"):
        own = f"ours{what}"
        for peer in ("torch", "torch channels-last"):
            if f"{peer}{what}" in times:
                mid = [middle(times, name) / steps * 1e3 for name in (own, f"{peer}{what}")]
                bound = at_least(wanted) if peer == "torch" else None
                table.add(f"{case}{what}", f"x {peer}", *mid, "ms", ratios(times, f"{peer}{what}", own), bound)
        if f"torch{what}" not in times:
            table.note(f"{case}{what}", f"{middle(times, own) / steps * 1e3:.3g} ms, nothing to compare with")


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    tables = []
    for threads in [options.threads] if options.threads else range(1, min(2, cores, options.size(2, 1)) + 1):
        table = Table(f"Layers, {threads} thread(s)", "float32, Adam, batch 32; ms per step, or per 32 rows predicted.")
        cases: dict[str, tuple[Callable[[], dict[str, Callable[[], float]]], float, int]] = {
            "CIFAR stack": (lambda: image_candidates(options), 0.9, options.size(6, 1))
        }
        for kind, (_, _, wanted) in KINDS.items():
            cases[f"{kind} 3x50"] = (lambda kind=kind: sequence_candidates(kind, options), wanted, options.size(10, 1))
        for case, (make, wanted, steps) in cases.items():
            if options.only in case:
                candidates = make()  # before the threads are limited, as it imports torch
                with limited(threads), quiet():
                    times = interleaved(candidates, options.n_rounds(5))
                _add(table, case, times, wanted, steps)
        tables.append(table)
    return [table for table in tables if table.rows]
