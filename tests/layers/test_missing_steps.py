"""A sequence filled up with NaN gives what the shorter sequence gives."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.activations import Tanh
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Bidirectional,
    Conv1D,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    Residual,
    SimpleRNN,
)

STACKS = {
    "simple-rnn": [SimpleRNN(3)],
    "gru": [GRU(3)],
    "lstm": [LSTM(3)],
    "lstm-stacked": [LSTM(3, return_sequences=True), LSTM(2)],
    "between": [GRU(3, return_sequences=True), LayerNorm(), Activation(Tanh()), Dropout(0.0), GRU(2)],
    "dropout-first": [Dropout(0.0), GRU(3)],
    "bidirectional": [Bidirectional(GRU(3))],
    "bidirectional-stacked": [Bidirectional(LSTM(2, return_sequences=True)), Bidirectional(SimpleRNN(3))],
    "residual": [SimpleRNN(3, return_sequences=True), Residual([GRU(3, return_sequences=True)]), LSTM(2)],
}
STEPS, PADDING = 4, 3


def passes(layers: list[Layer], x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give output, parameter gradient and input gradient of the sum of squares of the output."""
    net = Network([Dropout(0.0), *layers], x.shape[1:], np.float64)
    net.initialize(np.random.RandomState(0))
    gradients = net.parameters.gradients()
    ws = Workspace(net, len(x), training=True, rng=np.random.default_rng(0))
    ws.load(x)
    net.forward(ws)
    y = ws.output.copy()
    np.copyto(ws.output_gradient, 2 * y)
    net.backward(ws, gradients)
    assert_allclose(net.predict(x), y, rtol=1e-12)
    return y, gradients.values, ws.layers[1].dx.copy()


def sequences(n: int, steps: int) -> np.ndarray:
    return np.random.RandomState(1).standard_normal((n, steps, 2))


def filled_up(x: np.ndarray, steps: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, steps - x.shape[1]), (0, 0)), constant_values=np.nan)


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_padding_is_a_shorter_sequence(layers: list[Layer]) -> None:
    x = sequences(3, STEPS)
    y, gradient, dx = passes(layers, x)
    y_padded, gradient_padded, dx_padded = passes(layers, filled_up(x, STEPS + PADDING))
    assert_allclose(y_padded, y, rtol=1e-12)
    assert_allclose(gradient_padded, gradient, rtol=1e-12, atol=1e-14)
    assert_allclose(dx_padded[:, :STEPS], dx, rtol=1e-12, atol=1e-14)
    assert_array_equal(dx_padded[:, STEPS:], 0.0)


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_different_lengths_in_one_batch(layers: list[Layer]) -> None:
    parts = [sequences(1, steps) for steps in (1, 5, 3)]
    y, gradient, dx = passes(layers, np.concatenate([filled_up(part, 5) for part in parts]))
    alone = [passes(layers, part) for part in parts]
    assert_allclose(y, np.concatenate([one[0] for one in alone]), rtol=1e-12)
    assert_allclose(gradient, sum(one[1] for one in alone), rtol=1e-11, atol=1e-13)
    for row, part, one in zip(dx, parts, alone, strict=True):
        assert_allclose(row[: part.shape[1]], one[2][0], rtol=1e-11, atol=1e-13)
        assert_array_equal(row[part.shape[1] :], 0.0)


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_a_step_missing_inside_is_passed_too(layers: list[Layer]) -> None:
    x = sequences(2, STEPS)
    with_gap = np.insert(x, 2, np.nan, axis=1)
    y, gradient, dx = passes(layers, with_gap)
    expected = passes(layers, x)
    assert_allclose(y, expected[0], rtol=1e-12)
    assert_allclose(gradient, expected[1], rtol=1e-12, atol=1e-14)
    assert_allclose(np.delete(dx, 2, axis=1), expected[2], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("layer", [SimpleRNN(3, True), GRU(3, True), LSTM(3, True)])
def test_output_of_missing_steps(layer: Layer) -> None:
    x = sequences(2, STEPS)
    ahead, _, _ = passes([layer], filled_up(x, STEPS + PADDING))
    assert_array_equal(ahead[:, STEPS:], np.repeat(ahead[:, [STEPS - 1]], PADDING, axis=1))
    both, _, _ = passes([Bidirectional(layer)], filled_up(x, STEPS + PADDING))
    assert_array_equal(both[:, STEPS:, 3:], 0.0)
    empty, _, _ = passes([layer], np.full((2, STEPS, 2), np.nan))
    assert_array_equal(empty, 0.0)


def test_one_channel_missing_is_not_a_missing_step() -> None:
    x = sequences(2, STEPS)
    x[0, 1, 0] = np.nan
    net = Network([GRU(3)], x.shape[1:], np.float64)
    net.initialize(np.random.RandomState(0))
    y = net.predict(x)
    assert np.isnan(y[0]).all()
    assert np.isfinite(y[1]).all()


def test_missing_codes_are_missing_steps() -> None:
    layers = [Embedding(5, 2), GRU(3)]
    codes = np.random.RandomState(0).randint(5, size=(3, STEPS)).astype(float)
    padded = np.pad(codes, ((0, 0), (0, PADDING)), constant_values=np.nan)
    y, gradient, _ = passes(layers, codes)
    y_padded, gradient_padded, _ = passes(layers, padded)
    assert_allclose(y_padded, y, rtol=1e-12)
    assert_allclose(gradient_padded, gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (-1.0, "from 0 to 4; got -1"),
        (5.0, "from 0 to 4; got 5"),
        (1.5, "whole numbers as codes; got 1.5"),
        (np.inf, "got inf"),
    ],
)
def test_code_that_is_none(code: float, message: str) -> None:
    net = Network([Embedding(5, 2)], (3,), np.float64)
    with pytest.raises(ValueError, match=message):
        net.predict(np.array([[0.0, code, 2.0]]))


