"""scikit-learn's estimator checks on every estimator, with no expected failures.

Also the checks that scikit-learn runs only on its own estimators.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.utils.estimator_checks import (
    check_class_weight_balanced_classifiers,
    check_dataframe_column_names_consistency,
    check_inplace_ensure_writeable,
    check_param_validation,
    parametrize_with_checks,
)

from sknn import MLPClassifierScratch, MLPRegressorScratch, SequentialClassifierScratch, SequentialRegressorScratch
from sknn.activations import ReLU
from sknn.layers import GRU, Conv1D, Dense, Flatten

# The checks fit on data of their own, often for too few epochs.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# scikit-learn's suite gives its own MLPs 100 epochs. The other rows are other ways through our code.
ESTIMATORS = [
    estimator(**params)
    for estimator in (MLPClassifierScratch, MLPRegressorScratch)
    for params in (
        {"max_iter": 100},
        {},
        {"solver": "sgd", "learning_rate_init": 0.01},
        {"hidden_layer_sizes": (), "solver": "lbfgs"},
    )
]

# A dense network, a convolutional one, and a recurrent one, which takes the features for a sequence: it learns
# numbers less quickly. The classifier is not trained for as long, which would let rounding grow to what checks can see.
SHORT = {"max_iter": 40, "learning_rate_init": 0.02}
LONG = {"max_iter": 100, "learning_rate_init": 0.05}
SEQUENTIAL = [
    *(
        estimator(layers, **SHORT)
        for estimator in (SequentialClassifierScratch, SequentialRegressorScratch)
        for layers in ([Dense(20, ReLU())], [Conv1D(8, padding="same", activation=ReLU()), Flatten()])
    ),
    SequentialClassifierScratch([GRU(6)], **SHORT),
    SequentialRegressorScratch([GRU(10)], **LONG),
]

# `check_estimator` leaves these out. The others that it leaves out are for transformers, or for the
# array API.
MORE_CHECKS = [
    check_param_validation,
    check_dataframe_column_names_consistency,
    check_inplace_ensure_writeable,
]


# In scikit-learn 1.7 the mark holds a generator, of which pytest 9 warns; so it is unrolled into a list.
CHECKS = parametrize_with_checks([*ESTIMATORS, *SEQUENTIAL])


@pytest.mark.parametrize(
    CHECKS.args[0],
    [(estimator, check) for estimator, check in CHECKS.args[1] if "array_api" not in check.func.__name__],
    **CHECKS.kwargs,
)
def test_check_estimator(estimator, check):
    check(estimator)


RUN_ARRAY_API_CHECKS = """
from sklearn.utils.estimator_checks import estimator_checks_generator
from sknn import MLPClassifierScratch, MLPRegressorScratch, SequentialClassifierScratch, SequentialRegressorScratch
from sknn.layers import Conv1D, Flatten

layers = [Conv1D(2), Flatten()]
for estimator in (
    MLPClassifierScratch(),
    MLPRegressorScratch(),
    SequentialClassifierScratch(layers),
    SequentialRegressorScratch(layers),
):
    for instance, check in estimator_checks_generator(estimator):
        if "array_api" in check.func.__name__:
            check(instance)
"""


def test_array_api_checks():
    """SciPy reads the variable when it is imported, so these checks need a process of their own."""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    subprocess.run([sys.executable, "-W", "ignore", "-c", RUN_ARRAY_API_CHECKS], env=environment, check=True)


@pytest.mark.parametrize("check", MORE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("early_stopping", [False, True], ids=["whole", "early_stopping"])
@pytest.mark.parametrize("estimator", [MLPClassifierScratch, MLPRegressorScratch])
def test_check_outside_check_estimator(estimator, early_stopping, check):
    check(estimator.__name__, estimator(max_iter=20, early_stopping=early_stopping, n_iter_no_change=1))


@pytest.mark.parametrize("check", MORE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("early_stopping", [False, True], ids=["whole", "early_stopping"])
@pytest.mark.parametrize("estimator", SEQUENTIAL, ids=lambda e: f"{type(e).__name__}-{type(e.layers[0]).__name__}")
def test_check_of_layers_outside_check_estimator(estimator, early_stopping, check):
    params = {"max_iter": 20, "early_stopping": early_stopping, "n_iter_no_change": 1}
    check(type(estimator).__name__, clone(estimator).set_params(**params))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_class_weight_balanced_classifiers(n_classes):
    """One class is rare where we train, and as frequent as the others where we predict."""
    X, y = make_blobs(600, centers=n_classes, cluster_std=4.0, random_state=0)
    X_train, y_train, X_test, y_test = X[:300], y[:300], X[300:], y[300:]
    kept = (y_train > 0) | (np.arange(300) % 10 == 0)
    classifier = MLPClassifierScratch(hidden_layer_sizes=(), learning_rate_init=0.01)
    check_class_weight_balanced_classifiers(
        "MLPClassifierScratch", classifier, X_train[kept], y_train[kept], X_test, y_test, None
    )
