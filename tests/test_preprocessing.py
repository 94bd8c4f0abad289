"""Transformers for networks, on columns that are worked out by hand."""

import math
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknn.preprocessing import CategoryEncoder, RobustScaleSmoothClip, TableEncoder
from sknn.preprocessing.columns import distinct, factorize, holds_categories, is_frame
from sknn.preprocessing.scaling import binary_statistics, robust_statistics


def bent(z, bound=3.0):
    return z / math.sqrt(1 + (z / bound) ** 2)


CHECKS = parametrize_with_checks([RobustScaleSmoothClip(), CategoryEncoder(), TableEncoder()])


@pytest.mark.parametrize(
    CHECKS.args[0],
    [(estimator, check) for estimator, check in CHECKS.args[1] if "array_api" not in check.func.__name__],
    **CHECKS.kwargs,
)
def test_check_estimator(estimator, check):
    check(estimator)


# Column, median, and the scale that follows from it.
COLUMNS = {
    "quartiles": ([1, 2, 3, 4, 1000], 3, 1 / (4 - 2)),
    "between": ([1, 2, 3, 4], 2.5, 1 / (3.25 - 1.75)),
    "rare": ([0, 0, 0, 0, 0, 0, 0, 4], 0, 2 / 4),
    "constant": ([7, 7, 7], 7, 0),
    "one": ([7], 7, 0),
    "missing": ([np.nan, 1, 2, np.nan, 3, 4, 1000], 3, 1 / 2),
    "all missing": ([np.nan, np.nan], 0, 0),
    "huge": ([-1e308, 0, 1e308], 0, 1 / 1e308),
    "largest": ([-1.7e308, -1e308, 0, 1e308, 1.7e308], 0, 0.5e-308),
    "largest are rare": ([-1.7e308, 0, 0, 0, 1.7e308], 0, 1 / 1.7e308),
}


@pytest.mark.parametrize(("column", "center", "scale"), COLUMNS.values(), ids=COLUMNS.keys())
def test_robust_scale(column, center, scale):
    X = np.array(column, dtype=float)[:, None]
    scaler = RobustScaleSmoothClip().fit(X)
    assert_allclose((scaler.center_[0], scaler.scale_[0]), (center, scale))
    expected = [np.nan if math.isnan(x) else bent(scale * (x - center)) for x in column]
    assert_allclose(scaler.transform(X)[:, 0], expected, rtol=1e-12)


def test_the_bound_is_approached():
    scaler = RobustScaleSmoothClip(max_abs=2.0).fit(np.arange(9.0)[:, None])
    far = scaler.transform([[1e200], [-1e200], [1e9]])[:, 0]
    assert_allclose(far, [2.0, -2.0, 2.0])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8, 9])
def test_statistics_of_binary_columns(n):
    for ones in range(n + 1):
        center, scale = robust_statistics(np.r_[np.ones(ones), np.zeros(n - ones)])
        centers, scales = binary_statistics(np.array([ones]), n)
        assert_allclose((centers[0], scales[0]), (center, scale))


def test_scaling_keeps_names_and_types():
    frame = pd.DataFrame({"a": [1.0, 2.0, 5.0], "b": [0.0, 1.0, 0.0]})
    out = RobustScaleSmoothClip().set_output(transform="pandas").fit_transform(frame)
    assert list(out.columns) == ["a", "b"]
    assert RobustScaleSmoothClip().fit_transform(frame.to_numpy(np.float32)).dtype == np.float32


CATEGORIES = pd.DataFrame(
    {
        "two": ["no", "yes", None, "yes"],
        "three": pd.Categorical(["b", "a", "c", np.nan], categories=["c", "b", "a", "never"]),
        "one": ["x", "x", "x", "x"],
        "number": [10, 2, 3, 10],
    }
)


def test_one_hot_columns():
    encoder = CategoryEncoder().set_output(transform="pandas").fit(CATEGORIES)
    names = ["two_no", "three_a", "three_b", "three_c", "one_x", "number_2", "number_3", "number_10"]
    out = encoder.transform(CATEGORIES)
    assert list(out.columns) == names
    expected = [
        [1, 0, 1, 0, 1, 0, 0, 1],
        [-1, 1, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 0, 1, 0],
        [-1, 0, 0, 0, 1, 0, 0, 1],
    ]
    assert_array_equal(out.to_numpy(), expected)
    assert encoder.categories_ == [["no", "yes"], ["a", "b", "c"], ["x"], [2, 3, 10]]
    assert encoder.levels_ == ()


