"""scikit-learn's estimator checks on RealMLP.

Weights of samples are not the same as repeated rows where some rows are held out and dropout makes noise, which is the
recipe; so that one check is expected to fail (for sparse matrices, which are not accepted, it does not run).
"""

import pytest
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from sknn import RealMLPClassifierScratch, RealMLPRegressorScratch

SMALL = {"hidden_layer_sizes": (32, 32), "max_iter": 40}
ESTIMATORS = [
    kind(**params)
    for kind in (RealMLPClassifierScratch, RealMLPRegressorScratch)
    for params in (SMALL, {"variant": "td-s", **SMALL}, {"n_members": 2, **SMALL})
]


def expected_failed_checks(estimator):
    return {"check_sample_weight_equivalence_on_dense_data": "a random hold-out and dropout are the recipe"}


CHECKS = parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failed_checks)


@pytest.mark.parametrize(
    CHECKS.args[0],
    [pair for pair in CHECKS.args[1] if "array_api" not in str(getattr(pair, "values", pair))],
    **CHECKS.kwargs,
)
def test_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", [check_param_validation, check_dataframe_column_names_consistency])
@pytest.mark.parametrize("kind", [RealMLPClassifierScratch, RealMLPRegressorScratch])
def test_check_outside_check_estimator(kind, check):
    check(kind.__name__, kind(hidden_layer_sizes=8, max_iter=5))
