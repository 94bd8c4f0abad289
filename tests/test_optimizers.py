"""Optimizers: their trajectories, where they get to, and what they do to their arrays."""

import copy
import json
import math
import pickle
import tracemalloc
from pathlib import Path
from threading import get_ident
from time import sleep

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn import MLPRegressorScratch
from sknn.core.crew import ALONE, Crew
from sknn.core.kernels import BLOCK_ELEMENTS
from sknn.estimators.components import make_optimizer
from sknn.optimizers import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, Lion, NAdam, Optimizer, RMSProp
from sknn.optimizers.base import SETTLE_EVERY

REFERENCE = json.loads(Path(__file__).with_name("reference").joinpath("optimizers.json").read_text())

TABLE = {
    **{name: optimizer() for name, optimizer in OPTIMIZERS.items()},
    "sgd momentum": SGD(momentum=0.8, nesterovs_momentum=False),
    "sgd plain": SGD(momentum=0.0),
    "adam no epsilon": Adam(epsilon=1e-30),
    "adamw more": AdamW(beta_1=0.8, beta_2=0.9, epsilon=1e-4, weight_decay=0.3),
    "nadam more": NAdam(beta_1=0.8, beta_2=0.9, epsilon=1e-4, momentum_decay=0.1),
    "rmsprop more": RMSProp(rho=0.95, epsilon=1e-4),
    "adagrad more": Adagrad(epsilon=1e-4),
    "lion more": Lion(beta_step=0.5, beta_mean=0.8),
}
every_optimizer = pytest.mark.parametrize("optimizer", TABLE.values(), ids=TABLE.keys())
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def random_gradients(steps, size, dtype=np.float64):
    return np.random.RandomState(0).randn(steps, size).astype(dtype)


def run(optimizer, params, gradients, state=None, rate=0.01):
    """Update in place with each gradient in turn."""
    state = state or optimizer.init(params)
    for g in gradients:
        optimizer.update(params, g.copy(), state, rate)
    return state


@pytest.mark.parametrize("name", TABLE)
def test_trajectory_is_that_of_the_reference(name):
    optimizer, rate = TABLE[name], REFERENCE["rate"]
    params = np.array(REFERENCE["start"])
    state = optimizer.init(params)
    for t, (g, expected) in enumerate(zip(REFERENCE["gradients"], REFERENCE["trajectories"][name], strict=True), 1):
        params *= 1.0 - rate * optimizer.weight_decay  # as the trainer does
        optimizer.update(params, np.array(g), state, rate)
        assert state.step == t
        assert_allclose(params, expected, rtol=1e-12, atol=1e-14, err_msg=f"update {t}")


def parabola(x):
    return 2.0 * (x - np.array([1.0, -2.0], x.dtype))


def rosenbrock(x):
    valley = x[1] - x[0] ** 2
    return np.array([-2.0 * (1.0 - x[0]) - 400.0 * x[0] * valley, 200.0 * valley], x.dtype)


PROBLEMS = {"parabola": (parabola, [1.0, -2.0]), "rosenbrock": (rosenbrock, [1.0, 1.0])}

# The rate at the start; it falls to 0 in a straight line.
RATES = {
    "sgd": {"parabola": 0.1, "rosenbrock": 1e-3},
    "sgd momentum": {"parabola": 0.1, "rosenbrock": 5e-4},
    "sgd plain": {"parabola": 0.1, "rosenbrock": 3e-3},
    "adagrad": {"parabola": 1.0, "rosenbrock": 1.0},
    "adagrad more": {"parabola": 1.0, "rosenbrock": 1.0},
    "lion": {"parabola": 0.05, "rosenbrock": 0.01},
    "lion more": {"parabola": 0.05, "rosenbrock": 1e-3},
    "rmsprop": {"parabola": 0.1, "rosenbrock": 0.01},
    "rmsprop more": {"parabola": 0.1, "rosenbrock": 0.01},
}
USUAL_RATES = {"parabola": 0.1, "rosenbrock": 0.05}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("problem", PROBLEMS)
@every_dtype
def test_finds_the_minimum(name, problem, dtype):
    gradient, minimum = PROBLEMS[problem]
    rate = RATES.get(name, USUAL_RATES)[problem]
    steps = 400 if problem == "parabola" else 8000
    params = np.zeros(2, dtype)
    state = TABLE[name].init(params)
    for t in range(steps):
        TABLE[name].update(params, gradient(params), state, rate * (1 - t / steps))
    assert params.dtype == dtype
    assert_allclose(params, minimum, atol=0.02)


