"""scikit-learn's own `test_mlp.py`, taken from the installed scikit-learn and run against our classes."""

import importlib.util
from types import ModuleType
from unittest import mock

import pytest
import sklearn.neural_network

from sknn import MLPClassifierScratch, MLPRegressorScratch

# Many of these tests train for a fixed number of epochs, and scikit-learn lets them warn.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SUITE = "sklearn.neural_network.tests.test_mlp"

# These reach into private attributes. What they say is said through public names by the tests behind them.
EXCLUDED = {
    "test_fit": "sets private state by hand: test_against_sklearn.py::test_one_step_by_hand",
    "test_gradient": "calls _loss_grad_lbfgs: the tests of the objective",
    "test_learning_rate_warmstart": "reads _optimizer: test_against_sklearn.py, both tests of warm_start",
    "test_adaptive_learning_rate": "reads _optimizer: test_against_sklearn.py::test_stops_early",
    "test_n_iter_no_change": "reads _no_improvement_count: test_inputs.py::test_n_iter_no_change",
    "test_n_iter_no_change_inf": "reads _no_improvement_count: test_inputs.py::test_n_iter_no_change_may_be_infinite",
}


def load_suite() -> ModuleType:
    """Execute scikit-learn's test module with our classes under the names that it imports."""
    spec = importlib.util.find_spec(SUITE)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.multiple(
        sklearn.neural_network, MLPClassifier=MLPClassifierScratch, MLPRegressor=MLPRegressorScratch
    ):
        spec.loader.exec_module(module)
    return module


SUITE_MODULE = load_suite()
SUITE_TESTS = {name: test for name, test in vars(SUITE_MODULE).items() if name.startswith("test_")}

globals().update({name: test for name, test in SUITE_TESTS.items() if name not in EXCLUDED})


@pytest.fixture
def global_random_seed():
    """scikit-learn's conftest draws this from an environment variable; 42 is its default."""
    return 42


def test_the_suite_is_collected_with_our_classes():
    assert SUITE_MODULE.MLPClassifier is MLPClassifierScratch
    assert SUITE_MODULE.MLPRegressor is MLPRegressorScratch
    assert EXCLUDED.keys() <= SUITE_TESTS.keys()
    assert len(SUITE_TESTS) - len(EXCLUDED) >= 35
