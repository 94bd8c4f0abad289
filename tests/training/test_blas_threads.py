"""How many threads BLAS gets in a fit, and that the setting is given back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sknn import MLPRegressorScratch
from sknn.core.network import Network
from sknn.layers import Conv2D, Dense, Flatten, Residual
from sknn.training.threads import FLOPS_PER_THREAD, blas_threads, threads_for


def threads_now():
    """The numbers of threads of all BLAS libraries."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


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


@pytest.mark.usefixtures("_four_threads")
@pytest.mark.parametrize(("wanted", "got"), [(1, 1), (3, 3), (9, 4)])
def test_no_more_threads_than_wanted_or_allowed(wanted, got):
    with blas_threads(wanted):
        assert threads_now() == {got}
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
def test_the_setting_is_given_back_after_an_error():
    with pytest.raises(KeyError), blas_threads(1):
        raise KeyError
    assert threads_now() == {4}


@pytest.mark.usefixtures("_four_threads")
def test_calls_that_overlap_do_not_undo_each_other():
    """The first to come leaves first: what the second wants still holds, and then what was there before."""
    entered, left = Event(), Event()

    def second():
        with blas_threads(2):
            entered.set()
            assert left.wait(60)
            return threads_now()

    with ThreadPoolExecutor(1) as pool:
        with blas_threads(1):
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
