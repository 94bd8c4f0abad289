"""Write activations.json: values and derivatives in float64, from torch 2.13.

Run: python tests/reference/make_activations.py
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

FUNCTIONS = {
    "identity": lambda z: z * 1.0,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "leaky_relu 0.3": lambda z: F.leaky_relu(z, 0.3),
    "elu": F.elu,
    "elu 2": lambda z: F.elu(z, 2.0),
    "selu": F.selu,
    "gelu": F.gelu,
    "gelu approximate": lambda z: F.gelu(z, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "softplus": lambda z: F.softplus(z, threshold=700),
    "hard_sigmoid": lambda z: F.relu6(z + 3) / 6,  # the derivative of F.hardsigmoid is 1/6 in float32 only
    "hard_tanh": F.hardtanh,
}

# Evenly spaced, with 0 and the corners of the hard functions among them, and then the extremes.
Z = np.concatenate([np.linspace(-6, 6, 49), [-20.1, -20, 20, 20.1, -37, 37, -100, 100, -745, 745, -1e20, 1e20]])

reference = {"z": Z.tolist()}
for name, function in FUNCTIONS.items():
    z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    y = function(z)
    (slope,) = torch.autograd.grad(y.sum(), z)
    reference[name] = {"y": y.tolist(), "slope": slope.tolist()}

path = Path(__file__).with_name("activations.json")
path.write_text(json.dumps(reference) + "\n")
