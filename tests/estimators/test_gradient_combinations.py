"""The gradient of every network that the parameters make: activations, losses, normalization, skips, penalties.

What is not random noise is combined with everything else; a new name in a registry is a new row by itself.
"""

import numpy as np
import pytest

from sknn import MLPClassifierScratch, MLPRegressorScratch
from sknn.activations import ACTIVATIONS
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.core.workspace import Workspace
from sknn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES

N = 7
RNG = np.random.RandomState(5)
X = RNG.normal(size=(N, 3))
WEIGHT = RNG.uniform(0.2, 2.0, size=(N, 1))
WEIGHT /= WEIGHT.mean()
CLASSES = np.arange(N) % 3

TARGETS = {
    "binary": (MLPClassifierScratch, CLASSES == 1),
    "multiclass": (MLPClassifierScratch, CLASSES),
    "multilabel": (MLPClassifierScratch, np.column_stack([CLASSES == 0, CLASSES > 0]).astype(int)),
    "output": (MLPRegressorScratch, RNG.gamma(2.0, size=N)),
    "outputs": (MLPRegressorScratch, RNG.gamma(2.0, size=(N, 2))),
}
STRUCTURES = {
    f"{normalization}-{'skips' if residual else 'straight'}": {"normalization": normalization, "residual": residual}
    for normalization in (None, "batch", "layer")
    for residual in (False, True)
}
every_structure = pytest.mark.parametrize("structure", STRUCTURES.values(), ids=STRUCTURES.keys())

LOSSES = [(target, loss) for target in ("binary", "multiclass", "multilabel") for loss in CLASSIFICATION_LOSSES]
LOSSES += [(target, loss) for target in ("output", "outputs") for loss in REGRESSION_LOSSES]


def make(target, **params):
    """The objective that an estimator with these parameters minimises, with targets as it encodes them."""
    Estimator, y = TARGETS[target]
    defaults = {"hidden_layer_sizes": (4, 4), "alpha": 0.7, "l1_ratio": 0.6, "activation": "tanh"}
    estimator = Estimator(**{**defaults, **params})
    targets = estimator._targets_of(y, None, None, first=True, incremental=False)
    network = Network(estimator._layers(targets.n_outputs), X.shape[1:], np.float64)
    network.initialize(np.random.RandomState(2))
    values = network.parameters.values
    values[np.abs(values) < 0.01] = 0.01  # where |W| has no derivative there are no differences either
    objective = Objective(network, estimator._loss(targets), Penalty(estimator.alpha, estimator.l1_ratio))
    return objective, estimator._encode(y, targets, np.float64).take().astype(float)


def assert_gradient_is_right(objective, y):
    ws = Workspace(objective.network, N, training=True)
    ws.load(X)
    objective.evaluate(ws, y, WEIGHT)
    gradient = objective.gradients.values.copy()
    theta, numeric, step = objective.network.parameters.values, np.empty_like(gradient), 3e-5
    for i, centre in enumerate(theta.tolist()):
        value = {}
        for k in (-2, -1, 1, 2):
            theta[i] = centre + k * step
            value[k] = objective.evaluate(ws, y, WEIGHT)
        theta[i] = centre
        numeric[i] = (8 * (value[1] - value[-1]) - (value[2] - value[-2])) / (12 * step)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-7, atol=3e-9)


@every_structure
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation, structure):
    assert_gradient_is_right(*make("multiclass", activation=activation, **structure))


@every_structure
@pytest.mark.parametrize(("target", "loss"), LOSSES)
def test_every_loss(target, loss, structure):
    assert_gradient_is_right(*make(target, loss=loss, **structure))


@pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("loss", CLASSIFICATION_LOSSES)
def test_smoothed_labels(target, loss):
    assert_gradient_is_right(*make(target, loss=loss, label_smoothing=0.2, normalization="layer", residual=True))


@every_structure
def test_activations_layer_by_layer(structure):
    assert_gradient_is_right(*make("binary", activation=["mish", "elu"], **structure))
