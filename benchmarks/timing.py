"""Times taken side by side: rounds in which every candidate has its turn, and medians of the rounds' ratios."""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from threadpoolctl import threadpool_limits

Times = dict[str, list[float]]


def interleaved(candidates: Mapping[str, Callable[[], float]], rounds: int) -> Times:
    """Run every candidate once a round, each round beginning with another one.

    Parameters
    ----------
    candidates : dict of str to callable
        Each gives the seconds that it took; `timed` makes one from a plain function.
    rounds : int
        How often; one more comes before, to warm up, unless it is a trial of a single round.
    """
    names = list(candidates)
    times: Times = {name: [] for name in names}
    if rounds > 1:
        for run in candidates.values():
            run()
    gc.collect()
    gc.freeze()  # what lives by now need not be walked again
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            gc.collect()
            times[name].append(candidates[name]())
    gc.unfreeze()
    return times


def best(run: Callable[[], float], turns: int) -> Callable[[], float]:
    """Make a candidate with several turns in a row, of which the fastest counts: a busy machine disturbs it less."""
    return lambda: min(run() for _ in range(turns))


def timed(run: Callable[[], object]) -> Callable[[], float]:
    """Make a candidate of a function: the time of one call."""

    def call() -> float:
        started = perf_counter()
        run()
        return perf_counter() - started

    return call


def repeated(run: Callable[[], object], times: int) -> Callable[[], float]:
    """Make a candidate of a short function: the mean time of many calls."""

    def calls() -> float:
        started = perf_counter()
        for _ in range(times):
            run()
        return (perf_counter() - started) / times

    return calls


def ratios(times: Times, numerator: str, denominator: str) -> list[float]:
    """Give the ratio of two candidates in each round."""
    return [a / b for a, b in zip(times[numerator], times[denominator], strict=True)]


def middle(times: Times, name: str) -> float:
    """Give the median time of a candidate."""
    return median(times[name])


@contextmanager
def limited(threads: int | None) -> Iterator[None]:
    """Let NumPy's BLAS, and torch if it is imported already, use so many threads; None leaves them alone."""
    torch = sys.modules.get("torch")
    if threads is None:
        yield
        return
    with threadpool_limits(threads):
        before = torch.get_num_threads() if torch else None
        if torch:
            torch.set_num_threads(threads)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)
