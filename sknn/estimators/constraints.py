"""What the parameters may be, as far as one of them can be judged alone."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Interval, Options, StrOptions

from sknn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, Loss
from sknn.optimizers import OPTIMIZERS, Optimizer
from sknn.schedules import SCHEDULES, Schedule

TRAINING: dict[str, list[Any]] = {
    "solver": [StrOptions({"lbfgs", *OPTIMIZERS}), Optimizer],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions(set(SCHEDULES)), Schedule],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "l1_ratio": [Interval(Real, 0, 1, closed="both")],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
    "scoring": [StrOptions({"loss", *get_scorer_names()}), callable, None],
}
"""Parameters of every estimator but RealMLP, which has its own."""

CLASSIFICATION: dict[str, list[Any]] = {
    "loss": [StrOptions(set(CLASSIFICATION_LOSSES)), Loss],
    "focal_gamma": [Interval(Real, 0, None, closed="left")],
    "class_weight": [StrOptions({"balanced"}), dict, list, None],
    "label_smoothing": [Interval(Real, 0, 1, closed="left")],
}
"""Parameters of every such classifier."""

REGRESSION: dict[str, list[Any]] = {
    "loss": [StrOptions(set(REGRESSION_LOSSES)), Loss],
    "quantile": [Interval(Real, 0, 1, closed="neither")],
    "huber_delta": [Interval(Real, 0, None, closed="neither")],
}
"""Parameters of every such regressor."""
