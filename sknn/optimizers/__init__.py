"""First-order optimizers: each class turns a gradient vector into a step, in place."""

from sknn.optimizers.adaptive import ADAPTIVE, Adagrad, Adam, AdamW, NAdam, RMSProp
from sknn.optimizers.base import Optimizer, OptimizerState
from sknn.optimizers.momentum import MOMENTUM, SGD, Lion

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Lion",
    "NAdam",
    "Optimizer",
    "OptimizerState",
    "RMSProp",
]

OPTIMIZERS: dict[str, type[Optimizer]] = {**MOMENTUM, **ADAPTIVE}
