"""The few array routines that all share: aligned memory, blocks, views of sparse matrices, BLAS on vectors."""

from collections.abc import Iterable
from copy import copy
from functools import lru_cache
from math import isfinite, prod
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg.blas import daxpy, dnrm2, dscal, saxpy, snrm2, sscal
from scipy.sparse import csc_array, csr_array

Array: TypeAlias = npt.NDArray[Any]
RandomState: TypeAlias = np.random.RandomState

BLOCK_ELEMENTS = 131_072
"""Elements of one block of a long vector: a handful of such blocks stays in the caches, and one is worth a thread."""

LONG = 16_384
"""Elements of a vector that takes much longer than it takes to begin."""

REACH: dict[Any, float] = {np.dtype(np.float32): 32.0, np.dtype(np.float64): 256.0}
"""By type, how far below 0 the exponential function is followed: next to 1 what comes after is 0 long before.

Further down are subnormal numbers, and numbers that become one when they multiply a small gradient. Many processors
take a hundred times as long for each: a few in a matrix made its products forty times as slow.
"""
GRAIN: dict[Any, float] = {np.dtype(np.float32): 2.0**-20, np.dtype(np.float64): 2.0**-314}
"""By type, a number in whose rounding the exponential function is lost at the end of `REACH`."""


CACHE_LINE, PAGE = 64, 4096
"""Bytes, on the machines that matter."""


def empty(shape: tuple[int, ...], dtype: Any, order: Literal["C", "F"] = "C", place: int = 0) -> Array:
    """Make an uninitialized array that begins at a cache line, the ``place``-th of a page, unless it is a small one.

    Vector instructions want the first. The second keeps arrays that are worked on together at different places:
    large ones begin at the same place of their pages otherwise, where some processors copy ten times more slowly.
    """
    size, itemsize = prod(shape), np.dtype(dtype).itemsize
    if size * itemsize < PAGE:
        return np.empty(shape, dtype, order)
    memory: Array = np.empty(size + PAGE // itemsize, dtype)
    start = (place * CACHE_LINE - memory.ctypes.data) % PAGE // itemsize
    return memory[start : start + size].reshape(shape, order=order)


def blocks(*vectors: Array) -> Iterable[tuple[Array, ...]]:
    """Walk vectors of one length together, in pieces that stay in the cache between operations."""
    size = len(vectors[0])
    if size <= BLOCK_ELEMENTS:
        return (vectors,)
    starts = range(0, size, BLOCK_ELEMENTS)
    return (tuple(vector[start : start + BLOCK_ELEMENTS] for vector in vectors) for start in starts)


@lru_cache(maxsize=16)
def _frame(kind: type, shape: tuple[int, int]) -> Any:
    frame = kind(shape)
    frame.data = frame.indices = frame.indptr = None
    return frame


def _framed(kind: type, shape: tuple[int, int], data: Array, indices: Array, indptr: Array) -> Any:
    """Make a sparse matrix of arrays that are right: a constructor's checks take as long as a product of a batch."""
    matrix = copy(_frame(kind, shape))
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    return matrix


def sparse_rows(x: Any, rows: slice) -> Any:
    """View consecutive rows of a CSR matrix."""
    first, last = x.indptr[rows.start], x.indptr[rows.stop]
    shape = (rows.stop - rows.start, x.shape[1])
    indptr = x.indptr[rows.start : rows.stop + 1] - first
    return _framed(type(x), shape, x.data[first:last], x.indices[first:last], indptr)


def transposed(x: Any) -> Any:
    """View a CSR or CSC matrix as its transpose."""
    kind = csc_array if x.format == "csr" else csr_array
    return _framed(kind, x.shape[::-1], x.data, x.indices, x.indptr)


def add_scaled(vector: Array, factor: float, target: Array) -> None:
    """Do ``target += factor * vector`` for contiguous vectors, without a temporary."""
    axpy = saxpy if target.itemsize == 4 else daxpy
    axpy(vector, target, len(target), factor)


def scale(vector: Array, factor: float) -> None:
    """Do ``vector *= factor`` for a contiguous vector.

    A ufunc takes twice as long to begin, for the factor's sake. But SciPy's BLAS keeps the interpreter's lock, which
    another thread may wait for.
    """
    if len(vector) > LONG:
        np.multiply(vector, factor, out=vector)
    elif vector.itemsize == 4:
        sscal(factor, vector)
    else:
        dscal(factor, vector)


def settle(array: Array, grain: float | None = None) -> None:
    """Round numbers that are lost beside ``grain``, one of `GRAIN` by default, to 0, and others hardly, in place."""
    grain = GRAIN[array.dtype] if grain is None else grain
    array += grain
    array -= grain


def norm(vector: Array) -> float:
    """Give the Euclidean norm of a contiguous vector, also where its squares would overflow."""
    nrm2 = snrm2 if vector.dtype == np.float32 else dnrm2
    return float(nrm2(vector))


def seems_finite(array: Array) -> bool:
    """Tell whether all numbers of a C-contiguous array are finite, and not so large that their squares overflow."""
    return isfinite(np.vdot(array, array))  # BLAS is faster than a sum


def add_signs(vector: Array, factor: float, target: Array, signs: Array) -> float:
    """Do ``target += factor * sign(vector)``, and give the sum of the absolute values; ``signs`` is a spare block."""
    total = 0.0
    for v, t in blocks(vector, target):
        s = np.sign(v, out=signs[: len(v)])
        total += float(np.dot(s, v))
        s *= factor
        t += s
    return total
