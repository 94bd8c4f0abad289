"""How many threads work gets, that they do all of it, and that the setting of BLAS is given back."""

import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, active_count, get_ident
from time import sleep

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sknn import MLPRegressorScratch
from sknn.core import threads
from sknn.core.crew import MOST_MEMBERS, Crew, crew
from sknn.core.network import Network
from sknn.core.predictor import cut
from sknn.core.threads import FLOPS_PER_THREAD, claim, threads_for
from sknn.layers import Conv2D, Dense, Embedding, Flatten, Residual


def threads_now():
    """The number of threads of the BLAS that NumPy uses."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    of_numpy = [library for library in libraries if "numpy" in library["filepath"]]
    return {library["num_threads"] for library in of_numpy or libraries}


@pytest.fixture
def _four_threads():
    with threadpool_limits(4, user_api="blas"):
        yield


def test_threads_for_the_work_of_a_step():
    assert threads_for(10_000, 200) == 1
    assert threads_for(round(FLOPS_PER_THREAD / 6), 1) == 1
    assert threads_for(round(FLOPS_PER_THREAD / 6) + 1, 3) == 3


def test_a_convolution_multiplies_at_every_place():
    layers = [Residual((Conv2D(3, padding="same"),)), Conv2D(8), Flatten(), Dense(5)]
    network = Network(layers, (6, 5, 3), np.float32)
    expected = (27 + 1) * 3 * 6 * 5 + (27 + 1) * 8 * 4 * 3 + (96 + 1) * 5
    assert network.parameters.multiplications == expected


def test_looking_up_is_no_product_and_a_way_around_is_one_at_every_place():
    assert Network([Embedding(1000, 4), Flatten()], (3,), np.float32).parameters.multiplications == 0
    block = Residual((Conv2D(2, 1, strides=2),))
    network = Network([block], (6, 4, 5), np.float32)
    assert network.parameters.multiplications == (5 + 1) * 2 * 3 * 2 + 5 * 2 * 3 * 2


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize(("wanted", "got"), [(1, 1), (3, 3), (9, 4)])
def test_no_more_threads_than_wanted_or_allowed(wanted, got):
    with claim(wanted) as threads:
        assert threads == got
        assert threads_now() == {got}
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
def test_the_setting_is_given_back_after_an_error():
    with pytest.raises(KeyError), claim(1):
        raise KeyError
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize("where", ["_lock", "_apply"])
def test_an_interrupt_while_the_setting_is_given_back_does_no_lasting_harm(where, monkeypatch):
    """No code can be safe from one at every line, but the next call should make it good."""

    def interrupted():
        with claim(1):
            real = getattr(threads, where)

            def interrupt(*_):
                monkeypatch.setattr(threads, where, real)
                raise KeyboardInterrupt

            lock = type("Lock", (), {"__enter__": interrupt, "__exit__": lambda *_: None})
            monkeypatch.setattr(threads, where, interrupt if where == "_apply" else lock())

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    gc.collect()
    with claim(4) as granted:
        assert granted == 4
        assert threads_now() == {4}
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
def test_calls_that_overlap_do_not_undo_each_other():
    """The first to come leaves first: what the second wants still holds, and then what was there before."""
    entered, left = Event(), Event()

    def second():
        with claim(2):
            entered.set()
            assert left.wait(60)
            return threads_now()

    with ThreadPoolExecutor(1) as pool:
        with claim(1):
            during = pool.submit(second)
            assert entered.wait(60)
            assert threads_now() == {1}
        left.set()
        assert during.result() == {2}
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
def test_a_small_fit_takes_one_thread():
    seen = []

    def score(estimator, X, y):
        seen.append(threads_now())
        return 0.0

    X = np.random.RandomState(0).randn(60, 3)
    net = MLPRegressorScratch(early_stopping=True, scoring=score, max_iter=3, n_iter_no_change=5, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        net.fit(X, X[:, 0])
    assert seen == [{1}] * 3
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
def test_a_caller_that_claims_again_gets_what_it_holds():
    with claim(3, blas=1) as outer, claim(4) as inner:
        assert (outer, inner) == (3, 3)
        assert threads_now() == {1}


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize(("held", "left"), [(1, 3), (3, 1), (4, 1)])
def test_another_caller_gets_what_is_left(held, left):
    def other():
        with claim(4, blas=1) as threads, claim(4, blas=1) as again:
            return threads, again

    with ThreadPoolExecutor(1) as pool, claim(held, blas=1), claim(2):
        assert pool.submit(other).result() == (left, left)


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize(("items", "threads"), [(0, 1), (1, 3), (2, 3), (7, 3), (7, 1)])
def test_every_item_is_done_once_and_in_the_thread_of_its_share(items, threads):
    done = []
    with crew(threads) as members:
        members.share(lambda item: done.append((item, get_ident())), range(items))
    assert sorted(item for item, _ in done) == list(range(items))
    for t in range(threads):
        mine = [(item, thread) for item, thread in done if item % threads == t]
        assert [item for item, _ in mine] == list(range(t, items, threads))
        assert len({thread for _, thread in mine}) <= 1


@pytest.mark.parametrize("allowed", [1, 3, 64])
def test_a_crew_is_as_large_as_blas_allows_and_eight_at_most(allowed):
    with threadpool_limits(allowed, user_api="blas"):
        expected = min(MOST_MEMBERS, *threads_now())
        with crew(99) as members:
            assert members.size == expected


@pytest.mark.usefixtures("_four_threads")
def test_threads_work_at_the_same_time():
    here, there = Event(), Event()

    def meet(pair):
        mine, other = pair
        mine.set()
        assert other.wait(60)

    with crew(2) as members:
        members.share(meet, [(here, there), (there, here)])


@pytest.mark.usefixtures("_four_threads")
def test_blas_has_one_thread_in_each_of_those_that_share():
    seen = []
    with crew(2) as members:
        members.share(lambda _: seen.append(threads_now()), range(4))
    assert seen == [{1}] * 4
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize("item", [0, 1])
def test_an_error_in_any_thread_is_raised_when_all_are_done(item):
    done = Event()

    def fail(number):
        if number == item:
            raise KeyError(number)
        sleep(0.01)
        done.set()

    with crew(2) as members:
        with pytest.raises(KeyError):
            members.share(fail, range(2))
        assert done.is_set()


def test_no_thread_is_left_behind():
    before = active_count()
    with Crew(4) as members:
        assert members.size == 4
        assert active_count() == before + 3
    assert active_count() == before


def test_an_interrupt_while_a_crew_gathers_leaves_no_thread(monkeypatch):
    start, started = Thread.start, []

    def interrupted(thread):
        if len(started) == 2:
            raise KeyboardInterrupt
        started.append(thread)
        start(thread)

    monkeypatch.setattr(Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Crew(4)
    for thread in started:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize("started", [0, 1])
def test_a_crew_is_as_large_as_threads_can_be_started(started, monkeypatch):
    """As when there are too many of them, or Python is about to end."""
    start, left = Thread.start, [started]

    def limited(thread):
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    done = []
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", limited)
        with crew(3) as members:
            assert members.size == 1 + started
            members.share(done.append, range(5))
    assert sorted(done) == list(range(5))
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
def test_a_process_that_was_forked_from_a_fit_works_alone(monkeypatch):
    """It has a copy of the queue, and none of the threads that serve it."""
    with crew(2) as members:
        done = []
        monkeypatch.setattr("os.getpid", lambda: -1)
        members.share(lambda item: done.append((item, get_ident())), range(4))
    assert done == [(item, get_ident()) for item in range(4)]


FORK = """
import os, signal, threading, warnings
import numpy
from threadpoolctl import threadpool_limits
from sknn.core import threads
with threadpool_limits(3, user_api="blas"):
    held, go = threading.Event(), threading.Event()
    def other():
        with threads.claim(2, blas=1):
            held.set(); go.wait(60)
    worker = threading.Thread(target=other); worker.start(); held.wait(60)
    warnings.simplefilter("ignore")
    locked = threading.Event()
    def holder():
        with threads._lock:
            locked.set(); go.wait(60)
    second = threading.Thread(target=holder); second.start(); locked.wait(60)
    child = os.fork() if hasattr(os, "fork") else None
    if child == 0:
        signal.alarm(30)
        with threads.claim(3) as granted:
            os._exit(0 if granted == 3 else 1)
    go.set(); worker.join(); second.join()
    print("fine" if child is None or os.waitpid(child, 0)[1] == 0 else "restricted")
