"""Targets by themselves: what they are encoded to, and where a decision lies."""

import numpy as np
import pytest

from sknn import MLPClassifierScratch
from sknn.estimators.targets import ClassTargets, MultilabelTargets, ScaledTargets, class_weights


def test_a_large_offset_does_not_cost_the_digits_of_float32():
    y = 1e9 + np.arange(7.0)
    targets = ScaledTargets.learn(y, positive=False, clamp=False)
    encoded = targets.encode(y, np.float32).values
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded[:, 0], np.arange(-3, 4) / 2.0, rtol=1e-6)


@pytest.mark.parametrize("n", [2, 300])
def test_every_class_has_a_number(n):
    targets = ClassTargets.of(np.arange(n))
    np.testing.assert_array_equal(targets._codes(np.arange(n)), np.arange(n))


def test_clamped_predictions_stay_on_both_sides():
    targets = ScaledTargets.learn(np.array([2.0, 4.0, 9.0]), positive=False, clamp=True)
    np.testing.assert_array_equal(targets.decode(np.array([[-100.0], [100.0]])), [2.0, 9.0])


def test_a_probability_of_one_half_is_no_decision_for_the_label():
    """As argmax decides for the first of two equal classes."""
    half = np.array([[0.5], [0.5000001]])
    assert ClassTargets.of(np.array(["a", "b"])).decode(half).tolist() == ["a", "b"]
    assert MultilabelTargets(1).decode(half).tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("sample_weight", "expected"),
    [(None, [0.75, 1.0, 1.5]), ([1.0, 1.0, 4.0], [1.5, 1.0, 0.75]), ([1.0, 1.0, 0.0], [1.0, 1.0, 1.0])],
    ids=["none", "weights", "one without"],
)
def test_balanced_weights_are_those_of_the_classes_that_are_there(sample_weight, expected):
    """The class in the middle is not, and has the weight 1."""
    weight = None if sample_weight is None else np.array(sample_weight)
    found = class_weights("balanced", np.array(["a", "b", "c"]), np.array([0, 0, 2]), weight)
    np.testing.assert_allclose(found, expected)


def test_balanced_weights_where_the_last_class_is_not_there():
    np.testing.assert_allclose(class_weights("balanced", np.arange(3), np.array([0, 0, 1]), None), [0.75, 1.5, 1.0])


@pytest.mark.parametrize("y", [np.ones((3, 3)), np.ones(2), np.full((3, 2), 2)], ids=["columns", "1d", "two"])
def test_labels_that_are_not_known(y):
    with pytest.raises(ValueError, match=r"expected \(n, 2\) labels of 0 or 1"):
        MultilabelTargets(2).check_known(y)


def test_a_single_class_is_what_is_predicted():
    targets = ClassTargets.of(np.array(["a", "a"]))
    assert (targets.kind, targets.n_outputs) == ("binary", 1)
    assert targets.decode(np.array([[0.1], [0.9]])).tolist() == ["a", "a"]


def test_a_label_without_class_weights_has_ones():
    y, targets = np.array([[0, 1], [1, 0], [1, 1]]), MultilabelTargets(2)
    targets.learn_weights([None, {0: 2.0, 1: 5.0}], y, None)
    np.testing.assert_array_equal(targets.row_weights(y, np.float64), [5.0, 2.0, 5.0])
    targets.learn_weights([{0: 3.0}, {0: 2.0, 1: 5.0}], y, None)
    np.testing.assert_array_equal(targets.row_weights(y, np.float64), [15.0, 2.0, 5.0])


@pytest.mark.parametrize("values", [(-1, 1), (1, 2)], ids=str)
def test_labels_are_zeros_and_ones(values):
    y = np.array(values)[np.arange(20).reshape(10, 2) % 3 % 2]
    with pytest.raises(ValueError, match=f"values from {values[0]} to {values[1]}, expected .* labels of 0 or 1"):
        MLPClassifierScratch(max_iter=2).fit(np.ones((10, 3)), y)
