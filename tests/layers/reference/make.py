"""Write the .npz files of this folder with PyTorch, version 2.13.0: ``python tests/layers/reference/make.py``.

Each file holds, for one torch module in float64: an input and a target; output, input gradient and parameter
gradients of ``0.5 * sum((y - target)**2) / n``; the parameters before and after ten steps of plain gradient
descent; and the output in evaluation mode after them. Arrays are as torch has them: channels first, its own gates.
"""

import copy
from pathlib import Path

import numpy as np
import torch
from torch import nn

N, STEPS, RATE = 4, 10, 0.05
HERE = Path(__file__).parent


class Recurrent(nn.Module):
    """A recurrent module with one bias for each gate, as in sknn: torch has two, of which only the sum matters."""

    def __init__(self, cell: nn.Module, sequences: bool) -> None:
        super().__init__()
        self.cell, self.sequences = cell, sequences

    def one_bias(self) -> None:
        """Hold the second biases at zero, but for the one of the GRU's candidate, which is inside a product."""
        for name, p in self.cell.named_parameters():
            if name.startswith("bias_hh"):
                mask = torch.zeros_like(p)
                if isinstance(self.cell, nn.GRU):
                    mask[2 * self.cell.hidden_size :] = 1.0
                p.data *= mask
                p.register_hook(lambda gradient, mask=mask: gradient * mask)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, h = self.cell(x)
        if self.sequences:
            return y
        h = h[0] if isinstance(h, tuple) else h
        last = h[-2:] if self.cell.bidirectional else h[-1:]
        return torch.cat(list(last), dim=1)


def recurrent(kind: type, sequences: bool = True, **options: object) -> Recurrent:
    return Recurrent(kind(2, 3, batch_first=True, **options), sequences)


CASES = {
    "dense": (lambda: nn.Linear(4, 3), (4,)),
    "conv1d": (lambda: nn.Conv1d(2, 3, 3), (2, 7)),
    "conv1d-strided-dilated": (lambda: nn.Conv1d(2, 3, 2, stride=2, dilation=3), (2, 9)),
    "conv1d-same": (lambda: nn.Conv1d(3, 2, 5, padding="same"), (3, 6)),
    "conv2d": (lambda: nn.Conv2d(2, 3, (3, 2)), (2, 5, 4)),
    "conv2d-strided": (lambda: nn.Conv2d(2, 3, 3, stride=(2, 3)), (2, 7, 9)),
    "conv2d-strided-rest": (lambda: nn.Conv2d(2, 3, 2, stride=(2, 3), dilation=2), (2, 6, 8)),
    "conv2d-dilated": (lambda: nn.Conv2d(3, 2, 3, dilation=2), (3, 6, 5)),
    "conv2d-same": (lambda: nn.Conv2d(3, 2, (3, 5), padding="same"), (3, 4, 5)),
    "conv2d-same-even": (lambda: nn.Conv2d(2, 2, (2, 4), padding="same"), (2, 4, 5)),
    "conv2d-same-dilated": (lambda: nn.Conv2d(2, 2, 3, padding="same", dilation=2), (2, 6, 5)),
    "conv2d-same-strided": (lambda: nn.Conv2d(2, 2, 3, padding=1, stride=2), (2, 5, 7)),
    "max-pool": (lambda: nn.MaxPool2d(2), (2, 4, 5)),
    "max-pool-overlapping": (lambda: nn.MaxPool2d(3, stride=2), (2, 7, 6)),
    "average-pool": (lambda: nn.AvgPool2d((2, 3)), (2, 5, 6)),
    "average-pool-overlapping": (lambda: nn.AvgPool2d(3, stride=1), (2, 5, 4)),
    "global-average-pool": (lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), (3, 4, 5)),
    "batch-norm": (lambda: nn.BatchNorm1d(5), (5,)),
    "batch-norm-options": (lambda: nn.BatchNorm1d(3, eps=0.01, momentum=0.3), (3,)),
    "batch-norm-sequence": (lambda: nn.BatchNorm1d(3), (3, 6)),
    "batch-norm-image": (lambda: nn.BatchNorm2d(3), (3, 4, 5)),
    "layer-norm": (lambda: nn.LayerNorm(5), (5,)),
    "layer-norm-sequence": (lambda: nn.LayerNorm(4, eps=0.01), (3, 4)),
    "embedding": (lambda: nn.Embedding(6, 3), (5,)),
    "simple-rnn": (lambda: recurrent(nn.RNN, sequences=False), (6, 2)),
    "simple-rnn-sequences": (lambda: recurrent(nn.RNN), (6, 2)),
    "gru": (lambda: recurrent(nn.GRU, sequences=False), (6, 2)),
    "gru-sequences": (lambda: recurrent(nn.GRU), (6, 2)),
    "lstm": (lambda: recurrent(nn.LSTM, sequences=False), (6, 2)),
    "lstm-sequences": (lambda: recurrent(nn.LSTM), (6, 2)),
    "lstm-stacked": (lambda: recurrent(nn.LSTM, sequences=False, num_layers=2), (6, 2)),
    "bidirectional-gru": (lambda: recurrent(nn.GRU, sequences=False, bidirectional=True), (5, 2)),
    "bidirectional-lstm-sequences": (lambda: recurrent(nn.LSTM, bidirectional=True), (5, 2)),
}


def state(module: nn.Module, prefix: str) -> dict[str, np.ndarray]:
    arrays = {name: tensor.detach().numpy().copy() for name, tensor in module.state_dict().items()}
    return {f"{prefix} {name.removeprefix('cell.')}": a for name, a in arrays.items() if a.ndim}


def gradients(module: nn.Module) -> dict[str, np.ndarray]:
    return {f"gradient {k.removeprefix('cell.')}": p.grad.numpy().copy() for k, p in module.named_parameters()}


def record(module: nn.Module, x: torch.Tensor) -> dict[str, np.ndarray]:
    found = {"x": x.detach().numpy().copy(), **state(module, "start")}
    target = torch.randn(copy.deepcopy(module)(x).shape)
    for step in range(STEPS):
        module.zero_grad()
        x.grad = None
        y = module(x)
        (0.5 * torch.sum((y - target) ** 2) / N).backward()
        if step == 0:
            found |= {"target": target.numpy(), "y": y.detach().numpy().copy(), **gradients(module)}
            if x.grad is not None:
                found["dx"] = x.grad.numpy().copy()
        for p in module.parameters():
            p.data -= RATE * p.grad
    with torch.no_grad():
        return found | state(module, "end") | {"predicted": module.eval()(x).numpy()}


def main() -> None:
    torch.set_default_dtype(torch.float64)
    for seed, (name, (build, shape)) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        codes = name == "embedding"
        x = torch.randint(0, 6, (N, *shape)) if codes else torch.randn(N, *shape).requires_grad_()
        module = build()
        for p in module.parameters():
            p.data += 0.1 * torch.randn_like(p)
        if isinstance(module, Recurrent):
            module.one_bias()
        np.savez_compressed(HERE / f"{name}.npz", **record(module, x))


if __name__ == "__main__":
    main()
