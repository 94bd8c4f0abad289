"""An epoch is what a loop in plain Python does, with the weights and the bias of each layer kept apart."""

import math

import numpy as np
import pytest
from scipy import sparse
from sklearn.utils import shuffle

from sknn.activations import ReLU, Tanh
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.layers import Dense
from sknn.losses import BinaryCrossEntropy, SoftmaxCrossEntropy, SquaredError
from sknn.optimizers import SGD, Adam
from sknn.schedules import Constant, InverseScaling, Schedule
from sknn.training.batches import Batches, TargetRows
from sknn.training.rules import Best, Divergence, Rule, TrainingState, Validation
from sknn.training.trainer import Trainer

N, FEATURES, OUTPUTS, SEED = 23, 4, 3, 7

RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, FEATURES))
Y = np.eye(OUTPUTS)[np.arange(N) % OUTPUTS]
WEIGHT = RNG.uniform(0.0, 2.0, N)
WEIGHT /= WEIGHT.mean()


# -- the plain loop -------------------------------------------------------------------------------------


def softmax_and_loss(raw, y):
    p = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    return -(y * np.log(p)).sum(axis=1), p - y


def logistic_and_loss(raw, y):
    p = 1 / (1 + np.exp(-raw))
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=1), p - y


def squared_and_loss(raw, y):
    return ((raw - y) ** 2).mean(axis=1) / 2, (raw - y) / OUTPUTS


LOSSES = {
    "softmax": (SoftmaxCrossEntropy(), softmax_and_loss),
    "logistic": (BinaryCrossEntropy(), logistic_and_loss),
    "squared": (SquaredError(), squared_and_loss),
}


class PlainNetwork:
    """Layers of weights and biases, trained one layer after the other."""

    def __init__(self, network):
        matrices = [network.parameters[i].W for i in range(len(network.layers))]
        self.weights = [W[:-1].copy() for W in matrices]
        self.biases = [W[-1].copy() for W in matrices]
        self.relu = isinstance(network.layers[0].activation, ReLU)

    @property
    def arrays(self):
        return self.weights + self.biases

    def vector(self):
        return np.concatenate([np.vstack(layer).ravel() for layer in zip(self.weights, self.biases, strict=True)])

    def gradient(self, x, y, weight, loss, alpha):
        n, outputs = len(x), [x]
        for W, b in zip(self.weights, self.biases, strict=True):
            z = outputs[-1] @ W + b
            is_last = W is self.weights[-1]
            outputs.append(z if is_last else np.maximum(z, 0) if self.relu else np.tanh(z))
        losses, delta = loss(outputs.pop(), y)
        value = (weight * losses).sum() / n + alpha / (2 * n) * sum((W**2).sum() for W in self.weights)
        delta = weight[:, None] * delta / n
        weight_gradients, bias_gradients = [], []
        for W in self.weights[::-1]:
            out = outputs.pop()
            weight_gradients.insert(0, out.T @ delta + alpha / n * W)
            bias_gradients.insert(0, delta.sum(axis=0))
            delta = (delta @ W.T) * ((out > 0) if self.relu else 1 - out**2)
        return value, weight_gradients + bias_gradients


def plain_sgd(momentum, nesterov):
    velocities = []

    def update(arrays, gradients, rate):
        velocities.extend([0.0] * len(arrays) if not velocities else [])
        for i, (array, g) in enumerate(zip(arrays, gradients, strict=True)):
            velocities[i] = momentum * velocities[i] - rate * g
            array += momentum * velocities[i] - rate * g if nesterov else velocities[i]

    return update


