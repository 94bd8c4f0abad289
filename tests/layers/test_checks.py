"""What a layer cannot take is refused in a sentence with its name, the parameter, what is wanted, and what came."""

import math
import re
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from sknn import SequentialClassifierScratch, SequentialRegressorScratch, activations
from sknn.activations import Identity, ReLU
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.initializers import HeNormal, UnitVariance
from sknn.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNorm,
    MaxPool2D,
    NTKDense,
    ParametricActivation,
    RandomFlip,
    RandomRotation,
    Reshape,
    Residual,
    Scale,
    TableEmbedding,
)
from sknn.schedules import Plateau

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
rng = np.random.RandomState(0)
ROWS, IMAGES, SEQUENCES = rng.randn(20, 6), rng.randn(20, 6, 6, 2), rng.randn(20, 6, 2)
CODES = rng.randint(3, size=(20, 6)).astype(float)
LABELS = np.arange(20) % 2

WRONG = [
    (Dense(2, "relu"), ROWS, "activation an activation, such as ReLU(); got 'relu'"),
    (Dense(2, ReLU), ROWS, "activation an activation"),
    (Dense(2, None), ROWS, "activation an activation"),
    (Dense(2, weight_init="he_normal"), ROWS, "weight_init an initializer, such as HeNormal(); got 'he_normal'"),
    (Dense(2, weight_init=HeNormal), ROWS, "weight_init an initializer"),
    (Activation("relu"), ROWS, "activation an activation"),
    (ParametricActivation("relu"), ROWS, "activation an activation"),
    (Residual([Dense(6, "relu")]), ROWS, "inside layer 0 (Dense), which needs as activation an activation"),
    (Bidirectional(GRU(2.5)), SEQUENCES, "inside GRU, which needs as units a whole number; got 2.5"),
    (NTKDense(0), ROWS, "units must be a whole number of at least 1"),
    (NTKDense(2.5), ROWS, "units a whole number; got 2.5"),
    (Dense(True), ROWS, "units a whole number; got True"),
    (Scale(-1.0), ROWS, "rate must be at least 0, got -1.0"),
    (Scale(1.0, -1.0), ROWS, "decay must be at least 0, got -1.0"),
    (NTKDense(3, bias_rate=-2.0), ROWS, "bias_rate must be at least 0, got -2.0"),
    (ParametricActivation(ReLU(), rate=-1.0), ROWS, "rate must be at least 0, got -1.0"),
    (TableEmbedding(4, (), rate=-1.0), ROWS, "rate must be at least 0, got -1.0"),
    (RandomFlip(horizontal="no"), IMAGES, "horizontal True or False; got 'no'"),
    (GRU(3, return_sequences="false"), SEQUENCES, "return_sequences True or False; got 'false'"),
    (LSTM(3, return_sequences=None), SEQUENCES, "return_sequences True or False; got None"),
    (Dropout("a"), ROWS, "rate a finite number; got 'a'"),
    (Dropout(0.5, "cosine"), ROWS, "schedule a schedule, such as CosineDecay(); got 'cosine'"),
    (Dropout(0.5, Plateau()), ROWS, "needs a schedule that follows a plan; got Plateau("),
    (Reshape(np.array([-1, -1])), ROWS, "needs samples that have the shape"),
    (BatchNorm(momentum="a"), ROWS, "momentum a finite number; got 'a'"),
    (LayerNorm(epsilon=-1.0), ROWS, "epsilon must be greater than 0, got -1.0"),
    (RandomRotation(float("nan")), IMAGES, "degrees a finite number; got nan"),
    (Embedding(0, 3), CODES, "n_categories must be a whole number of at least 1"),
    (Embedding(2.5, 3), CODES, "n_categories a whole number; got 2.5"),
    (Reshape(6), ROWS, "shape whole numbers, one an axis; got 6"),
    (Reshape((2.0, 3.0)), ROWS, "shape whole numbers, one an axis; got (2.0, 3.0)"),
    (Conv2D(2, 2.0), IMAGES, "kernel_size a whole number of at least 1, or 2 of them; got 2.0"),
    (Conv2D(2, True), IMAGES, "kernel_size a whole number of at least 1, or 2 of them; got True"),
    (Conv2D(2, None), IMAGES, "kernel_size a whole number of at least 1, or 2 of them; got None"),
    (Conv2D(2, 2, strides=1.5), IMAGES, "strides a whole number of at least 1, or 2 of them; got 1.5"),
    (Conv2D(2, (2, 2, 2)), IMAGES, "kernel_size a whole number of at least 1, or 2 of them; got (2, 2, 2)"),
    (Conv2D(2, activation="relu"), IMAGES, "activation an activation"),
    (Conv2D(2, weight_init=UnitVariance()), IMAGES, "weight_init an initializer that does not depend on the data"),
    (Conv1D(2, weight_init=UnitVariance()), SEQUENCES, "weight_init an initializer that does not depend on the data"),
    (LSTM(2, weight_init=UnitVariance()), SEQUENCES, "weight_init an initializer that does not depend on the data"),
    (Residual([Dense(3)], weight_init=UnitVariance()), ROWS, "an initializer that does not depend on the data"),
    (
        Residual([Dense(3, weight_init=UnitVariance())], weight_init=UnitVariance()),
        ROWS,
        "weight_init an initializer that does not depend on the data",
    ),
    (MaxPool2D(2.5), IMAGES, "pool_size a whole number of at least 1, or 2 of them; got 2.5"),
    (MaxPool2D(None), IMAGES, "pool_size a whole number of at least 1, or 2 of them; got None"),
    (MaxPool2D(2, strides=0), IMAGES, "strides a whole number of at least 1, or 2 of them; got 0"),
    (TableEmbedding(dim=1), ROWS, "dim must be at least 2, got 1"),
    (TableEmbedding(dim=2.5), ROWS, "dim a whole number; got 2.5"),
    (TableEmbedding(frequencies=0), ROWS, "frequencies must be a whole number of at least 1"),
    (TableEmbedding(n_numbers=-1), ROWS, "n_numbers must be a whole number of at least 0, or None, got -1"),
    (TableEmbedding(levels=(0,)), ROWS, "levels the number of codes of each column, at least 1; got (0,)"),
    (TableEmbedding(levels=3), ROWS, "levels the number of codes of each column, at least 1; got 3"),
    (TableEmbedding(scale=-1.0), ROWS, "scale must be at least 0, got -1.0"),
]


