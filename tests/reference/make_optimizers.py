"""Write optimizers.json: ten-step trajectories in float64, from torch 2.13 or from a plain transcription of the paper.

Run: python tests/reference/make_optimizers.py
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import optim

RATE = 0.1
torch.set_default_dtype(torch.float64)  # NAdam keeps its product in it
START = np.array([1.0, -2.0, 0.5, 0.0, 3.0, -0.1])
# The small columns show where epsilon stands, the column of zeros that nothing moves without a gradient.
GRADIENTS = np.random.RandomState(0).randn(10, 6) * [1.0, 10.0, 1e-3, 1e-8, 1e-9, 0.0]


def by_torch(optimizer, **options):
    params = torch.tensor(START.copy())
    stepper = optimizer([params], lr=RATE, **options)
    for g in GRADIENTS:
        params.grad = torch.tensor(g)
        stepper.step()
        yield params.tolist()


def sign(number):
    return (number > 0) - (number < 0)


def by_lion(beta_1, beta_2):
    """Algorithm 2 of arXiv:2302.06675, number by number."""
    params, m = START.tolist(), [0.0] * len(START)
    for gradient in GRADIENTS.tolist():
        for i, g in enumerate(gradient):
            params[i] -= RATE * sign(beta_1 * m[i] + (1 - beta_1) * g)
            m[i] = beta_2 * m[i] + (1 - beta_2) * g
        yield list(params)


def by_adam(epsilon):
    """Algorithm 1 of arXiv:1412.6980 in the form that ends its section 2, number by number."""
    params, m, v = START.tolist(), [0.0] * len(START), [0.0] * len(START)
    for t, gradient in enumerate(GRADIENTS.tolist(), 1):
        rate = RATE * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for i, g in enumerate(gradient):
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g**2
            params[i] -= rate * m[i] / (math.sqrt(v[i]) + epsilon)
        yield list(params)


TRAJECTORIES = {
    "sgd": by_torch(optim.SGD, momentum=0.9, nesterov=True),
    "sgd momentum": by_torch(optim.SGD, momentum=0.8),
    "sgd plain": by_torch(optim.SGD),
    "adam": by_adam(epsilon=1e-8),
    "adam no epsilon": by_torch(optim.Adam, eps=1e-30),
    "adamw": by_torch(optim.AdamW, weight_decay=0.01),
    "adamw more": by_torch(optim.AdamW, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.3),
    "nadam": by_torch(optim.NAdam),
    "nadam more": by_torch(optim.NAdam, betas=(0.8, 0.9), eps=1e-4, momentum_decay=0.1),
    "rmsprop": by_torch(optim.RMSprop, alpha=0.9),
    "rmsprop more": by_torch(optim.RMSprop, alpha=0.95, eps=1e-4),
    "adagrad": by_torch(optim.Adagrad, eps=1e-8),
    "adagrad more": by_torch(optim.Adagrad, eps=1e-4),
    "lion": by_lion(0.9, 0.99),
    "lion more": by_lion(0.5, 0.8),
}

reference = {"rate": RATE, "start": START.tolist(), "gradients": GRADIENTS.tolist()}
reference["trajectories"] = {name: list(steps) for name, steps in TRAJECTORIES.items()}
Path(__file__).with_name("optimizers.json").write_text(json.dumps(reference) + "\n")
