"""Raw outputs of many rows, in blocks, in threads, in constant memory."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from threading import Lock
from typing import Any, Protocol

import numpy as np
from scipy.sparse import issparse

from sknn.core.kernels import Array, sparse_rows
from sknn.core.parameters import ParameterVector
from sknn.core.threads import FLOPS_PER_SHARE, MOST_SHARES, blas_threads, share, threads_for
from sknn.core.workspace import Planned, Workspace
from sknn.layers.base import Shape, parts

PREDICT_BYTES = 2 * 2**20
"""Working memory of one block of rows."""


class Predicts(Planned, Protocol):
    """What a predictor needs to know of a network."""

    input_shape: Shape
    parameters: ParameterVector

    def forward(self, ws: Workspace) -> None:
        """Fill every output of the workspace from its input."""

    def bytes_per_row(self, sparse: bool) -> int:
        """Say how much working memory predicting takes for each row."""


class Predictor:
    """Computes raw outputs in blocks of rows, in constant extra memory that is kept from call to call.

    Blocks of many rows are shared by several threads, as many as BLAS may use, each with a workspace of its own. The
    predictor itself belongs to one.

    Parameters
    ----------
    network : Network
        Whose outputs.
    """

    def __init__(self, network: Predicts) -> None:
        self.network = network
        self._spaces: dict[tuple[int, int, bool], Workspace] = {}

    def __call__(self, X: Any, rows: Array | None = None, finish: Callable[[Array], Array] | None = None) -> Array:
        """Compute the outputs of all rows.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n, ...)
            Samples, each of the network's input shape or flat.
        rows : ndarray of int, default=None
            Take only these rows of ``X``.
        finish : callable, default=None
            Turns the raw outputs of a block, which it may overwrite, into what is given instead.

        Returns
        -------
        ndarray of shape (n, ...)
            Raw outputs, in the network's dtype, or what ``finish`` made of them.
        """
        n = X.shape[0] if rows is None else len(rows)
        results: list[Array] = []
        lock = Lock()

        def compute(block: tuple[int, slice]) -> None:
            thread, part = block
            raw = self._outputs(X, rows, part, thread)
            finished = raw if finish is None else finish(raw)
            with lock:
                if not results:
                    results.append(np.empty((n, *finished.shape[1:]), finished.dtype))
            results[0][part] = finished

        wanted = self._threads_wanted(n, issparse(X))
        with nullcontext(1) if wanted == 1 else blas_threads(wanted) as threads:
            numbered = [(i % threads, part) for i, part in enumerate(self._parts(n, issparse(X), threads))]
            share(compute, numbered, threads)
        return results[0]

    def _threads_wanted(self, n: int, sparse: bool) -> int:
        """Choose a number of threads; one where blocks are so little work that threads would wait for each other."""
        multiplications = self.network.parameters.multiplications
        wanted = min(threads_for(multiplications, n, passes=1), MOST_SHARES)
        if wanted > 1 and 2.0 * multiplications * self.rows_per_block(sparse) < FLOPS_PER_SHARE:
            return 1
        return wanted

    def blocks(self, X: Any, rows: Array | None = None) -> Iterator[tuple[slice, Array]]:
        """Compute the outputs of one block of rows after the other: which rows they are, and the working memory."""
        for part in self._parts(X.shape[0] if rows is None else len(rows), issparse(X)):
            yield part, self._outputs(X, rows, part)

    def rows_per_block(self, sparse: bool = False) -> int:
        """Say how many rows are taken at a time, at most."""
        return max(32, PREDICT_BYTES // self.network.bytes_per_row(sparse))

    def _parts(self, n: int, sparse: bool, threads: int = 1) -> list[slice]:
        """Cut the rows into blocks of about one size, as many for every thread."""
        rounds = -(-n // (self.rows_per_block(sparse) * threads))
        return parts(n, -(-n // max(1, rounds * threads))) or [slice(0, 0)]

    def _outputs(self, X: Any, rows: Array | None, part: slice, thread: int = 0) -> Array:
        """Compute the outputs of one block in the working memory of one thread."""
        ws = self._space(thread, part.stop - part.start, issparse(X))
        x = X[rows[part]] if rows is not None else sparse_rows(X, part) if ws.sparse else X[part]
        ws.load(x if ws.sparse else x.reshape(-1, *self.network.input_shape))
        self.network.forward(ws)
        raw: Array = ws.output
        return raw

    def _space(self, thread: int, n: int, sparse: bool) -> Workspace:
        space = self._spaces.get((thread, n, sparse))
        if space is None:
            space = self._spaces[thread, n, sparse] = Workspace(self.network, n, sparse=sparse)
        return space
