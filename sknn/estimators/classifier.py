"""What every classifier has besides its layers: classes, probabilities, predictions."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import unique_labels

from sknn.core.kernels import Array
from sknn.estimators.base import NetworkEstimator
from sknn.estimators.targets import ClassTargets, Targets, class_targets
from sknn.losses import BinaryCrossEntropy, Loss, SoftmaxCrossEntropy


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """Base class of the classifiers."""

    def predict(self, X: Any) -> Array:
        """Predict the classes of samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The most probable class of each; for multilabel targets an indicator matrix.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has another number of features than in ``fit``, or holds NaN or infinity.
        """
        return self._targets.decode(self._predictions(X))

    def predict_proba(self, X: Any) -> Array:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``; each row sums to 1, but for multilabel targets.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has another number of features than in ``fit``, or holds NaN or infinity.
        """
        p = self._predictions(X)
        if self._targets.kind != "binary":
            return p
        return np.hstack([1 - p, p])[:, : len(self.classes_)] if len(self.classes_) > 1 else np.ones_like(p)

    def predict_log_proba(self, X: Any) -> Array:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            ``log(predict_proba(X))``.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has another number of features than in ``fit``, or holds NaN or infinity.
        """
        p = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(p, out=p)

    def _targets_of(self, y: Any, classes: Any, first: bool, incremental: bool) -> Targets:
        found = class_targets(y)
        if not first:
            self._check_classes(y, found, classes, self._targets, incremental)
            return self._targets
        if not incremental:
            return found
        if classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if found.kind == "multilabel":
            return found
        declared = ClassTargets(unique_labels(classes))
        if len(unknown := declared.unknown(y)):
            raise ValueError(f"y has the classes {unknown}, which are not in classes={declared.classes}.")
        return declared

    def _check_classes(self, y: Any, found: Any, classes: Any, known: Any, incremental: bool) -> None:
        if (found.kind == "multilabel") != (known.kind == "multilabel"):
            raise ValueError(f"y is {found.kind}; expected {known.kind} targets, as in the last fit.")
        if classes is not None and not np.array_equal(unique_labels(classes), known.classes):
            raise ValueError(
                f"classes={classes!r} is not the same as on the last call to partial_fit, which was {known.classes!r}."
            )
        if not incremental and set(found.classes) != set(known.classes):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {known.classes}, `y` has {found.classes}"
            )
        if len(known.unknown(y)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {known.classes}. 'y' has {found.classes}."
            )

    def _finish(self, state: Any, targets: Any) -> None:
        super()._finish(state, targets)
        self.classes_ = targets.classes

    def _loss(self, targets: Any) -> Loss:
        return SoftmaxCrossEntropy() if targets.kind == "multiclass" else BinaryCrossEntropy()

    def _score(self, y: Array, predictions: Array, sample_weight: Array | None) -> float:
        return float(accuracy_score(y, predictions, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
