"""What a network is made of: `base` is the contract, then one small file per kind of layer."""

from sknn.layers.base import Buffer, Layer, ParamSpec, Plan
from sknn.layers.dense import Dense

__all__ = ["Buffer", "Dense", "Layer", "ParamSpec", "Plan"]
