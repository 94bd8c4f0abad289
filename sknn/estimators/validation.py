"""Which rows are trained on, which are held out, and how a network is judged on the latter."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.model_selection import train_test_split

from sknn.core.kernels import Array, RandomState
from sknn.core.network import Network
from sknn.core.predictor import Predictor
from sknn.estimators.guards import about_absent_classes
from sknn.estimators.targets import Targets
from sknn.losses import Loss
from sknn.training.batches import TargetRows

VALIDATION_BYTES = 2 * 2**20
"""Working memory of one block of validation rows, which comes on top of that of training."""


@dataclass(frozen=True)
class Samples:
    """Samples with their targets and weights, and which of them are meant.

    Parameters
    ----------
    X : ndarray of shape (n, ...), CSR matrix or Table of n rows
        The samples.
    y : ndarray of shape (n,) or (n, n_outputs)
        Targets as the user gave them.
    encoded : TargetRows
        The same as the network is trained on them.
    weight : ndarray of shape (n,) or None
        Sample weights of the user.
    class_weight : ndarray of shape (n,) or None
        Weights that the samples have by their classes.
    rows : ndarray of int
        The rows that are meant.
    """

    X: Any
    y: Array
    encoded: TargetRows
    weight: Array | None
    class_weight: Array | None
    rows: Array

    @property
    def whole_weight(self) -> Array | None:
        """Product of both weights, of shape (n,)."""
        if self.weight is None or self.class_weight is None:
            return self.class_weight if self.weight is None else self.weight
        return self.weight * self.class_weight

    def split(self, fraction: float, rng: RandomState, *, stratify: bool) -> tuple[Self, Self]:
        """Split into rows to train on and rows to validate with, as scikit-learn splits them.

        Parameters
        ----------
        fraction : float
            Share of the rows that is held out.
        rng : RandomState
            Where the choice comes from.
        stratify : bool
            Keep the shares of two classes.

        Returns
        -------
        (Samples, Samples)

        Raises
        ------
        ValueError
            If fewer than two rows are held out, or a class has a single member.
        """
        n = len(self.rows)
        size = math.ceil(fraction * n)
        too_small = (
            "The validation set is too small. Increase 'validation_fraction' or the size of your dataset: expected "
            f"from 2 to {n - 1} of the {n} rows in it, got {size} by validation_fraction={fraction}."
        )
        if not 1 <= size < n:
            raise ValueError(too_small)
        codes = self.encoded.values
        labels = codes if stratify else None
        if stratify and np.bincount(codes).min() < 2:
            labels = np.where(codes, "True", "False")  # as scikit-learn's error calls a class of one member
        train, held_out = train_test_split(self.rows, random_state=rng, test_size=fraction, stratify=labels)
        if size < 2:
            raise ValueError(too_small)
        return replace(self, rows=train), replace(self, rows=held_out)


def split_rows(rows: Array, size: int, codes: Array | None, rng: RandomState) -> tuple[Array, Array]:
    """Hold rows out at random, of each class its share and one at least, where there are enough of them.

    Parameters
    ----------
    rows : ndarray of int of shape (n,)
        The rows.
    size : int
        How many are held out, or a few more.
    codes : ndarray of int of shape (n,), default=None
        Class of each row; a class of a single row stays where training sees it. None for no classes.
    rng : RandomState
        Where the choice comes from.

    Returns
    -------
    (ndarray of int, ndarray of int)
        Rows to train on, and rows that are held out.
    """
    if codes is None:
        train, held = train_test_split(rows, test_size=size, random_state=rng)
        return train, held
    counts = np.bincount(codes)
    common = counts[codes] > 1
    if min(size, common.sum() - size) < np.count_nonzero(counts > 1):
        return split_rows(rows, size, None, rng)
    pair = (rows[common], codes[common])
    train, held, of_train, of_held = train_test_split(*pair, test_size=size, random_state=rng, stratify=pair[1])
    # A score of probabilities wants to see every class.
    missed = [np.flatnonzero(of_train == code)[0] for code in np.setdiff1d(of_train, of_held)]
    return np.append(np.delete(train, missed), rows[~common]), np.append(held, train[missed])


class Judge:
    """Gives a network's loss and score on validation samples.

    Parameters
    ----------
    samples : Samples
        The validation samples.
    targets : Targets
        Turns predictions into targets.
    loss : Loss
        The loss that is trained, here without penalty.
    score : callable or None
        Gives the score from X, rows, y, predicted targets and weights; None takes the negative loss.

    Raises
    ------
    ValueError
        If no sample has a weight.
    """

    def __init__(self, samples: Samples, targets: Targets, loss: Loss, score: Callable[..., float] | None) -> None:
        self.samples, self.targets, self.loss, self.score = samples, targets, loss, score
        rows = samples.rows
        self.y = samples.y[rows]
        self.weight, whole = (None if w is None else w[rows] for w in (samples.weight, samples.whole_weight))
        if whole is not None and not whole.any():
            raise ValueError(
                f"class_weight, sample_weight or both are zero for all {len(rows)} rows that are to validate; expected "
                "one above zero at least. Leave such rows out, or give X_val and y_val."
            )
        self.unit = None if whole is None else whole[:, None] / whole.mean()
        self._predict: Predictor | None = None

    # Block by block, so that many validation samples take no more memory than few.
    def __call__(self, network: Network) -> tuple[float, float]:
        """Give the loss and the score.

        Parameters
        ----------
        network : Network
            Whose.

        Returns
        -------
        (float, float)
            Both are NaN where an output is not finite, the score where a prediction is not.
        """
        if self._predict is None or self._predict.network is not network:
            self._predict = Predictor(network, VALIDATION_BYTES)
        X, rows = self.samples.X, self.samples.rows
        total, predicted, finite = 0.0, [], True
        for part, raw in self._predict.blocks(X, rows):
            if not np.isfinite(raw).all():
                return math.nan, math.nan
            total += self._block_loss(raw, part)
            if self.score is not None:
                predictions = self.loss.inverse_link(raw)
                finite = finite and bool(np.isfinite(predictions).all())  # exp makes infinity of a finite output
                predicted.append(np.array(self.targets.decode(predictions)))
        value = total / len(rows)
        if self.score is None:
            return value, -value
        if not finite:
            return value, math.nan
        with about_absent_classes(self.y, self.targets.classes):
            return value, float(self.score(X, rows, self.y, np.concatenate(predicted), self.weight))

    def _block_loss(self, raw: Array, part: slice) -> float:
        """Give the sum of the losses of one block, leaving ``raw`` as it is."""
        y = self.samples.encoded.take(self.samples.rows[part]).astype(raw.dtype, copy=False)
        weight, out, work = None if self.unit is None else self.unit[part], np.empty_like(raw), np.empty_like(raw)
        return len(raw) * self.loss.value_and_gradient(raw.copy("K"), y, weight, out, work)


def score_by(scorer: Callable[..., float], fitted: Any, X: Any, y: Array, weight: Array | None) -> float:
    """Score by a scorer, with weights if it takes some, and insist on one number."""
    weights = {} if weight is None or not takes_weights(scorer) else {"sample_weight": weight}
    score = scorer(fitted, X, y, **weights)
    if not isinstance(score, Real):
        raise ValueError(f"scoring must give one number, got {score!r}.")
    return float(score)


def takes_weights(scorer: Callable[..., float]) -> bool:
    """Tell whether a scorer, of scikit-learn's or a plain function, can be given sample weights."""
    one_versus_one = getattr(scorer, "_kwargs", {}).get("multi_class") == "ovo"  # it has the parameter, and refuses it
    named = inspect.signature(getattr(scorer, "_score_func", scorer)).parameters
    return "sample_weight" in named and not one_versus_one