def test_codes_of_larger_categories():
    encoder = CategoryEncoder(max_one_hot_size=3).fit(CATEGORIES)
    assert list(encoder.get_feature_names_out()) == ["two_no", "one_x", "three", "number"]
    assert_array_equal(encoder.transform(CATEGORIES)[:, 2:], [[2, 3], [1, 1], [3, 2], [0, 3]])
    assert encoder.levels_ == (4, 4)


@pytest.mark.parametrize("max_size", [None, 0])
def test_unknown_categories_are_missing(max_size):
    encoder = CategoryEncoder(max_one_hot_size=max_size).fit(CATEGORIES)
    strange = pd.DataFrame({"two": ["maybe"], "three": ["z"], "one": [None], "number": [99]})
    assert_array_equal(encoder.transform(strange), np.zeros((1, len(encoder.get_feature_names_out()))))


def test_levels_of_mixed_types_have_an_order():
    X = np.array([["b"], [2], ["a"], [1], [None]], dtype=object)
    assert CategoryEncoder().fit(X).categories_ == [[1, 2, "a", "b"]]


TABLE = pd.DataFrame(
    {
        "number": [1.0, 2.0, np.nan, 4.0, 5.0],
        "whole": np.array([1, 2, 3, 4, 5], dtype=np.int64),
        "flag": [True, False, True, True, True],
        "city": ["a", "b", "c", "a", None],
        "nullable": pd.array([1, None, 3, 4, 5], dtype="Int64"),
    }
)


def test_table():
    encoder = TableEncoder(dtype="float64").set_output(transform="pandas")
    out = encoder.fit_transform(TABLE)
    names = ["number", "whole", "nullable", "number_missing", "nullable_missing"]
    assert list(out.columns) == [*names, "flag_False", "city_a", "city_b", "city_c"]
    # number: median 3, quartiles 1.75 and 4.25. The missing one becomes the median, and its mark stands out.
    assert_allclose(out["number"], [bent(-2 / 2.5), bent(-1 / 2.5), 0, bent(1 / 2.5), bent(2 / 2.5)])
    assert_allclose(out["number_missing"], [0, 0, bent(2.0), 0, 0])
    # False is the first level, so 1; median -1, quartiles equal, range 2.
    assert_allclose(out["flag_False"], [0, bent(2.0), 0, 0, 0])
    # Two of five: median 0, quartiles 0 and 1.
    assert_allclose(out["city_a"], [bent(1.0), 0, 0, bent(1.0), 0])
    assert encoder.n_numbers_ == 3
    assert encoder.categories_ == {"flag": [False, True], "city": ["a", "b", "c"]}


def test_table_with_codes():
    encoder = TableEncoder(max_one_hot_size=3).fit(TABLE)
    assert encoder.levels_ == (4,)
    assert_array_equal(encoder.transform(TABLE)[:, -1], [1, 2, 3, 1, 0])
    assert encoder.transform(TABLE).dtype == np.float32


MASK = [False, True, False, False, False]


@pytest.mark.parametrize("chosen", [["whole"], [1], MASK, np.array(MASK, object), pd.Series(MASK, dtype="boolean")])
def test_whole_numbers_may_be_categories(chosen):
    table = TABLE.assign(flag=0.0, city=0.0)
    encoder = TableEncoder(categorical_features=chosen).fit(table)
    assert encoder.categories_ == {"whole": [1, 2, 3, 4, 5]}


def test_an_array_of_objects_is_read_column_by_column():
    X = np.array([[1, "a"], [None, "b"], [3.0, "a"], [4, None]], dtype=object)
    encoder = TableEncoder().fit(X)
    assert list(encoder.get_feature_names_out()) == ["x0", "x0_missing", "x1_a"]


