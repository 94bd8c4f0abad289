"""What a network is made of: `base` is the contract, then one small file per kind of layer."""

from sknn.layers.activation import Activation
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan
from sknn.layers.batch_norm import BatchNorm
from sknn.layers.convolution import Conv1D, Conv2D
from sknn.layers.dense import Dense
from sknn.layers.dropout import Dropout
from sknn.layers.layer_norm import LayerNorm
from sknn.layers.pooling import AveragePool2D, GlobalAveragePool2D, MaxPool2D
from sknn.layers.residual import Residual
from sknn.layers.shape import Flatten, Reshape

__all__ = [
    "Activation",
    "AveragePool2D",
    "BatchNorm",
    "Buffer",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePool2D",
    "Layer",
    "LayerNorm",
    "MaxPool2D",
    "ParamSpec",
    "Plan",
    "Reshape",
    "Residual",
]
