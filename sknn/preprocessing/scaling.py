"""Robust scaling of numbers, with outliers bent towards a bound."""

from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data

from sknn.core.checks import unchanged_on_error
from sknn.core.kernels import Array

LARGE = 1e100
"""Scaled numbers beyond it are at the bound in any precision, and their squares would overflow."""


class RobustScaleSmoothClip(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Center by the median, scale by the interquartile range, and bend outliers smoothly into (-max_abs, max_abs).

    For every column, ``z = s * (x - median)`` and ``z / sqrt(1 + (z / max_abs)²)``. The scale is
    ``s = 1 / (q75 - q25)``; where the quartiles are equal ``s = 2 / (max - min)``, and 0 for a constant column.
    Missing numbers (NaN) are left out of the statistics and stay missing.

    Parameters
    ----------
    max_abs : float, default=3.0
        What the absolute values approach, greater than 0.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        The medians.
    scale_ : ndarray of shape (n_features,)
        The factors s.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str of shape (n_features_in_,)
        Their names, where all have one.

    See Also
    --------
    TableEncoder : The same for tables with categories and missing numbers.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn.preprocessing import RobustScaleSmoothClip
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]])
    >>> RobustScaleSmoothClip().fit_transform(X).round(2).ravel()
    array([-0.95, -0.49,  0.  ,  0.49,  3.  ])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"max_abs": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, *, max_abs: float = 3.0) -> None:
        self.max_abs = max_abs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the medians and scales.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, of which some may be NaN.
        y : None
            Not used.

        Returns
        -------
        self
        """
        with unchanged_on_error(self):
            X = self._check(X, reset=True)
        statistics = [robust_statistics(X[:, j]) for j in range(X.shape[1])]
        self.center_, self.scale_ = np.array(statistics).T
        return self

    def transform(self, X: Any) -> Array:
        """Scale and bend.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, of which some may be NaN.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            float32 if ``X`` is, else float64.
        """
        check_is_fitted(self)
        X = self._check(X, reset=False)
        out = np.empty_like(X)
        for j in range(X.shape[1]):
            out[:, j] = scale_and_clip(X[:, j], self.center_[j], self.scale_[j], self.max_abs)
        return out

    def _check(self, X: Any, *, reset: bool) -> Array:
        dtype = (np.float64, np.float32)
        return validate_data(self, X, reset=reset, dtype=dtype, ensure_all_finite="allow-nan")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def robust_statistics(x: Array) -> tuple[float, float]:
    """Give the median of a column and its scale, as `RobustScaleSmoothClip` defines it.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Numbers; NaN is left out.

    Returns
    -------
    (float, float)
        Both 0 if there is no number.
    """
    x = np.asarray(x, dtype=np.float64)
    x = x[~np.isnan(x)]
    if not len(x):
        return 0.0, 0.0
    x *= 0.5  # differences of large numbers would overflow
    with np.errstate(all="ignore"):
        low, center, high = (float(q) for q in np.quantile(x, (0.25, 0.5, 0.75)))
        width = high - low if high > low else 0.5 * float(x.max() - x.min())
        scale = 0.5 / width if width else 0.0
    return 2.0 * center, scale if np.isfinite(scale) else 0.0


def binary_statistics(ones: Array, n: int) -> tuple[Array, Array]:
    """Give the same as `robust_statistics` for columns of zeros and ones, from how many ones each has.

    Parameters
    ----------
    ones : ndarray of int of shape (n_columns,)
        Number of ones.
    n : int
        Length of a column.

    Returns
    -------
    (ndarray, ndarray) of shape (n_columns,)
    """

    def quantile(q: float) -> Array:
        below = int(q * (n - 1))
        first, second = (below >= n - ones), (min(below + 1, n - 1) >= n - ones)
        return first + (q * (n - 1) - below) * (second.astype(float) - first)

    width = quantile(0.75) - quantile(0.25)
    width = np.where(width > 0, width, np.where((ones > 0) & (ones < n), 0.5, np.inf))
    return quantile(0.5), 1.0 / width


def scale_and_clip(x: Any, center: Any, scale: Any, max_abs: float) -> Any:
    """Scale and bend numbers, as `RobustScaleSmoothClip` defines it.

    Parameters
    ----------
    x : ndarray
        Numbers, of which some may be NaN.
    center, scale : float or ndarray
        Of each column.
    max_abs : float
        The bound.

    Returns
    -------
    ndarray, float64
    """
    z = np.multiply(x, 0.5, dtype=np.float64)  # differences of large numbers would overflow
    with np.errstate(over="ignore"):
        z = np.clip((z - 0.5 * center) * (2.0 * scale), -LARGE, LARGE)
    return z / np.sqrt(1.0 + np.square(z / max_abs))
