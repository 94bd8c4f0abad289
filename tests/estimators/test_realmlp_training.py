"""Which rows RealMLP trains on, in which order, and what it asks of rows that do not count."""

import numpy as np

from sknn import RealMLPRegressorScratch
from sknn.training.batches import Batches

X = np.random.RandomState(0).randn(40, 3)
Y = np.arange(40.0)
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}


def test_rows_come_in_another_order_in_every_epoch(monkeypatch):
    epochs = []

    class Seen(Batches):
        def __iter__(self):
            epochs.append([])
            for x, y, weight in super().__iter__():
                epochs[-1] += y[:, 0].tolist()
                yield x, y, weight

    monkeypatch.setattr("sknn.estimators.realmlp.Batches", Seen)
    RealMLPRegressorScratch(batch_size=10, validation_fraction=0.0, **SMALL).fit(X, Y)
    first, second = epochs
    assert sorted(first) == sorted(second)
    assert first != sorted(first)
    assert first != second


def test_a_row_without_weight_to_validate_with_may_be_outside_the_range_of_the_loss():
    y_val, weight = np.array([1.0, 2.0, 3.0, -1.0]), np.array([1.0, 2.0, 1.0, 0.0])
    net = RealMLPRegressorScratch(loss="poisson", **SMALL)
    net.fit(X, Y + 1, X_val=X[:4], y_val=y_val, sample_weight_val=weight)
    without = RealMLPRegressorScratch(loss="poisson", **SMALL)
    without.fit(X, Y + 1, X_val=X[:3], y_val=y_val[:3], sample_weight_val=weight[:3])
    np.testing.assert_allclose(net.validation_scores_, without.validation_scores_, rtol=1e-9)
