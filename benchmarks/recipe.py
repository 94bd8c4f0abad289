"""How the systems on real data are trained: one recipe, followed by our estimators and by torch."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sknn.schedules import Plateau


@dataclass(frozen=True)
class Recipe:
    """Adam, with a rate that falls on a plateau of the validation score, and the best weights at the end.

    Parameters
    ----------
    epochs : int
        Largest number of epochs.
    batch_size : int
        Rows of a batch.
    rate : float
        Learning rate at the start.
    patience : int
        More epochs in a row without improvement end training.
    plateau : Plateau
        How the rate falls.
    seed : int
        Source of all random numbers.
    """

    epochs: int
    batch_size: int
    rate: float = 1e-3
    patience: int = 8
    plateau: Plateau = field(default_factory=lambda: Plateau(factor=0.5, patience=3))
    seed: int = 0

    def parameters(self) -> dict[str, Any]:
        """Give it as parameters of our estimators; the validation rows come with ``fit``."""
        return {
            "alpha": 0.0,
            "batch_size": self.batch_size,
            "early_stopping": True,
            "learning_rate": self.plateau,
            "learning_rate_init": self.rate,
            "max_iter": self.epochs,
            "n_iter_no_change": self.patience,
            "random_state": self.seed,
            "tol": 0.0,
        }


@dataclass
class Training:
    """A trained model: what it predicts for the test rows, and how it got there.

    Parameters
    ----------
    predicted : ndarray
        Probabilities of the classes, or numbers.
    history : dict of str to list of float
        'loss', 'validation_score' and 'seconds' of each epoch.
    best_epoch : int
        The one whose weights were kept, from 1.
    """

    predicted: np.ndarray
    history: dict[str, list[float]]
    best_epoch: int
