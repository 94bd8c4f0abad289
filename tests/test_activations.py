"""Activation functions, each against torch's, against differences, and in what it does to its arrays."""

import copy
import json
import pickle
import tracemalloc
from dataclasses import FrozenInstanceError
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.activations import ACTIVATIONS, ELU, GELU, LeakyReLU

REFERENCE = json.loads(Path(__file__).with_name("reference").joinpath("activations.json").read_text())
Z = np.array(REFERENCE["z"])

TABLE = {
    **{name: activation() for name, activation in ACTIVATIONS.items()},
    "leaky_relu 0.3": LeakyReLU(negative_slope=0.3),
    "elu 2": ELU(saturation=2.0),
    "gelu approximate": GELU(approximate=True),
}
every_activation = pytest.mark.parametrize("activation", TABLE.values(), ids=TABLE.keys())
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

# Where a derivative jumps.
CORNERS = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])


def scratch_of(activation, like):
    """The arrays the function asks for, poisoned."""
    fill = {"float": (np.nan, like.dtype), "bool": (True, bool)}
    return SimpleNamespace(**{name: np.full(like.shape, *fill[kind]) for name, kind in activation.scratch.items()})


def strided(z):
    """An array of the shape of z as a layer gives it: poisoned, and without the column of ones that follows."""
    return np.full((z.shape[0], z.shape[1] + 1), np.nan, z.dtype)[:, :-1]


def passes(activation, z, dy=None):
    """Values and gradients of both passes."""
    z = np.atleast_2d(z)
    before = z.copy()
    y, s = strided(z), scratch_of(activation, z)
    dy = np.ones_like(z) if dy is None else dy
    activation.prepare(z, y, dy, s)
    activation.forward(z, y, s)
    kept = y.copy()
    activation.backward(z, y, dy, s)
    assert_array_equal(z, before)
    return kept, dy


@pytest.mark.parametrize("name", TABLE)
def test_values_and_derivatives_are_those_of_torch(name):
    y, slope = passes(TABLE[name], Z)
    assert_allclose(y[0], REFERENCE[name]["y"], rtol=1e-14, atol=1e-15)
    assert_allclose(slope[0], REFERENCE[name]["slope"], rtol=1e-14, atol=4e-15)


@pytest.mark.parametrize("name", TABLE)
def test_float32_is_float64_rounded(name):
    y, slope = passes(TABLE[name], Z.astype(np.float32))
    assert y.dtype == slope.dtype == np.float32
    assert_allclose(y[0], REFERENCE[name]["y"], rtol=1e-6, atol=3e-7)
    assert_allclose(slope[0], REFERENCE[name]["slope"], rtol=1e-6, atol=2e-6)


def test_gelu_in_float32_keeps_seven_digits_of_the_normal_distribution():
    z = np.linspace(-10, 10, 100_001)
    (y, slope), (wide_y, wide_slope) = passes(GELU(), z.astype(np.float32)), passes(GELU(), z)
    assert_allclose(y, wide_y, rtol=1e-6, atol=4e-7)
    assert_allclose(slope, wide_slope, rtol=1e-6, atol=6e-7)


@every_dtype
@pytest.mark.parametrize("name", [name for name, activation in TABLE.items() if not activation.keeps_z])
def test_z_may_be_y_where_it_is_not_kept(name, dtype):
    activation, z = TABLE[name], np.atleast_2d(Z.astype(dtype))
    expected = passes(activation, z)
    y, dy, s = z.copy(), np.ones_like(z), scratch_of(activation, z)
    activation.prepare(y, y, dy, s)
    activation.forward(y, y, s)
    assert_array_equal(y, expected[0])
    activation.backward(y, y, dy, s)
    assert_array_equal(dy, expected[1])


@pytest.mark.parametrize("name", [name for name, activation in TABLE.items() if not activation.keeps_y])
def test_y_may_be_overwritten_where_it_is_not_kept(name):
    activation, z = TABLE[name], np.atleast_2d(Z)
    y, dy, s = np.empty_like(z), np.ones_like(z), scratch_of(activation, z)
    activation.prepare(z, y, dy, s)
    activation.forward(z, y, s)
    y[:] = np.nan
    activation.backward(z, y, dy, s)
    assert_array_equal(dy, passes(activation, z)[1])


@pytest.mark.parametrize("name", [name for name, activation in TABLE.items() if activation.spare])
def test_spare_memory_may_be_overwritten_after_the_forward_pass(name):
    activation, z = TABLE[name], np.atleast_2d(Z)
    y, dy, s = np.empty_like(z), np.ones_like(z), scratch_of(activation, z)
    activation.prepare(z, y, dy, s)
    activation.forward(z, y, s)
    getattr(s, activation.spare)[:] = np.nan
    activation.backward(z, y, dy, s)
    assert_array_equal(dy, passes(activation, z)[1])


@every_activation
@every_dtype
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_is_not_a_number_stays_so(activation, dtype, sign):
    y, _ = passes(activation, np.full((2, 3), np.copysign(np.nan, sign), dtype))
    assert np.isnan(y).all()


@every_activation
@every_dtype
def test_slopes_of_huge_numbers_are_finite(activation, dtype):
    z = np.array([[-1e25, 1e25]], dtype)
    with np.errstate(all="ignore"):
        _, dy = passes(activation, z)
    assert np.isfinite(dy).all()


@every_activation
@pytest.mark.parametrize(("dtype", "reach"), [(np.float32, 120), (np.float64, 800)])
def test_no_number_is_subnormal(activation, dtype, reach):
    z = np.linspace(-reach, reach, 20_001).astype(dtype)
    y, dy = passes(activation, z, np.full((1, len(z)), 1e-6, dtype))
    for array in (y, dy):
        assert not np.any((array != 0) & (np.abs(array) < np.finfo(dtype).tiny))


@every_activation
def test_derivative_is_the_limit_of_differences(activation):
    h = 1e-3
    z = np.linspace(-8, 8, 401)
    z = z[np.abs(z[:, None] - CORNERS).min(axis=1) > 3 * h]
    f = {k: passes(activation, z + k * h)[0] for k in (-2, -1, 1, 2)}
    differences = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * h)
    assert_allclose(passes(activation, z)[1], differences, rtol=1e-9, atol=1e-10)


@every_activation
def test_backward_multiplies_what_comes_in(activation):
    z = np.linspace(-4, 4, 12).reshape(4, 3)
    dy = np.random.RandomState(0).randn(4, 3)
    expected = dy * passes(activation, z)[1]
    assert_allclose(passes(activation, z, dy)[1], expected, rtol=1e-14)


@every_activation
@every_dtype
def test_passes_allocate_no_arrays(activation, dtype):
    z = np.linspace(-5, 5, 400_000).astype(dtype).reshape(1000, 400)
    y, dy, s = strided(z), np.ones_like(z), scratch_of(activation, z)
    activation.prepare(z, y, dy, s)
    tracemalloc.start()
    try:
        activation.forward(z, y, s)
        activation.backward(z, y, dy, s)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # One byte a number would be a Boolean array; NumPy's casting buffers stay below that.
    assert peak < z.size


@every_activation
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))])
def test_is_a_value(activation, duplicate):
    other = duplicate(activation)
    assert other == activation
    assert hash(other) == hash(activation)
    assert repr(other) == repr(activation)
    with pytest.raises(FrozenInstanceError):
        activation.scratch = {}


@every_activation
def test_is_shown_in_the_results_of_a_search(activation):
    """Searches keep parameters in a masked array, which asks its items for an attribute `_mask`."""
    shown = np.ma.masked_all(1, object)
    shown[0] = activation
    assert shown[0] is activation
