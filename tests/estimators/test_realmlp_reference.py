"""RealMLP from given weights follows a transcription in torch, frozen by reference/make_realmlp.py."""

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
from sknn.layers import Dropout, NTKDense, ParametricActivation, Scale, TableEmbedding
from sknn.losses import SoftmaxCrossEntropy, SquaredError
from sknn.optimizers import AdamW
from sknn.preprocessing import TableEncoder
from sknn.schedules import CosLog4, FlatCos
from sknn.training.batches import Batches
from sknn.training.rules import TrainingState
from sknn.training.trainer import Trainer

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "realmlp.json").read_text())
N, FEATURES, WIDTH, BATCH, EPOCHS = 100, 3, 8, 20, 10
WAVES, MIXED = 4, 2


def table(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, FEATURES))
    X[0, 0] = 50.0
    X[:, 2] = X[:, 2] > 1.0
    signal = X[:, 1] - np.tanh(X[:, 0]) + X[:, 2]
    return X, np.digitize(signal, [-0.5, 0.8]) if kind == "classes" else 3.0 * signal + 10.0


def layers_of(network, kind):
    """Give the parameters of all layers of one kind."""
    return [network.parameters[i] for i, layer in enumerate(network.layers) if type(layer) is kind]


def set_initial(network, n_outputs, variant):
    td, rng = variant == "td", np.random.default_rng(1)
    sizes = [FEATURES * (MIXED + 1 if td else 1), WIDTH, WIDTH, n_outputs]
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    biases = [rng.normal(size=size) for size in sizes[1:]]
    for p, W, b in zip(layers_of(network, NTKDense), weights, biases, strict=True):
        p.W[:-1], p.W[-1] = W, b
    if not td:
        p.W[:] = 0.0
    for p in layers_of(network, Scale):
        p.s[:] = 1.0
    for p in layers_of(network, ParametricActivation):
        p.w[:] = 1.0
    rng = np.random.default_rng(2)
    for p in layers_of(network, TableEmbedding):
        p.waves[:] = rng.normal(size=p.waves.shape)
        p.mix[:] = rng.uniform(-0.5, 0.5, p.mix.shape)


class Recorded(Objective):
    """Remembers its value at each step."""

    def evaluate(self, ws, y, weight=None):
        value = super().evaluate(ws, y, weight)
        self.losses = [*getattr(self, "losses", []), value]
        return value


def draw_given(monkeypatch):
    """Let dropout take the masks of the transcription."""
    masks = np.random.default_rng(3)

    def draw(self, b, rate):
        b.kept[...] = masks.random(b.kept.shape) >= rate

    monkeypatch.setattr(Dropout, "_draw", draw)


@pytest.mark.parametrize("variant", ["td-s", "td"])
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_follows_the_transcription(kind, variant, monkeypatch):
    X, y = table(kind)
    reg = kind == "numbers"
    estimator = (RealMLPRegressorScratch if reg else RealMLPClassifierScratch)(
        variant,
        hidden_layer_sizes=(WIDTH, WIDTH),
        embedding_frequencies=WAVES,
        embedding_dim=MIXED + 1,
        dtype="float64",
    )
    encoder = TableEncoder(dtype="float64")
    Z = encoder.fit_transform(X)
    targets = ScaledTargets.learn(y, positive=False, clamp=False) if reg else ClassTargets.of(y)
    encoded = targets.encode(y, np.float64) if reg else targets.encode(y, np.float64).smoothed(0.1)
    network = Network(estimator._layers(1 if reg else 3, encoder), Z.shape[1:], np.float64)
    set_initial(network, 1 if reg else 3, variant)
    draw_given(monkeypatch)
    objective = Recorded(network, SquaredError() if reg else SoftmaxCrossEntropy(), Penalty())
    batches = Batches(
        Z, encoded, None, np.arange(N), batch_size=BATCH, shuffle=False, rng=np.random.RandomState(0), dtype=np.float64
    )
    # The gradient of half the squared error is half that of torch's, so epsilon is halved, too.
    optimizer = AdamW(estimator.beta_1, estimator.beta_2, estimator.epsilon / (2 if reg else 1), weight_decay=0.0)
    Trainer(
        objective,
        optimizer,
        CosLog4(),
        [],
        learning_rate=estimator._recipe("learning_rate_init"),
        max_epochs=EPOCHS,
        weight_decay=estimator._recipe("weight_decay"),
        decay_schedule=FlatCos(),
    ).run(batches, TrainingState(network))
    expected = REFERENCE[f"{variant} {kind}"]
    assert len(objective.losses) == 50
    assert_allclose(np.array(objective.losses) * (2 if reg else 1), expected["losses"], rtol=1e-5)
    (scale,) = layers_of(network, Scale)
    assert_allclose(scale.s, expected["scale"], rtol=1e-5)
    for i, p in enumerate(layers_of(network, NTKDense)):
        assert_allclose(p.W[:-1], expected["weights"][i], rtol=1e-5, atol=1e-7)
        assert_allclose(p.W[-1], expected["biases"][i], rtol=1e-5, atol=1e-7)
    for i, p in enumerate(layers_of(network, ParametricActivation)):
        assert_allclose(p.w, expected["strengths"][i], rtol=1e-5)
    for p in layers_of(network, TableEmbedding):
        parts = (p.waves[..., 0], p.waves[..., 1], p.mix[..., :-1], p.mix[..., -1])
        for found, wanted in zip(parts, expected["embedding"], strict=True):
            assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)
