"""Threads of Python that share the blocks of some work, beside a BLAS of one thread."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import Any, Self, TypeVar

import numpy as np

from sknn.core.threads import claim

MOST_MEMBERS = 8
"""Threads of a crew, at most: each needs working memory of its own."""

LEAST_ELEMENTS = 2**17
"""Elements of an array that are worth more than one thread."""

T = TypeVar("T")


class Crew:
    """Threads that share blocks; NumPy lets the others run while one works on arrays.

    Those beside the calling thread start at once, as many as can be, and end with the context. They serve a queue of
    their own: a pool of `concurrent.futures` takes longer to hand a block over.

    Parameters
    ----------
    size : int, default=1
        Number of threads, the calling one included.
    """

    def __init__(self, size: int = 1) -> None:
        self.process, self.others = os.getpid(), list[Thread]()
        self.jobs: SimpleQueue[Any] = SimpleQueue()
        try:
            for _ in range(size - 1):
                self._start_another()
        except RuntimeError:  # there are too many threads, or Python is about to end
            pass
        except BaseException:
            self.jobs.put(None)
            raise

    def _start_another(self) -> None:
        # A daemon, so that Python does not wait for it at the end, when a caller that is one has been stopped.
        other = Thread(target=_serve, args=(self.jobs,), daemon=True)
        other.start()
        self.others.append(other)

    @property
    def size(self) -> int:
        """Number of threads, the calling one included."""
        return 1 + len(self.others)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.jobs.put(None)
        for other in self.others:
            other.join()

    def share(self, function: Callable[[T], object], items: Sequence[T]) -> None:
        """Call a function for all items: items t, t + size, t + 2 size and so on are done by one thread.

        Parameters
        ----------
        function : callable
            What to do with an item.
        items : sequence
            Such as the blocks of a batch.
        """
        if not self.others or len(items) < 2 or os.getpid() != self.process:  # a fork has no threads
            for item in items:
                function(item)
            return

        errors = np.geterr()

        def work(t: int) -> None:
            with np.errstate(**errors):
                for item in items[t :: self.size]:
                    function(item)

        others = range(1, min(self.size, len(items)))
        ended: SimpleQueue[BaseException | None] = SimpleQueue()
        for t in others:
            self.jobs.put((work, t, ended))
        try:
            work(0)
        finally:
            failures = [ended.get() for _ in others]
        for failure in failures:
            if failure is not None:
                raise failure

    def parts(self, n: int, most: int) -> list[slice]:
        """Cut n rows into equal blocks, of at most so many rows but at least 1, and as many for every thread."""
        blocks = min(n, -(-n // (max(1, most) * self.size)) * self.size)
        return [slice(n * i // blocks, n * (i + 1) // blocks) for i in range(blocks)]

    def strips(self, n: int, elements: int) -> list[slice]:
        """Cut n rows of so many elements into a strip for each thread, if they are many, or else into one."""
        return self.parts(n, n) if elements >= LEAST_ELEMENTS else [slice(0, n)]


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
    with claim(min(wanted, MOST_MEMBERS), blas=1) as size, Crew(size) as members:
        yield members


def _serve(jobs: "SimpleQueue[Any]") -> None:
    """Do one job after the other, until None comes, which is for the next thread as well."""
    for work, t, ended in iter(jobs.get, None):
        try:
            work(t)
        except BaseException as failure:
            ended.put(failure)
        else:
            ended.put(None)
    jobs.put(None)
