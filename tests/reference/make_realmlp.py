"""Write realmlp.json: RealMLP-TD-S in torch, from given weights, with batches in order, 50 steps in float64.

Run: python tests/reference/make_realmlp.py (torch 2.13). What it transcribes is section 3 and appendix A of Holzmüller,
Grinsztajn, Steinwart, "Better by Default", 2024, arXiv:2407.04491: robust scaling with a smooth clip, a scaling layer,
layers in the neural tangent parametrization, Adam with factors of the rate, and the coslog4 schedule.
"""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

N, FEATURES, WIDTH, BATCH, EPOCHS = 100, 3, 8, 20, 10
torch.set_default_dtype(torch.float64)


def table(kind):
    """Draw a table of numbers with an outlier and few distinct values, and its targets."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, FEATURES))
    X[0, 0] = 50.0
    X[:, 2] = X[:, 2] > 1.0
    signal = X[:, 1] - np.tanh(X[:, 0]) + X[:, 2]
    y = np.digitize(signal, [-0.5, 0.8]) if kind == "classes" else 3.0 * signal + 10.0
    return X, y


def preprocess(X):
    """Scale and bend columns by the formulas."""
    low, middle, high = np.quantile(X, [0.25, 0.5, 0.75], axis=0)
    spread = X.max(axis=0) - X.min(axis=0)
    s = np.where(high > low, 1 / np.where(high > low, high - low, 1), 2 / spread)
    z = s * (X - middle)
    return z / np.sqrt(1 + (z / 3) ** 2)


def initial(n_outputs):
    """Draw the parameters: the output layer is zero, the scales are one."""
    rng = np.random.default_rng(1)
    sizes = [FEATURES, WIDTH, WIDTH, n_outputs]
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    biases = [rng.normal(size=size) for size in sizes[1:]]
    weights[-1][:], biases[-1][:] = 0.0, 0.0
    return weights, biases


def coslog4(t):
    return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t)))


def trajectory(kind):
    """Train, and give the loss before each step and the parameters after the last."""
    X, y = table(kind)
    x = torch.tensor(preprocess(X))
    base_rate = 0.04 if kind == "classes" else 0.07
    act = torch.nn.functional.selu if kind == "classes" else torch.nn.functional.mish
    target = torch.tensor(y) if kind == "classes" else torch.tensor((y - y.mean()) / y.std())
    weights, biases = initial(3 if kind == "classes" else 1)
    scale = torch.ones(FEATURES, requires_grad=True)
    weights = [torch.tensor(w, requires_grad=True) for w in weights]
    biases = [torch.tensor(b, requires_grad=True) for b in biases]
    factors = [(scale, 6.0), *((w, 1.0) for w in weights), *((b, 0.1) for b in biases)]
    groups = [{"params": [p], "factor": factor} for p, factor in factors]
    optimizer = torch.optim.Adam(groups, lr=base_rate, betas=(0.9, 0.95), eps=1e-8)
    losses, steps = [], N // BATCH * EPOCHS
    for step in range(steps):
        rows = slice(step % (N // BATCH) * BATCH, (step % (N // BATCH) + 1) * BATCH)
        h = x[rows] * scale
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            h = h @ w / math.sqrt(w.shape[0]) + b
            h = act(h) if i < len(weights) - 1 else h
        if kind == "classes":
            loss = torch.nn.functional.cross_entropy(h, target[rows], label_smoothing=0.1)
        else:
            loss = torch.nn.functional.mse_loss(h[:, 0], target[rows])
        optimizer.zero_grad()
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = base_rate * coslog4(step / steps) * group["factor"]
        optimizer.step()
        losses.append(loss.item())
    final = {"scale": scale.tolist(), "weights": [w.tolist() for w in weights], "biases": [b.tolist() for b in biases]}
    return {"losses": losses, **final}


if __name__ == "__main__":
    path = Path(__file__).with_name("realmlp.json")
    path.write_text(json.dumps({kind: trajectory(kind) for kind in ("classes", "numbers")}, indent=1) + "\n")