@every_optimizer
@every_dtype
def test_updates_in_place_in_the_dtype_of_the_parameters(optimizer, dtype):
    params, gradient = np.ones(5, dtype), np.full(5, 0.5, dtype)
    state = optimizer.init(params)
    assert tuple(state.slots) == optimizer.slots
    slots = list(state.slots.values())
    before = params.copy()
    # A rate that is a NumPy scalar, as a grid search may give, is no reason to change the type.
    optimizer.update(params, gradient, state, np.float64(0.1))
    optimizer.update(params, gradient, state, 0.1)
    assert all(a is b for a, b in zip(slots, state.slots.values(), strict=True))
    assert all(slot.dtype == dtype and slot.shape == params.shape for slot in slots)
    assert params.dtype == dtype
    assert np.all(params < before)


@every_optimizer
def test_float32_follows_float64(optimizer):
    gradients = random_gradients(20, 50)
    exact, params = np.ones(50), np.ones(50, np.float32)
    run(optimizer, exact, gradients)
    run(optimizer, params, gradients.astype(np.float32))
    assert_allclose(params, exact, rtol=1e-5)


@every_optimizer
def test_blocks_do_not_show(optimizer):
    size = 2 * BLOCK_ELEMENTS + 77
    gradients = random_gradients(3, size)
    whole, parts = np.ones(size), np.ones(size)
    run(optimizer, whole, gradients)
    for start in range(0, size, 10_000):
        run(optimizer, parts[start : start + 10_000], gradients[:, start : start + 10_000])
    assert_array_equal(whole, parts)


@every_optimizer
@pytest.mark.parametrize("factored", [False, True])
def test_threads_do_not_show(optimizer, factored):
    """Several share a long vector where the optimizer has no working memory, which is there only once."""
    size = 2 * BLOCK_ELEMENTS + 77
    gradients, factors = random_gradients(2, size), np.linspace(0.0, 2.0, size) if factored else None
    results, threads = [], set()

    class Watched(type(optimizer)):
        def step(self, g, *slots_and_constants):
            threads.add(get_ident())
            sleep(0.01)
            super().step(g, *slots_and_constants)

    watched = Watched(**vars(optimizer))
    with Crew(3) as three:
        for crew in ALONE, three:
            params = np.ones(size)
            state = watched.init(params)
            for gradient in gradients:
                watched.update(params, gradient.copy(), state, 0.01, factors, crew)
            results.append([params, *state.slots.values()])
    for alone, shared in zip(*results, strict=True):
        assert_array_equal(alone, shared)
    assert (len(threads) == 1) == optimizer.needs_work


def adam_rule(o, g, t, rate, q):
    q["m"] = o.beta_1 * q["m"] + (1 - o.beta_1) * g
    q["v"] = o.beta_2 * q["v"] + (1 - o.beta_2) * g * g
    corrected = rate * math.sqrt(1 - o.beta_2**t) / (1 - o.beta_1**t)
    return corrected * q["m"] / (np.sqrt(q["v"]) + o.epsilon)


def rmsprop_rule(o, g, t, rate, q):
    q["v"] = o.rho * q["v"] + (1 - o.rho) * g * g
    return rate * g / (np.sqrt(q["v"]) + o.epsilon)


def sgd_rule(o, g, t, rate, q):
    q["velocity"] = o.momentum * q["velocity"] + rate * g
    return o.momentum * q["velocity"] + rate * g if o.nesterovs_momentum else q["velocity"]


@pytest.mark.parametrize(
    ("rule", "optimizers"),
    [
        (adam_rule, [Adam(), Adam(0.9, 0.9), Adam(0.5, 0.9), Adam(0.0, 0.0), Adam()]),
        (rmsprop_rule, [RMSProp(), RMSProp(0.99), RMSProp(0.0), RMSProp(0.5)]),
        (sgd_rule, [SGD(), SGD(0.5), SGD(0.5, nesterovs_momentum=False), SGD(1.0), SGD(0.0)]),
    ],
    ids=["adam", "rmsprop", "sgd"],
)
def test_other_hyper_parameters_go_on_with_the_quantities_of_the_rule(rule, optimizers):
    """And not with what is kept for them, which has a factor that depends on those."""
    params = expected = np.ones(5)
    state, quantities, t = None, dict.fromkeys(("m", "v", "velocity"), 0.0), 0
    for optimizer in optimizers:
        params = params.copy()
        state = optimizer.take_over(pickle.loads(pickle.dumps(state)), params)
        for g in random_gradients(3, 5):
            t += 1
            optimizer.update(params, g.copy(), state, 0.01)
            expected = expected - rule(optimizer, g, t, 0.01, quantities)
            assert_allclose(params, expected, rtol=1e-12, atol=1e-14, err_msg=str(optimizer))


