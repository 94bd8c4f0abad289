"""The same training in torch: eager, fused Adam, batches gathered by index, as a user would write it."""

import itertools
from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
import torch
from torch import nn


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """Make a network of dense layers with ReLU between them."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _criterion(y: np.ndarray) -> nn.Module:
    if y.dtype.kind == "f":
        return nn.MSELoss()
    return nn.BCEWithLogitsLoss() if y.ndim == 2 else nn.CrossEntropyLoss()


def epoch_timer(model: nn.Module, X: np.ndarray, y: np.ndarray, batch_size: int) -> Callable[[], float]:
    """Make a function that trains for one epoch and gives its seconds.

    Parameters
    ----------
    model : Module
        What to train.
    X : ndarray of shape (n, ...)
        Samples.
    y : ndarray
        Class numbers of shape (n,), labels of shape (n, n_labels), or numbers (float).
    batch_size : int
        Rows of a batch.
    """
    data = torch.from_numpy(X)
    target = torch.from_numpy(y.astype(X.dtype) if y.ndim == 2 else y)
    criterion = _criterion(y)
    model = model.to(data.dtype).train()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def epoch() -> float:
        started = perf_counter()
        total = 0.0
        order = torch.randperm(len(data))
        for start in range(0, len(data), batch_size):
            rows = order[start : start + batch_size]
            optimizer.zero_grad()
            loss = criterion(model(data[rows]), target[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        return perf_counter() - started

    return epoch


def predict_timer(model: nn.Module, X: np.ndarray, batch_size: int) -> Callable[[], float]:
    """Make a function that predicts all rows, in batches, and gives its seconds."""
    data = torch.from_numpy(X)

    def predict() -> float:
        model.eval()
        started = perf_counter()
        with torch.inference_mode():
            for start in range(0, len(data), batch_size):
                model(data[start : start + batch_size])
        seconds = perf_counter() - started
        model.train()
        return seconds

    return predict


class Recurrent(nn.Module):
    """Three recurrent layers and a dense one on the last output; ``kind`` is LSTM, GRU or RNN."""

    def __init__(self, kind: str, units: int, outputs: int) -> None:
        super().__init__()
        self.layers = getattr(nn, kind)(1, units, num_layers=3, batch_first=True)
        self.dense = nn.Linear(units, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give the outputs."""
        return self.dense(self.layers(x)[0][:, -1])


def images() -> nn.Sequential:
    """Make the stack of `benchmarks.layers_step.images`, for images (channels, height, width)."""

    def convolution(channels: int, filters: int) -> list[nn.Module]:
        return [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(filters)]

    return nn.Sequential(
        *convolution(3, 32),
        *convolution(32, 32),
        nn.MaxPool2d(2),
        nn.Dropout(0.2),
        *convolution(32, 64),
        *convolution(64, 64),
        nn.MaxPool2d(2),
        nn.Dropout(0.3),
        *convolution(64, 128),
        nn.Flatten(),
        nn.Linear(8 * 8 * 128, 512),
        nn.ReLU(),
        nn.BatchNorm1d(512),
        nn.Dropout(0.5),
        nn.Linear(512, 10),
    )
