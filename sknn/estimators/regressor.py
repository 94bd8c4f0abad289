"""What every regressor has besides its layers: the loss by name, predictions."""

from typing import Any

from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from sknn.core.kernels import Array
from sknn.estimators.base import NetworkEstimator
from sknn.estimators.components import component
from sknn.estimators.targets import NumericTargets, Targets
from sknn.losses import REGRESSION_LOSSES, Loss


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """Base class of the regressors."""

    def predict(self, X: Any) -> Array:
        """Predict the targets of samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions, in the units of ``y``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has another number of features than in ``fit``, or holds NaN or infinity.
        """
        return self._targets.decode(self._predictions(X))

    def _targets_of(self, y: Any, classes: Any, first: bool, incremental: bool) -> Targets:
        return NumericTargets.of(y) if first else self._targets

    def _loss(self, targets: Targets) -> Loss:
        loss: Loss = component(REGRESSION_LOSSES, self.loss, self)
        return loss

    def _score(self, y: Array, predictions: Array, sample_weight: Array | None) -> float:
        return float(r2_score(y, predictions, sample_weight=sample_weight))
