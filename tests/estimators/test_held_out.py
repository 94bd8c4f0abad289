"""Rows that are held out: of each class its share."""

import numpy as np
import pytest

from sknn.estimators.targets import ClassTargets
from sknn.estimators.validation import Samples, split_rows


@pytest.mark.parametrize("seed", range(5))
def test_both_classes_are_held_out_beside_classes_of_one_row(seed):
    codes = np.array([0, 1] * 10 + [2, 3, 4])
    train, held = split_rows(np.arange(100, 123), 2, codes, np.random.RandomState(seed))
    assert sorted(codes[held - 100]) == [0, 1]
    assert {120, 121, 122} <= set(train)
    assert sorted([*train, *held]) == list(range(100, 123))


@pytest.mark.parametrize("stratify", [False, True])
def test_two_classes_keep_their_shares_where_they_are_to(stratify):
    y = np.repeat([0, 1], [40, 10])
    samples = Samples(np.eye(50), y, ClassTargets.of(y).encode(y, np.float64), None, None, np.arange(50))
    counts = set()
    for seed in range(8):
        train, held = samples.split(0.2, np.random.RandomState(seed), stratify=stratify)
        counts.add(int(y[held.rows].sum()))
        assert sorted([*train.rows, *held.rows]) == list(range(50))
        assert len(held.rows) == 10
    assert (counts == {2}) == stratify


def test_shares_are_rounded_up():
    y = np.zeros(11)
    samples = Samples(np.eye(11), y, ClassTargets.of(y).encode(y, np.float64), None, None, np.arange(11))
    assert len(samples.split(0.2, np.random.RandomState(0), stratify=False)[1].rows) == 3
