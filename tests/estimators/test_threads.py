"""Each call has a workspace of its own, so calls in several threads never meet."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_blobs
from threadpoolctl import threadpool_limits

from sknn import MLPClassifierScratch, MLPRegressorScratch, SequentialRegressorScratch
from sknn.activations import Tanh
from sknn.layers import Conv2D, Flatten

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_THREADS = 8

X, LABELS = make_blobs(400, n_features=5, centers=3, cluster_std=4.0, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)

CASES = {
    "classifier": (MLPClassifierScratch(), LABELS),
    "binary": (MLPClassifierScratch(activation="tanh"), LABELS == 0),
    "regressor": (MLPRegressorScratch(activation="logistic"), X[:, 0] * X[:, 1]),
    "outputs": (MLPRegressorScratch(), X[:, :2] ** 2),
    "lbfgs": (MLPRegressorScratch(solver="lbfgs"), X[:, 0] * X[:, 1]),
}
every_case = pytest.mark.parametrize(("estimator", "y"), CASES.values(), ids=CASES.keys())


def in_threads(task, arguments):
    """Call `task` once for each argument, all let go at the same moment."""
    barrier = Barrier(len(arguments))

    def call(argument):
        barrier.wait()
        return task(argument)

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(call, arguments))


def small(estimator, **params):
    return clone(estimator).set_params(hidden_layer_sizes=(30, 20), max_iter=5, random_state=0, batch_size=50, **params)


def raw_output(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


# The same number of rows in each thread would fill the same buffers; other numbers would reshape them.
CHUNKS = {
    "same_rows": [slice(None)] * N_THREADS,
    "other_rows": [slice(50 * i, 50 * (i + 1)) for i in range(N_THREADS)],
    "other_sizes": [slice(0, 1 + 37 * i) for i in range(N_THREADS)],
}


@every_case
@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS.keys())
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_predict_on_one_model(estimator, y, chunks, container):
    model = small(estimator).fit(X, y)
    inputs = [container(X[chunk]) for chunk in chunks]
    expected = [raw_output(model, data).copy() for data in inputs]

    def predict_often(data):
        return [raw_output(model, data) for _ in range(20)]

    for outputs, reference in zip(in_threads(predict_often, inputs), expected, strict=True):
        for output in outputs:
            np.testing.assert_allclose(output, reference, rtol=1e-12)


@every_case
def test_fits_of_several_models(estimator, y):
    """Nothing is shared between estimators either: no global buffers, no global random numbers."""
    seeds = range(N_THREADS)

    def fit(seed):
        model = small(estimator).set_params(random_state=seed).fit(X, y)
        return [model.loss_, *model.coefs_, *model.intercepts_]

    for threaded, alone in zip(in_threads(fit, seeds), map(fit, seeds), strict=True):
        for ours, theirs in zip(threaded, alone, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@every_case
def test_predict_while_others_fit(estimator, y):
    model = small(estimator).fit(X, y)
    expected = raw_output(model, X).copy()

    def work(i):
        return raw_output(model, X) if i % 2 else raw_output(small(estimator).fit(X, y), X)

    for output in in_threads(work, range(N_THREADS)):
        np.testing.assert_allclose(output, expected, rtol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_threads_share_a_fit_with_convolutions(solver, monkeypatch):
    monkeypatch.setattr("sknn.core.threads.FLOPS_PER_THREAD", 1.0)
    monkeypatch.setattr("sknn.layers.convolution.BLOCK_ELEMENTS", 1)
    threads = set()

    class Watching(Tanh):
        def forward(self, z, y, s):
            threads.add(get_ident())
            super().forward(z, y, s)

    images = np.random.RandomState(0).randn(40, 5, 5, 2)
    layers = [Conv2D(3, activation=Watching()), Flatten()]
    net = SequentialRegressorScratch(layers, solver=solver, max_iter=3, random_state=0)
    results = []
    for allowed in 1, 3:
        threads.clear()
        with threadpool_limits(allowed, user_api="blas"):
            results.append(net.fit(images, images[:, 0, 0, 0]).loss_curve_)
        assert (len(threads) > 1) == (allowed > 1)
    np.testing.assert_allclose(results[1], results[0], rtol=1e-10)
