"""What a network is made of: `base` is the contract, then one small file per kind of layer."""

from sknn.layers.activation import Activation
from sknn.layers.augmentation import RandomFlip, RandomTranslation
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan
from sknn.layers.batch_norm import BatchNorm
from sknn.layers.bidirectional import Bidirectional
from sknn.layers.convolution import Conv1D, Conv2D
from sknn.layers.dense import Dense
from sknn.layers.dropout import Dropout
from sknn.layers.embedding import Embedding
from sknn.layers.gru import GRU
from sknn.layers.layer_norm import LayerNorm
from sknn.layers.lstm import LSTM
from sknn.layers.ntk_dense import NTKDense
from sknn.layers.parametric_activation import ParametricActivation
from sknn.layers.pooling import AveragePool2D, GlobalAveragePool2D, MaxPool2D
from sknn.layers.residual import Residual
from sknn.layers.scale import Scale
from sknn.layers.shape import Flatten, Reshape
from sknn.layers.simple_rnn import SimpleRNN
from sknn.layers.table_embedding import TableEmbedding
from sknn.layers.warping import RandomRotation, RandomZoom

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "AveragePool2D",
    "BatchNorm",
    "Bidirectional",
    "Buffer",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePool2D",
    "Layer",
    "LayerNorm",
    "MaxPool2D",
    "NTKDense",
    "ParamSpec",
    "ParametricActivation",
    "Plan",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Reshape",
    "Residual",
    "Scale",
    "SimpleRNN",
    "TableEmbedding",
]