def test_an_array_of_numbers_is_not_copied_or_changed():
    X = np.array([[1.0, np.nan], [2.0, 3.0], [5.0, 4.0]])
    before = X.copy()
    X.flags.writeable = False
    TableEncoder().fit_transform(X)
    assert_array_equal(X, before)


def test_encoder_can_be_pickled():
    encoder = TableEncoder().fit(TABLE)
    again = pickle.loads(pickle.dumps(encoder))
    assert_array_equal(again.transform(TABLE), encoder.transform(TABLE))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (TABLE.assign(when=pd.Timestamp("2020-01-01")), "dates or durations in column when"),
        (TABLE.assign(number=1j), "(?i)complex data not supported: .* in column number"),
        (TABLE.assign(number=pd.Series([10**400] * 5, dtype=object)), "no number in column number"),
        (TABLE.assign(number=np.inf), "infinity or a value too large .* in column number"),
        (TABLE.iloc[:0], r"0 sample\(s\)"),
        (TABLE[[]], r"0 feature\(s\)"),
    ],
)
def test_bad_tables(X, message):
    with pytest.raises(ValueError, match=message):
        TableEncoder().fit(X)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (["color"], r"names \['color'\], which X does not have"),
        ([7], r"names \[7\]"),
        ([True], r"mask of shape \(1,\); expected one entry for each of the 5"),
        (np.array([True, 2], dtype=object), r"names \[True\]"),
        (np.array(5), "has 0 dimensions; expected a list"),
        ([["city"]], "has 2 dimensions; expected a list"),
    ],
)
def test_bad_choice_of_categories(chosen, message):
    with pytest.raises(ValueError, match=message):
        TableEncoder(categorical_features=chosen).fit(TABLE)


def test_text_among_numbers_is_named():
    with pytest.raises(ValueError, match=r"no number in column number: .*'three'"):
        TableEncoder().fit(TABLE).transform(TABLE.assign(number="three"))


def test_columns_in_another_order_are_named():
    encoder = TableEncoder().fit(TABLE)
    with pytest.raises(ValueError, match="same order"):
        encoder.transform(TABLE[TABLE.columns[::-1]])


