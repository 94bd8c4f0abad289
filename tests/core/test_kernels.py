import numpy as np
import pytest
from scipy import sparse

from sknn.core import kernels
from sknn.core.kernels import (
    BLOCK_ELEMENTS,
    LONG,
    add_scaled,
    add_signs,
    blocks,
    scale,
    sparse_rows,
    transposed,
)

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_container = pytest.mark.parametrize(
    "container", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix], ids=["csr_matrix", "csr_array", "csc_matrix"]
)


def tolerance(dtype):
    return {"rtol": 1e-5, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-13}


@pytest.mark.parametrize("size", [0, 1, BLOCK_ELEMENTS, BLOCK_ELEMENTS + 1, 3 * BLOCK_ELEMENTS])
def test_blocks_cover_every_element_once_in_order(size):
    vector = np.arange(size)
    parts = [part for (part,) in blocks(vector)]
    np.testing.assert_array_equal(np.concatenate(parts), vector)
    assert max(map(len, parts)) <= BLOCK_ELEMENTS
    assert all(np.shares_memory(part, vector) for part in parts if len(part))


def test_blocks_of_several_vectors_go_together():
    a = np.arange(2 * BLOCK_ELEMENTS + 5)
    b, c = a.astype(np.float32), -a
    for x, y, z in blocks(a, b, c):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(x, -z)


def test_writing_to_blocks_writes_to_the_vector():
    vector = np.zeros(BLOCK_ELEMENTS + 7)
    for (part,) in blocks(vector):
        part += 1.0
    assert vector.sum() == len(vector)


def dense_and_sparse(container, dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, 4)) * (rng.random((6, 4)) < 0.5)
    x[2] = 0.0
    x, W, dy = (a.astype(dtype) for a in (x, rng.normal(size=(5, 3)), rng.normal(size=(6, 3))))
    return np.column_stack([x, np.ones(6, dtype)]), container(x), W, dy


@every_dtype
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_rows_of_a_sparse_matrix_are_views(dtype, container, index):
    _, x, _, _ = dense_and_sparse(container, dtype)
    x.indices, x.indptr = x.indices.astype(index), x.indptr.astype(index)
    for rows in (slice(0, 2), slice(1, 4), slice(2, 3), slice(0, 6)):
        part = sparse_rows(x, rows)
        assert type(part) is container
        assert part.dtype == dtype
        assert np.shares_memory(part.data, x.data) or not part.nnz
        part.check_format()
        np.testing.assert_array_equal(part.toarray(), x[rows].toarray())
        np.testing.assert_array_equal(transposed(part).toarray(), part.toarray().T)


@every_container
def test_transposing_a_sparse_matrix_makes_a_view(container):
    _, x, _, _ = dense_and_sparse(container, np.float64)
    assert np.shares_memory(transposed(x).data, x.data)
    np.testing.assert_array_equal(transposed(x).toarray(), x.toarray().T)


@every_dtype
@pytest.mark.parametrize("size", [1, 5, BLOCK_ELEMENTS + 3])
@pytest.mark.parametrize("add", [add_scaled, add_signs])
def test_adding_is_in_place(dtype, size, add):
    """Also into a part of a longer vector, whose neighbours stay as they are."""
    rng = np.random.default_rng(1)
    vector, whole = rng.normal(size=size).astype(dtype), rng.normal(size=size + 4).astype(dtype)
    vector[0] = 0.0
    before, before_vector = whole.copy(), vector.copy()
    work = [np.full(BLOCK_ELEMENTS, np.nan, dtype)] if add is add_signs else []
    add(vector, 0.25, whole[2:-2], *work)
    direction = vector if add is add_scaled else np.sign(vector)
    np.testing.assert_allclose(whole[2:-2], before[2:-2] + 0.25 * direction.astype(np.float64), **tolerance(dtype))
    np.testing.assert_array_equal(whole[[0, 1, -2, -1]], before[[0, 1, -2, -1]])
    np.testing.assert_array_equal(vector, before_vector)
    assert whole.dtype == dtype


@every_dtype
@pytest.mark.parametrize("size", [1, 5, LONG, LONG + 1])
def test_scaling_is_in_place(dtype, size):
    whole = np.random.default_rng(1).normal(size=size + 4).astype(dtype)
    before = whole.copy()
    scale(whole[2:-2], 0.3)
    np.testing.assert_allclose(whole[2:-2], 0.3 * before[2:-2].astype(np.float64), **tolerance(dtype))
    np.testing.assert_array_equal(whole[[0, 1, -2, -1]], before[[0, 1, -2, -1]])


@every_dtype
def test_add_signs_gives_the_sum_of_absolute_values(dtype, monkeypatch):
    monkeypatch.setattr(kernels, "BLOCK_ELEMENTS", 4)
    vector = np.array([1.5, -2.0, 0.0, 4.0, -0.25, -1.0, 0.5, 0.0, 8.0], dtype)
    total = add_signs(vector, 0.5, np.zeros_like(vector), np.empty(4, dtype))
    assert type(total) is float
    assert total == 17.25
