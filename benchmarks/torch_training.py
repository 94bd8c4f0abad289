"""Training in torch by the recipe that our estimators follow, with layers of the same names."""

from collections.abc import Callable
from copy import deepcopy
from time import perf_counter

import numpy as np
import torch
from torch import nn

from benchmarks import torch_peer
from benchmarks.recipe import Recipe, Training

Pair = tuple[np.ndarray, np.ndarray]


def train(
    model: nn.Module,
    recipe: Recipe,
    rows: Pair,
    validation: Pair,
    X_test: np.ndarray,
    augment: Callable[[torch.Tensor], torch.Tensor] | None = None,
    scoring: str | None = None,
) -> Training:
    """Train, go back to the best weights, and predict.

    Parameters
    ----------
    model : Module
        Gives raw outputs.
    recipe : Recipe
        How to train it.
    rows, validation : (ndarray, ndarray)
        Samples and their targets, class numbers or numbers.
    X_test : ndarray
        Samples to predict.
    augment : callable, default=None
        Changes the samples of a batch at random.
    scoring : {'loss'}, default=None
        What of the validation rows is watched: their loss; if None, for classes the accuracy.
    """
    data, target = map(torch.from_numpy, rows)
    criterion = nn.MSELoss() if target.is_floating_point() else nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.rate, fused=True)
    history: dict[str, list[float]] = {"loss": [], "validation_score": [], "seconds": []}
    stopping = _Stopping(recipe, optimizer)
    for _ in range(recipe.epochs):
        started, total = perf_counter(), 0.0
        model.train()
        for batch in torch.randperm(len(data)).split(recipe.batch_size):
            optimizer.zero_grad()
            inputs = data[batch] if augment is None else augment(data[batch])
            loss = criterion(model(inputs), target[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        score = _score(predict(model, validation[0]), validation[1], criterion, scoring)
        for name, value in (("loss", total / len(data)), ("validation_score", score)):
            history[name].append(value)
        history["seconds"].append(perf_counter() - started)
        if stopping.after_epoch(score, model):
            break
    model.load_state_dict(stopping.weights)
    predicted = predict(model, X_test)
    if not target.is_floating_point():
        predicted = torch.softmax(torch.from_numpy(predicted), dim=1).numpy()
    return Training(predicted, history, int(np.argmax(history["validation_score"])) + 1)


def predict(model: nn.Module, X: np.ndarray) -> np.ndarray:
    """Give raw outputs."""
    model.eval()
    with torch.inference_mode():
        return torch.cat([model(chunk) for chunk in torch.from_numpy(X).split(200)]).numpy()


def _score(raw: np.ndarray, y: np.ndarray, criterion: nn.Module, scoring: str | None) -> float:
    if scoring == "loss" or y.dtype.kind == "f":
        return -criterion(torch.from_numpy(raw), torch.from_numpy(y)).item()
    return float(np.mean(raw.argmax(axis=1) == y))


class _Stopping:
    """Keeps the best weights, lowers the rate and stops, as the rules of `sknn.training.rules` do."""

    def __init__(self, recipe: Recipe, optimizer: torch.optim.Optimizer) -> None:
        self.recipe, self.optimizer = recipe, optimizer
        self.best, self.worse, self.on_plateau, self.weights = -np.inf, 0, 0, {}

    def after_epoch(self, score: float, model: nn.Module) -> bool:
        """Take note of a score, and tell whether to stop."""
        worse = score < self.best
        self.worse, self.on_plateau = (n + 1 if worse else 0 for n in (self.worse, self.on_plateau))
        if score > self.best:
            self.best, self.weights = score, deepcopy(model.state_dict())
        if self.on_plateau > self.recipe.plateau.patience:
            self.on_plateau = 0
            for group in self.optimizer.param_groups:
                lowest = self.recipe.rate * self.recipe.plateau.min_factor
                group["lr"] = max(group["lr"] * self.recipe.plateau.factor, lowest)
        return self.worse > self.recipe.patience


def images() -> nn.Sequential:
    """Make the stack for images, with He's normal weights before rectifiers and Glorot's at the output."""
    model = torch_peer.images()
    weighted = [layer for layer in model if isinstance(layer, nn.Conv2d | nn.Linear)]
    for layer in weighted:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    nn.init.xavier_uniform_(weighted[-1].weight)
    return model


def flip_and_shift(images: torch.Tensor, most: int) -> torch.Tensor:
    """Mirror half of the images, (n, channels, height, width), and shift all by up to ``most`` pixels."""
    n, _, height, width = images.shape
    images = torch.where((torch.rand(n) < 0.5)[:, None, None, None], images.flip(3), images)
    padded = nn.functional.pad(images, (most, most, most, most))
    rows = torch.randint(0, 2 * most + 1, (n, 1)) + torch.arange(height)
    columns = torch.randint(0, 2 * most + 1, (n, 1)) + torch.arange(width)
    shifted = padded[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return shifted.permute(0, 3, 1, 2).contiguous()


class Recurrent(nn.Module):
    """Recurrent layers and a dense one on the last output, with dropout after each; NaN at the end is padding.

    Parameters
    ----------
    kind : {'LSTM', 'GRU'}
        Kind of the layers.
    channels, units, outputs : int
        Sizes.
    n_layers : int, default=1
        How many.
    dropout : float, default=0.0
        Rate.
    bidirectional : bool, default=False
        Read in both directions.
    """

    def __init__(
        self,
        kind: str,
        channels: int,
        units: int,
        outputs: int,
        *,
        n_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        between = dropout if n_layers > 1 else 0.0
        self.layers = getattr(nn, kind)(
            channels, units, n_layers, batch_first=True, dropout=between, bidirectional=bidirectional
        )
        self.dropout, self.dense = nn.Dropout(dropout), nn.Linear((1 + bidirectional) * units, outputs)
        for name, weights in self.layers.named_parameters():
            _initialize(name, weights.data, units, kind)
        nn.init.xavier_uniform_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give the outputs."""
        lengths = (~x[:, :, 0].isnan()).sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(x.nan_to_num(), lengths, batch_first=True, enforce_sorted=False)
        states = self.layers(packed)[1]
        last = states[0] if isinstance(states, tuple) else states
        ends = last[-2:] if self.layers.bidirectional else last[-1:]
        return self.dense(self.dropout(torch.cat([*ends], dim=1)))


def _initialize(name: str, weights: torch.Tensor, units: int, kind: str) -> None:
    """Draw Glorot's weights for inputs, orthogonal ones for states, and no bias but 1 at an LSTM's forget gate."""
    if name.startswith("bias"):
        weights.zero_()
        if kind == "LSTM" and "_ih_" in name:
            weights[units : 2 * units] = 1.0
        return
    for gate in weights.split(units):
        (nn.init.xavier_uniform_ if "_ih_" in name else nn.init.orthogonal_)(gate)
