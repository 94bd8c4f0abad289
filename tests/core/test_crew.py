"""What may go wrong in a crew, and where BLAS says nothing of its threads."""

from threading import Thread

import pytest

from sknn.core import threads
from sknn.core.crew import LEAST_ELEMENTS, Crew


def raised_by(crew, error):
    """Share two items, the second of which raises an error; give what the caller sees, within some seconds."""
    seen = []

    def fail(item):
        if item:
            raise error

    def share():
        try:
            crew.share(fail, [0, 1])
        except BaseException as raised:
            seen.append(raised)

    caller = Thread(target=share, daemon=True)
    caller.start()
    caller.join(10)
    return seen


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_whatever_ends_a_block_is_raised_where_it_was_shared(error):
    """And the thread serves on."""
    crew = Crew(2)
    assert raised_by(crew, error) == [error]
    assert raised_by(crew, error) == [error]
    crew.__exit__()


def test_python_may_end_while_threads_wait():
    """Of a crew that nobody ended."""
    with Crew(3) as crew:
        assert len(crew.others) == 2
        assert all(other.daemon for other in crew.others)


def test_few_elements_are_left_to_one_thread():
    with Crew(3) as crew:
        assert crew.strips(10, LEAST_ELEMENTS - 1) == [slice(0, 10)]
        assert crew.strips(10, LEAST_ELEMENTS) == [slice(0, 3), slice(3, 6), slice(6, 10)]


def test_one_thread_where_no_blas_is_known(monkeypatch):
    monkeypatch.setattr(threads, "_libraries", list)
    with threads.claim(4) as granted:
        assert granted == 1


@pytest.mark.parametrize(("share", "expected"), [(0.1, 1), (1.9, 1), (2.01, 2), (3.9, 3)])
def test_each_thread_has_the_work_of_a_whole_one(share, expected):
    assert threads.threads_for(round(share * threads.FLOPS_PER_THREAD / 6), 1) == expected


class Library:
    """What threadpoolctl says of a BLAS."""

    def __init__(self, n, filepath="/usr/lib/libblas.so"):
        self.num_threads, self.filepath = n, filepath

    def set_num_threads(self, n):
        self.num_threads = n


def test_the_smallest_setting_of_several_libraries_holds(monkeypatch):
    """And each gets its own back."""
    libraries = [Library(4), Library(2), Library(3)]
    monkeypatch.setattr(threads, "_libraries", lambda: libraries)
    with threads.claim(8) as granted:
        assert granted == 2
        assert [library.num_threads for library in libraries] == [4, 2, 3]
    with threads.claim(8, blas=1):
        assert [library.num_threads for library in libraries] == [1, 1, 1]
    assert [library.num_threads for library in libraries] == [4, 2, 3]


@pytest.mark.parametrize("place", ["numpy.libs/libopenblas.so", "numpy/.dylibs/libopenblas.dylib"])
def test_one_thread_for_a_blas_that_does_no_products(place, monkeypatch):
    """As that of SciPy's wheels is, beside that of NumPy's."""
    packages = "/numpy-env/site-packages"
    libraries = [Library(4, f"{packages}/scipy.libs/libopenblas.so"), Library(4, f"{packages}/{place}")]
    monkeypatch.setattr(threads, "_libraries", lambda: libraries)
    with threads.claim(3):
        assert [library.num_threads for library in libraries] == [1, 3]
    assert [library.num_threads for library in libraries] == [4, 4]