class PlainMoments(Optimizer):
    """A user's own, whose slots have the names of Adam's, and their full factors."""

    slots = ("m", "v")

    def constants(self, t, rate):
        return (rate,)

    def step(self, g, m, v, rate):
        m += g
        g *= rate


def test_slots_of_the_same_names_keep_what_they_mean():
    params = np.ones(5)
    state = run(Adam(0.5, 0.75), params, random_gradients(2, 5))
    m, v = state.slots["m"].copy(), state.slots["v"].copy()
    own = PlainMoments().take_over(state, params)
    assert_allclose(own.slots["m"], m * 0.5)
    assert_allclose(own.slots["v"], v * 0.25)
    back = Adam(0.5, 0.75).take_over(own, params)
    assert_allclose(back.slots["m"], m)
    assert_allclose(back.slots["v"], v)


def test_slots_of_another_kind_are_not_taken_over():
    params = np.ones(5)
    state = run(SGD(), params, random_gradients(2, 5))
    assert Adam().take_over(state, params).step == 0
    assert AdamW().take_over(run(Adam(), params, random_gradients(2, 5)), params).step == 2


@every_optimizer
@every_dtype
def test_an_update_allocates_no_arrays(optimizer, dtype):
    params = np.ones(10 * BLOCK_ELEMENTS, dtype)
    gradient = np.ones_like(params)
    state = optimizer.init(params)
    optimizer.update(params, gradient, state, 0.01)
    tracemalloc.start()
    try:
        optimizer.update(params, gradient, state, 0.01)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < BLOCK_ELEMENTS


@every_optimizer
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_state_goes_on_after_a_copy(optimizer, duplicate):
    gradients = random_gradients(6, 30)
    params, resumed = np.ones(30), np.ones(30)
    run(optimizer, params, gradients)
    state = duplicate(run(optimizer, resumed, gradients[:3]))
    assert state.work is None
    run(optimizer, resumed, gradients[3:], state)
    assert_array_equal(params, resumed)


def test_state_holds_no_more_than_its_slots():
    params = np.ones(1000)
    for optimizer in TABLE.values():
        state = run(optimizer, params.copy(), random_gradients(1, 1000))
        assert len(pickle.dumps(state)) < params.nbytes * len(optimizer.slots) + 1000


def test_adam_can_go_on_from_the_state_of_nadam():
    params = np.ones(30)
    state = run(NAdam(), params, random_gradients(3, 30))
    run(Adam(), params, random_gradients(3, 30), state)
    assert np.isfinite(params).all()


def test_nadam_multiplies_all_momenta():
    optimizer, product = NAdam(beta_1=0.99), 1.0
    for t in range(1, 3000):
        product *= 0.99 * (1 - 0.5 * 0.96 ** (t * optimizer.momentum_decay))
        assert math.isclose(optimizer._product(t), product, rel_tol=1e-12, abs_tol=1e-18)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_name_gives_the_published_defaults(name):
    assert make_optimizer(MLPRegressorScratch(solver=name)) == OPTIMIZERS[name]()


@every_optimizer
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))])
def test_is_a_value(optimizer, duplicate):
    assert duplicate(optimizer) == optimizer
    assert hash(duplicate(optimizer)) == hash(optimizer)


def test_numpy_scalars_become_python_numbers():
    optimizer = SGD(momentum=np.float64(0.5), nesterovs_momentum=np.bool_(False))
    assert type(optimizer.momentum) is float
    assert optimizer == SGD(momentum=0.5, nesterovs_momentum=False)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_weight_decay(name):
    assert OPTIMIZERS[name](weight_decay=0.25).weight_decay == 0.25
    with pytest.raises(ValueError, match=r"weight_decay must be at least 0, got -1\.0"):
        OPTIMIZERS[name](weight_decay=-1.0)


