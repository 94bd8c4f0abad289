"""How a network is judged on validation samples, with the weights of samples and classes apart."""

import numpy as np
import pytest

from sknn.core.network import Network
from sknn.estimators.targets import ClassTargets
from sknn.estimators.validation import Judge, Samples
from sknn.layers import Dense
from sknn.losses import BinaryCrossEntropy

X = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
Y = np.array([0, 1, 1, 0, 1])
ROWS = np.array([4, 0, 2, 3])
WEIGHT, CLASS_WEIGHT = np.arange(1.0, 6.0), np.where(Y, 3.0, 0.5)


def judged(weight=None, class_weight=None, slope=1.0):
    """Give the loss and the score, and what the score was made of."""
    network, targets, seen = Network([Dense(1)], (1,), np.float64), ClassTargets.of(Y), {}
    network.parameters.values[:] = slope, 0.0

    def score(X, rows, y, predicted, weight):
        seen.update(rows=rows, y=y, predicted=predicted, weight=weight)
        return 0.75

    samples = Samples(X, Y, targets.encode(Y, np.float64), weight, class_weight, ROWS)
    return Judge(samples, targets, BinaryCrossEntropy(), score)(network), seen


@pytest.mark.parametrize("class_weight", [None, CLASS_WEIGHT], ids=["no classes", "classes"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["no samples", "samples"])
def test_the_loss_has_both_weights_and_the_score_those_of_the_samples(weight, class_weight):
    (loss, score), seen = judged(weight, class_weight)
    p = 1 / (1 + np.exp(-X[:, 0]))
    both = (1.0 if weight is None else weight) * (1.0 if class_weight is None else class_weight) * np.ones(5)
    expected = np.average(-np.log(np.where(Y, p, 1 - p))[ROWS], weights=both[ROWS])
    assert loss == pytest.approx(expected, rel=1e-12)
    assert score == 0.75
    np.testing.assert_array_equal(seen["weight"], None if weight is None else weight[ROWS])
    np.testing.assert_array_equal(seen["y"], Y[ROWS])
    np.testing.assert_array_equal(seen["predicted"], np.ones(4))


def test_infinite_outputs_have_no_score():
    """Though the probabilities that they stand for are numbers."""
    (loss, score), seen = judged(slope=np.inf)
    assert np.isnan([loss, score]).all()
    assert not seen
