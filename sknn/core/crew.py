"""Threads of Python that share the blocks of some work, beside a BLAS of one thread."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

import numpy as np

from sknn.core.threads import claim

MOST_MEMBERS = 8
"""Threads of a crew, at most: each needs working memory of its own."""

T = TypeVar("T")


class Crew:
    """Threads that share blocks; NumPy lets the others run while one works on arrays.

    Parameters
    ----------
    size : int, default=1
        Number of threads, the calling one included.
    pool : ThreadPoolExecutor, default=None
        The others, where there are any.
    """

    def __init__(self, size: int = 1, pool: ThreadPoolExecutor | None = None) -> None:
        self.size, self.pool, self.process = size, pool, os.getpid()

    def share(self, function: Callable[[T], object], items: Sequence[T]) -> None:
        """Call a function for all items: items t, t + size, t + 2 size and so on are done by one thread.

        Parameters
        ----------
        function : callable
            What to do with an item.
        items : sequence
            Such as the blocks of a batch.
        """
        if self.pool is None or len(items) < 2 or os.getpid() != self.process:  # a fork has no threads
            for item in items:
                function(item)
            return

        errors = np.geterr()

        def work(t: int) -> None:
            with np.errstate(**errors):
                for item in items[t :: self.size]:
                    function(item)

        shares = range(min(self.size, len(items)))
        others: list[Future[None]] = []
        try:
            for t in shares[1:]:
                others.append(self.pool.submit(work, t))
        except RuntimeError:  # the pool takes no more, as Python is about to end
            pass
        try:
            for t in (0, *shares[1 + len(others) :]):
                work(t)
        finally:
            for other in others:
                other.result()

    def parts(self, n: int, most: int) -> list[slice]:
        """Cut n rows into equal blocks, of at most so many rows but at least 1, and as many for every thread."""
        blocks = min(n, -(-n // (max(1, most) * self.size)) * self.size)
        return [slice(n * i // blocks, n * (i + 1) // blocks) for i in range(blocks)]


ALONE = Crew()
"""The calling thread; BLAS may have more inside a product."""


@contextmanager
def crew(wanted: int) -> Iterator[Crew]:
    """Gather so many threads, but no more than BLAS may use already; it has one in each of them meanwhile.

    Parameters
    ----------
    wanted : int
        Number of threads, at least 1.

    Yields
    ------
    Crew
    """
    with claim(min(wanted, MOST_MEMBERS), blas=1) as size:
        pool = _started(size - 1) if size > 1 else None
        if pool is None:
            yield ALONE
            return
        with pool:
            yield Crew(size, pool)


def _started(threads: int) -> ThreadPoolExecutor | None:
    """Start a pool with all of its threads; None where that is not possible, as when Python is about to end."""
    pool, all_here = ThreadPoolExecutor(threads), Barrier(threads + 1)
    try:
        for _ in range(threads):
            pool.submit(all_here.wait)
        all_here.wait()
    except RuntimeError:
        all_here.abort()
        pool.shutdown()
        return None
    return pool