def plain_adam(beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    moments = {"m": [], "v": [], "t": 0}

    def update(arrays, gradients, rate):
        m, v = moments["m"], moments["v"]
        if not m:
            m += [0.0] * len(arrays)
            v += [0.0] * len(arrays)
        moments["t"] += 1
        rate *= math.sqrt(1 - beta_2 ** moments["t"]) / (1 - beta_1 ** moments["t"])
        for i, (array, g) in enumerate(zip(arrays, gradients, strict=True)):
            m[i] = beta_1 * m[i] + (1 - beta_1) * g
            v[i] = beta_2 * v[i] + (1 - beta_2) * g**2
            array -= rate * m[i] / (np.sqrt(v[i]) + epsilon)

    return update


OPTIMIZERS = {
    "sgd": (SGD(0.0), lambda: plain_sgd(0.0, False)),
    "momentum": (SGD(0.9, nesterovs_momentum=False), lambda: plain_sgd(0.9, False)),
    "nesterov": (SGD(0.9), lambda: plain_sgd(0.9, True)),
    "adam": (Adam(), plain_adam),
}


def plain_training(net, loss, update, *, epochs, batch_size, rate, weight=None, alpha=0.0, decay=0.0, max_norm=None):
    """Train as `Trainer` should; give the loss of every epoch, the gradient's norm at its end, and the weights."""
    weight = np.ones(N) if weight is None else weight
    rows, rng = np.arange(N), np.random.RandomState(SEED)
    curve, norms, vectors = [], [], []
    for _ in range(epochs):
        rows = shuffle(rows, random_state=rng)
        total = 0.0
        for start in range(0, N, batch_size):
            batch = rows[start : start + batch_size]
            value, gradients = net.gradient(X[batch], Y[batch], weight[batch], loss, alpha)
            total += len(batch) * value
            norm = math.sqrt(sum((g**2).sum() for g in gradients))
            if max_norm is not None and norm > max_norm:
                gradients = [g * max_norm / norm for g in gradients]
            for W in net.weights:
                W -= decay * rate * W
            update(net.arrays, gradients, rate)
        curve.append(total / N)
        norms.append(norm)
        vectors.append(net.vector())
    return curve, norms, vectors


# -- what is compared with it ---------------------------------------------------------------------------


def make_network(hidden=(5, 4), activation=None, dtype=np.float64):
    activation = activation or Tanh()
    network = Network([*(Dense(units, activation) for units in hidden), Dense(OUTPUTS)], (FEATURES,), dtype)
    network.initialize(np.random.RandomState(1))
    return network


def make_batches(batch_size=5, X=X, weight=None, rows=None, dtype=np.float64):
    return Batches(
        X,
        TargetRows(Y),
        weight,
        np.arange(N) if rows is None else rows,
        batch_size=batch_size,
        shuffle=True,
        rng=np.random.RandomState(SEED),
        dtype=dtype,
    )


def make_trainer(network, rules=(), loss=None, optimizer=None, schedule=None, alpha=0.0, rate=0.05, epochs=3, **params):
    return Trainer(
        Objective(network, loss or SoftmaxCrossEntropy(), Penalty(alpha)),
        optimizer or Adam(),
        schedule or Constant(),
        rules,
        learning_rate=rate,
        max_epochs=epochs,
        **params,
    )


def train(network, batches=None, **params):
    state = TrainingState(network)
    make_trainer(network, **params).run(batches or make_batches(), state)
    return state


def assert_same(state, plain):
    curve, norms, vectors = plain
    np.testing.assert_allclose(state.history["loss"], curve, rtol=1e-12)
    np.testing.assert_allclose(state.history["gradient_norm"], norms, rtol=1e-10)
    np.testing.assert_allclose(state.network.parameters.values, vectors[-1], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("loss", "plain_loss"), LOSSES.values(), ids=LOSSES.keys())
@pytest.mark.parametrize(("optimizer", "plain_optimizer"), OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
@pytest.mark.parametrize("batch_size", [1, 5, N], ids=["single_rows", "remainder", "full"])
def test_epochs_equal_the_plain_loop(loss, plain_loss, optimizer, plain_optimizer, batch_size):
    network = make_network()
    plain = plain_training(
        PlainNetwork(network), plain_loss, plain_optimizer(), epochs=3, batch_size=batch_size, rate=0.05
    )
    assert_same(train(network, make_batches(batch_size), loss=loss, optimizer=optimizer), plain)


@pytest.mark.parametrize("hidden", [(), (6,), (5, 4, 3)], ids=["linear", "1_hidden", "3_hidden"])
@pytest.mark.parametrize("activation", [Tanh(), ReLU()], ids=["tanh", "relu"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("alpha", [0.0, 0.5])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_layers_weights_and_penalty_equal_the_plain_loop(hidden, activation, weight, alpha, container):
    network = make_network(hidden, activation)
    net = PlainNetwork(network)
    plain = plain_training(
        net, softmax_and_loss, plain_sgd(0.9, True), epochs=3, batch_size=5, rate=0.05, weight=weight, alpha=alpha
    )
    assert_same(train(network, make_batches(5, container(X), weight), optimizer=SGD(), alpha=alpha), plain)


@pytest.mark.parametrize("decay", [0.0, 0.4])
@pytest.mark.parametrize("max_norm", [None, 0.3, 1e6])
def test_weight_decay_and_clipping_equal_the_plain_loop(decay, max_norm):
    network = make_network()
    plain = plain_training(
        PlainNetwork(network),
        softmax_and_loss,
        plain_adam(),
        epochs=3,
        batch_size=5,
        rate=0.05,
        decay=decay,
        max_norm=max_norm,
    )
    assert_same(train(network, weight_decay=decay, max_grad_norm=max_norm), plain)


def test_rows_held_out_are_not_trained_on():
    network, rows = make_network(), np.arange(0, N, 2)
    poisoned = X.copy()
    poisoned[1::2] = np.nan
    state = train(network, make_batches(5, poisoned, rows=rows))
    assert network.parameters.is_finite()
    assert state.clock.samples == 3 * len(rows)


def test_float32_stays_float32():
    network = make_network(dtype=np.float32)
    single = make_batches(5, X.astype(np.float32), WEIGHT.astype(np.float32), dtype=np.float32)
    state = train(network, single, alpha=0.1)
    reference = train(make_network(), make_batches(5, X, WEIGHT), alpha=0.1)
    assert network.parameters.values.dtype == np.float32
    assert all(slot.dtype == np.float32 for slot in state.optimizer_state.slots.values())
    np.testing.assert_allclose(state.history["loss"], reference.history["loss"], rtol=1e-4)
    assert all(type(value) is float for values in state.history.values() for value in values)


# -- clock, schedule, rate ------------------------------------------------------------------------------


class Watched(Schedule):
    """Remember what the clock said before each update."""

    def __init__(self):
        self.seen = []

    def __call__(self, clock):
        self.seen.append((clock.step, clock.samples, clock.steps_per_epoch, clock.total_steps, clock.progress))
        return 1.0


def test_clock():
    network, schedule = make_network(), Watched()
    state = train(network, make_batches(10), schedule=schedule, epochs=2)
    assert schedule.seen == [(step, N * (step // 3), 3, 6, step / 6) for step in range(6)]
    assert (state.epoch, state.clock.step, state.clock.samples) == (2, 6, 2 * N)


def test_clock_goes_on_in_the_next_run():
    """Its steps and rows are counted on, and the schedule is laid out from where the run began."""
    network, schedule = make_network(), Watched()
    state = train(network, make_batches(10), epochs=1)
    state = state.continued(network, anew=True)
    make_trainer(network, schedule=schedule, epochs=2).run(make_batches(5), state)
    assert schedule.seen == [(3 + step, N * (1 + step // 5), 5, 13, step / 10) for step in range(10)]


def test_schedule_is_laid_out_for_the_planned_epochs():
    """One call for each of four epochs is one call for all four."""
    network, schedule = make_network(), Watched()
    state = TrainingState(network)
    for _ in range(4):
        make_trainer(network, schedule=schedule, epochs=1, planned_epochs=4).run(make_batches(10), state)
        state = state.continued(network, anew=False)
    assert schedule.seen == [(step, N * (step // 3), 3, 12, step / 12) for step in range(12)]


def test_schedule_that_does_not_fit_is_refused_before_training():
    class Unfit(Watched):
        def check(self, clock):
            raise ValueError(f"got {clock.total_steps} steps")

    network = make_network()
    before = network.parameters.values.copy()
    with pytest.raises(ValueError, match="got 15 steps"):
        train(network, schedule=Unfit())
    np.testing.assert_array_equal(network.parameters.values, before)


class Halving(Schedule):
    def __call__(self, clock):
        return 0.5**clock.step


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (Constant(), lambda step: 0.05),
        (InverseScaling(0.5), lambda step: 0.05 / math.sqrt(N * (step // 3) + 1)),
        (Halving(), lambda step: 0.05 * 0.5**step),
    ],
    ids=["constant", "invscaling", "own"],
)
@pytest.mark.parametrize("rate_scale", [1.0, 0.2])
def test_rate_is_the_product_of_its_three_factors(schedule, rates, rate_scale):
    class Spy(SGD):
        def update(self, params, grads, state, rate, factors, crew):
            used.append(rate)
            super().update(params, grads, state, rate)

    used = []
    network = make_network()
    state = TrainingState(network, rate_scale=rate_scale)
    make_trainer(network, optimizer=Spy(), schedule=schedule, epochs=2).run(make_batches(10), state)
    assert used == pytest.approx([rate_scale * rates(step) for step in range(6)], rel=1e-14)
    assert state.history["learning_rate"] == [used[2], used[5]]


def test_a_rule_changes_the_rate_of_the_next_epoch():
    class Slower(Rule):
        def after_epoch(self, state):
            state.rate_scale /= 10

    state = train(make_network(), rules=[Slower()])
    assert state.history["learning_rate"] == pytest.approx([0.05, 0.005, 0.0005], rel=1e-14)


# -- optimizer state ------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [SGD(), Adam()], ids=["sgd", "adam"])
def test_two_runs_are_one_longer_run(optimizer):
    network, batches = make_network(), make_batches()
    state = TrainingState(network)
    for _ in range(2):
        state.epoch = 0
        make_trainer(network, optimizer=optimizer, epochs=2).run(batches, state)
    longer = train(make_network(), optimizer=optimizer, epochs=4)
    assert state.history["loss"] == longer.history["loss"]
    np.testing.assert_array_equal(network.parameters.values, longer.network.parameters.values)


def test_gradient_norm_is_that_of_the_last_step_after_batches_change():
    """The count of steps goes on, so it need not be a multiple of the steps of an epoch."""
    network = make_network()
    state = TrainingState(network)
    make_trainer(network, epochs=1).run(make_batches(10), state)
    norms = []

    class Spy(Adam):
        def update(self, params, grads, state, rate, factors, crew):
            norms.append(math.sqrt(np.dot(grads, grads)))
            super().update(params, grads, state, rate)

    state.epoch = 0
    make_trainer(network, optimizer=Spy(), epochs=2).run(make_batches(5), state)
    assert state.history["gradient_norm"][1:] == pytest.approx([norms[4], norms[9]], rel=1e-12)


def test_another_optimizer_starts_with_a_state_of_its_own():
    network = make_network()
    state = TrainingState(network)
    make_trainer(network, optimizer=SGD(), epochs=1).run(make_batches(), state)
    state.epoch = 0
    make_trainer(network, optimizer=Adam(), epochs=1).run(make_batches(), state)
    assert tuple(state.optimizer_state.slots) == Adam.slots
    assert state.optimizer_state.step == 5


def test_layers_that_make_noise_take_their_seed_from_the_same_stream():
    """Without such layers no number is drawn for them, so the batches are scikit-learn's."""

    class Noisy(Dense):
        random = True

        def forward(self, p, b):
            super().forward(p, b)
            if b.training:
                drawn.append(b.rng.random())

    for layer, n_drawn in ((Noisy, 15), (Dense, 0)):
        runs = []
        for _ in range(2):
            drawn = []
            network = Network([layer(OUTPUTS)], (FEATURES,), np.float64)
            network.initialize(np.random.RandomState(1))
            runs.append((train(network).history["loss"], drawn))
        assert runs[0] == runs[1]
        assert len(set(drawn)) == n_drawn


# -- rules and the end of training ----------------------------------------------------------------------


class Named(Rule):
    """Write down when it is called, and do something at the end of one epoch."""

    def __init__(self, name, events, at=None, action=None):
        self.name, self.events, self.at, self.action = name, events, at, action

    def before_epoch(self, state):
        self.events.append(f"{self.name} before {state.epoch}")

    def after_epoch(self, state):
        self.events.append(f"{self.name} after {state.epoch}")
        if state.epoch == self.at:
            self.action(state)


def stop(state):
    state.stop_reason = "Enough."


def interrupt(state):
    raise KeyboardInterrupt


def test_rules_are_called_in_their_order_around_each_epoch():
    events = []
    train(make_network(), rules=[Named("a", events), Named("b", events)], epochs=2)
    assert events == [
        *("a before 0", "b before 0", "a after 1", "b after 1"),
        *("a before 1", "b before 1", "a after 2", "b after 2"),
    ]


def test_a_rule_ends_training_and_the_rules_after_it_are_still_called():
    events = []
    state = train(make_network(), rules=[Named("a", events, 2, stop), Named("b", events)], epochs=9)
    assert state.stop_reason == "Enough."
    assert state.epoch == 2
    assert events[-2:] == ["a after 2", "b after 2"]


def test_end_of_the_epochs_gives_no_reason():
    state = train(make_network(), epochs=2)
    assert state.stop_reason is None
    assert state.epoch == 2
    assert all(len(state.history[name]) == 2 for name in ("loss", "learning_rate", "gradient_norm", "seconds"))
    assert min(state.history["seconds"]) >= 0.0


def test_a_state_that_was_stopped_is_not_trained():
    network = make_network()
    before = network.parameters.values.copy()
    state = TrainingState(network, stop_reason="Enough.")
    make_trainer(network).run(make_batches(), state)
    assert state.epoch == 0
    np.testing.assert_array_equal(network.parameters.values, before)


def test_divergence_ends_training():
    network = make_network()
    with np.errstate(all="ignore"):
        state = train(network, rules=[Divergence()], loss=SquaredError(), optimizer=SGD(), rate=1e200, epochs=9)
    assert state.epoch == 1
    assert state.stop_reason == f"The loss became {state.history['loss'][-1]} in epoch 1."


@pytest.mark.parametrize("best", [1, 2, 4])
def test_weights_of_the_best_score_are_kept(best):
    scores = [1.0 - abs(epoch - best) for epoch in range(1, 5)]
    judged = iter(scores)
    rules = [Validation(lambda network: (0.0, next(judged))), Best(scores=True, keeps_weights=True)]
    network = make_network()
    _, _, vectors = plain_training(
        PlainNetwork(network), softmax_and_loss, plain_adam(), epochs=4, batch_size=5, rate=0.05
    )
    state = train(network, rules=rules, epochs=4)
    assert state.best_epoch == best
    assert state.best_score == 1.0
    assert state.history["validation_score"] == scores
    np.testing.assert_allclose(network.parameters.values, vectors[-1], rtol=1e-10, atol=1e-13)
    network.parameters.restore(state.best_weights)
    np.testing.assert_allclose(network.parameters.values, vectors[best - 1], rtol=1e-10, atol=1e-13)


def test_interrupt_between_epochs_keeps_what_was_learned():
    events, network = [], make_network()
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        state = train(network, rules=[Named("a", events, 2, interrupt), Named("b", events)], epochs=9)
    two_epochs = train(make_network(), epochs=2)
    assert state.stop_reason == "Interrupted by the user."
    assert state.history["loss"] == two_epochs.history["loss"]
    np.testing.assert_array_equal(network.parameters.values, two_epochs.network.parameters.values)


def test_interrupt_within_an_epoch_keeps_its_updates():
    class Interrupting(Schedule):
        def __call__(self, clock):
            if clock.step == 7:
                raise KeyboardInterrupt
            return 1.0

    network = make_network()
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        state = train(network, schedule=Interrupting(), epochs=9)
    one_epoch = train(make_network(), epochs=1)
    assert (state.epoch, state.clock.step) == (1, 7)
    assert state.optimizer_state.step == 7
    assert state.history["loss"] == one_epoch.history["loss"]
    assert not np.array_equal(network.parameters.values, one_epoch.network.parameters.values)


def test_other_errors_are_not_caught():
    def fail(state):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(make_network(), rules=[Named("a", [], 1, fail)])
