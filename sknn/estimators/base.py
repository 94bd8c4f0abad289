"""The one fit: data and parameters in, a trained network and what was learned on the way out."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from sknn.core.kernels import Array, RandomState
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.estimators.components import component
from sknn.estimators.targets import Targets, check_target_range, dense_targets
from sknn.layers.base import Layer
from sknn.losses import Loss
from sknn.optimizers import OPTIMIZERS
from sknn.schedules import SCHEDULES
from sknn.training.batches import Batches, TargetRows
from sknn.training.lbfgs import LBFGS
from sknn.training.rules import Best, Divergence, NoImprovement, Report, Rule, TrainingState, Validation
from sknn.training.trainer import Trainer


@contextmanager
def unchanged_on_error(estimator: Any) -> Iterator[None]:
    """Give the estimator back the attributes it had, if the block raises."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


class NetworkEstimator(BaseEstimator, ABC):
    """Base class of the estimators: subclasses say their layers, their loss and their targets."""

    if TYPE_CHECKING:  # the parameters, which each subclass spells out in its constructor

        def __getattr__(self, name: str) -> Any: ...

    @abstractmethod
    def _layers(self, n_outputs: int) -> list[Layer]:
        """Say the layers, up to the raw outputs."""

    @abstractmethod
    def _loss(self, targets: Targets) -> Loss:
        """Say the loss for these targets."""

    @abstractmethod
    def _targets_of(self, y: Any, classes: Any, first: bool, incremental: bool) -> Targets:
        """Learn the encoding from ``y``, or hold ``y`` against the one learned before."""

    @abstractmethod
    def _score(self, y: Array, predictions: Array, sample_weight: Array | None) -> float:
        """Score predictions as ``score`` does."""

    # -- fit, from top to bottom ---------------------------------------------------------------------

    def _fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, incremental: bool = False, classes: Any = None
    ) -> Self:
        """Fit anew, or go on: for one epoch (``incremental``) or from the last weights (``warm_start``)."""
        with unchanged_on_error(self):
            if incremental and self.early_stopping:
                raise ValueError("partial_fit does not support early_stopping=True")
            first = not self.__sklearn_is_fitted__() or not (incremental or self.warm_start)
            X, y = self._validate(X, y, first)
            weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=X.dtype)
            targets = self._targets_of(y, classes, first, incremental)
            rng = check_random_state(self.random_state)
            state = self._starting_state(X, targets, rng, first, incremental)
            self._train(X, y, weight, targets, rng, state, incremental)
            self._finish(state, targets)
        return self

    def _validate(self, X: Any, y: Any, first: bool) -> tuple[Any, Any]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            dtype=(np.float64, np.float32),
            order="C",
            reset=first,
            y_numeric=is_regressor(self),
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, dense_targets(y)

    def _starting_state(
        self, X: Any, targets: Targets, rng: RandomState, first: bool, incremental: bool
    ) -> TrainingState:
        """Make an initialised network, or a copy of the last one together with where its training stood."""
        if first:
            network = Network(self._layers(targets.n_outputs), self._input_shape(X), X.dtype)
            network.initialize(rng)
            return TrainingState(network)
        last: TrainingState = self._state
        network = Network(self._layers(targets.n_outputs), last.network.input_shape, last.network.dtype)
        if network.parameters.specs != last.network.parameters.specs:
            raise ValueError(
                "The layers differ from those of the last fit, so its weights cannot be trained on; expected "
                f"{last.network.shapes}, got {network.shapes}. Use a new estimator, or warm_start=False."
            )
        return last.continued(network, anew=not incremental)

    def _input_shape(self, X: Any) -> tuple[int, ...]:
        return tuple(X.shape[1:])

    def _train(
        self,
        X: Any,
        y: Any,
        weight: Array | None,
        targets: Targets,
        rng: RandomState,
        state: TrainingState,
        incremental: bool,
    ) -> None:
        dtype = state.network.dtype
        loss = self._loss(targets)
        encoded = targets.encode(y, dtype)
        if encoded.table is None:
            check_target_range(encoded.values, loss)
        train, held_out = self._split(X.shape[0], encoded, targets, rng)
        weight = self._unit_mean(weight, X.shape[0], train, state)
        objective = Objective(state.network, loss, Penalty(self.alpha / state.mean_weight))
        # An overflow shows in the loss, which is watched, and a warning for each would bury it.
        with np.errstate(all="ignore"):
            if self.solver == "lbfgs":
                rows = None if weight is None else weight[:, None]
                self._lbfgs(objective).run(X, encoded.take().astype(dtype, copy=False), rows, state)
            else:
                batches = Batches(
                    X,
                    encoded,
                    weight,
                    train,
                    batch_size=self._batch_size(len(train)),
                    shuffle=self.shuffle,
                    rng=rng,
                    dtype=dtype,
                )
                score = self._scorer(X, y, weight, held_out, targets, loss)
                self._trainer(objective, score, incremental).run(batches, state)
        self._conclude(state, incremental)

    def _split(self, n: int, encoded: TargetRows, targets: Targets, rng: RandomState) -> tuple[Array, Array | None]:
        """Choose the rows to train on and those to validate with, as scikit-learn chooses them."""
        rows = np.arange(n)
        if not self.early_stopping or self.solver == "lbfgs":
            return rows, None
        # The names of the two codes are scikit-learn's, and so its error for a class of one member.
        stratify = np.where(encoded.values, "True", "False") if targets.kind == "binary" else None
        train, held_out = train_test_split(
            rows, random_state=rng, test_size=self.validation_fraction, stratify=stratify
        )
        if len(held_out) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset: "
                f"expected at least 2 rows, got {len(held_out)}."
            )
        return train, held_out

    def _unit_mean(self, weight: Array | None, n: int, train: Array, state: TrainingState) -> Array | None:
        """Divide the weights by their mean over all rows trained on so far."""
        dtype = state.network.dtype
        seen = state.clock.samples
        mean = 1.0 if weight is None else float(weight[train].mean())
        state.mean_weight = (state.mean_weight * seen + mean * len(train)) / (seen + len(train))
        if weight is None:
            return None if state.mean_weight == 1.0 else np.full(n, 1 / state.mean_weight, dtype)
        return (weight / state.mean_weight).astype(dtype, copy=False)

    def _batch_size(self, n: int) -> int:
        if self.batch_size == "auto":
            return min(200, n)
        if self.batch_size > n:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
                stacklevel=5,
            )
        return int(np.clip(self.batch_size, 1, n))

    def _scorer(
        self, X: Any, y: Any, weight: Array | None, held_out: Array | None, targets: Targets, loss: Loss
    ) -> Any:
        """Make the function that scores a network on the held-out rows."""
        if held_out is None:
            return None
        y_val, weight_val = y[held_out], None if weight is None else weight[held_out]

        def score(network: Network) -> float:
            predictions = loss.inverse_link(network.predict(X, held_out))
            if not np.isfinite(predictions).all():
                return float("nan")
            return self._score(y_val, targets.decode(predictions), weight_val)

        return score

    def _trainer(self, objective: Objective, score: Any, incremental: bool) -> Trainer:
        schedule = component(SCHEDULES, self.learning_rate if self.solver == "sgd" else "constant", self)
        rules: list[Rule] = [Validation(score)] if score else []
        rules += [Report()] if self.verbose else []
        divided = self.learning_rate_init if schedule.divides_on_plateau else None
        rules += [
            NoImprovement(self.tol, self.n_iter_no_change, bool(score), divided, self.verbose),
            Best(bool(score)),
            Divergence(),
        ]
        return Trainer(
            objective,
            component(OPTIMIZERS, self.solver, self),
            schedule,
            rules,
            learning_rate=self.learning_rate_init,
            max_epochs=1 if incremental else self.max_iter,
        )

    def _lbfgs(self, objective: Objective) -> LBFGS:
        return LBFGS(objective, max_iter=self.max_iter, max_fun=self.max_fun, tol=self.tol, verbose=bool(self.verbose))

    def _conclude(self, state: TrainingState, incremental: bool) -> None:
        """Restore the best weights, and tell of training that did not end well."""
        parameters = state.network.parameters
        if state.best_weights is not None:
            parameters.restore(state.best_weights)
            state.best_weights = None
        elif state.diverged or not parameters.is_finite():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and "
                f"need to be preprocessed. {state.stop_reason or ''} Expected finite weights: scale X (and y), "
                f"or lower learning_rate_init={self.learning_rate_init}."
            )
        if state.stop_reason is None and not incremental:
            state.stop_reason = f"max_iter={self.max_iter} reached."
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization "
                "hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _finish(self, state: TrainingState, targets: Targets) -> None:
        """Set the fitted attributes."""
        watched = bool(self.early_stopping and self.solver != "lbfgs")
        self._state, self._targets, self._trained_loss = state, targets, self._loss(targets)
        self.n_iter_ = state.epoch
        self.t_ = state.clock.samples
        self.loss_curve_ = state.loss_curve
        self.loss_ = state.loss_curve[-1] if state.loss_curve else float("nan")
        self.best_loss_ = None if watched else state.best_loss
        self.validation_scores_ = state.validation_scores if watched else None
        self.best_validation_score_ = state.best_score if watched else None
        self.n_outputs_ = targets.n_outputs
        self.out_activation_ = self._trained_loss.link

    # -- the fitted estimator ------------------------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return "_state" in vars(self)

    def _predictions(self, X: Any) -> Array:
        """Compute predictions (probabilities, for classes), one column an output."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=False)
        return self._trained_loss.inverse_link(self._state.network.predict(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
