"""Hyper-parameters of layers, losses and the like are Python's numbers, whatever a grid hands over."""

import numpy as np
import pytest

from sknn import MLPRegressorScratch
from sknn.activations import ELU, SELU
from sknn.initializers import HullBiases
from sknn.layers import Conv2D, Dropout
from sknn.losses import BinaryFocal, Quantile
from sknn.optimizers import Adam
from sknn.schedules import ExponentialDecay, Plateau

GIVEN = [
    ELU(np.float64(0.3)),
    SELU(),
    HullBiases(np.int64(9)),
    Conv2D(np.int32(4)),
    Dropout(np.float32(0.25)),
    BinaryFocal(np.float64(2.0)),
    Quantile(np.float64(0.3)),
    Adam(np.float64(0.5), weight_decay=np.float64(0.1)),
    ExponentialDecay(np.float64(0.5)),
    Plateau(patience=np.int8(2)),
]


@pytest.mark.parametrize("settings", GIVEN, ids=lambda settings: type(settings).__name__)
def test_scalars_of_numpy_become_numbers(settings):
    assert not any(isinstance(value, np.generic) for value in vars(settings).values())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_scalar_of_numpy_computes_as_a_number_does():
    X = np.random.RandomState(0).randn(60, 3).astype(np.float32)
    number, scalar = (
        MLPRegressorScratch(
            hidden_layer_sizes=(5,),
            activation=ELU(slope),
            learning_rate=ExponentialDecay(gamma),
            max_iter=5,
            tol=0,
            random_state=0,
        )
        for slope, gamma in ((0.3, 0.9), (np.float64(0.3), np.float64(0.9)))
    )
    expected = number.fit(X, X[:, 0]).predict(X)
    np.testing.assert_array_equal(scalar.fit(X, X[:, 0]).predict(X), expected)
