"""How many threads work gets: those of BLAS inside a product, or Python's, each with its own blocks."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TypeVar

import numpy as np
from threadpoolctl import LibController, ThreadpoolController

FLOPS_PER_THREAD = 200e6
"""Work of a step that makes one more thread worth its synchronization."""

MOST_SHARES = 8
"""Threads that share blocks, at most: each needs working memory of its own."""

T = TypeVar("T")
_lock = Lock()
_wanted: list[int] = []
_before: list[tuple[LibController, int]] = []


def threads_for(multiplications: int, batch_size: int) -> int:
    """Choose a number of threads for training steps.

    Parameters
    ----------
    multiplications : int
        Those of a forward pass of one row: for dense layers, one a parameter.
    batch_size : int
        Rows of a batch.

    Returns
    -------
    int
        At least 1; three products of 2 * multiplications * batch_size operations make a step.
    """
    return max(1, int(6.0 * multiplications * batch_size / FLOPS_PER_THREAD))


@contextmanager
def blas_threads(wanted: int) -> Iterator[int]:
    """Let BLAS use at most so many threads, and no more than it may use already.

    The setting is one for the whole process. So calls that overlap in several threads take the smallest wish
    among them, and the last to leave restores what the first one found.

    Parameters
    ----------
    wanted : int
        Number of threads, at least 1.

    Yields
    ------
    int
        Number of threads that it uses now; 1 where it does not say.
    """
    with _lock:
        if not _wanted:
            _before[:] = [(library, library.num_threads) for library in _libraries()]
        _wanted.append(wanted)
        now = _apply()
    try:
        yield now
    finally:
        with _lock:
            _wanted.remove(wanted)
            _apply()


@cache
def _libraries() -> list[LibController]:
    """Find the BLAS of NumPy and SciPy, which are loaded by now; the search takes as long as a dozen small steps."""
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _apply() -> int:
    """Set the smallest wish, or what was before where there is none, and give the smallest number set."""
    numbers = []
    for library, allowed in _before:
        numbers.append(min([allowed, *_wanted]))
        library.set_num_threads(numbers[-1])
        # Some versions of threadpoolctl let one thread own the setting: give it back, another may leave last.
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread()
    return min(numbers, default=1)


def share(function: Callable[[T], None], items: Sequence[T], threads: int) -> None:
    """Call a function for all items, in threads: items t, t + threads, t + 2 threads and so on are done by one.

    NumPy lets other threads run while it works on arrays. BLAS has one thread in each of them meanwhile.

    Parameters
    ----------
    function : callable
        What to do with an item.
    items : sequence
        Such as the blocks of a batch.
    threads : int
        Number of threads, this one included.
    """
    threads = min(threads, len(items))
    if threads < 2:
        for item in items:
            function(item)
        return

    errors = np.geterr()

    def work(t: int) -> None:
        with np.errstate(**errors):
            for item in items[t::threads]:
                function(item)

    with blas_threads(1), ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work, t) for t in range(1, threads)]
        work(0)
        for other in others:
            other.result()
