"""The layers that must keep the contract: a new layer is a new row here."""

from typing import NamedTuple

import numpy as np

from sknn.activations import SELU, Logistic, Mish, ReLU, Tanh
from sknn.layers import (
    GRU,
    LSTM,
    Activation,
    AveragePool2D,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    NTKDense,
    ParametricActivation,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Reshape,
    Residual,
    Scale,
    SimpleRNN,
    TableEmbedding,
)


class Row(NamedTuple):
    """A layer, the shape of one sample that it gets, and a shape that it must refuse, if there is one."""

    id: str
    layer: Layer
    shape: tuple[int, ...]
    wrong_shape: tuple[int, ...] | None = None
    codes: int | None = None

    def input(self, rng: np.random.RandomState, n: int) -> np.ndarray:
        """Draw n samples: numbers of which no two are close, or codes for a layer that wants categories."""
        shape = (n, *self.shape)
        if self.codes is not None:
            return rng.randint(self.codes, size=shape)
        return rng.permutation(np.linspace(-2.0, 2.0, np.prod(shape))).reshape(shape)


ROWS = [
    Row("dense", Dense(3, Tanh()), (4,), (2, 4)),
    Row("dense-linear", Dense(3), (4,), ()),
    Row("activation", Activation(Logistic()), (2, 3)),
    Row("activation-relu", Activation(ReLU()), (4,)),
    Row("dropout", Dropout(0.3), (5,)),
    Row("dropout-image", Dropout(0.5), (3, 2, 2)),
    Row("batch-norm", BatchNorm(), (3,)),
    Row("batch-norm-sequence", BatchNorm(), (2, 3)),
    Row("batch-norm-image", BatchNorm(), (3, 2, 3)),
    Row("layer-norm", LayerNorm(), (5,)),
    Row("layer-norm-image", LayerNorm(), (2, 2, 4)),
    Row("residual", Residual([Dense(4, Tanh()), LayerNorm(), Dense(4)]), (4,), (2, 4)),
    Row("residual-projected", Residual([Dense(3, Tanh()), Dense(5)]), (4,)),
    Row("residual-noise", Residual([LayerNorm(), Dropout(0.4)]), (2, 3)),
    Row("residual-nested", Residual([Residual([Dense(4, Tanh()), BatchNorm()]), Dense(4)]), (4,)),
    Row("residual-strided", Residual([Conv2D(3, strides=2, padding="same")]), (5, 4, 2), (5, 4)),
    Row("flatten", Flatten(), (2, 3, 2)),
    Row("flatten-dense", Residual([Flatten(), Dense(4)]), (4,)),
    Row("reshape", Reshape((3, -1, 2)), (2, 6), (3, 5)),
    Row("conv1d", Conv1D(3, activation=Tanh()), (6, 2), (6,)),
    Row("conv1d-same", Conv1D(2, 2, padding="same"), (5, 3)),
    Row("conv1d-strided", Conv1D(2, 3, strides=2, dilation=2), (9, 2), (4, 2)),
    Row("conv2d", Conv2D(3, activation=Tanh()), (4, 5, 2), (4, 5)),
    Row("conv2d-same", Conv2D(2, (3, 2), padding="same"), (3, 4, 3)),
    Row("conv2d-same-strided", Conv2D(2, 3, strides=(2, 3), padding="same", activation=Tanh()), (4, 5, 2)),
    Row("conv2d-dilated", Conv2D(2, 2, strides=2, dilation=(1, 2)), (5, 6, 2), (5, 2, 2)),
    Row("conv2d-1x1", Conv2D(3, 1, padding="same"), (2, 2, 2)),
    Row("max-pool", MaxPool2D(), (4, 6, 2), (4, 6)),
    Row("max-pool-rest", MaxPool2D((2, 3)), (5, 4, 2), (1, 4, 2)),
    Row("max-pool-overlapping", MaxPool2D(3, strides=(1, 2)), (5, 5, 2)),
    Row("average-pool", AveragePool2D(), (4, 6, 2), (4, 6)),
    Row("average-pool-overlapping", AveragePool2D(3, strides=2), (6, 5, 2), (2, 5, 2)),
    Row("global-average-pool", GlobalAveragePool2D(), (3, 2, 4), (3, 4)),
    Row("embedding", Embedding(7, 3), (4,), (), codes=7),
    Row("simple-rnn", SimpleRNN(3), (4, 2), (4,)),
    Row("simple-rnn-sequences", SimpleRNN(3, return_sequences=True), (4, 2), (4, 2, 2)),
    Row("gru", GRU(3), (4, 2), (4,)),
    Row("gru-sequences", GRU(3, return_sequences=True), (4, 2)),
    Row("lstm", LSTM(3), (4, 2), (4,)),
    Row("lstm-sequences", LSTM(3, return_sequences=True), (4, 2)),
    Row("bidirectional", Bidirectional(GRU(2)), (4, 2), (4,)),
    Row("bidirectional-sequences", Bidirectional(LSTM(2, return_sequences=True)), (4, 2)),
    Row("residual-recurrent", Residual([GRU(2, return_sequences=True), LSTM(2, return_sequences=True)]), (3, 2)),
    Row("ntk-dense", NTKDense(3, Tanh(), bias_rate=0.1), (4,), (2, 4)),
    Row("ntk-dense-linear", NTKDense(3), (4,), ()),
    Row("scale", Scale(), (4,)),
    Row("scale-image", Scale(6.0), (2, 3, 2)),
    Row("parametric-activation", ParametricActivation(SELU()), (4,)),
    Row("parametric-activation-image", ParametricActivation(Mish()), (2, 3, 2)),
    Row("residual-scale", Residual([Scale(), NTKDense(4), ParametricActivation(Tanh())]), (4,)),
    Row("table-embedding", TableEmbedding(2, frequencies=5), (4,), (1,)),
    Row("table-embedding-all", TableEmbedding(), (3,), (2, 3)),
    Row("table-embedding-codes", TableEmbedding(0, (4, 3)), (2,), (1,), codes=3),
    Row("random-flip", RandomFlip(vertical=True), (3, 2, 2), (3, 2)),
    Row("random-translation", RandomTranslation(0.4, 0.6), (5, 4, 2), (5,)),
    Row("random-rotation", RandomRotation(40.0), (4, 5, 2), (4, 5)),
    Row("random-zoom", RandomZoom(0.5), (4, 3, 2), (4, 5)),
]
