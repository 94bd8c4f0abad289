"""Schedules: tables of what the clock says and the factor that is expected."""

import copy
import math
import pickle
import time

import pytest

from sknn.schedules import (
    SCHEDULES,
    Adaptive,
    Clock,
    Constant,
    CosineDecay,
    CosLog4,
    ExponentialDecay,
    FlatCos,
    InverseScaling,
    OneCycle,
    Plateau,
    StepDecay,
    Warmup,
)

STEPS_PER_EPOCH, EPOCHS = 10, 100
TOTAL = STEPS_PER_EPOCH * EPOCHS


def clock(step, **more):
    """Training of 100 epochs with 10 updates of 32 rows each."""
    samples = step // STEPS_PER_EPOCH * STEPS_PER_EPOCH * 32
    return Clock(**{"step": step, "samples": samples, "total_steps": TOTAL, "steps_per_epoch": STEPS_PER_EPOCH, **more})


# The factors at some steps.
TABLE = {
    "constant": (Constant(), {0: 1, 500: 1, 1000: 1}),
    "adaptive": (Adaptive(), {0: 1, 500: 1, 1000: 1}),
    "plateau": (Plateau(), {0: 1, 500: 1, 1000: 1}),
    "invscaling": (InverseScaling(), {0: 1, 9: 1, 10: 321**-0.5, 19: 321**-0.5, 990: 31681**-0.5}),
    "invscaling 1": (InverseScaling(power_t=1.0), {0: 1, 10: 1 / 321}),
    "cosine": (CosineDecay(), {0: 1, 250: (2 + math.sqrt(2)) / 4, 500: 0.5, 750: (2 - math.sqrt(2)) / 4, 1000: 0}),
    "cosine 0.2": (CosineDecay(final_factor=0.2), {0: 1, 500: 0.6, 1000: 0.2, 1001: 0.2}),
    "one_cycle": (OneCycle(), {0: 0.04, 125: 0.52, 250: 1, 625: 0.500005, 1000: 1e-5}),
    "one_cycle 0.5": (OneCycle(rise=0.5, first_factor=0.0, final_factor=0.5), {0: 0, 250: 0.5, 500: 1, 750: 0.75}),
    "step": (StepDecay(), {0: 1, 499: 1, 500: 0.1, 999: 0.1, 1000: 0.01}),
    "step 30": (StepDecay(epochs=30, gamma=0.5), {299: 1, 300: 0.5, 600: 0.25, 900: 0.125}),
    "exponential": (ExponentialDecay(), {0: 1, 5: math.sqrt(0.98), 10: 0.98, 1000: 0.98**100}),
    "exponential 0.5": (ExponentialDecay(gamma=0.5), {0: 1, 10: 0.5, 15: 0.5**1.5, 20: 0.25}),
    "coslog4": (CosLog4(), {0: 0, 200: 1 / 2 - math.cos(2 * math.pi * 2) / 2, 1000: 0}),
    "coslog4 peaks": (
        CosLog4(),
        {1000 * (2**0.5 - 1) / 15: 1, 1000 * (2**3.5 - 1) / 15: 1},
    ),
    "flat_cos": (FlatCos(), {0: 1, 499: 1, 500: 1, 750: 0.5, 1000: 0}),
    "warmup": (Warmup(), {0: 1 / 51, 24: 25 / 51, 49: 50 / 51, 50: 1, 1000: 1}),
    "warmup half": (Warmup(epochs=0.5), {0: 1 / 6, 4: 5 / 6, 5: 1}),
    "warmup none": (Warmup(epochs=0, then=CosineDecay()), {0: 1, 500: 0.5, 1000: 0}),
    "warmup cosine": (Warmup(epochs=20, then=CosineDecay()), {0: 1 / 201, 200: 1, 600: 0.5, 1000: 0}),
    "warmup one_cycle": (Warmup(20, OneCycle()), {0: 0.04 / 201, 200: 0.04, 400: 1, 1000: 1e-5}),
    "warmup step": (Warmup(20, StepDecay(50)), {199: 200 / 201, 200: 1, 699: 1, 700: 0.1}),
    "warmup exponential": (Warmup(20, ExponentialDecay(0.5)), {199: 200 / 201, 200: 1, 210: 0.5}),
    "warmup invscaling": (Warmup(0.1, InverseScaling()), {0: 0.5, 1: 1, 10: 321**-0.5}),
    "warmup twice": (Warmup(1, Warmup(1)), {0: 1 / 121, 9: 10 / 121, 10: 1 / 11, 19: 10 / 11, 20: 1}),
}
every_schedule = pytest.mark.parametrize("schedule", [row[0] for row in TABLE.values()], ids=TABLE.keys())


def test_every_schedule_is_in_the_table():
    assert {**TABLE, **SCHEDULES}.keys() == TABLE.keys()
    assert all(TABLE[name][0] == schedule() for name, schedule in SCHEDULES.items())