"""


def test_a_forked_process_has_the_threads_that_others_held():
    result = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.strip() == "fine", result.stderr


@pytest.mark.usefixtures("_four_threads")
def test_a_forked_process_has_no_claims_of_threads_that_it_does_not_have():
    entered, left = Event(), Event()

    def other():
        with claim(2, blas=1):
            entered.set()
            assert left.wait(60)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(other)
        assert entered.wait(60)
        before = list(threads._claims)
        with claim(3):
            threads._begin_anew()
            assert threads_now() == {3}
        assert threads_now() == {4}
        threads._claims.update(before)
        left.set()
        held.result()
    assert not threads._claims


@pytest.mark.usefixtures("_four_threads")
def test_what_numpy_is_told_to_ignore_is_ignored_in_every_thread():
    with np.errstate(over="ignore"), crew(2) as members:
        members.share(np.exp, [np.full(3, 1e4)] * 2)


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize(
    ("n", "most", "threads", "sizes"),
    [
        (0, 3, 1, []),
        (1, 3, 3, [1]),
        (7, 3, 1, [2, 2, 3]),
        (7, 0, 1, [1] * 7),
        (7, 7, 2, [3, 4]),
        (32, 3, 2, [2, 3, 3] * 4),
        (32, 1, 3, [1] * 32),
    ],
)
def test_a_crew_cuts_rows_into_equal_blocks_and_as_many_for_every_thread(n, most, threads, sizes):
    with crew(threads) as members:
        parts = members.parts(n, most)
    assert [part.stop - part.start for part in parts] == sizes
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])][: len(parts)]


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize("layers", [[Conv2D(2)], [Residual((Conv2D(2, padding="same"),))], [Dense(3)]], ids=str)
def test_steps_of_a_network_have_a_crew_where_a_layer_shares(layers):
    """Or else BLAS has the threads; a step of so many rows is worth two of them."""
    network = Network(layers, (5, 5, 2) if layers != [Dense(3)] else (4,), np.float32)
    rows = -(-2 * round(FLOPS_PER_THREAD / 6) // network.parameters.multiplications)
    with network.threads(rows) as members:
        expected = (1, {2}) if layers == [Dense(3)] else (2, {1})
        assert (members.size, threads_now()) == expected
    with network.threads(1) as members:
        assert (members.size, threads_now()) == (1, {1})


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize(("n", "blocks"), [(1, 1), (32, 1), (33, 2), (333, 10)])
def test_predicting_in_threads_gives_the_same(n, blocks, monkeypatch):
    monkeypatch.setattr("sknn.core.predictor.PREDICT_BYTES", 1)
    network = Network([Conv2D(3), Flatten(), Dense(2)], (4, 4, 2), np.float64)
    network.initialize(np.random.RandomState(0))
    X, seen = np.random.RandomState(1).standard_normal((n, 4, 4, 2)), set()
    with threadpool_limits(1):
        expected = network.predict(X)

    def finish(raw):
        seen.add(get_ident())
        assert threads_now() == {1} or blocks == 1
        return 2.0 * raw

    np.testing.assert_allclose(network.predict(X, finish=finish), 2.0 * expected, rtol=1e-13, atol=1e-14)
    assert (len(seen) > 1) == (blocks > 1)
    assert threads_now() == {4}


@pytest.mark.parametrize(
    ("n", "threads", "sizes"),
    [
        (0, 1, [0]),
        (1, 3, [1]),
        (10, 1, [10]),
        (14, 1, [14]),
        (16, 1, [8, 8]),
        (20, 2, [10, 10]),
        (50, 2, [13] * 3 + [11]),
    ],
)
def test_rows_are_cut_into_blocks_of_about_ten_and_as_many_for_every_thread(n, threads, sizes):
    parts = cut(n, 10, threads)
    assert [part.stop - part.start for part in parts] == sizes
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