@pytest.mark.parametrize(
    ("encoder", "good", "bad"),
    [
        (TableEncoder(), TABLE, pd.DataFrame({"q": [1.0, np.inf], "r": [1.0, 2.0]})),
        (CategoryEncoder(), TABLE[["city"]], pd.DataFrame({"q": [[1], [2]], "r": ["a", "b"]})),
        (RobustScaleSmoothClip(), TABLE[["number"]], pd.DataFrame({"q": [1.0, np.inf], "r": [1.0, 2.0]})),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_fit_that_fails_changes_nothing(encoder, good, bad):
    fresh = clone(encoder)
    with pytest.raises((ValueError, TypeError), match=r"X|column"):
        fresh.fit(bad)
    with pytest.raises(NotFittedError):
        fresh.transform(good)
    expected = encoder.fit(good).transform(good)
    with pytest.raises((ValueError, TypeError), match=r"X|column"):
        encoder.fit(bad)
    assert_array_equal(encoder.transform(good), expected)


@pytest.mark.parametrize("encoder", [TableEncoder(), CategoryEncoder()])
def test_no_two_columns_have_one_name(encoder):
    frame = pd.DataFrame({"a_b": ["x", "y", "z"], "a": ["b_x", "q", "r"], "a_b_x_2": ["u", "v", "w"]})
    names = list(encoder.fit(frame).get_feature_names_out())
    assert len(set(names)) == len(names) == encoder.transform(frame).shape[1]
    if isinstance(encoder, TableEncoder):
        assert names[:4] == ["a_b_x", "a_b_y", "a_b_z", "a_b_x_2"]
    holes = pd.DataFrame({"age": [1.0, np.nan], "age_missing": [0.0, 1.0], "age_missing_2": [1.0, 2.0]})
    expected = ["age", "age_missing", "age_missing_2", "age_missing_3"]
    assert list(TableEncoder().fit(holes).get_feature_names_out()) == expected


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_dates_that_are_said_to_be_categories_are_the_same_from_arrays_and_frames(unit):
    days = np.array([["2020-01-02"], ["NaT"], ["2020-01-01"], ["2020-01-02"]], dtype=f"M8[{unit}]")
    encoder = CategoryEncoder().fit(days)
    expected = encoder.transform(days)
    assert len(encoder.categories_[0]) == 2
    assert_array_equal(encoder.transform(pd.DataFrame({"x0": days[:, 0]}).to_numpy()), expected)
    frame = pd.DataFrame({"day": days[:, 0]})
    assert_array_equal(CategoryEncoder().fit(frame).transform(frame), expected)
    assert encoder.categories_ == CategoryEncoder().fit(frame).categories_


# What a column is ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["str", "string", object])
def test_text_that_is_all_missing_is_a_category_without_levels(dtype):
    frame = pd.DataFrame({"number": np.arange(4.0), "text": pd.Series([None] * 4, dtype=dtype)})
    encoder = TableEncoder().fit(frame)
    assert encoder.categories_ == {"text": []}
    later = frame.assign(text=pd.Series(["u", None, "v", "u"], dtype=dtype))
    assert_array_equal(encoder.transform(later), encoder.transform(frame))


@pytest.mark.parametrize("dtype", [bool, "boolean", object])
def test_booleans_are_categories_with_holes_or_without(dtype):
    flags = pd.Series([True, False, True, True], dtype=dtype)
    if dtype is not bool:
        flags[3] = None
    encoder = TableEncoder().fit(pd.DataFrame({"flag": flags, "number": np.arange(4.0)}))
    assert encoder.categories_ == {"flag": [False, True]}


DATES = pd.to_datetime(["2020-01-01", "2021-06-01", None, "2020-01-01"])


@pytest.mark.parametrize("chosen", ["from_dtype", ["kind"], None], ids=str)
@pytest.mark.parametrize(
    "dates",
    [
        DATES,
        DATES - DATES[0],
        list(DATES.date[:2]) * 2,
        pd.Series(list(DATES), dtype=object),
        pd.Series([None, *(DATES - DATES[0])[1:]], dtype=object),
        DATES.to_period("D"),
    ],
    ids=["dates", "times", "objects", "timestamps", "durations", "periods"],
)
def test_dates_are_no_numbers(chosen, dates):
    kinds = ["a", "b", "a", "b"] if chosen else [1, 2, 1, 2]
    frame = pd.DataFrame({"number": np.arange(4.0), "kind": kinds, "when": dates})
    with pytest.raises(ValueError, match=r"dates or durations in column when|no number in column when: "):
        TableEncoder(categorical_features=chosen).fit(frame)
    encoder = TableEncoder(categorical_features=chosen).fit(frame.assign(when=0.5))
    with pytest.raises(ValueError, match="column when"):
        encoder.transform(frame)


def test_dates_of_type_category_are_no_numbers():
    frame = pd.DataFrame({"when": pd.Categorical(DATES)})
    assert "when" in TableEncoder().fit(frame).categories_
    with pytest.raises(ValueError, match="dates or durations in column when"):
        TableEncoder(categorical_features=None).fit(frame)


def test_lists_with_text_are_read_column_by_column():
    rows = [[0.5, "a", True], [1.5, "b", False], [2.5, "a", None]]
    encoder = TableEncoder().fit(rows)
    assert list(encoder.get_feature_names_out()) == list(
        TableEncoder().fit(np.array(rows, dtype=object)).get_feature_names_out()
    )
    assert "x0" not in encoder.categories_
    assert CategoryEncoder().fit([["red", 1], ["blue", 2], [float("nan"), 2]]).categories_ == [["blue", "red"], [1, 2]]


def test_decimals_are_numbers():
    prices = [Decimal("1.25"), None, Decimal("3.5"), Decimal("2")]
    encoder = TableEncoder().fit(pd.DataFrame({"price": prices}))
    assert encoder.categories_ == {}
    floats = pd.DataFrame({"price": [1.25, np.nan, 3.5, 2.0]})
    assert_array_equal(encoder.transform(pd.DataFrame({"price": prices})), TableEncoder().fit_transform(floats))


@pytest.mark.parametrize("values", [[None, True, False], [True, None, False]], ids=str)
def test_what_is_called_boolean_is_a_category(values):
    """Whatever comes first: the types of polars say no more than their names."""

    class Column(list):
        dtype = "Boolean"

    assert holds_categories(Column(values), "answer")


def test_not_a_number_is_missing_where_it_is_a_value_of_its_own():
    """As NaN in a column of Arrow, beside null."""

    class Column:
        iloc = None

        def factorize(self):
            return np.array([0, 1, -1, 2, 1]), [0.5, float("nan"), 2.5]

    codes, values = factorize(Column())
    assert_array_equal(codes, [0, -1, -1, 1, -1])
    assert values == [0.5, 2.5]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (["columns", "dtypes", "iloc", "to_numpy"], True),
        (["columns", "dtypes", "schema", "to_numpy"], True),
        (["columns", "dtypes", "schema", "collect"], False),
    ],
    ids=["pandas", "polars", "polars, not computed yet"],
)
def test_what_is_a_frame(attributes, expected):
    assert is_frame(type("Table", (), dict.fromkeys(attributes))()) is expected


