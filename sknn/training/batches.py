"""Minibatches, gathered a block of many batches at a time into buffers that are used again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse

from sknn.core.kernels import Array, RandomState, sparse_rows

BLOCK_BYTES = 2**18
"""Rows gathered at once: as many whole batches as fit, and at least one."""


@dataclass(frozen=True)
class TargetRows:
    """Encoded targets, one row a sample.

    Parameters
    ----------
    values : ndarray of shape (n,) or (n, n_outputs)
        Class numbers into ``table``, or the targets themselves.
    table : ndarray of shape (n_classes, n_outputs), default=None
        The target of every class.
    """

    values: Array
    table: Array | None = None

    def smoothed(self, share: float) -> Self:
        """Move a share of each target's probability to all classes alike.

        Parameters
        ----------
        share : float
            From 0 to 1.

        Returns
        -------
        TargetRows

        References
        ----------
        Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015, arXiv:1512.00567.
        """
        if not share:
            return self
        if self.table is None:
            return replace(self, values=self.values * (1 - share) + share / 2)
        return replace(self, table=self.table * (1 - share) + share / max(2, self.table.shape[1]))

    def take(self, rows: Any = slice(None)) -> Array:
        """Give the targets of some rows, of shape (len(rows), n_outputs), output by output as raw outputs lie."""
        taken: Array = self.values[rows]
        return np.asfortranarray(taken) if self.table is None else self.table.T.take(taken, 1).T


class Batches:
    """One pass over the training rows at each iteration, in batches.

    Parameters
    ----------
    X : ndarray of shape (n, ...) or CSR matrix of shape (n, n_features)
        Samples; never written to, never copied whole.
    targets : TargetRows
        Their targets.
    weight : ndarray of shape (n,) or None
        Sample weights, with mean 1 over the training rows.
    rows : ndarray of int
        The rows to train on; shuffled in place.
    batch_size : int
        Rows of a batch; the last one may be smaller.
    shuffle : bool
        Shuffle the rows before each pass.
    rng : RandomState
        Where the shuffles come from.
    dtype : dtype
        Type of the targets and weights that are given out.
    drop_last : bool, default=False
        Leave out a last batch that is smaller, so that other rows wait in each pass; only with ``shuffle``.
    """

    def __init__(
        self,
        X: Any,
        targets: TargetRows,
        weight: Array | None,
        rows: Array,
        *,
        batch_size: int,
        shuffle: bool,
        rng: RandomState,
        dtype: Any,
        drop_last: bool = False,
    ) -> None:
        self.X, self.targets, self.weight, self.rows = X, targets, weight, rows
        self.batch_size, self.shuffle, self.rng = batch_size, shuffle, rng
        rest = len(rows) % batch_size
        self.used = len(rows) - rest if drop_last else len(rows)
        self.sparse = issparse(X)
        self._allocate(dtype)

    def __len__(self) -> int:
        return -(-self.used // self.batch_size)

    @property
    def sizes(self) -> set[int]:
        """Numbers of rows that a batch may have."""
        return {min(self.batch_size, self.used), self.used % self.batch_size} - {0}

    def _allocate(self, dtype: Any) -> None:
        X = self.X
        row_bytes = (X.data.nbytes + X.indices.nbytes) // X.shape[0] + 8 if self.sparse else X[:1].nbytes
        values, table = self.targets.values, self.targets.table
        self._n_outputs = n_outputs = (values if table is None else table).shape[1]
        row_bytes += n_outputs * np.dtype(dtype).itemsize
        per_block = max(1, BLOCK_BYTES // (row_bytes * self.batch_size))
        self.block_rows = size = self.batch_size * min(per_block, len(self))
        self._x = None if self.sparse else np.empty((size, *X.shape[1:]), X.dtype)
        self._codes = np.empty((size, *values.shape[1:]), values.dtype)
        self._as_taken = table is None and values.dtype == dtype and n_outputs == 1
        # Output by output, as the network's raw outputs lie.
        self._y = self._codes.reshape(-1) if self._as_taken else np.empty(size * n_outputs, dtype)
        self._w = None if self.weight is None else np.empty((size, 1), dtype)

    def __iter__(self) -> Iterator[tuple[Any, Array, Array | None]]:
        if self.shuffle:
            self.rng.shuffle(self.rows)
        for start in range(0, self.used, self.block_rows):
            rows = self.rows[start : min(start + self.block_rows, self.used)]
            x, y, w = self._gather(rows)
            for first in range(0, len(rows), self.batch_size):
                batch = slice(first, min(first + self.batch_size, len(rows)))
                yield sparse_rows(x, batch) if self.sparse else x[batch], y[batch], None if w is None else w[batch]

    def _gather(self, rows: Array) -> tuple[Any, Array, Array | None]:
        """Copy a block of rows into the buffers: with mode "clip", np.take makes no copy of its own."""
        n = len(rows)
        x = self.X[rows] if self._x is None else self.X.take(rows, 0, self._x[:n], "clip")
        codes = self.targets.values.take(rows, 0, self._codes[:n], "clip")
        y = self._y[: n * self._n_outputs].reshape(n, -1, order="F")
        if self.targets.table is not None:
            self.targets.table.T.take(codes, 1, y.T, "clip")
        elif not self._as_taken:
            np.copyto(y, codes)
        if self.weight is None or self._w is None:
            return x, y, None
        w = self._w[:n]
        self.weight.take(rows, 0, w[:, 0], "clip")
        return x, y, w
