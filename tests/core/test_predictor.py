"""How many rows a predictor takes at a time, and what it keeps from call to call."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sknn.core.network import Network
from sknn.core.predictor import Predictor
from sknn.layers import Dense


@pytest.fixture(scope="module")
def network():
    network = Network([Dense(2)], (50,), np.float64)
    network.initialize(np.random.RandomState(0))
    return network


def test_a_predictor_takes_dense_and_sparse_rows_by_turns(network):
    """Its working memory fits one kind only, also where the number of rows is the same."""
    predict, X = Predictor(network), np.random.RandomState(0).standard_normal((7, 50))
    expected = network.predict(X)
    for container in (np.asarray, csr_matrix, np.asarray):
        np.testing.assert_allclose(predict(container(X)), expected, rtol=1e-12)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_block_has_the_rows_that_fit_into_the_memory(network, sparse):
    """Sparse rows are not copied, so more of them fit."""
    predict = Predictor(network, 100 * network.bytes_per_row(sparse))
    assert predict.rows_per_block(sparse) == 100
    X = np.ones((1000, 50))
    parts = [part for part, _ in predict.blocks(csr_matrix(X) if sparse else X)]
    assert parts == [slice(start, start + 100) for start in range(0, 1000, 100)]


def test_rows_that_are_left_out_need_not_be_finite(network):
    X = np.ones((4, 50))
    X[0] = np.nan
    assert np.isfinite(Predictor(network)(X, np.array([2, 3]), finite=True)).all()
    with pytest.raises(FloatingPointError):
        Predictor(network)(X[::-1], np.array([3]), finite=True)


def test_what_blas_calls_invalid_is_no_warning():
    """Some of its kernels do so because of numbers that they read and do not use."""
    network = Network([Dense(1)], (2,), np.float64)
    network.parameters.values[:] = [np.inf, -np.inf, 0.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(network.predict(np.ones((3, 2)))).all()
