"""scikit-learn-compatible neural networks on a from-scratch NumPy backprop core."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {
    "MLPClassifierScratch": "sknn.estimators.mlp_classifier",
    "MLPRegressorScratch": "sknn.estimators.mlp_regressor",
    "RealMLPClassifierScratch": "sknn.estimators.realmlp_classifier",
    "RealMLPRegressorScratch": "sknn.estimators.realmlp_regressor",
    "SequentialClassifierScratch": "sknn.estimators.sequential_classifier",
    "SequentialRegressorScratch": "sknn.estimators.sequential_regressor",
}
_PARTS = ("activations", "initializers", "layers", "losses", "optimizers", "plotting", "preprocessing", "schedules")


def __getattr__(name: str) -> Any:
    """Load an estimator or a module of parts when it is first asked for: the package itself costs nothing."""
    if name in _PARTS:
        return import_module(f"sknn.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module 'sknn' has no attribute {name!r}")
    globals()[name] = getattr(import_module(_MODULES[name]), name)
    return globals()[name]


def __dir__() -> list[str]:
    return [*__all__, *_PARTS]