def test_a_scale_beyond_all_numbers_counts_as_none():
    """Differences of denormal numbers have no inverse."""
    x = np.arange(5.0)[:, None] * 1e-320
    scaler = RobustScaleSmoothClip().fit(x)
    assert_array_equal(scaler.scale_, 0.0)
    assert_array_equal(scaler.transform(x), 0.0)


def test_a_table_of_arrow_is_read_with_its_names():
    class Arrow:
        column_names = tuple(TABLE)

        def to_pandas(self):
            return TABLE

    encoder = TableEncoder().fit(Arrow())
    assert list(encoder.feature_names_in_) == list(TABLE)
    assert_array_equal(encoder.transform(Arrow()), TableEncoder().fit_transform(TABLE))


class Polars:
    """A column as polars has it, whose whole numbers become floats in an array where there are holes."""

    def __init__(self, dtype, values):
        self.dtype, self.values = dtype, values

    def __array__(self, dtype=None, copy=None):
        return np.array([np.nan if value is None else value for value in self.values], dtype)

    def to_list(self):
        return self.values


def test_large_numbers_of_categories_stay_apart_beside_holes():
    codes, values = factorize(Polars("Int64", [2**53, None, 2**53 + 1, 2**53]))
    assert_array_equal(codes, [0, -1, 1, 0])
    assert values == [2**53, 2**53 + 1]
    assert factorize(Polars("Float64", [0.5, None]))[1] == [0.5]


@pytest.mark.parametrize("dtype", [complex, object])
def test_complex_numbers_are_refused(dtype):
    with pytest.raises(ValueError, match="complex numbers in column wave"):
        TableEncoder().fit(pd.DataFrame({"wave": pd.Series([1j, 2.0], dtype=dtype)}))


def test_complex_numbers_in_place_of_numbers_are_refused():
    encoder = TableEncoder().fit(pd.DataFrame({"wave": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="complex numbers in column wave"):
        encoder.transform(pd.DataFrame({"wave": [1.0, 1j]}))


def test_a_column_of_nothing_is_a_category_in_every_frame():
    assert holds_categories(Polars("Null", [None, None]), "empty")
    assert holds_categories(pd.Series([None, None], dtype=object), "empty")


@pytest.mark.parametrize(
    "dtype", ["List(Int64)", "Struct({'a': Float64})", "list<item: int64>[pyarrow]", "Array(Int8)"]
)
def test_lists_and_structures_are_named(dtype):
    with pytest.raises(ValueError, match="lists or structures in column tags"):
        holds_categories(Polars(dtype, []), "tags")


@pytest.mark.parametrize("value", [[1, 2], np.array([1, 2]), {"a": 1}, (1, [2])], ids=str)
def test_what_can_be_no_category(value):
    with pytest.raises(TypeError, match=f"argument must be a string or a real number, not '{type(value).__name__}'"):
        TableEncoder().fit(pd.DataFrame({"tags": [value, value, None]}))


def test_three_equal_names_become_three():
    assert list(distinct(["a", "a", "a"])) == ["a", "a_2", "a_3"]


def test_booleans_are_categories_in_a_frame_only():
    flags = np.array([True, False, None], dtype=object)
    assert not holds_categories(flags, "flag")
    assert holds_categories(pd.Series(flags), "flag")
