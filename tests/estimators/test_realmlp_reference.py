"""RealMLP-TD-S without its random parts follows a transcription in torch, frozen by reference/make_realmlp.py."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn import RealMLPClassifierScratch, RealMLPRegressorScratch
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.estimators.targets import ClassTargets, ScaledTargets
from sknn.losses import SoftmaxCrossEntropy, SquaredError
from sknn.optimizers import AdamW
from sknn.preprocessing import TableEncoder
from sknn.schedules import CosLog4
from sknn.training.batches import Batches
from sknn.training.rules import TrainingState
from sknn.training.trainer import Trainer

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "realmlp.json").read_text())
N, FEATURES, WIDTH, BATCH, EPOCHS = 100, 3, 8, 20, 10


def table(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, FEATURES))
    X[0, 0] = 50.0
    X[:, 2] = X[:, 2] > 1.0
    signal = X[:, 1] - np.tanh(X[:, 0]) + X[:, 2]
    return X, np.digitize(signal, [-0.5, 0.8]) if kind == "classes" else 3.0 * signal + 10.0


def set_initial(network, n_outputs):
    rng = np.random.default_rng(1)
    sizes = [FEATURES, WIDTH, WIDTH, n_outputs]
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    biases = [rng.normal(size=size) for size in sizes[1:]]
    network.parameters[0].s[:] = 1.0
    for i, (W, b) in enumerate(zip(weights[:-1], biases[:-1], strict=True), start=1):
        network.parameters[i].W[:-1], network.parameters[i].W[-1] = W, b
    network.parameters[3].W[:] = 0.0


class Recorded(Objective):
    """Remembers its value at each step."""

    def evaluate(self, ws, y, weight=None):
        value = super().evaluate(ws, y, weight)
        self.losses = [*getattr(self, "losses", []), value]
        return value


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_follows_the_transcription(kind):
    X, y = table(kind)
    reg = kind == "numbers"
    estimator = (RealMLPRegressorScratch if reg else RealMLPClassifierScratch)(
        "td-s", hidden_layer_sizes=(WIDTH, WIDTH), dtype="float64"
    )
    encoder = TableEncoder(dtype="float64")
    Z = encoder.fit_transform(X)
    targets = ScaledTargets.learn(y, positive=False, clamp=False) if reg else ClassTargets.of(y)
    encoded = targets.encode(y, np.float64) if reg else targets.encode(y, np.float64).smoothed(0.1)
    network = Network(estimator._layers(1 if reg else 3, encoder), Z.shape[1:], np.float64)
    set_initial(network, 1 if reg else 3)
    objective = Recorded(network, SquaredError() if reg else SoftmaxCrossEntropy(), Penalty())
    batches = Batches(
        Z, encoded, None, np.arange(N), batch_size=BATCH, shuffle=False, rng=np.random.RandomState(0), dtype=np.float64
    )
    # The gradient of half the squared error is half that of torch's, so epsilon is halved, too.
    optimizer = AdamW(estimator.beta_1, estimator.beta_2, estimator.epsilon / (2 if reg else 1), weight_decay=0.0)
    rate = estimator._recipe("learning_rate_init")
    Trainer(objective, optimizer, CosLog4(), [], learning_rate=rate, max_epochs=EPOCHS).run(
        batches, TrainingState(network)
    )
    expected = REFERENCE[kind]
    assert len(objective.losses) == 50
    assert_allclose(np.array(objective.losses) * (2 if reg else 1), expected["losses"], rtol=1e-5)
    p = network.parameters
    assert_allclose(p[0].s, expected["scale"], rtol=1e-5)
    for i in range(3):
        assert_allclose(p[i + 1].W[:-1], expected["weights"][i], rtol=1e-5, atol=1e-7)
        assert_allclose(p[i + 1].W[-1], expected["biases"][i], rtol=1e-5, atol=1e-7)
