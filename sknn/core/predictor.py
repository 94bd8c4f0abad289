"""Raw outputs of many rows, in blocks, in threads, in constant memory."""

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any, Protocol

import numpy as np
from scipy.sparse import issparse

from sknn.core.crew import crew
from sknn.core.kernels import Array, seems_finite, sparse_rows
from sknn.core.workspace import Planned, Workspace
from sknn.layers.base import Shape, parts

PREDICT_BYTES = 8 * 2**20
"""Working memory of one block of rows: small enough for a cache, large enough to be worth a thread."""


class Predicts(Planned, Protocol):
    """What a predictor needs to know of a network."""

    input_shape: Shape

    def forward(self, ws: Workspace) -> None:
        """Fill every output of the workspace from its input."""

    def bytes_per_row(self, sparse: bool) -> int:
        """Say how much working memory predicting takes for each row."""


class Predictor:
    """Computes raw outputs in blocks of rows, in constant extra memory that is kept from call to call.

    Several blocks are shared by several threads, as many as BLAS may use, each with a workspace of its own. The
    predictor itself belongs to one.

    Parameters
    ----------
    network : Network
        Whose outputs.
    memory : int, default=None
        Bytes of working memory for one block, None for `PREDICT_BYTES`; where rows need much, it may take more.
    """

    def __init__(self, network: Predicts, memory: int | None = None) -> None:
        self.network, self.memory = network, memory or PREDICT_BYTES
        self._spaces: dict[int, Workspace] = {}

    def __call__(
        self,
        X: Any,
        rows: Array | None = None,
        finish: Callable[[Array], Array] | None = None,
        *,
        finite: bool = False,
    ) -> Array:
        """Compute the outputs of all rows.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n, ...)
            Samples, each of the network's input shape or flat.
        rows : ndarray of int, default=None
            Take only these rows of ``X``.
        finish : callable, default=None
            Turns the raw outputs of a block, which it may overwrite, into what is given instead.
        finite : bool, default=False
            Insist on finite numbers in ``X``, an ndarray: each block is looked at where it is read anyway.

        Returns
        -------
        ndarray of shape (n, ...)
            Raw outputs, in the network's dtype, or what ``finish`` made of them.

        Raises
        ------
        FloatingPointError
            If ``finite``, and a number in ``X`` is not finite, or so large that it cannot be told.
        """
        n = X.shape[0] if rows is None else len(rows)
        results: list[Array] = []
        lock = Lock()

        def compute(block: tuple[int, slice]) -> None:
            thread, part = block
            raw = self._outputs(X, rows, part, thread, finite)
            finished = raw if finish is None else finish(raw)
            with lock:
                if not results:
                    results.append(np.empty((n, *finished.shape[1:]), finished.dtype))
            results[0][part] = finished

        size = self.rows_per_block(issparse(X))
        if n <= size:
            compute((0, slice(0, n)))
            return results[0]
        with crew(-(-n // size)) as members:
            blocks = cut(n, size, members.size)
            members.share(compute, [(i % members.size, part) for i, part in enumerate(blocks)])
        return results[0]

    def blocks(self, X: Any, rows: Array | None = None) -> Iterator[tuple[slice, Array]]:
        """Compute the outputs of one block of rows after the other: which rows they are, and the working memory."""
        for part in cut(X.shape[0] if rows is None else len(rows), self.rows_per_block(issparse(X))):
            yield part, self._outputs(X, rows, part)

    def rows_per_block(self, sparse: bool = False) -> int:
        """Say how many rows, about, are taken at a time."""
        return max(32, self.memory // self.network.bytes_per_row(sparse))

    def _outputs(self, X: Any, rows: Array | None, part: slice, thread: int = 0, finite: bool = False) -> Array:
        """Compute the outputs of one block in the working memory of one thread."""
        ws = self._space(thread, part.stop - part.start, issparse(X))
        x = X[rows[part]] if rows is not None else sparse_rows(X, part) if ws.sparse else X[part]
        if finite and not seems_finite(x):
            raise FloatingPointError(f"X[{part.start}:{part.stop}] has numbers that are not finite, or too large.")
        ws.load(x if ws.sparse else x.reshape(-1, *self.network.input_shape))
        # BLAS also calls invalid what it read beside its matrices and did not use; an invalid result is seen as it is.
        with np.errstate(invalid="ignore"):
            self.network.forward(ws)
        raw: Array = ws.output
        return raw

    def _space(self, thread: int, n: int, sparse: bool) -> Workspace:
        """Give a thread's workspace, a new one for a block of another size."""
        space = self._spaces.pop(thread, None)
        if space is None or (space.batch_size, space.sparse) != (n, sparse):
            del space  # before the next one is made
            space = Workspace(self.network, n, sparse=sparse)
        self._spaces[thread] = space
        return space


def cut(n: int, size: int, threads: int = 1) -> list[slice]:
    """Cut n rows into blocks of about a size, and as many for every thread."""
    rounds = max(1, round(n / (size * threads)))
    return parts(n, -(-n // (rounds * threads))) or [slice(0, 0)]
