"""Write realmlp.json: RealMLP in torch, from given weights, with batches in order, 50 steps in float64.

Run: python tests/reference/make_realmlp.py (torch 2.13). What it transcribes is section 3 and appendix A of Holzmüller,
Grinsztajn, Steinwart, "Better by Default", 2024, arXiv:2407.04491: robust scaling with a smooth clip, a scaling layer,
layers in the neural tangent parametrization, Adam with factors of the rate, and the coslog4 schedule; for TD also
periodic embeddings, parametric activations, dropout with given masks, and weight decay, in which the factor of a rate
counts twice, as in the authors' code.
"""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

N, FEATURES, WIDTH, BATCH, EPOCHS = 100, 3, 8, 20, 10
WAVES, MIXED = 4, 2
STEPS = N // BATCH * EPOCHS
RATES = {"td-s": {"classes": 0.04, "numbers": 0.07}, "td": {"classes": 0.04, "numbers": 0.2}}
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


def initial(n_outputs, variant):
    """Draw the parameters of the layers: in TD-S the output layer is zero."""
    rng = np.random.default_rng(1)
    sizes = [FEATURES * (1 if variant == "td-s" else MIXED + 1), WIDTH, WIDTH, n_outputs]
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    biases = [rng.normal(size=size) for size in sizes[1:]]
    if variant == "td-s":
        weights[-1][:], biases[-1][:] = 0.0, 0.0
    return weights, biases


def embedding():
    """Draw the parameters of the embedding: frequencies and phases, the map of the waves and what it adds."""
    rng = np.random.default_rng(2)
    waves = rng.normal(size=(FEATURES, WAVES, 2))
    mix = rng.uniform(-0.5, 0.5, (FEATURES, MIXED, WAVES + 1))
    return waves[..., 0], waves[..., 1], mix[..., :-1], mix[..., -1]


def embedded(x, frequencies, phases, V, d):
    """Embed numbers: all embeddings, column by column, then the numbers."""
    waves = torch.cos(2 * math.pi * x[:, :, None] * frequencies + phases)
    return torch.cat([(torch.einsum("njk,jmk->njm", waves, V) + d).flatten(1), x], dim=1)


def coslog4(t):
    return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * t)))


def flat_cos(t):
    return 1.0 if t < 0.5 else 0.5 * (1 + math.cos(math.pi * (2 * t - 1)))


def grown(arrays):
    return [torch.tensor(a, requires_grad=True) for a in arrays]


def trajectory(kind, variant):
    """Train, and give the loss before each step and the parameters after the last."""
    X, y = table(kind)
    x, td = torch.tensor(preprocess(X)), variant == "td"
    base_rate = RATES[variant][kind]
    act = torch.nn.functional.selu if kind == "classes" else torch.nn.functional.mish
    target = torch.tensor(y) if kind == "classes" else torch.tensor((y - y.mean()) / y.std())
    weights, biases = map(grown, initial(3 if kind == "classes" else 1, variant))
    scale = torch.ones(len(weights[0]), requires_grad=True)
    waves = grown(embedding()) if td else []
    strengths = grown([np.ones(WIDTH)] * 2) if td else []
    # Of each parameter the factor of its rate, and of its weight decay.
    factors = [(scale, 6.0, 36.0), *((w, 1.0, 1.0) for w in weights), *((b, 0.1, 0.0) for b in biases)]
    factors += [(p, 0.1, 0.01) for p in (*waves, *strengths)]
    groups = [{"params": [p], "factor": factor, "shrink": shrink} for p, factor, shrink in factors]
    optimizer = torch.optim.Adam(groups, lr=base_rate, betas=(0.9, 0.95), eps=1e-8)
    masks = np.random.default_rng(3)
    losses = []
    for step in range(STEPS):
        t = step / STEPS
        rows = slice(step % (N // BATCH) * BATCH, (step % (N // BATCH) + 1) * BATCH)
        h = (embedded(x[rows], *waves) if td else x[rows]) * scale
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            h = h @ w / math.sqrt(w.shape[0]) + b
            if i < len(weights) - 1:
                h = h + (act(h) - h) * strengths[i] if td else act(h)
                drop = 0.15 * flat_cos(t) if td else 0.0
                h = h * torch.tensor((masks.random((BATCH, WIDTH)) >= drop) / (1 - drop))
        if kind == "classes":
            loss = torch.nn.functional.cross_entropy(h, target[rows], label_smoothing=0.1)
        else:
            loss = torch.nn.functional.mse_loss(h[:, 0], target[rows])
        optimizer.zero_grad()
        loss.backward()
        for group in optimizer.param_groups:
            rate = base_rate * coslog4(t)
            group["lr"] = rate * group["factor"]
            if td:
                with torch.no_grad():
                    group["params"][0].mul_(1 - 0.02 * flat_cos(t) * rate * group["shrink"])
        optimizer.step()
        losses.append(loss.item())
    final = {"scale": scale, "weights": weights, "biases": biases, "embedding": waves, "strengths": strengths}
    lists = {name: p.tolist() if name == "scale" else [one.tolist() for one in p] for name, p in final.items()}
    return {"losses": losses, **lists}


if __name__ == "__main__":
    found = {f"{v} {kind}": trajectory(kind, v) for v in ("td-s", "td") for kind in ("classes", "numbers")}
    Path(__file__).with_name("realmlp.json").write_text(json.dumps(found, indent=1) + "\n")
