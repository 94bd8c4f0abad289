"""The views alias the vector, whatever was done to it: else training changes weights that nobody reads."""

import copy
import pickle

import joblib
import numpy as np
import pytest

from sknn.core.parameters import ParameterVector
from sknn.layers import Dense, ParamSpec

# Two dense layers, a layer without parameters, and one that keeps running statistics.
SPECS = [
    {"W": ParamSpec((4, 3), penalized_rows=3)},
    {},
    {
        "scale": ParamSpec((3,)),
        "mean": ParamSpec((3,), trainable=False),
        "shift": ParamSpec((3,)),
        "variance": ParamSpec((1, 3), trainable=False),
    },
    {"W": ParamSpec((2, 2, 3), penalized_rows=1), "b": ParamSpec(())},
]
N_PARAMETERS = 4 * 3 + 3 + 3 + 2 * 2 * 3 + 1
N_STATISTICS = 3 + 3


def make(dtype=np.float64):
    """Number all parameters, and then all statistics."""
    parameters = ParameterVector(SPECS, dtype)
    parameters.values[:] = np.arange(N_PARAMETERS)
    parameters.state[:] = 100 + np.arange(N_STATISTICS)
    return parameters


def views(parameters):
    return [
        (getattr(parameters[i], name), parameters.values if spec.trainable else parameters.state)
        for i, layer in enumerate(SPECS)
        for name, spec in layer.items()
    ]


def through_joblib(parameters, tmp_path):
    joblib.dump(parameters, tmp_path / "parameters.joblib")
    return joblib.load(tmp_path / "parameters.joblib")