@pytest.mark.parametrize(("schedule", "factors"), TABLE.values(), ids=TABLE.keys())
def test_factors(schedule, factors):
    for step, expected in factors.items():
        assert math.isclose(schedule(clock(step)), expected, rel_tol=1e-12, abs_tol=1e-15), f"step {step}"


@every_schedule
def test_factors_are_numbers_from_zero_to_one(schedule):
    factors = [schedule(clock(step)) for step in range(TOTAL + 20)]
    assert all(type(factor) is float and 0 <= factor <= 1 for factor in factors)


@pytest.mark.parametrize("name", [name for name in TABLE if not {"one_cycle", "warmup", "coslog4"} & set(name.split())])
def test_falls_or_stays(name):
    schedule = TABLE[name][0]
    factors = [schedule(clock(step)) for step in range(TOTAL + 20)]
    assert factors == sorted(factors, reverse=True)


@pytest.mark.parametrize(("name", "peak"), [("one_cycle", 250), ("one_cycle 0.5", 500), ("warmup cosine", 200)])
def test_rises_to_its_peak_and_falls(name, peak):
    schedule = TABLE[name][0]
    factors = [schedule(clock(step)) for step in range(TOTAL)]
    assert max(factors) == factors[peak] == 1
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)


@pytest.mark.parametrize("name", [name for name in TABLE if "invscaling" not in name])
def test_begins_anew_where_training_is_continued(name):
    schedule = TABLE[name][0]
    for step in (0, 3, 70, 500, 990):
        continued = clock(step + 300, total_steps=TOTAL + 300, start=300)
        assert math.isclose(schedule(continued), schedule(clock(step)), rel_tol=1e-12)


@every_schedule
def test_unplanned_training_does_not_fail(schedule):
    assert 0 <= schedule(Clock()) <= 1


def test_what_a_plateau_does_is_known_behind_a_warm_up():
    assert not Constant().divides_on_plateau
    assert Adaptive().divides_on_plateau
    assert Warmup(3, Adaptive()).divides_on_plateau
    assert not Warmup(3, Plateau()).divides_on_plateau
    assert Warmup(3, Plateau(patience=7)).plateau == Plateau(patience=7)
    assert Constant().plateau is Adaptive().plateau is Warmup().plateau is None


@every_schedule
def test_a_schedule_that_fits_passes_the_check(schedule):
    schedule.check(clock(0))


@pytest.mark.parametrize("schedule", [Warmup(100), Warmup(60, Warmup(40)), Warmup(150.5)])
def test_a_warm_up_as_long_as_the_training_is_named(schedule):
    with pytest.raises(ValueError, match=r"The warm-up of epochs=\d+.* takes \d+ updates; expected fewer than the"):
        schedule.check(clock(0))


@pytest.mark.parametrize(
    ("schedule", "parameters", "message"),
    [
        (CosineDecay, {"final_factor": -0.1}, "final_factor must be from 0 to 1, got -0.1"),
        (OneCycle, {"rise": 1.0}, "rise must be between 0 and 1, got 1.0"),
        (OneCycle, {"first_factor": 2}, "first_factor must be from 0 to 1, got 2"),
        (OneCycle, {"final_factor": math.nan}, "final_factor must be from 0 to 1, got nan"),
        (StepDecay, {"epochs": 0}, "epochs must be at least 1, got 0"),
        (StepDecay, {"gamma": 0.0}, "gamma must be greater than 0 and at most 1, got 0.0"),
        (ExponentialDecay, {"gamma": 1.1}, "gamma must be greater than 0 and at most 1, got 1.1"),
        (Plateau, {"factor": 1.0}, "factor must be between 0 and 1, got 1.0"),
        (Plateau, {"patience": -1}, "patience must be at least 0, got -1"),
        (Plateau, {"min_factor": 2.0}, "min_factor must be from 0 to 1, got 2.0"),
        (Warmup, {"epochs": -1.0}, "epochs must be at least 0, got -1.0"),
    ],
)
def test_bad_parameters_are_named(schedule, parameters, message):
    with pytest.raises(ValueError, match=message):
        schedule(**parameters)


def test_a_warm_up_goes_before_a_schedule_not_a_name():
    with pytest.raises(TypeError, match="then must be a Schedule, got 'cosine'"):
        Warmup(5, "cosine")


@every_schedule
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda part: pickle.loads(pickle.dumps(part))])
def test_is_a_value(schedule, duplicate):
    assert duplicate(schedule) == schedule
    assert hash(duplicate(schedule)) == hash(schedule)


def test_a_limit_of_time_ends_the_schedule():
    now = time.perf_counter()
    assert CosineDecay()(clock(0, budget=(now - 10.0, now - 1.0))) == 0.0
    assert clock(0, budget=(now - 10.0, now - 1.0)).is_up
    for over in now, now - 1.0:  # before it began
        assert clock(0, budget=(now, over)).progress == 1.0
    later = clock(500, budget=(now, now + 1e6))
    assert math.isclose(CosineDecay()(later), 0.5)
    assert not later.is_up
    assert not clock(1000).is_up
