"""Regressor over layers that the user lists."""

from typing import Any, ClassVar

from sknn.estimators.constraints import REGRESSION
from sknn.estimators.regressor import NetworkRegressor
from sknn.estimators.sequential import Sequential


class SequentialRegressorScratch(Sequential, NetworkRegressor):
    """Regressor over layers that you list: images, sequences, or anything that is built from layers.

    Trained like `MLPRegressorScratch`, by the same engine with the same parameters.

    Parameters
    ----------
    layers : list of Layer or of (str, Layer)
        The layers from the input on, objects of `sknn.layers`; the dense output layer follows from the targets. Their
        names, given or made like 'conv2d_1', reach them as parameters: ``conv2d_1__filters``, or a whole layer, or None
        to leave it out.
    input_shape : tuple of int or None, default=None
        Shape of one sample, channels last. None takes it from ``X``: rows of features, or, where the layers need
        sequences, sequences of one channel.
    solver : str or Optimizer, default='adam'
        How the weights are found: 'sgd', 'adam', 'adamw', 'nadam', 'rmsprop', 'adagrad', 'lion', or an object of
        `sknn.optimizers`, go batch by batch; 'lbfgs' takes all rows at once and is the better choice for a few thousand
        rows or less.
    alpha : float, default=0.0001
        Strength of the L2 penalty ``alpha / 2 * sum(W²)``, at least 0. It is divided by the rows of a batch,
        as in scikit-learn, so a smaller batch is regularized more.
    batch_size : int or 'auto', default='auto'
        Rows of a batch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : str or Schedule, default='constant'
        Schedule of the learning rate. 'invscaling' divides it by ``(t + 1) ** power_t``, t the rows seen
        before this epoch; 'adaptive' divides it by 5 when more than ``n_iter_no_change`` epochs bring no improvement;
        these two do nothing with solver 'adam', as in scikit-learn. 'cosine', 'one_cycle', 'step', 'exponential',
        'plateau', 'coslog4', 'flat_cos', or an object of `sknn.schedules`, act with every solver but 'lbfgs'.
    learning_rate_init : float, default=0.001
        The learning rate at the start, greater than 0.
    power_t : float, default=0.5
        Exponent of 'invscaling', at least 0.
    max_iter : int, default=200
        Largest number of epochs (iterations for 'lbfgs').
    shuffle : bool, default=True
        Shuffle the rows before each epoch.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the shuffles, the validation split and the noise of layers; an int makes results
        repeat.
    tol : float, default=1e-4
        An epoch counts as an improvement when it is better than the best by ``tol``. For 'lbfgs', the bound on the
        gradient at which it stops.
    verbose : bool, default=False
        Print the loss of each epoch.
    warm_start : bool, default=False
        Let ``fit`` go on from the last weights and optimizer state instead of starting anew.
    momentum : float, default=0.9
        Momentum of 'sgd', from 0 to 1.
    nesterovs_momentum : bool, default=True
        Use Nesterov's momentum, with 'sgd' and ``momentum`` greater than 0.
    early_stopping : bool, default=False
        Stop when the score on the validation samples no longer improves, and restore the weights that scored best.
        The samples are ``X_val`` if ``fit`` gets them, else a part of the rows that is held out ('lbfgs' holds none
        out, and watches only ``X_val``).
    validation_fraction : float, default=0.1
        Share of the rows that is held out, in [0, 1); 0 does not do for early stopping without ``X_val``.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the two moments of 'adam', 'adamw' and 'nadam', in [0, 1).
    epsilon : float, default=1e-8
        Keeps the quotient of adaptive solvers finite ('adam', 'adamw', 'nadam', 'rmsprop', 'adagrad'), greater than 0.
    n_iter_no_change : int or inf, default=10
        More epochs in a row than this without improvement end training.
    max_fun : int, default=15000
        Largest number of evaluations of the objective, for 'lbfgs'.
    loss : str or Loss, default='squared_error'
        What is minimized: 'squared_error', 'absolute_error', 'huber', 'log_cosh', 'quantile', or, with predictions
        ``exp(raw)``, half the deviance 'poisson' (targets of 0 or more) or 'gamma' (above 0); or an object of
        `sknn.losses`.
    quantile : float, default=0.5
        The quantile that loss 'quantile' predicts, between 0 and 1.
    huber_delta : float, default=1.0
        Where loss 'huber' turns from squares to absolute values, in the units of ``y``.
    l1_ratio : float, default=0.0
        Share of L1 in the penalty, ``alpha * ((1 - l1_ratio) / 2 * sum(W²) + l1_ratio * sum(|W|))``, from 0 to 1; it
        drives weights near zero where few inputs matter.
    weight_decay : float, default=0.0
        Decoupled decay, at least 0: before each update ``W *= 1 - learning rate * weight_decay``. Unlike ``alpha`` it
        depends neither on the batch size nor on the gradient's scale. Not used by 'lbfgs'; 'adamw' takes 0.01 where
        this is 0, and ``AdamW(weight_decay=0.0)`` takes none.
    max_grad_norm : float or None, default=None
        Shorten the gradient to this norm where it is longer: against jumps at steep places of the loss.
        Not used by 'lbfgs'.
    scoring : str, callable or None, default=None
        What the validation score is: R² if None, but for a loss whose best prediction is not the mean (quantiles,
        absolute error, Huber, log-cosh) the negative loss, as if 'loss', else a scorer of scikit-learn's by name or
        as a callable ``(estimator, X, y)``; more is better.

    Attributes
    ----------
    loss_ : float
        Loss of the last epoch, penalty included.
    best_loss_ : float or None
        Lowest loss of an epoch; None with early stopping by validation samples.
    loss_curve_ : list of float
        Loss of each epoch.
    validation_scores_ : list of float or None
        Score of the validation samples after each epoch (R² unless ``scoring`` says otherwise); None without
        validation samples.
    best_validation_score_ : float or None
        Highest of them; None without validation samples.
    best_epoch_ : int
        The epoch of the best validation score, or else of the lowest loss, counted from 1; 0 if no epoch was better
        than the weights that a warm start began with.
    history_ : dict of str to list of float
        One number an epoch: 'loss', 'learning_rate' (not with 'lbfgs') and 'gradient_norm' (at its last step),
        'seconds' and, with validation samples, 'validation_loss' (without penalty) and 'validation_score'.
    stop_reason_ : str or None
        Why training ended, in words; None after ``partial_fit`` that was not stopped.
    n_parameters_ : int
        Number of trained parameters.
    n_iter_ : int
        Epochs of the last call of ``fit`` (iterations for 'lbfgs').
    t_ : int
        Rows seen in training, repetitions counted.
    n_features_in_ : int
        Number of features, those of all axes of a sample together.
    input_shape_ : tuple of int
        Shape of one sample.
    feature_names_in_ : ndarray of str of shape (n_features_in_,)
        Their names, where all have one.
    n_outputs_ : int
        Number of outputs.
    out_activation_ : str
        Function that turns raw outputs into predictions: 'identity', or 'exp' with
        loss 'poisson' or 'gamma'.

    See Also
    --------
    SequentialClassifierScratch : The same for classes.

    References
    ----------
    Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", 1986.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn import SequentialRegressorScratch
    >>> from sknn.layers import GRU
    >>> t = np.arange(400)
    >>> series = np.sin(t / 5)
    >>> windows = np.lib.stride_tricks.sliding_window_view(series, 11)
    >>> X, y = windows[:, :10], windows[:, 10]
    >>> net = SequentialRegressorScratch([GRU(16)], input_shape=(10, 1), solver="lbfgs", max_iter=500, random_state=0)
    >>> net.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.99
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Sequential._parameter_constraints,
        **REGRESSION,
    }

    def __init__(
        self,
        layers: Any,
        *,
        input_shape: Any = None,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        loss: Any = "squared_error",
        quantile: float = 0.5,
        huber_delta: float = 1.0,
        l1_ratio: float = 0.0,
        weight_decay: float = 0.0,
        max_grad_norm: float | None = None,
        scoring: Any = None,
    ) -> None:
        self.layers = layers
        self.input_shape = input_shape
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.loss = loss
        self.quantile = quantile
        self.huber_delta = huber_delta
        self.l1_ratio = l1_ratio
        self.weight_decay = weight_decay
        self.max_grad_norm = max_grad_norm
        self.scoring = scoring
