"""What every regressor has besides its layers: the loss by name, predictions."""

from copy import copy
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from sknn.core.kernels import Array
from sknn.estimators.base import NetworkEstimator
from sknn.estimators.components import component, has_partial_fit
from sknn.estimators.targets import NumericTargets, Targets
from sknn.losses import REGRESSION_LOSSES, Loss


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """Base class of the regressors."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            The samples. float32 is trained in float32, everything else in float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples: at full batch, 2 is the same as the row twice, 0 as no row; in smaller
            batches so are the expected gradients. In a batch B the loss is
            ``sum(w * loss) / (|B| * mean(w))`` with the mean over all training rows, which is unbiased;
            scikit-learn divides by the weights of the batch, which is not, except at full batch. The
            statistics of batch normalization count every row once, whatever it weighs.
        X_val : {array-like, sparse matrix} of shape (n_validation, ...), default=None
            Validation samples of your own: their loss and score are recorded after each epoch, and watched
            if ``early_stopping``.
        y_val : array-like of shape (n_validation,) or (n_validation, n_outputs), default=None
            Their targets.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Their weights.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or an array is not what is described here, or if training diverged and no best weights were
            kept. The estimator is then as it was before.

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` was reached first, unless the schedule is planned for it, or if training diverged and the
            best weights were restored.
        """
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    @available_if(has_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Go on training for one epoch over these rows, with the optimizer's state as it was left.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            The samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; their mean is taken over all calls.
        X_val : {array-like, sparse matrix} of shape (n_validation, ...), default=None
            Validation samples of your own: their loss and score are recorded after each epoch, and watched
            if ``early_stopping``.
        y_val : array-like of shape (n_validation,) or (n_validation, n_outputs), default=None
            Their targets.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Their weights.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or an array is not what is described here, with ``early_stopping=True`` but no ``X_val``, or
            if training diverged. The estimator is then as it was before.
        """
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), incremental=True)

    def predict(self, X: Any) -> Array:
        """Predict the targets of samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, in a form that ``fit`` takes.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions, in the units of ``y``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has other features than in ``fit``, or infinity, or NaN where ``fit`` does not take it.
        """
        return self._predicted(X)

    def _targets_of(self, y: Array, weight: Array | None, classes: Any, first: bool, incremental: bool) -> Targets:
        if first:
            return NumericTargets.of(y)
        self._targets.check_known(y)
        return copy(self._targets)

    def _loss(self, targets: Targets) -> Loss:
        loss: Loss = component(REGRESSION_LOSSES, self.loss, self)
        return loss

    def _score(self, y: Array, predictions: Array, sample_weight: Array | None) -> float:
        if len(y) < 2:
            raise ValueError("X_val has one row; expected at least two, as R2 is not defined for one.")
        # A power of two rounds nothing, and makes squares numbers that are not, in the targets' own unit.
        unit = np.exp2(np.frexp(np.abs(np.asarray(y, np.float64)).max(axis=0))[1])
        return float(r2_score(y / unit, predictions / unit, sample_weight=sample_weight))
