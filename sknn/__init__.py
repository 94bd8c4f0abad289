"""scikit-learn-compatible neural networks on a from-scratch NumPy backprop core."""

from sknn.estimators.mlp_classifier import MLPClassifierScratch
from sknn.estimators.mlp_regressor import MLPRegressorScratch
from sknn.estimators.realmlp_classifier import RealMLPClassifierScratch
from sknn.estimators.realmlp_regressor import RealMLPRegressorScratch
from sknn.estimators.sequential_classifier import SequentialClassifierScratch
from sknn.estimators.sequential_regressor import SequentialRegressorScratch

__version__ = "0.1.0"

__all__ = [
    "MLPClassifierScratch",
    "MLPRegressorScratch",
    "RealMLPClassifierScratch",
    "RealMLPRegressorScratch",
    "SequentialClassifierScratch",
    "SequentialRegressorScratch",
    "__version__",
]
