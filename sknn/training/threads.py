"""How many threads the matrix products of a training step get."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import LibController, ThreadpoolController

FLOPS_PER_THREAD = 200e6
"""Work of a step that makes one more thread worth its synchronization."""

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
def blas_threads(wanted: int) -> Iterator[None]:
    """Let BLAS use at most so many threads, and no more than it may use already.

    The setting is one for the whole process. So calls that overlap in several threads take the smallest wish
    among them, and the last to leave restores what the first one found.

    Parameters
    ----------
    wanted : int
        Number of threads, at least 1.
    """
    with _lock:
        if not _wanted:
            _before[:] = [(library, library.num_threads) for library in _libraries()]
        _wanted.append(wanted)
        _apply()
    try:
        yield
    finally:
        with _lock:
            _wanted.remove(wanted)
            _apply()


@cache
def _libraries() -> list[LibController]:
    """Find the BLAS of NumPy and SciPy, which are loaded by now; the search takes as long as a dozen small steps."""
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def _apply() -> None:
    for library, allowed in _before:
        library.set_num_threads(min([allowed, *_wanted]))
        # Some versions of threadpoolctl let one thread own the setting: give it back, another may leave last.
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread()