@pytest.mark.parametrize(("layer", "X", "sentence"), WRONG, ids=[repr(row[0]) for row in WRONG])
def test_parameters(layer, X, sentence):
    net = SequentialClassifierScratch([("first", layer), ("flat", Flatten())], max_iter=2)
    with pytest.raises(
        ValueError, match=re.escape(f"layer first ({type(layer).__name__}) ") + ".*" + re.escape(sentence)
    ):
        net.fit(X, LABELS)
    assert not [name for name in vars(net) if name.endswith("_")]


@pytest.mark.parametrize("inside", [Dense(3), [("a", Dense(3))], [None, Dense(3)], [ReLU()], 3], ids=repr)
def test_what_is_no_sequence_of_layers(inside):
    with pytest.raises(TypeError, match="Residual needs a sequence of layers; got"):
        Residual(inside)


@pytest.mark.parametrize("inside", [Conv1D(3), GRU, None, Residual([GRU(2, return_sequences=True)])], ids=repr)
def test_what_is_not_recurrent(inside):
    with pytest.raises(TypeError, match=r"Bidirectional needs a recurrent layer, such as GRU\(32\); got"):
        Bidirectional(inside)


@dataclass(frozen=True)
class Own(Activation):
    """With fields whose kinds are not looked into, and defaults that are no finite numbers."""

    others: tuple[activations.Activation, ...] = ()
    maybe: activations.Activation | None = None
    limit: float = math.inf
    places: int = None


def test_layers_of_the_users_own_may_have_any_fields():
    net = SequentialClassifierScratch([Own(ReLU(), (ReLU(),))], max_iter=1).fit(ROWS, LABELS)
    assert net.n_outputs_ == 1
    with pytest.raises(ValueError, match="limit a finite number"):
        SequentialClassifierScratch([Own(ReLU(), limit=math.nan)], max_iter=1).fit(ROWS, LABELS)


def test_numbers_of_numpys_are_numbers():
    """A grid search has them."""
    net = SequentialClassifierScratch(
        [("conv", Conv2D(2)), ("pool", MaxPool2D()), ("drop", Dropout()), ("flat", Flatten())], max_iter=1
    )
    grid = {
        "conv__kernel_size": np.arange(2, 4),
        "pool__pool_size": np.arange(1, 3),
        "pool__strides": [np.array([1, 2])],
        "drop__rate": np.array([0.5], np.float32),
    }
    search = GridSearchCV(net, grid, cv=2, error_score="raise").fit(IMAGES, LABELS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("depth", [1, 2])
def test_weights_adapt_to_the_data_inside_a_block(depth):
    layer = Residual(
        [Activation(Identity()), Dense(8, Identity(), UnitVariance()), Dense(8, Identity(), UnitVariance())]
    )
    network = Network([Residual([layer]) if depth == 2 else layer], (8,), np.float64)
    X = 100.0 * np.random.RandomState(1).randn(300, 8)
    network.initialize(np.random.RandomState(0), X)
    ws = Workspace(network, len(X))
    ws.load(X)
    network.forward(ws)
    inner = ws.layers[0].inner[0].inner if depth == 2 else ws.layers[0].inner
    for b in inner[1:]:
        np.testing.assert_allclose(b.y.std(axis=0), 1.0, rtol=0.1)


@pytest.mark.parametrize("code", [-0.9, 1.7])
def test_codes_of_a_table_are_whole_numbers(code):
    table = np.column_stack([ROWS[:, 0], LABELS])
    net = SequentialRegressorScratch([TableEmbedding(levels=(3,))], max_iter=1).fit(table, LABELS)
    network = net._state.network
    with pytest.raises(ValueError, match=f"TableEmbedding needs whole numbers as codes; got {code:g}"):
        network.predict(np.array([[0.0, code]]))


def test_one_of_several_codes_may_be_missing():
    codes = np.stack([CODES, CODES[::-1]], axis=2)
    codes[3, 2, 1] = np.nan
    net = SequentialClassifierScratch([Embedding(4, 2), Flatten()], max_iter=3, random_state=0)
    expected = net.fit(codes.reshape(20, -1), LABELS).predict_proba(codes.reshape(20, -1))
    np.testing.assert_array_equal(net.fit(codes, LABELS).predict_proba(codes), expected)


@pytest.mark.parametrize("layer", [GRU(3), Conv1D(3)], ids=["GRU", "Conv1D"])
def test_the_layer_that_cannot_take_rows_is_named(layer):
    name = type(layer).__name__
    with pytest.raises(ValueError, match=rf"\({name}\) needs sequences, \(time, channels\); got \(6,\)"):
        SequentialClassifierScratch([Dense(6), layer], max_iter=1).fit(ROWS, LABELS)
    for before in Dropout(0.1), LayerNorm(), Activation(ReLU()):
        net = SequentialClassifierScratch([before, layer, Flatten()], max_iter=1).fit(ROWS, LABELS)
        assert net.input_shape_ == (6, 1)
