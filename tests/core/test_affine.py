from types import SimpleNamespace

import numpy as np
import pytest
from scipy import sparse

from sknn.core import threads
from sknn.core.affine import Affine, PiecewiseAffine, SharedAffine, affine, pieces
from sknn.core.crew import ALONE, Crew

N, FAN_IN, UNITS = 6, 4, 3
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_container = pytest.mark.parametrize(
    "container", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix], ids=["csr_matrix", "csr_array", "csc_matrix"]
)


def tolerance(dtype):
    return {"rtol": 1e-5, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-13}


def numbers(dtype, n=N, fan_in=FAN_IN, units=UNITS):
    """Make x without ones, with zeros in it and one row of nothing else, W and dz."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, fan_in)) * (rng.random((n, fan_in)) < 0.5)
    x[n // 2] = 0.0
    return [a.astype(dtype) for a in (x, rng.normal(size=(fan_in + 1, units)), rng.normal(size=(n, units)))]


def by_feature(rows, columns, dtype):
    return np.full((rows, columns), np.nan, dtype, order="F")


def with_ones(x, order="F"):
    return np.array(np.column_stack([x, np.ones(len(x), x.dtype)]), order=order)


def check(linear, dtype, x, W, dz, given=None):
    """Run both passes, and compare with the formulas in double precision."""
    exact_x, exact_W, exact_dz = (a.astype(np.float64) for a in (x, W, dz))
    linear.forward(W, given)
    np.testing.assert_allclose(linear.z, exact_x @ exact_W[:-1] + exact_W[-1], **tolerance(dtype))
    dW = np.full(W.shape, np.nan, dtype)
    linear.backward(W, dW, given)
    expected = np.vstack([exact_x.T @ exact_dz, exact_dz.sum(axis=0)])
    np.testing.assert_allclose(dW, expected, **tolerance(dtype))
    return exact_dz @ exact_W[:-1].T


@every_dtype
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(6, 4, 3), (1, 4, 3), (6, 1, 3), (6, 4, 1), (1, 1, 1), (6, 0, 3)], ids=str)
def test_both_passes_of_dense_rows(dtype, order, shape):
    n, fan_in, units = shape
    x, W, dz = numbers(dtype, n, fan_in, units)
    dx = by_feature(n, fan_in, dtype)
    linear = Affine(with_ones(x, order), by_feature(n, units, dtype), np.asfortranarray(dz), dx)
    np.testing.assert_allclose(dx, check(linear, dtype, x, W, dz), **tolerance(dtype))


@every_dtype
@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(6, 4, 3), (1, 5, 7), (6, 1, 3), (6, 4, 1), (6, 0, 3)], ids=str)
def test_both_passes_in_strips(dtype, order, shape, threads):
    n, fan_in, units = shape
    x, W, dz = numbers(dtype, n, fan_in, units)
    dx = by_feature(n, fan_in, dtype)
    with Crew(threads) as crew:
        shared = SharedAffine(with_ones(x, order), by_feature(n, units, dtype), np.asfortranarray(dz), dx, crew)
        np.testing.assert_allclose(dx, check(shared, dtype, x, W, dz), **tolerance(dtype))
        last = SharedAffine(with_ones(x, order), by_feature(n, units, dtype), np.asfortranarray(dz), None, crew)
        check(last, dtype, x, W, dz)


@pytest.fixture
def small_products(monkeypatch):
    """Let BLAS take the matrices of up to 4000 multiplications as they lie, and let 2000 be many."""
    monkeypatch.setattr("sknn.core.affine.unpacked", lambda: 4000)
    monkeypatch.setattr("sknn.core.affine.FEW", 2000)


@pytest.mark.parametrize(
    ("columns", "multiplications", "expected"),
    [
        (80, 50, 1),  # small as it is
        (80, 96, 2),
        (96, 144, 4),
        (100, 144, 5),  # 4 pieces have 25 columns each, which is no multiple of 4
        (1000, 144, 50),
        (100, 210, 1),  # less than 20 columns
        (64, 144, 1),
        (0, 96, 1),
        (24, 0, 1),
        (24, 5000, 1),
    ],
)
def test_as_few_pieces_as_are_small(small_products, columns, multiplications, expected):
    assert pieces(columns, multiplications) == expected


def test_pieces_may_be_smaller(small_products):
    assert [pieces(96, 210, least) for least in (8, 16, 20)] == [6, 6, 1]
    assert [pieces(96, 420, least) for least in (8, 9)] == [12, 1]


def test_no_pieces_for_other_kinds_of_blas(monkeypatch):
    assert threads.unpacked() in (0, 1_000_000)
    monkeypatch.setattr("sknn.core.affine.unpacked", lambda: 0)
    assert pieces(200, 10_000) == 1


@pytest.mark.parametrize(("kind", "expected"), [("SkylakeX", 1_000_000), ("Haswell", 0), (None, 0)])
def test_only_openblas_for_avx_512_takes_matrices_as_they_lie(monkeypatch, kind, expected):
    library = SimpleNamespace() if kind is None else SimpleNamespace(architecture=kind)
    monkeypatch.setattr("sknn.core.threads._libraries", lambda: [library])
    assert threads.unpacked.__wrapped__() == expected


@every_dtype
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("numbers_of_pieces", [(2, 5, 1), (4, 1, 3), (1, 2, 2)], ids=str)
@pytest.mark.parametrize("fan_in", [0, 6])
def test_both_passes_in_pieces(dtype, order, numbers_of_pieces, fan_in):
    x, W, dz = numbers(dtype, 8, fan_in, 10)
    dx, z, dz = by_feature(8, fan_in, dtype), by_feature(8, 10, dtype), np.asfortranarray(dz)
    linear = PiecewiseAffine(with_ones(x, order), z, dz, dx, *numbers_of_pieces)
    np.testing.assert_allclose(dx, check(linear, dtype, x, W, dz), **tolerance(dtype))
    check(PiecewiseAffine(with_ones(x, order), z, dz, None, *numbers_of_pieces), dtype, x, W, dz)
    z[...] = np.nan
    PiecewiseAffine(with_ones(x, order), z, None, None, *numbers_of_pieces).forward(W, None)
    np.testing.assert_allclose(z, x @ W[:-1] + W[-1], **tolerance(dtype))


def cut(n, fan_in, units, order="C", dtype=np.float64):
    """Say how many pieces the products have, or that they are whole."""
    z, dx = np.empty((n, units), dtype, order="F"), np.empty((n, fan_in), dtype, order="F")
    linear = affine(np.empty((n, fan_in + 1), dtype, order), z, z, dx, ALONE)
    if isinstance(linear, PiecewiseAffine):
        return len(linear.z_stack), linear.by_unit, linear.by_input
    return type(linear)


def test_pieces_where_a_product_has_some(small_products):
    assert cut(100, 0, 60) == (5, 3, 1)
    assert cut(80, 5, 16) == (2, 1, 1)
    assert cut(24, 5, 100) == (1, 5, 1)
    assert cut(24, 80, 16) == (1, 1, 10)
    assert cut(20, 4, 20) == cut(200, 99, 100) == (1, 1, 1)
    assert cut(19, 4, 20) is Affine


def test_only_rows_of_samples_are_cut_by_units(small_products):
    assert [cut(100, 1, 60, order) for order in "CF"] == [(5, 3, 1), (5, 1, 1)]


def test_strips_where_there_is_a_crew_and_work_for_it(monkeypatch):
    monkeypatch.setattr("sknn.core.affine.unpacked", lambda: 0)

    def kind(crew, n=32, fan_in=9999, is_sparse=False):
        x = None if is_sparse else np.empty((n, fan_in + 1), np.float32)
        return type(affine(x, np.empty((n, 512), np.float32), None, None, crew))

    with Crew(2) as crew:
        assert kind(crew) is SharedAffine
        assert SharedAffine not in (kind(ALONE), kind(crew, fan_in=99), kind(crew, n=1), kind(crew, is_sparse=True))


@every_dtype
@every_container
def test_both_passes_of_sparse_rows(dtype, container):
    x, W, dz = numbers(dtype)
    linear = Affine(None, by_feature(N, UNITS, dtype), np.asfortranarray(dz), None)
    check(linear, dtype, x, W, dz, container(x))


def test_float64_sparse_data_in_a_float32_network():
    x, W, dz = numbers(np.float64)
    linear = Affine(None, by_feature(N, UNITS, np.float32), np.asfortranarray(dz, np.float32), None)
    check(linear, np.float32, x, W.astype(np.float32), dz, sparse.csr_matrix(x))


@every_dtype
def test_no_gradient_of_the_input_where_nobody_reads_it(dtype):
    x, W, dz = numbers(dtype)
    check(Affine(with_ones(x), by_feature(N, UNITS, dtype), np.asfortranarray(dz), None), dtype, x, W, dz)


@every_dtype
def test_into_the_columns_before_the_ones(dtype):
    """The next layer's column of ones stands beside what is written, and stays."""
    x, W, _ = numbers(dtype)
    edge = np.ones((N, UNITS + 1), dtype, order="F")
    Affine(with_ones(x), edge[:, :-1], None, None).forward(W, None)
    np.testing.assert_allclose(edge[:, :-1], with_ones(x).astype(np.float64) @ W, **tolerance(dtype))
    np.testing.assert_array_equal(edge[:, -1], 1.0)


def test_a_result_that_does_not_lie_feature_by_feature_is_refused():
    """Better than a result that goes into a copy."""
    x, W, _ = numbers(np.float64)
    with pytest.raises(ValueError, match="C-Array"):
        Affine(with_ones(x), np.empty((N, UNITS)), None, None).forward(W, None)
