"""Encoding of categories: one-hot columns where there are few levels, codes for a learned embedding else."""

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from sknn.core.checks import unchanged_on_error
from sknn.core.kernels import Array
from sknn.preprocessing.columns import Levels, check_table, columns_of, distinct, encode_levels, learn_levels


class CategoryEncoder(TransformerMixin, BaseEstimator):
    """Encode categories: one column a level where there are few of them, else one column of codes.

    A one-hot column is 1 where the row has its level, else 0; of a category that is missing or unknown all are 0. A
    category of two levels is one column: 1 for the first, -1 for the second, 0 if missing or unknown. A category of
    more levels than ``max_one_hot_size`` allows is one column of codes for `sknn.layers.TableEmbedding`: 0 if missing
    or unknown, else from 1 in the order of the levels. The codes come after all one-hot columns.

    Parameters
    ----------
    max_one_hot_size : int or None, default=None
        Largest number of levels that become one-hot columns, where "missing" counts as a level; None sets no limit.

    Attributes
    ----------
    categories_ : list of list
        The levels of each category, in order.
    levels_ : tuple of int
        Number of codes, that of "missing" included, of each category that is encoded so.
    n_features_in_ : int
        Number of categories.
    feature_names_in_ : ndarray of str of shape (n_features_in_,)
        Their names, where all have one.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn.preprocessing import CategoryEncoder
    >>> X = np.array([["red", "yes"], ["green", "no"], ["blue", None]], dtype=object)
    >>> CategoryEncoder().fit_transform(X)
    array([[ 0.,  0.,  1., -1.],
           [ 0.,  1.,  0.,  1.],
           [ 1.,  0.,  0.,  0.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_one_hot_size": [Interval(Integral, 0, None, closed="left"), None]
    }

    def __init__(self, *, max_one_hot_size: int | None = None) -> None:
        self.max_one_hot_size = max_one_hot_size

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the levels.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Categories: strings, numbers, or anything that can be a key of a dict; None and NaN are missing.
        y : None
            Not used.

        Returns
        -------
        self
        """
        with unchanged_on_error(self):
            self.categories_: list[Levels] = [learn_levels(column)[0] for column in self._columns(X, reset=True)]
        self._is_one_hot = [is_one_hot(len(levels), self.max_one_hot_size) for levels in self.categories_]
        self.levels_ = tuple(
            len(levels) + 1 for levels, flag in zip(self.categories_, self._is_one_hot, strict=True) if not flag
        )
        return self

    def transform(self, X: Any) -> Array:
        """Encode categories.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Categories.

        Returns
        -------
        ndarray of shape (n_samples, n_columns), float64
        """
        check_is_fitted(self)
        columns = self._columns(X, reset=False)
        codes = [encode_levels(column, levels) for column, levels in zip(columns, self.categories_, strict=True)]
        flags = self._is_one_hot
        one_hot = [one_hot_of(c, len(s)) for c, s, flag in zip(codes, self.categories_, flags, strict=True) if flag]
        ordinal = [c[:, None] + 1.0 for c, flag in zip(codes, flags, strict=True) if not flag]
        return np.hstack([*one_hot, *ordinal])

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Name the columns: ``name_level`` for one-hot columns, the name of the category for codes.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the categories; None takes those of ``fit``, or x0, x1, ...

        Returns
        -------
        ndarray of str
            A name that another column has already gets a number behind it.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        triples = list(zip(names, self.categories_, self._is_one_hot, strict=True))
        one_hot = [name for title, levels, flag in triples if flag for name in one_hot_names(title, levels)]
        return distinct([*one_hot, *(title for title, _, flag in triples if not flag)])

    def _columns(self, X: Any, *, reset: bool) -> list[Any]:
        return columns_of(check_table(X, self, reset=reset))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def is_one_hot(n_levels: int, max_size: int | None) -> bool:
    """Tell whether a category of so many levels becomes one-hot columns; missing counts as one more."""
    return max_size is None or n_levels + 1 <= max_size


def one_hot_of(codes: Array, n_levels: int) -> Array:
    """Give the one-hot columns of one category.

    Parameters
    ----------
    codes : ndarray of int of shape (n,)
        Codes from 0, -1 for none.
    n_levels : int
        Number of levels.

    Returns
    -------
    ndarray of shape (n, 1) for up to two levels, else (n, n_levels), float64
    """
    if n_levels <= 2:
        return np.array([1.0, -1.0, 0.0])[codes][:, None]
    out = np.zeros((len(codes), n_levels))
    known = np.flatnonzero(codes >= 0)
    out[known, codes[known]] = 1.0
    return out


def one_hot_names(name: str, levels: list[Any]) -> list[str]:
    """Name the columns of `one_hot_of`."""
    return [f"{name}_{level}" for level in (levels[:1] if len(levels) == 2 else levels)] or [str(name)]