WAYS = {
    "new": lambda parameters, tmp_path: parameters,
    "copy": lambda parameters, tmp_path: parameters.copy(),
    "deepcopy": lambda parameters, tmp_path: copy.deepcopy(parameters),
    **{
        f"pickle{protocol}": lambda parameters, tmp_path, p=protocol: pickle.loads(pickle.dumps(parameters, p))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
    "joblib": through_joblib,
    "restored": lambda parameters, tmp_path: (parameters.restore(make().snapshot()), parameters)[1],
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


@every_way
def test_views_alias_the_vector(way, tmp_path):
    parameters = way(make(), tmp_path)
    for view, vector in views(parameters):
        assert np.shares_memory(view, vector)
    parameters.values[:] = 7.0
    parameters.state[:] = 8.0
    for view, vector in views(parameters):
        assert (view == (7.0 if vector is parameters.values else 8.0)).all()


@every_way
def test_numbers_and_layout_are_kept(way, tmp_path):
    original = make(np.float32)
    parameters = way(original, tmp_path)
    np.testing.assert_array_equal(parameters.values, np.arange(N_PARAMETERS))
    np.testing.assert_array_equal(parameters.state, 100 + np.arange(N_STATISTICS))
    assert parameters.values.dtype == parameters.state.dtype == np.float32
    assert parameters.specs == original.specs
    assert parameters.penalized == original.penalized


@pytest.mark.parametrize("way", ["copy", "deepcopy", "pickle5", "joblib"])
def test_a_copy_is_independent(way, tmp_path):
    original = make()
    parameters = WAYS[way](original, tmp_path)
    parameters.values += 1.0
    parameters[2].mean += 1.0
    np.testing.assert_array_equal(original.values, np.arange(N_PARAMETERS))
    np.testing.assert_array_equal(original.state, 100 + np.arange(N_STATISTICS))


def test_layout_is_contiguous_in_the_order_of_the_specs():
    parameters = make()
    trainable = [view.ravel() for view, vector in views(parameters) if vector is parameters.values]
    statistics = [view.ravel() for view, vector in views(parameters) if vector is parameters.state]
    np.testing.assert_array_equal(np.concatenate(trainable), np.arange(N_PARAMETERS))
    np.testing.assert_array_equal(np.concatenate(statistics), 100 + np.arange(N_STATISTICS))
    assert parameters.values.flags.c_contiguous
    for view, _ in views(parameters):
        assert view.flags.c_contiguous


def test_views_have_the_shapes_of_their_specs():
    parameters = make()
    for i, layer in enumerate(SPECS):
        assert {name: getattr(parameters[i], name).shape for name in layer} == {n: s.shape for n, s in layer.items()}
        assert vars(parameters[i]).keys() == layer.keys()


@pytest.mark.parametrize("way", ["new", "copy", "deepcopy", "pickle5", "joblib"])
def test_a_dot_in_a_name_leads_into_a_namespace(way, tmp_path):
    """As for a layer that is made of layers."""
    specs = [{"0.W": ParamSpec((2, 3), penalized_rows=1), "1.W": ParamSpec((3,)), "1.mean": ParamSpec((3,), 0, False)}]
    parameters = WAYS[way](ParameterVector(specs, np.float64), tmp_path)
    inner = [vars(parameters[0])["0"], vars(parameters[0])["1"]]
    assert [list(vars(space)) for space in inner] == [["W"], ["W", "mean"]]
    inner[1].W[:] = 5.0
    inner[1].mean[:] = 6.0
    np.testing.assert_array_equal(parameters.values, [0.0] * 6 + [5.0] * 3)
    np.testing.assert_array_equal(parameters.state, 6.0)
    assert parameters.penalized == [slice(0, 3)]


def test_everything_starts_at_zero():
    parameters = ParameterVector(SPECS, np.float32)
    assert not parameters.values.any()
    assert not parameters.state.any()


def test_penalized_slices_skip_the_last_rows_and_what_is_not_penalized():
    parameters = make()
    assert parameters.penalized == [slice(0, 9), slice(18, 24)]
    np.testing.assert_array_equal(parameters.values[parameters.penalized[0]], parameters[0].W[:-1].ravel())
    np.testing.assert_array_equal(parameters.values[parameters.penalized[1]], parameters[3].W[:1].ravel())


def test_penalty_of_a_dense_layer_skips_its_bias():
    parameters = ParameterVector([Dense(5).plan((4,)).parameters], np.float64)
    parameters[0].W[-1] = 1.0
    [part] = parameters.penalized
    assert len(parameters.values[part]) == 4 * 5
    assert not parameters.values[part].any()


def test_decay_takes_a_share_of_penalized_weights_only():
    parameters = make()
    parameters.decay(0.25)
    expected = np.arange(N_PARAMETERS, dtype=float)
    expected[:9] *= 0.75
    expected[18:24] *= 0.75
    np.testing.assert_array_equal(parameters.values, expected)
    np.testing.assert_array_equal(parameters.state, 100 + np.arange(N_STATISTICS))


def test_gradients_have_the_layout_of_the_trainable_parameters():
    parameters = make(np.float32)
    gradients = parameters.gradients()
    assert gradients.values.shape == parameters.values.shape
    assert gradients.values.dtype == np.float32
    assert not np.shares_memory(gradients.values, parameters.values)
    gradients.values[:] = parameters.values
    for i, layer in enumerate(SPECS):
        trainable = {name for name, spec in layer.items() if spec.trainable}
        assert vars(gradients[i]).keys() == trainable
        for name in trainable:
            np.testing.assert_array_equal(getattr(gradients[i], name), getattr(parameters[i], name))


def test_snapshot_is_a_copy_that_restore_takes_back_in_place():
    parameters = make()
    values, state = parameters.values, parameters.state
    saved = parameters.snapshot()
    parameters.values[:] = np.nan
    parameters.state[:] = np.nan
    parameters.restore(saved)
    assert parameters.values is values
    assert parameters.state is state
    np.testing.assert_array_equal(values, np.arange(N_PARAMETERS))
    np.testing.assert_array_equal(state, 100 + np.arange(N_STATISTICS))
    assert not any(np.shares_memory(ours, theirs) for ours, theirs in zip(saved, (values, state), strict=True))


def test_snapshot_into_the_memory_of_an_older_one():
    parameters = make()
    older = parameters.snapshot()
    arrays = list(older)
    parameters.values += 1.0
    parameters.state += 1.0
    newer = parameters.snapshot(older)
    assert all(ours is theirs for ours, theirs in zip(newer, arrays, strict=True))
    np.testing.assert_array_equal(newer[0], parameters.values)
    np.testing.assert_array_equal(newer[1], parameters.state)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("vector", ["values", "state"])
def test_is_finite(dtype, vector):
    parameters = make(dtype)
    assert parameters.is_finite()
    for bad in (np.nan, np.inf, -np.inf):
        getattr(parameters, vector)[-2] = bad
        assert not parameters.is_finite()
    # The sum overflows although each number is finite; two infinities of opposite sign have no sum at all.
    getattr(parameters, vector)[:] = np.finfo(dtype).max
    assert parameters.is_finite()
    getattr(parameters, vector)[:2] = np.inf, -np.inf
    assert not parameters.is_finite()


def test_rates_are_named_only_where_some_differ():
    assert ParameterVector(SPECS, np.float32).rates() is None
    specs = [
        {"W": ParamSpec((3, 2), penalized_rows=2, rate=0.5, bias_rate=0.1)},
        {"s": ParamSpec((2,), rate=6.0), "mean": ParamSpec((2,), trainable=False)},
        {"b": ParamSpec(())},
    ]
    rates = ParameterVector(specs, np.float32).rates()
    assert rates.dtype == np.float32
    np.testing.assert_allclose(rates, [0.5] * 4 + [0.1] * 2 + [6.0] * 2 + [1.0])


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (ParamSpec((3,), penalized_rows=2, bias_rate=1.0), None),
        (ParamSpec((3,), rate=6.0), [6.0, 6.0, 6.0]),
        (ParamSpec((3,), rate=6.0, bias_rate=1.0), [1.0, 1.0, 1.0]),
        (ParamSpec((4,), penalized_rows=1, bias_rate=0.5), [1.0, 0.5, 0.5, 0.5]),
    ],
    ids=["ones", "rate", "ones of biases", "several biases"],
)
def test_rates_of_one_array(spec, expected):
    rates = ParameterVector([{"a": spec}], np.float64).rates()
    assert (rates if rates is None else rates.tolist()) == expected


def test_decay_is_in_proportion_to_the_rate_and_its_own_factor():
    specs = [{"a": ParamSpec((2,), 2, rate=6.0, decay=0.5), "b": ParamSpec((2,), 1), "c": ParamSpec((1,), rate=6.0)}]
    parameters = ParameterVector(specs, np.float64)
    parameters.values[:] = 1.0
    parameters.decay(0.1)
    np.testing.assert_allclose(parameters.values, [0.7, 0.7, 0.9, 1.0, 1.0])
