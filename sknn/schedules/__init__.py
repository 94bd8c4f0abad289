"""Learning-rate schedules: factors of `learning_rate_init` as training goes on."""

from sknn.schedules.base import Adaptive, Clock, Constant, InverseScaling, Plateau, Schedule
from sknn.schedules.decays import CosineDecay, CosLog4, ExponentialDecay, FlatCos, OneCycle, StepDecay, Warmup

__all__ = [
    "SCHEDULES",
    "Adaptive",
    "Clock",
    "Constant",
    "CosLog4",
    "CosineDecay",
    "ExponentialDecay",
    "FlatCos",
    "InverseScaling",
    "OneCycle",
    "Plateau",
    "Schedule",
    "StepDecay",
    "Warmup",
]

SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "adaptive": Adaptive,
    "cosine": CosineDecay,
    "one_cycle": OneCycle,
    "step": StepDecay,
    "exponential": ExponentialDecay,
    "plateau": Plateau,
    "coslog4": CosLog4,
    "flat_cos": FlatCos,
}
