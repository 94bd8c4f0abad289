"""What every classifier has besides its layers: classes, probabilities, predictions."""

from copy import copy
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import unique_labels

from sknn.core.kernels import Array
from sknn.estimators.base import NetworkEstimator
from sknn.estimators.components import fill, has_partial_fit
from sknn.estimators.targets import ClassTargets, Targets, class_targets
from sknn.losses import CLASSIFICATION_LOSSES, Loss
from sknn.training.batches import TargetRows
from sknn.training.rules import TrainingState


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """Base class of the classifiers."""

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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels (numbers or strings), or a 0/1 indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples: at full batch, 2 is the same as the row twice, 0 as no row; in smaller
            batches so are the expected gradients. In a batch B the loss is
            ``sum(w * loss) / (|B| * mean(w))`` with the mean over all training rows, which is unbiased;
            scikit-learn divides by the weights of the batch, which is not, except at full batch. The
            statistics of batch normalization count every row once, whatever it weighs.
        X_val : {array-like, sparse matrix} of shape (n_validation, ...), default=None
            Validation samples of your own: their loss and score are recorded after each epoch, and watched
            if ``early_stopping``.
        y_val : array-like of shape (n_validation,) or (n_validation, n_labels), default=None
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
        classes: Any = None,
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels (numbers or strings), or a 0/1 indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; their mean is taken over all calls.
        classes : array-like of shape (n_classes,), default=None
            All classes of all calls; needed in the first call only, unless ``fit`` came before.
        X_val : {array-like, sparse matrix} of shape (n_validation, ...), default=None
            Validation samples of your own: their loss and score are recorded after each epoch, and watched
            if ``early_stopping``.
        y_val : array-like of shape (n_validation,) or (n_validation, n_labels), default=None
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
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), incremental=True, classes=classes)

    def predict(self, X: Any) -> Any:
        """Predict the classes of samples.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, in a form that ``fit`` takes.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The most probable class of each; for multilabel targets an indicator matrix, which is a CSR matrix where
            the targets were sparse.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has other features than in ``fit``, or infinity, or NaN where ``fit`` does not take it.
        """
        predicted = self._predicted(X)
        return csr_matrix(predicted) if self._targets.sparse else predicted

    def predict_proba(self, X: Any) -> Array:
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, in a form that ``fit`` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``; each row sums to 1, but for multilabel targets.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has other features than in ``fit``, or infinity, or NaN where ``fit`` does not take it.
        """
        return self._probabilities(self._predictions(X))

    def _probabilities(self, p: Array) -> Array:
        """Give a column to each class, where two of them have one output."""
        if self._targets.kind != "binary":
            return p
        return np.hstack([1 - p, p]) if len(self.classes_) > 1 else np.ones_like(p)

    def predict_log_proba(self, X: Any) -> Array:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, in a form that ``fit`` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            ``log(predict_proba(X))``, computed from the raw outputs: finite where a probability is 0 but for rounding.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has other features than in ``fit``, or infinity, or NaN where ``fit`` does not take it.
        """
        raw, loss = self._raw(X), self._trained_loss
        p = self._probabilities(loss.inverse_link(raw.copy()))
        with np.errstate(divide="ignore"):
            log_p = np.log(p)
        if (p > 0).all():
            return log_p
        exact = (
            [loss.log_inverse_link(-raw), loss.log_inverse_link(raw)]
            if self._targets.kind == "binary"
            else [loss.log_inverse_link(raw)]
        )
        return np.where(p > 0, log_p, np.hstack(exact))

    def decision_function(self, X: Any) -> Array:
        """Compute log-odds or log-probabilities: scores that are not bounded, for calibration and thresholds.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, in a form that ``fit`` takes.

        Returns
        -------
        ndarray of shape (n_samples,) for two classes, else (n_samples, n_classes)
            Log-odds of the second class, or of each label; for three classes or more their log-probabilities, as
            raw outputs are known up to a constant of each row only, and calibration looks at each class alone.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If ``X`` has other features than in ``fit``, or infinity, or NaN where ``fit`` does not take it.
        """
        return self._raw(X, self._scores)

    def _scores(self, raw: Array) -> Array:
        if self._targets.kind == "multiclass":
            return self._trained_loss.log_inverse_link(raw)
        return raw[:, 0] if self._targets.kind == "binary" else raw

    def _targets_of(self, y: Array, weight: Array | None, classes: Any, first: bool, incremental: bool) -> Targets:
        targets = class_targets(y)
        if targets.kind == "multilabel":
            targets.check_known(y)
        if not first:
            self._check_classes(y, targets, classes, incremental)
            targets = copy(self._targets)
        elif incremental:
            targets = self._declared(y, targets, classes)
        if not incremental or self.class_weight != "balanced":
            targets.learn_weights(self.class_weight, y, weight)
            targets.class_weight = self.class_weight
        elif first or targets.class_weight != "balanced":
            raise ValueError(
                "class_weight='balanced' is not known before all classes are counted; for partial_fit expected a dict, "
                "as of sklearn.utils.class_weight.compute_class_weight('balanced', classes=classes, y=y)."
            )
        return targets

    def _declared(self, y: Array, found: Any, classes: Any) -> Any:
        """Give the targets for all classes that are declared in the first call of ``partial_fit``."""
        if classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if found.kind == "multilabel":
            if not np.array_equal(unique_labels(classes), found.classes):
                raise ValueError(
                    f"classes={classes!r} does not fit an indicator matrix of {found.n_outputs} labels; expected "
                    f"{found.classes}."
                )
            return found
        declared = ClassTargets(unique_labels(classes))
        declared.check_known(y)
        return declared

    def _check_classes(self, y: Array, found: Any, classes: Any, incremental: bool) -> None:
        """Hold the classes against those of the last fit."""
        known = self._targets
        if (found.kind == "multilabel") != (known.kind == "multilabel"):
            raise ValueError(f"y is {found.kind}; expected {known.kind} targets, as in the last fit.")
        if classes is not None and not np.array_equal(unique_labels(classes), known.classes):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {known.classes!r}"
            )
        if not incremental and set(found.classes) != set(known.classes):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {known.classes}, `y` has {found.classes}"
            )
        known.check_known(y)

    def _attributes(self, state: TrainingState, targets: Any, loss: Loss) -> dict[str, Any]:
        return {**super()._attributes(state, targets, loss), "classes_": targets.classes}

    def _loss(self, targets: Targets) -> Loss:
        one, several = CLASSIFICATION_LOSSES[self.loss] if isinstance(self.loss, str) else (self.loss, self.loss)
        chosen = several if targets.kind == "multiclass" else one
        if not isinstance(chosen, Loss):
            return fill(chosen, self)
        wanted = "softmax" if targets.kind == "multiclass" else "logistic"
        if chosen.link in {"identity", "exp", "logistic", "softmax"} - {wanted}:
            raise ValueError(
                f"loss={chosen!r} has the link {chosen.link!r}; expected {wanted!r} for {targets.kind} targets, as "
                "the losses have that 'log_loss' and 'focal' stand for."
            )
        return chosen

    def _encode(self, y: Array, targets: Targets, dtype: Any) -> TargetRows:
        return super()._encode(y, targets, dtype).smoothed(self.label_smoothing)

    def _score(self, y: Array, predicted: Array, sample_weight: Array | None) -> float:
        # What accuracy_score computes after checks that take longer than the prediction of a small network.
        correct = y == predicted
        return float(np.average(correct.all(axis=1) if correct.ndim == 2 else correct, weights=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