def test_forget_gate_starts_open() -> None:
    net = Network([LSTM(3)], (STEPS, 2), np.float64)
    net.initialize(np.random.RandomState(0))
    assert_array_equal(net.parameters[0].W[-1, 6:9], 1.0)


BATCH_STACKS = {
    "between": [GRU(3, return_sequences=True), BatchNorm(), LSTM(2)],
    "in-a-block": [GRU(3, return_sequences=True), Residual([BatchNorm(), Activation(Tanh())]), LSTM(2)],
    "twice": [LSTM(3, True), BatchNorm(), Dropout(0.0), BatchNorm(), Bidirectional(GRU(2))],
}


def training_step(layers: list[Layer], x: np.ndarray) -> list[np.ndarray]:
    """Give output, gradients and running statistics of one step with the sum of squares."""
    net = Network([Dropout(0.0), *layers], x.shape[1:], np.float64)
    net.initialize(np.random.RandomState(0))
    gradients = net.parameters.gradients()
    ws = Workspace(net, len(x), training=True, rng=np.random.default_rng(0))
    for _ in range(2):
        ws.load(x)
        net.forward(ws)
        y = ws.output.copy()
        np.copyto(ws.output_gradient, 2 * y)
        net.backward(ws, gradients)
    return [y, gradients.values, ws.layers[1].dx.copy(), net.parameters.state.copy()]


