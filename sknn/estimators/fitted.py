"""What an estimator can do once it holds a trained network."""

from abc import ABC
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted, validate_data

from sknn.core.kernels import Array, seems_finite
from sknn.estimators.callbacks import CallbackSupportMixin
from sknn.estimators.guards import naming
from sknn.estimators.nested import NestedParameters
from sknn.estimators.summary import summarize
from sknn.training.rules import TrainingState

FLOATS = (np.float64, np.float32)
"""Types that samples keep; others become the first."""


class FittedNetwork(CallbackSupportMixin, NestedParameters, ABC):
    """Base class of `NetworkEstimator`: predicting, describing, trimming."""

    if TYPE_CHECKING:  # the parameters, which each subclass spells out in its constructor

        def __getattr__(self, name: str) -> Any: ...

    def __sklearn_is_fitted__(self) -> bool:
        return "_state" in vars(self)

    def _check_X(self, X: Any, *, reset: bool, fitted: bool = False, **more: Any) -> Any:
        """Check samples, and give them in the shape that the network takes; the ``fitted`` one, to predict."""
        with naming("X"):
            return self._validated(X, reset=reset, accept_sparse="csr", **more)

    def _validated(self, X: Any, *, reset: bool, **options: Any) -> Any:
        """Check rows as scikit-learn does, which takes longer than the prediction of a few.

        So an array gets by that would come back as it is; only those checks say what is wrong with another.
        """
        if not reset and self._is_plain(X) and seems_finite(X):
            return X
        return validate_data(self, X, reset=reset, dtype=FLOATS, **options)

    def _is_plain(self, X: Any) -> bool:
        """Tell whether samples have nothing to check but that they are finite."""
        plain = type(X) is np.ndarray and X.dtype in FLOATS and X.flags.c_contiguous and X.size > 0
        return plain and X.shape[1:] == (self.n_features_in_,) and not hasattr(self, "feature_names_in_")

    def _raw(self, X: Any, finish: Callable[[Array], Array] | None = None) -> Array:
        """Compute raw outputs, one column an output, or what ``finish`` makes of each block of them."""
        check_is_fitted(self)
        predict, dtype = self._state.network.predict, self._state.network.dtype
        if self._is_plain(X) and np.can_cast(X.dtype, dtype):
            with suppress(FloatingPointError):  # the checks below say what is wrong, if anything is
                return predict(X, finish=finish, finite=True)
        X = self._check_X(X, reset=False, fitted=True)
        numbers = X.data if issparse(X) else X
        if not np.can_cast(numbers.dtype, dtype) and numbers.size:
            # NaN, where it is allowed, is left out.
            largest = max(np.fmax.reduce(numbers, axis=None), -np.fmin.reduce(numbers, axis=None))
            if largest > np.finfo(dtype).max:
                raise ValueError(f"X contains {largest:g}, a value too large for {dtype}, the type of the network.")
        return predict(X, finish=finish)

    def _predictions(self, X: Any) -> Array:
        """Compute predictions (probabilities, for classes), one column an output."""
        return self._raw(X, lambda raw: self._trained_loss.inverse_link(raw))

    def _predicted(self, X: Any) -> Array:
        """Compute predictions as targets, block by block."""
        return self._raw(X, lambda raw: self._targets.decode(self._trained_loss.inverse_link(raw)))

    def summary(self) -> str:
        """Describe the fitted network as a table: layers, output shapes, parameters, memory.

        Returns
        -------
        str
            A line a layer, then the totals; ``print`` it.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        """
        check_is_fitted(self)
        return summarize(self._state.network)

    def _html_repr(self) -> str:
        html: str = super()._html_repr()
        return f"{html}<pre>{escape(self.summary())}</pre>" if self.__sklearn_is_fitted__() else html

    def trim_for_prediction(self) -> Self:
        """Drop what is only needed to go on training, so that a saved model is little more than its weights.

        ``partial_fit`` and ``warm_start`` then go on with a new optimizer state.

        Returns
        -------
        self

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        """
        check_is_fitted(self)
        self._state: TrainingState = replace(self._state, optimizer_state=None)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