@pytest.mark.parametrize(
    ("optimizer", "parameters", "message"),
    [
        (SGD, {"momentum": 1.5}, "momentum must be from 0 to 1, got 1.5"),
        (Adam, {"beta_1": 1.0}, r"beta_1 must be in \[0, 1\), got 1.0"),
        (AdamW, {"beta_2": -0.1}, r"beta_2 must be in \[0, 1\), got -0.1"),
        (AdamW, {"beta_2": 1.0}, r"beta_2 must be in \[0, 1\), got 1.0"),
        (NAdam, {"epsilon": 0.0}, "epsilon must be greater than 0, got 0.0"),
        (NAdam, {"momentum_decay": 0.0}, "momentum_decay must be greater than 0, got 0.0"),
        (RMSProp, {"rho": 1.0}, r"rho must be in \[0, 1\), got 1.0"),
        (RMSProp, {"epsilon": -1.0}, "epsilon must be greater than 0, got -1.0"),
        (Adagrad, {"epsilon": math.nan}, "epsilon must be greater than 0, got nan"),
        (Lion, {"beta_step": 1.5}, r"beta_step must be in \[0, 1\], got 1.5"),
        (Lion, {"beta_mean": 1.0}, r"beta_mean must be in \[0, 1\), got 1.0"),
    ],
)
def test_bad_parameters_are_named(optimizer, parameters, message):
    with pytest.raises(ValueError, match=message):
        optimizer(**parameters)


@pytest.mark.parametrize(("before", "after"), [(RMSProp(), Adagrad()), (Adam(), SGD()), (SGD(), Adagrad())], ids=repr)
def test_what_another_kind_of_optimizer_remembers_is_not_taken_over(before, after):
    """Also where it is of the same length."""
    params = np.ones(3)
    state = before.init(params)
    before.update(params, np.ones(3), state, 0.1)
    new = after.take_over(state, params)
    assert new.step == 0
    assert tuple(new.slots) == after.slots
    assert all((slot == 0).all() for slot in new.slots.values())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NAdam(beta_1=0.5, beta_2=0.9), NAdam(beta_1=0.8, beta_2=0.99)),
        (Adam(beta_1=0.5, beta_2=0.9), AdamW(beta_1=0.8, beta_2=0.99)),
    ],
    ids=["nadam", "adam"],
)
def test_moments_mean_the_same_after_a_change_of_their_decay(before, after):
    """They are kept without their factors 1 - beta."""
    params = np.ones(3)
    state = before.init(params)
    before.update(params, np.array([1.0, 2.0, 3.0]), state, 0.1)
    m, v = (state.slots[name].copy() for name in ("m", "v"))
    assert after.take_over(state, params) is state
    np.testing.assert_allclose(state.slots["m"] * (1 - 0.8), m * (1 - 0.5))
    np.testing.assert_allclose(state.slots["v"] * (1 - 0.99), v * (1 - 0.9))
    after.take_over(state, params)
    np.testing.assert_allclose(state.slots["m"] * (1 - 0.8), m * (1 - 0.5))


def has_subnormal(slot):
    return np.any((slot != 0) & (np.abs(slot) < np.finfo(slot.dtype).tiny))


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
@every_dtype
def test_nothing_subnormal_stays_in_the_slots(kind, dtype):
    optimizer = kind()
    size, tiny = BLOCK_ELEMENTS + 3, np.finfo(dtype).tiny
    state = optimizer.init(np.ones(size, dtype))
    state.step = SETTLE_EVERY - 2
    for slot in state.slots.values():
        slot[::2], slot[1::2] = tiny / 8, 1e6 * tiny
    kept = {name: slot.copy() for name, slot in state.slots.items()}
    for subnormal in (True, False):
        optimizer.update(np.ones(size, dtype), np.zeros(size, dtype), state, 0.01)
        for name, slot in state.slots.items():
            assert has_subnormal(slot) == subnormal
            assert_allclose(slot[1::2], kept[name][1::2] * (slot[1] / kept[name][1]))
            assert abs(slot[1]) > 300 * tiny


@pytest.mark.parametrize("kind", OPTIMIZERS.values())
@every_dtype
def test_nothing_in_the_slots_becomes_subnormal_before_the_next_look(kind, dtype):
    optimizer, tiny = kind(), np.finfo(dtype).tiny
    state = optimizer.init(np.ones(60, dtype))
    state.step = SETTLE_EVERY - 1
    for slot in state.slots.values():
        slot[:] = tiny * 2.0 ** np.arange(60)
    for _ in range(SETTLE_EVERY):
        optimizer.update(np.ones(60, dtype), np.zeros(60, dtype), state, 0.01)
        assert not any(has_subnormal(slot) for slot in state.slots.values())
    assert all(slot[-1] > 0 for slot in state.slots.values())


def test_the_memory_of_a_dead_unit_ends():
    params = np.ones(2, np.float32)
    state = run(Adam(), params, np.array([[1.0, 1.0]] + 1500 * [[0.0, 1.0]], np.float32))
    assert state.slots["m"][0] == 0 < state.slots["m"][1]
