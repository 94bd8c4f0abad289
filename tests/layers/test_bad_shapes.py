"""Hyper-parameters out of their range are named when a layer is planned."""

import pytest

from sknn.layers import GRU, LSTM, BatchNorm, Conv2D, Dense, Embedding, Residual

BAD = [
    (Dense(0), (3,), "units must be a whole number of at least 1, got 0"),
    (Dense(2.5), (3,), "units must be a whole number of at least 1, got 2.5"),
    (Dense(True), (3,), "units must be a whole number of at least 1, got True"),
    (GRU(0), (4, 2), "units must be a whole number of at least 1, got 0"),
    (LSTM("a"), (4, 2), "units must be a whole number of at least 1, got 'a'"),
    (Conv2D(-1), (8, 8, 1), "filters must be a whole number of at least 1, got -1"),
    (Embedding(5, 0), (3,), "dim must be a whole number of at least 1, got 0"),
    (BatchNorm(momentum=3), (3,), "momentum must be from 0 to 1, got 3"),
    (BatchNorm(epsilon=0.0), (3,), "epsilon must be greater than 0, got 0.0"),
    (Residual([]), (3,), "needs at least one layer inside"),
]


@pytest.mark.parametrize(("layer", "shape", "message"), BAD, ids=[str(layer) for layer, *_ in BAD])
def test_bad_hyper_parameter_is_named(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.plan(shape)
