"""How many threads work gets, how many of them BLAS has inside a product, and what BLAS it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock, get_ident
from weakref import WeakSet

from threadpoolctl import LibController, ThreadpoolController

FLOPS_PER_THREAD = 200e6
"""Work of a step that makes one more thread worth its synchronization."""


@dataclass(eq=False)
class Claim:
    """What a call of `claim` holds: for which thread, those of BLAS that it wants, and how many it was granted."""

    caller: int
    blas: int
    granted: int = 1


_lock = Lock()
# An interrupt may come where a claim is given back: it goes with the call, then, and what was before is still known.
_claims: WeakSet[Claim] = WeakSet()
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
def claim(wanted: int, blas: int | None = None) -> Iterator[int]:
    """Claim threads, and let BLAS use some of them in each product.

    No more are granted than BLAS may use already, less those of other callers, and no more than the caller holds
    if it claims again. The setting of BLAS is one for the whole process: the smallest wish among the claims holds,
    and the last to leave restores what the first one found. A BLAS beside that of NumPy, which does the products, has
    one thread meanwhile: threads of both would take the cores from each other, for milliseconds a call.

    Parameters
    ----------
    wanted : int
        Number of threads, at least 1.
    blas : int, default=None
        Those that BLAS may use; None for ``wanted``.

    Yields
    ------
    int
        Number of threads that are granted, at least 1; 1 where BLAS does not say how many it may use.
    """
    mine = Claim(get_ident(), wanted if blas is None else blas)
    try:
        with _lock:
            if not _before:
                _before[:] = [(library, library.num_threads) for library in _libraries()]
            mine.granted = _grant(wanted)
            _claims.add(mine)
            _apply()
        yield mine.granted
    finally:
        with _lock:
            _claims.discard(mine)
            _apply()


def _grant(wanted: int) -> int:
    """Say how many threads the caller gets."""
    allowed = min((number for _, number in _before), default=1)
    held: dict[int, int] = {}
    for one in _claims:  # those of one caller lie in one another: the largest is the first
        held[one.caller] = max(one.granted, held.get(one.caller, 0))
    mine = held.pop(get_ident(), allowed)
    return max(1, min(wanted, mine, allowed - sum(held.values())))


def _begin_anew() -> None:
    """Forget, in a process that was forked, the claims of threads that it does not have."""
    global _lock
    _lock = Lock()
    if _claims:
        for one in [one for one in _claims if one.caller != get_ident()]:
            _claims.discard(one)
        _apply()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@cache
def _libraries() -> list[LibController]:
    """Find the BLAS of NumPy and others, which are loaded by now; the search takes as long as a dozen small steps."""
    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


@cache
def unpacked() -> int:
    """Say how many multiplications a product may have for BLAS to take its matrices as they lie.

    Before larger ones it copies both into an order of its own. OpenBLAS has kernels that do without where there is
    AVX-512; others were not measured.
    """
    kinds = {getattr(library, "architecture", None) for library in _libraries()}
    return 1_000_000 if kinds & {"SkylakeX", "Cooperlake", "SapphireRapids"} else 0


@cache
def _is_numpys(library: LibController) -> bool:
    """Tell whether NumPy brought it along."""
    return not {"numpy", "numpy.libs"}.isdisjoint(Path(getattr(library, "filepath", "")).parts)


def _apply() -> None:
    """Let BLAS have the smallest number claimed for it, or what was before where there is no claim."""
    of_its_own = any(_is_numpys(library) for library, _ in _before)
    for library, allowed in _before:
        multiplies = _is_numpys(library) or not of_its_own
        library.set_num_threads(min([allowed, *(one.blas if multiplies else 1 for one in _claims)]))
        # Some versions of threadpoolctl let one thread own the setting: give it back, another may leave last.
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread()
    if not _claims:
        _before.clear()