@pytest.mark.parametrize("layers", BATCH_STACKS.values(), ids=BATCH_STACKS)
def test_statistics_of_a_batch_leave_missing_steps_out(layers: list[Layer]) -> None:
    x = sequences(3, STEPS)
    y, gradient, dx, state = training_step(layers, x)
    y_padded, gradient_padded, dx_padded, state_padded = training_step(layers, filled_up(x, STEPS + PADDING))
    assert_allclose(y_padded, y, rtol=1e-11)
    assert_allclose(gradient_padded, gradient, rtol=1e-10, atol=1e-13)
    assert_allclose(dx_padded[:, :STEPS], dx, rtol=1e-10, atol=1e-13)
    assert_array_equal(dx_padded[:, STEPS:], 0.0)
    # The mean of what is normalized already is 0, but for rounding.
    assert_allclose(state_padded, state, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("lengths", [(4, 2, 1), (1, 0, 0), (0, 0, 0)], ids=str)
def test_gradients_of_statistics_that_leave_steps_out(lengths: tuple[int, ...]) -> None:
    """By differences, also where the missing steps are read by the next layer, as by Flatten."""
    x = sequences(3, STEPS)
    for row, length in enumerate(lengths):
        x[row, length:] = np.nan
    net = Network([Dropout(0.0), GRU(3, return_sequences=True), BatchNorm(), Flatten()], x.shape[1:], np.float64)
    net.initialize(np.random.RandomState(0))
    values, gradients = net.parameters.values, net.parameters.gradients()
    values += 0.1 * np.random.RandomState(2).standard_normal(values.size)
    ws = Workspace(net, 3, training=True, rng=np.random.default_rng(0))
    factors = np.cos(np.arange(ws.output.size)).reshape(ws.output.shape)

    def loss() -> float:
        ws.load(x)
        net.forward(ws)
        return float(np.sum(factors * ws.output))

    loss()
    np.copyto(ws.output_gradient, factors)
    net.backward(ws, gradients)
    expected = np.empty_like(values)
    for i, here in enumerate(values.copy()):
        ends = []
        for values[i] in here + 1e-5, here - 1e-5:
            ends.append(loss())
        values[i], expected[i] = here, (ends[0] - ends[1]) / 2e-5
    assert_allclose(gradients.values, expected, rtol=1e-6, atol=1e-8)


def test_training_and_predicting_do_the_same_to_missing_steps() -> None:
    """With the statistics of this batch; also for a next layer that reads them."""
    x = filled_up(sequences(40, STEPS), STEPS + PADDING)
    net = Network([GRU(3, return_sequences=True), BatchNorm(momentum=1.0)], x.shape[1:], np.float64)
    net.initialize(np.random.RandomState(0))
    ws = Workspace(net, len(x), training=True)
    ws.load(x)
    net.forward(ws)
    assert_allclose(net.predict(x), ws.output, rtol=0.02, atol=0.02)  # the variance that is kept is the unbiased one


@pytest.mark.parametrize(
    "tail",
    [[Residual([Conv1D(3, padding="same")]), GRU(2)], [Residual([Conv1D(3, padding="same"), BatchNorm()])]],
    ids=["after-the-block", "inside-of-it"],
)
def test_a_layer_that_mixes_steps_leaves_none_missing(tail: list[Layer]) -> None:
    """What comes after it reads all of them, as it would with what enters the block as its data."""
    x = filled_up(sequences(3, STEPS), STEPS + PADDING)
    whole = Network([GRU(3, return_sequences=True), *tail], x.shape[1:], np.float64)
    whole.initialize(np.random.RandomState(0))
    ws = Workspace(whole, len(x), training=True)
    ws.load(x)
    whole.forward(ws)
    part = Network(tail, (STEPS + PADDING, 3), np.float64)
    part.parameters.values[:] = whole.parameters.values[-part.parameters.values.size :]
    ws_part = Workspace(part, len(x), training=True)
    ws_part.load(ws.layers[0].y)
    part.forward(ws_part)
    assert_allclose(ws.output, ws_part.output, rtol=1e-12)


@pytest.mark.parametrize("layer", [SimpleRNN(3), GRU(3), LSTM(3)], ids=["simple-rnn", "gru", "lstm"])
def test_gaps_of_one_batch_are_forgotten_in_the_next(layer):
    x = np.random.default_rng(0).standard_normal((2, 4, 2))
    network = Network([layer], x.shape[1:], np.float64)
    network.initialize(np.random.RandomState(0))
    ws = Workspace(network, 2, training=True)
    outputs = []
    for batch in (x, np.where(np.arange(4)[:, None] < 2, x, np.nan), x):
        ws.load(batch)
        network.forward(ws)
        outputs.append(ws.output.copy())
    assert_array_equal(outputs[2], outputs[0])
    assert not np.allclose(outputs[1], outputs[0])
