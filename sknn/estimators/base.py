"""The one fit: data and parameters in, a trained network and what was learned on the way out."""

import copy
import operator
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import _check_sample_weight, column_or_1d, validate_data

from sknn.core.checks import unchanged_on_error
from sknn.core.kernels import Array, RandomState
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.core.warn import warn
from sknn.estimators.callbacks import begin_callbacks
from sknn.estimators.components import make_optimizer, make_schedule, parameters_of
from sknn.estimators.fitted import FittedNetwork
from sknn.estimators.guards import about_validation, is_given, naming
from sknn.estimators.targets import Targets, check_target_range, dense_targets
from sknn.estimators.validation import Judge, Samples, score_by
from sknn.layers.base import Layer
from sknn.losses import Loss
from sknn.training.batches import Batches, TargetRows
from sknn.training.lbfgs import LBFGS
from sknn.training.rules import Best, Divergence, LowerOnPlateau, NoImprovement, Report, Rule, TrainingState, Validation
from sknn.training.trainer import CONSTANT, Trainer

NO_VALIDATION = (None, None, None)


class NetworkEstimator(FittedNetwork):
    """Base class of the estimators: subclasses say their layers, their loss and their targets."""

    lacks_partial_fit: ClassVar[str | None] = None
    """Why there is no ``partial_fit``, for an estimator that has none."""

    @abstractmethod
    def _layers(self, n_outputs: int) -> list[Layer]:
        """Say the layers, up to the raw outputs."""

    def _layer_names(self) -> list[str] | None:
        """Say their names; None leaves that to the network."""
        return None

    @abstractmethod
    def _loss(self, targets: Targets) -> Loss:
        """Say the loss for these targets."""

    @abstractmethod
    def _targets_of(self, y: Array, weight: Array | None, classes: Any, first: bool, incremental: bool) -> Targets:
        """Learn the encoding from ``y``, or hold ``y`` against the one learned before."""

    @abstractmethod
    def _score(self, y: Array, predicted: Array, sample_weight: Array | None) -> float:
        """Score predictions as ``score`` does."""

    # -- fit, from top to bottom ---------------------------------------------------------------------------------------

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation: tuple[Any, Any, Any] = NO_VALIDATION,
        *,
        incremental: bool = False,
        classes: Any = None,
    ) -> Self:
        """Fit anew, or go on: for one epoch (``incremental``) or from the last weights (``warm_start``)."""
        with unchanged_on_error(self):
            if incremental and self.early_stopping and validation[0] is None:
                raise ValueError("partial_fit does not support early_stopping=True without X_val")
            first = not self.__sklearn_is_fitted__() or not (incremental or self.warm_start)
            if incremental:
                self._check_changed_parameters()
            y_is_sparse = issparse(y)
            X, y = self._validate(X, y, first)
            weight = self._check_weight(sample_weight, X)
            targets = self._targets_of(y, weight, classes, first, incremental)
            targets.sparse = y_is_sparse
            loss = self._loss(targets)
            rng = check_random_state(self.random_state)
            rows = None if weight is None else np.flatnonzero(weight)
            state = self._starting_state(X, rows, targets, rng, first, incremental)
            samples = self._samples(X, y, weight, targets, loss, state.network)
            train, held_out = self._hold_out(samples, validation, targets, loss, rng, state.network)
            rules = self._rules(held_out, targets, loss, state, incremental)
            callbacks = begin_callbacks(
                self,
                {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}},
                1 if incremental else self.max_iter,
                lambda now: self._attributes(now.as_if_ended(), targets, loss),
            )
            # An overflow shows in the loss, which is watched, and a warning for each would bury it.
            with np.errstate(all="ignore"):
                self._train(train, loss, rng, state, [*rules, *([callbacks] if callbacks else [])], incremental)
            self._conclude(state, incremental)
            self.__dict__.update(self._attributes(state, targets, loss))
            if callbacks:
                callbacks.end(state)
        return self

    # scikit-learn does it in the first call of partial_fit only, since it takes a tenth of a small one's time.
    def _check_changed_parameters(self) -> None:
        given = [getattr(self, name) for name in parameters_of(type(self))]
        checked = self.__dict__.get("_checked_parameters")
        if checked is None or not all(map(operator.is_, given, checked)):
            self._validate_params()
        self._checked_parameters = given

    def _validate(self, X: Any, y: Any, first: bool) -> tuple[Any, Array]:
        if y is None:
            validate_data(self, X, y, reset=False)  # which says that y is needed
        X = self._check_X(X, reset=first, order="C")
        with naming("y"):
            dtype = "numeric" if is_regressor(self) else None
            y = check_array(y, accept_sparse="csr", ensure_2d=False, dtype=dtype, input_name="y", estimator=self)
            if dtype and y.dtype.kind not in "fiub":
                raise ValueError(f"y has the type {y.dtype}; expected numbers.")
            if y.ndim == 2 and y.shape[1] == 1:
                y = column_or_1d(y, warn=True)
        check_consistent_length(X, y)
        return X, dense_targets(y)

    def _check_weight(self, weight: Any, X: Any) -> Array | None:
        if weight is None:
            return None
        with naming("sample_weight"):
            weight = _check_sample_weight(weight, X, dtype=np.float64, ensure_non_negative=True)
        if not weight.any():
            raise ValueError("sample_weight is zero for every sample; expected at least one weight above zero.")
        return np.asarray(weight)

    def _starting_state(
        self, X: Any, rows: Array | None, targets: Targets, rng: RandomState, first: bool, incremental: bool
    ) -> TrainingState:
        """Make a network that is initialized on some rows, or a copy of the last one and where its training stood."""
        if first:
            network = Network(self._layers(targets.n_outputs), X.shape[1:], X.dtype, self._layer_names())
            network.initialize(rng, X, rows)
            return TrainingState(network)
        last: TrainingState = self._state
        layers = self._layers(targets.n_outputs)
        network = Network(layers, last.network.input_shape, last.network.dtype, self._layer_names())
        if network.parameters.layout != last.network.parameters.layout:
            raise ValueError(
                "The layers differ from those of the last fit, so its weights cannot be trained on; expected "
                f"{_outline(last.network)}, got {_outline(network)}. Use a new estimator, or warm_start=False."
            )
        return last.continued(network, anew=not incremental)

    def _samples(
        self, X: Any, y: Array, weight: Array | None, targets: Targets, loss: Loss, network: Network
    ) -> Samples:
        """Encode the targets, and check them."""
        encoded = self._encode(y, targets, network.dtype)
        if encoded.table is None:
            check_target_range(encoded.values, loss)
        return Samples(X, y, encoded, weight, targets.row_weights(y, network.dtype), np.arange(X.shape[0]))

    def _encode(self, y: Array, targets: Targets, dtype: Any) -> TargetRows:
        return targets.encode(y, dtype)

    def _hold_out(
        self,
        samples: Samples,
        validation: tuple[Any, Any, Any],
        targets: Targets,
        loss: Loss,
        rng: RandomState,
        network: Network,
    ) -> tuple[Samples, Samples | None]:
        """Give the samples to train on, and those to validate with: the user's own, a part of them, or none."""
        if is_given(validation):
            X, y, weight = validation
            with about_validation():
                X, y = self._validate(X, y, first=False)
                targets.check_known(y)
                return samples, self._samples(X, y, self._check_weight(weight, X), targets, loss, network)
        if self.early_stopping and self.solver != "lbfgs":
            return samples.split(self.validation_fraction, rng, stratify=targets.kind == "binary")
        return samples, None

    def _rules(
        self, held_out: Samples | None, targets: Targets, loss: Loss, state: TrainingState, incremental: bool
    ) -> list[Rule]:
        """Choose what is done after each epoch."""
        watched = bool(held_out and self.early_stopping)
        rules: list[Rule] = []
        judge = None
        if held_out:
            judge = Judge(held_out, targets, loss, self._score_function(state, targets, loss))
            rules.append(Validation(judge))
        if self.verbose:
            rules.append(Report())
        if self.solver != "lbfgs" or watched:
            schedule = make_schedule(self) if self.solver != "lbfgs" else CONSTANT
            divided = self.learning_rate_init if schedule.divides_on_plateau else None
            if schedule.plateau:
                rules.append(LowerOnPlateau(schedule.plateau, float(self.tol), watched))
            rules.append(NoImprovement(float(self.tol), self.n_iter_no_change, watched, divided, bool(self.verbose)))
        return [*rules, Best(held_out is not None, watched and not incremental, judge=judge), Divergence()]

    def _score_function(self, state: TrainingState, targets: Targets, loss: Loss) -> Callable[..., float] | None:
        """Make the function that scores the network on validation samples; None stands for the negative loss."""
        if self.scoring == "loss" or (self.scoring is None and not loss.of_mean):
            return None
        if self.scoring is None:
            return lambda X, rows, y, predicted, weight: self._score(y, predicted, weight)
        scorer = check_scoring(self, self.scoring)

        def score(X: Any, rows: Array, y: Array, predicted: Array, weight: Array | None) -> float:
            fitted = copy.copy(self)
            fitted.__dict__.update(self._attributes(state, targets, loss))
            fitted.__dict__.pop("feature_names_in_", None)
            return score_by(scorer, fitted, X[rows], y, weight)

        return score

    def _train(
        self,
        train: Samples,
        loss: Loss,
        rng: RandomState,
        state: TrainingState,
        rules: list[Rule],
        incremental: bool,
    ) -> None:
        weight = self._unit_mean(train, state)
        objective = Objective(state.network, loss, Penalty(float(self.alpha) / state.mean_weight, float(self.l1_ratio)))
        if self.solver == "lbfgs":
            self._train_at_once(train, weight, objective, state, rules)
        else:
            self._train_in_batches(train, weight, objective, rng, state, rules, incremental)

    def _train_at_once(
        self, train: Samples, weight: Array | None, objective: Objective, state: TrainingState, rules: list[Rule]
    ) -> None:
        if state.network.random:
            raise ValueError("solver='lbfgs' needs an objective without noise; got layers that draw random numbers.")
        y = train.encoded.take().astype(state.network.dtype, copy=False)
        lbfgs = LBFGS(objective, rules, max_iter=self.max_iter, max_fun=self.max_fun, tol=float(self.tol))
        with state.network.threads(len(y)) as crew:
            lbfgs.run(train.X, y, None if weight is None else weight[:, None], state, crew)

    def _train_in_batches(
        self,
        train: Samples,
        weight: Array | None,
        objective: Objective,
        rng: RandomState,
        state: TrainingState,
        rules: list[Rule],
        incremental: bool,
    ) -> None:
        size = self._batch_size(len(train.rows))
        batches = Batches(
            train.X,
            train.encoded,
            weight,
            train.rows,
            batch_size=size,
            shuffle=self.shuffle,
            rng=rng,
            dtype=state.network.dtype,
        )
        optimizer = make_optimizer(self)
        trainer = Trainer(
            objective,
            optimizer,
            make_schedule(self),
            rules,
            learning_rate=self.learning_rate_init,
            max_epochs=1 if incremental else self.max_iter,
            planned_epochs=self.max_iter,
            weight_decay=self.weight_decay or optimizer.weight_decay,
            max_grad_norm=self.max_grad_norm,
        )
        with state.network.threads(size) as crew:
            trainer.run(batches, state, crew)

    def _unit_mean(self, train: Samples, state: TrainingState) -> Array | None:
        """Divide the weights by their mean over the rows of this fit, or of all calls so far."""
        dtype, seen, new = state.network.dtype, state.weighed, len(train.rows)
        weight = train.whole_weight
        mean = 1.0 if weight is None else float(weight[train.rows].mean())
        if not np.isfinite(mean):
            raise ValueError(f"class_weight, sample_weight or both have the mean {mean}; expected a finite one.")
        state.mean_weight, state.weighed = (state.mean_weight * seen + mean * new) / (seen + new), seen + new
        if not state.mean_weight:
            raise ValueError("class_weight, sample_weight or both are zero for every sample that is trained on.")
        if weight is None:
            return None if state.mean_weight == 1.0 else np.full(len(train.y), 1 / state.mean_weight, dtype)
        return (weight / state.mean_weight).astype(dtype, copy=False)

    def _batch_size(self, n: int) -> int:
        if self.batch_size == "auto":
            return min(200, n)
        if self.batch_size > n:
            warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            )
        return int(np.clip(self.batch_size, 1, n))

    def _conclude(self, state: TrainingState, incremental: bool) -> None:
        """Restore the best weights, and tell of training that did not end well."""
        parameters = state.network.parameters
        failed = state.diverged or not parameters.is_finite()
        if failed and not state.diverged:
            state.stop_reason = "The weights became infinite or NaN."
        if failed and state.best_weights is None:
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                f"preprocessed. {state.stop_reason} Expected finite weights: scale X (and y), or lower "
                f"learning_rate_init={self.learning_rate_init}."
            )
        if state.best_weights is not None:
            state.restore_best()
        if failed:
            state.optimizer_state = None  # what it remembers is not finite either
            kept = f"of epoch {state.best_epoch}" if state.best_epoch else "that the fit began with"
            warn(
                f"Training diverged: {state.stop_reason} The weights {kept} were restored.",
                ConvergenceWarning,
            )
            return
        scores = state.history["validation_score"][-state.epoch :] if self.early_stopping and state.epoch else []
        if scores and np.isnan(scores).all():
            warn("The validation score was NaN after every epoch, so none of them counts as the best; look at scoring.")
        if state.stop_reason is None and not incremental:
            state.stop_reason = f"max_iter={self.max_iter} reached."
            if make_schedule(self).ends_as_planned:
                return
            warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                "converged yet.",
                ConvergenceWarning,
            )

    def _attributes(self, state: TrainingState, targets: Targets, loss: Loss) -> dict[str, Any]:
        """Give the fitted attributes."""
        history = state.recorded()
        scores = history.get("validation_score")
        losses = history.get("loss", [])
        return {
            "_state": state,
            "_targets": targets,
            "_trained_loss": loss,
            "n_iter_": state.epoch,
            "t_": state.clock.samples,
            "loss_curve_": losses,
            "loss_": losses[-1] if losses else float("nan"),
            "best_loss_": None if self.early_stopping and scores else state.best_loss,
            "validation_scores_": scores,
            "best_validation_score_": state.best_score if scores else None,
            "best_epoch_": state.best_epoch,
            "history_": history,
            "stop_reason_": state.stop_reason,
            "n_outputs_": targets.n_outputs,
            "n_parameters_": state.network.parameters.values.size,
            "out_activation_": loss.link,
        }


def _outline(network: Network) -> str:
    """Name the layers, with the shapes of their outputs."""
    kinds = [type(layer).__name__ for layer in network.layers]
    return ", ".join(f"{kind} {shape}" for kind, shape in zip(kinds, network.shapes[1:], strict=True))
