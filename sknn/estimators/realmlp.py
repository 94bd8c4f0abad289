"""RealMLP, a network with tuned defaults for tables: what both estimators share."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, ClassVar, Self

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from scipy.sparse import issparse
from sklearn.base import is_regressor
from sklearn.metrics import check_scoring
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import check_is_fitted

from sknn.activations import ACTIVATIONS
from sknn.core.checks import unchanged_on_error
from sknn.core.kernels import Array, RandomState
from sknn.core.network import Network
from sknn.core.objective import Objective, Penalty
from sknn.core.predictor import PREDICT_BYTES
from sknn.estimators.base import NO_VALIDATION, NetworkEstimator
from sknn.estimators.callbacks import CallbackRule, begin_callbacks
from sknn.estimators.components import component, hidden_sizes
from sknn.estimators.guards import about_validation, is_given, naming
from sknn.estimators.recipes import OUTPUT_INITS, RECIPES, bias_initializer, weight_initializer
from sknn.estimators.targets import Targets, check_target_range
from sknn.estimators.validation import Judge, Samples, score_by, split_rows
from sknn.layers import Dropout, Layer, NTKDense, ParametricActivation, Scale, TableEmbedding
from sknn.layers.base import parts
from sknn.losses import Loss
from sknn.optimizers import AdamW
from sknn.preprocessing import TableEncoder
from sknn.preprocessing.columns import Table
from sknn.preprocessing.table import TableReader
from sknn.schedules import SCHEDULES, Schedule
from sknn.training.batches import Batches
from sknn.training.rules import (
    BY_THE_USER,
    Best,
    Divergence,
    LongSinceBest,
    Report,
    Rule,
    TrainingState,
    Validation,
)
from sknn.training.trainer import Trainer


@dataclass(frozen=True)
class Member:
    """One trained network, and what makes tables into its input.

    Parameters
    ----------
    state : TrainingState
        The network and how its training went.
    encoder : TableEncoder or None
        None where samples come encoded.
    """

    state: TrainingState
    encoder: TableEncoder | None

    def raw(self, table: Any) -> Array:
        """Compute raw outputs for a table that was read.

        In float64, so that a row's outputs do not depend on the other rows of the call.
        """
        x = table if self.encoder is None else self.encoder.transform_table(table)
        return self.state.network.cast(np.float64).predict(x)


class RealMLP(NetworkEstimator):
    """Encoded tables, then layers in the neural tangent parametrization; several members average their predictions."""

    members_: list[Member]
    _reader: TableReader
    lacks_partial_fit: ClassVar[str | None] = (
        "RealMLP has no partial_fit: the scales of its columns, its initial weights and its schedules are planned from "
        "all rows at once."
    )

    # -- the recipe ----------------------------------------------------------------------------------------------------

    def _recipe(self, name: str) -> Any:
        """Give a parameter, or what the variant says where it is 'auto'."""
        value = getattr(self, name)
        if isinstance(value, str) and value == "auto":
            value = RECIPES[self.variant][name]
            return value[is_regressor(self)] if isinstance(value, tuple) else value
        return value

    def _layers(self, n_outputs: int, encoder: TableEncoder | None = None) -> list[Layer]:
        front = [] if encoder is None else self._front(encoder)
        weights = weight_initializer(self._recipe("weight_init"))
        biases = bias_initializer(self._recipe("bias_init"))
        hidden: list[Layer] = []
        for size in hidden_sizes(self.hidden_layer_sizes):
            hidden += self._hidden(size, weights, biases)
        zero = OUTPUT_INITS[self._recipe("output_init")]
        return [*front, *hidden, NTKDense(n_outputs, ACTIVATIONS["identity"](), zero or weights, zero or biases,
                                          bias_rate=self.bias_rate)]  # fmt: skip

    # The factor of a rate counts twice in weight decay: a mistake in the authors' code, with which their results were
    # made. Errors are the same where it counts once.
    def _front(self, encoder: TableEncoder) -> list[Layer]:
        """Say the layers before the first dense one."""
        layers: list[Layer] = []
        embedded = encoder.n_numbers_ if self._recipe("numerical_embedding") else 0
        if embedded or encoder.levels_:
            layers.append(
                TableEmbedding(
                    embedded,
                    encoder.levels_,
                    frequencies=self.embedding_frequencies,
                    dim=self.embedding_dim,
                    scale=self.embedding_scale,
                    level_dim=self.category_dim,
                    rate=self.embedding_rate,
                    decay=self.embedding_rate,
                )
            )
        return [*layers, Scale(self.scale_rate, self.scale_rate)] if self.front_scale else layers

    def _hidden(self, size: int, weights: Any, biases: Any) -> list[Layer]:
        """Say the layers of one hidden layer."""
        activation, rate = component(ACTIVATIONS, self._recipe("activation"), self), self._recipe("dropout")
        parametric = self._recipe("parametric_activation")
        inside = ACTIVATIONS["identity"]() if parametric else activation
        layers: list[Layer] = [NTKDense(size, inside, weights, biases, bias_rate=self.bias_rate)]
        if parametric:
            layers.append(ParametricActivation(activation, self.activation_rate, self.activation_rate))
        if rate:
            layers.append(Dropout(rate, self._schedule("dropout_schedule")))
        return layers

    def _schedule(self, name: str) -> Schedule:
        schedule = component(SCHEDULES, getattr(self, name), self)
        if schedule.plateau or schedule.divides_on_plateau:
            raise ValueError(
                f"{name}={getattr(self, name)!r} waits until training no longer improves, and RealMLP does not watch "
                "that; expected a schedule that follows the epochs."
            )
        return schedule

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
        started = perf_counter()
        with unchanged_on_error(self):
            table, y_checked = self._validate(X, y, first=True)
            weight = self._check_weight(sample_weight, table)
            targets = self._targets_of(y_checked, weight, None, True, False)
            targets.sparse = issparse(y)
            if weight is not None and not weight.all():  # rows without weight are no rows
                rows = np.flatnonzero(weight)
                table, y_checked = self._check_X(_safe_indexing(X, rows), reset=True), y_checked[rows]
                weight = weight[rows]
            loss = self._loss(targets)
            samples = self._encoded(table, y_checked, weight, targets)
            held_out = self._own_validation(validation, targets, loss)
            seeds = check_random_state(self.random_state).randint(2**31 - 1, size=int(self.n_members)).tolist()
            callbacks = begin_callbacks(
                self,
                {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}},
                self.max_iter * self.n_members,
                lambda state: {},
            )
            members = self._fit_members(samples, held_out, targets, loss, seeds, started, callbacks)
            self.__dict__.update(self._attributes(members[0].state, targets, loss))
            self.members_ = members
            self.n_iter_ = max(member.state.epoch for member in members)
            if callbacks:
                callbacks.end(members[-1].state)
        return self

    def _check_X(self, X: Any, *, reset: bool, **more: Any) -> Table:
        with naming("X"):
            if not reset:
                return self._reader.read(X, self)
            self._reader = TableReader(self.categorical_features)
            return self._reader.learn(X, self)

    def _encoded(self, X: Table, y: Array, weight: Array | None, targets: Targets) -> Samples:
        """Encode the targets; rows of weight 0 are left out."""
        dtype = np.dtype(self.dtype)
        encoded = self._encode(y, targets, dtype)
        rows = np.arange(len(X)) if weight is None else np.flatnonzero(weight)
        return Samples(X, y, encoded, weight, targets.row_weights(y, dtype), rows)

    def _own_validation(self, validation: tuple[Any, Any, Any], targets: Targets, loss: Loss) -> Samples | None:
        """Give the validation samples of the user's own, if there are any."""
        if not is_given(validation):
            return None
        X, y, weight = validation
        with about_validation():
            table, y = self._validate(X, y, first=False)
            targets.check_known(y)
            samples = self._encoded(table, y, self._check_weight(weight, table), targets)
        if samples.encoded.table is None:
            check_target_range(y[samples.rows], loss)
        return samples

    def _fit_members(
        self,
        samples: Samples,
        held_out: Samples | None,
        targets: Targets,
        loss: Loss,
        seeds: list[int],
        started: float,
        callbacks: CallbackRule | None,
    ) -> list[Member]:
        """Fit all members, in several processes if ``n_jobs`` says so and no callbacks watch."""
        jobs = 1 if callbacks or self.n_members == 1 else min(effective_n_jobs(self.n_jobs), self.n_members)
        deadline = np.inf if self.max_time is None else started + self.max_time
        if jobs > 1:
            share = (deadline - perf_counter()) / -(-self.n_members // jobs)
            call = delayed(self._fit_member)
            return list(
                Parallel(n_jobs=jobs)(call(samples, held_out, targets, loss, seed, share, None) for seed in seeds)
            )
        members: list[Member] = []
        for i, seed in enumerate(seeds):
            share = max(1e-3, (deadline - perf_counter()) / (self.n_members - i))
            member = self._fit_member(samples, held_out, targets, loss, seed, share, callbacks)
            stopped = member.state.stop_reason in BY_THE_USER
            if stopped and members:  # one that was cut off would spoil the mean
                members[0].state.stop_reason = member.state.stop_reason
            else:
                members.append(member)
            if stopped:
                break
        return members

    def _fit_member(
        self,
        samples: Samples,
        held_out: Samples | None,
        targets: Targets,
        loss: Loss,
        seed: int,
        seconds: float,
        callbacks: CallbackRule | None,
    ) -> Member:
        ends = None if np.isinf(seconds) else perf_counter() + seconds
        rng = np.random.RandomState(seed)
        train, held_out = self._train_and_validation(samples, held_out, rng)
        encoder = TableEncoder(
            max_one_hot_size=self._recipe("max_one_hot_size"), max_abs=self.max_abs, dtype=self.dtype
        )
        seen = ("n_features_in_", "feature_names_in_")
        encoder.__dict__.update({name: value for name, value in vars(self).items() if name in seen})
        encoder.fit_table(self._reader, samples.X, train.rows)
        train, held_out = _transformed(encoder, train, held_out)
        network = Network(self._layers(targets.n_outputs, encoder), train.X.shape[1:], self.dtype)
        network.initialize(rng, train.X, train.rows)
        state = TrainingState(network)
        rules = self._member_rules(held_out, targets, loss, state)
        if callbacks:
            rules.append(replace(callbacks, attributes=lambda now: self._watched(now, encoder, targets, loss)))
        with np.errstate(all="ignore"):
            self._train_member(train, loss, rng, state, rules, ends)
        if state.stop_reason is None:
            state.stop_reason = f"max_iter={self.max_iter} reached, as planned."
        self._conclude(state, False)
        state.optimizer_state = None
        return Member(state, encoder)

    def _train_and_validation(
        self, samples: Samples, held_out: Samples | None, rng: RandomState
    ) -> tuple[Samples, Samples | None]:
        """Hold rows out for validation, unless there are samples for it or too few rows."""
        rows = samples.rows
        size = int(self.validation_fraction * len(rows))
        if held_out is not None or size < (2 if is_regressor(self) else 1):  # R2 is not defined for one row
            return replace(samples, rows=rows.copy()), held_out
        codes = samples.encoded.values[rows] if samples.encoded.table is not None else None
        train, held = split_rows(rows, size, codes, rng)
        return replace(samples, rows=train), replace(samples, rows=held)

    def _member_rules(self, held_out: Samples | None, targets: Targets, loss: Loss, state: TrainingState) -> list[Rule]:
        validated = held_out is not None
        rules: list[Rule] = []
        if held_out is not None:
            if held_out.class_weight is not None:  # what training weighs, the choice of the epoch weighs too
                held_out = replace(held_out, weight=held_out.whole_weight, class_weight=None)
            rules.append(Validation(Judge(held_out, targets, loss, self._score_function(state, targets, loss))))
        if self.verbose:
            rules.append(Report())
        rules.append(Best(validated, validated, prefers_last=True))
        if self.early_stopping:
            rules.append(LongSinceBest(self.patience_factor, self.patience))
        return [*rules, Divergence()]

    def _score_function(self, state: TrainingState, targets: Targets, loss: Loss) -> Callable[..., float] | None:
        if self.scoring is None or self.scoring == "loss":
            return super()._score_function(state, targets, loss)
        scorer = check_scoring(self, self.scoring)
        fitted = copy.copy(self)
        # The samples that are scored are encoded already.
        fitted._check_X = lambda X, **more: X  # type: ignore[method-assign]

        def score(X: Any, rows: Array, y: Array, predicted: Array, weight: Array | None) -> float:
            fitted.__dict__.update(self._watched(state, None, targets, loss))
            return score_by(scorer, fitted, X[rows], y, weight)

        return score

    def _train_member(
        self,
        train: Samples,
        loss: Loss,
        rng: RandomState,
        state: TrainingState,
        rules: list[Rule],
        ends: float | None,
    ) -> None:
        size = int(min(self.batch_size, len(train.rows)))
        weight = self._unit_mean(train, state)
        batches = Batches(
            train.X,
            train.encoded,
            weight,
            train.rows,
            batch_size=size,
            shuffle=True,
            rng=rng,
            dtype=state.network.dtype,
            drop_last=self.drop_last,
        )
        trainer = Trainer(
            Objective(state.network, loss, Penalty()),
            AdamW(self.beta_1, self.beta_2, self.epsilon, weight_decay=0.0),
            self._schedule("learning_rate"),
            rules,
            learning_rate=self._recipe("learning_rate_init"),
            max_epochs=self.max_iter,
            weight_decay=self._recipe("weight_decay"),
            decay_schedule=self._schedule("weight_decay_schedule"),
            ends=ends,
        )
        with state.network.threads(size) as crew:
            trainer.run(batches, state, crew)

    def _watched(self, state: TrainingState, encoder: Any, targets: Targets, loss: Loss) -> dict[str, Any]:
        """Give the fitted attributes while a member is trained."""
        now = state.as_if_ended() if encoder is not None else state
        return {**self._attributes(now, targets, loss), "members_": [Member(now, encoder)]}

    # -- the fitted estimator ------------------------------------------------------------------------------------------

    def _blocks(self, X: Any) -> Iterator[Table]:
        """Cut a table into blocks of rows that take little memory, also as matrices."""
        check_is_fitted(self)
        table = self._check_X(X, reset=False)
        width = self.members_[0].state.network.input_shape[0] + self._targets.n_outputs
        for part in parts(len(table), max(1, PREDICT_BYTES // (8 * width))):
            yield table[part]

    def _predictions(self, X: Any, finish: Callable[[Array], Array] = np.asarray) -> Array:
        """Average the members' predictions and finish them, a block of rows at a time."""
        results: list[Array] = []
        for table in self._blocks(X):
            total = sum(self._trained_loss.inverse_link(member.raw(table)) for member in self.members_)
            results.append(finish(total / len(self.members_)))
        return np.concatenate(results)

    def _predicted(self, X: Any) -> Array:
        return self._predictions(X, lambda predictions: self._targets.decode(predictions))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _transformed(encoder: TableEncoder, train: Samples, held_out: Samples | None) -> tuple[Samples, Samples | None]:
    """Make the tables of samples into matrices, and one that both share only once."""
    matrix = encoder.transform_table(train.X)
    if held_out is not None:
        same = held_out.X is train.X
        held_out = replace(held_out, X=matrix if same else encoder.transform_table(held_out.X))
    return replace(train, X=matrix), held_out
