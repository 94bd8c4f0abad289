"""The linear map of a layer, z = [x, 1] W: forward, and its two gradients."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from sknn.core.crew import Crew
from sknn.core.kernels import Array, transposed
from sknn.core.threads import threads_for, unpacked

LEAST_WIDTH, LEAST_HEIGHT = 20, 8
"""Columns, or rows, of a piece of a product, at least: with fewer it costs more than it saves."""
FEW = 500_000
"""Multiplications of a product that takes so little time that how it begins counts."""


class Affine:
    """The products ``z = [x, 1] @ W`` with the arrays of one workspace; the last row of W is the bias.

    Rows of features lie feature by feature, so the products are computed transposed: `dot`, which begins in a third
    of the time of `matmul` but fills its result with zeros first, wants a contiguous one. What is transposed here
    once takes as long as beginning.

    Parameters
    ----------
    x : ndarray of shape (n, fan_in + 1) or None
        The input with its column of ones; None where `forward` and `backward` are given a sparse one, without it.
    z : ndarray of shape (n, units)
        Where `forward` leaves the result.
    dz : ndarray of shape (n, units) or None
        The gradient with respect to ``z``; None in a workspace that is not for training.
    dx : ndarray of shape (n, fan_in) or None
        Where `backward` leaves the gradient with respect to the input; None where nobody reads it.
    """

    def __init__(self, x: Any, z: Array, dz: Any, dx: Any) -> None:
        self.sparse = x is None
        self.z, self.dz = z, dz
        transposed_views: list[Any] = [None if array is None else array.T for array in (x, z, dz, dx)]
        self.xT, self.zT, self.dzT, self.dxT = transposed_views

    def forward(self, W: Array, x: Any) -> None:
        """Fill ``z``; ``x`` is read if it is sparse."""
        if self.sparse:
            np.copyto(self.z, x @ W[:-1])
            self.z += W[-1]
        else:
            W.T.dot(self.xT, self.zT)

    def backward(self, W: Array, dW: Array, x: Any) -> None:
        """Fill ``dW`` and ``dx`` from ``dz``; ``x`` is read if it is sparse."""
        if self.sparse:
            dW[:-1] = transposed(x) @ self.dz
            np.ones(len(self.dz), self.dz.dtype).dot(self.dz, dW[-1])
        else:
            self.xT.dot(self.dz, dW)
        if self.dxT is not None:
            W[:-1].dot(self.dzT, self.dxT)


class SharedAffine(Affine):
    """The same products in strips, one for each thread: of the units forward, of the inputs backward."""

    def __init__(self, x: Array, z: Array, dz: Any, dx: Any, crew: Crew) -> None:
        super().__init__(x, z, dz, dx)
        self.crew = crew
        self.units, self.inputs = (crew.parts(n, n) for n in (len(self.zT), len(self.xT)))

    def forward(self, W: Array, x: Any) -> None:
        self.crew.share(lambda strip: np.matmul(W.T[strip], self.xT, out=self.zT[strip]), self.units)

    def backward(self, W: Array, dW: Array, x: Any) -> None:
        def gradients(strip: slice) -> None:
            np.matmul(self.xT[strip], self.dz, out=dW[strip])
            if self.dxT is not None:
                np.matmul(W[:-1][strip], self.dzT, out=self.dxT[strip])

        self.crew.share(gradients, self.inputs)


class PiecewiseAffine(Affine):
    """The same products with `matmul`, in pieces: so many of samples, of units for ``dW``, and of inputs for ``dx``."""

    def __init__(self, x: Array, z: Array, dz: Any, dx: Any, by_sample: int, by_unit: int, by_input: int) -> None:
        super().__init__(x, z, dz, dx)
        self.by_unit, self.by_input = by_unit, by_input
        self.x_stack, self.z_stack = _stack(self.xT, by_sample), _stack(self.zT, by_sample)
        self.dz_stack: Any = None if dz is None else _stack(dz, by_unit)
        self.dx_stack: Any = None if dx is None else self.dxT.reshape(by_input, -1, len(dx))

    def forward(self, W: Array, x: Any) -> None:
        np.matmul(W.T, self.x_stack, out=self.z_stack)

    def backward(self, W: Array, dW: Array, x: Any) -> None:
        np.matmul(self.xT, self.dz_stack, out=dW.reshape(len(dW), self.by_unit, -1).swapaxes(0, 1))
        if self.dx_stack is not None:
            np.matmul(W[:-1].reshape(self.by_input, -1, W.shape[1]), self.dzT, out=self.dx_stack)


def pieces(columns: int, multiplications: int, least: int = LEAST_WIDTH) -> int:
    """Choose in how many pieces a product is done: where BLAS need not pack small ones, in as few as are small.

    Parameters
    ----------
    columns : int
        What is cut: columns of the result, or its rows.
    multiplications : int
        Those for each of them.
    least : int, default=LEAST_WIDTH
        So many of them in each piece.

    Returns
    -------
    int
        A divisor of ``columns``, 1 if it is no use.
    """
    small = unpacked() // max(1, multiplications)
    if columns <= small or small < least:
        return 1
    numbers = range(-(-columns // small), columns // least + 1)
    return next((p for p in numbers if columns % (4 * p) == 0), 1)


def _stack(matrix: Array, number: int) -> Array:
    """View the columns of a matrix as a stack of matrices."""
    rows, columns = matrix.shape
    width = columns // number
    return as_strided(matrix, (number, rows, width), (width * matrix.strides[1], *matrix.strides))


def affine(x: Any, z: Array, dz: Any, dx: Any, crew: Crew) -> Affine:
    """Make the kind of `Affine` that suits the sizes of its arrays, and whether there is a crew."""
    if x is None:
        return Affine(x, z, dz, dx)
    (n, fan_in), units = x.shape, z.shape[1]
    if crew.size > 1 and threads_for(fan_in * units, n) > 1:
        return SharedAffine(x, z, dz, dx, crew)
    if n * fan_in * units < FEW:
        return Affine(x, z, dz, dx)
    by_sample = pieces(n, fan_in * units)
    by_unit = pieces(units, fan_in * n) if x.flags.c_contiguous else 1
    by_input = 1 if dx is None else pieces(dx.shape[1], units * n, LEAST_HEIGHT)
    return PiecewiseAffine(x, z, dz, dx, by_sample, by_unit, by_input)
