"""Activation functions: each class holds y = f(z) and, right below it, its derivative."""

from sknn.activations.base import Activation
from sknn.activations.gelu import GELU
from sknn.activations.rectifiers import ELU, RECTIFIERS, SELU, LeakyReLU, Mish, ReLU, SiLU, Softplus
from sknn.activations.sigmoids import SIGMOIDS, HardSigmoid, HardTanh, Identity, Logistic, Tanh

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "HardSigmoid",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "Logistic",
    "Mish",
    "ReLU",
    "SiLU",
    "Softplus",
    "Tanh",
]

ACTIVATIONS: dict[str, type[Activation]] = {**SIGMOIDS, **RECTIFIERS, "gelu": GELU}
