"""Multi-layer perceptron regressor."""

from typing import Any, ClassVar

from sknn.estimators.constraints import REGRESSION
from sknn.estimators.mlp import MLP
from sknn.estimators.regressor import NetworkRegressor


class MLPRegressorScratch(NetworkRegressor, MLP):
    """Multi-layer perceptron regressor: scikit-learn's MLPRegressor on an engine of its own.

    With the same parameters and an integer ``random_state`` it trains the same model as
    `sklearn.neural_network.MLPRegressor`: the same initial weights, batches, losses and stopping epoch.
    What differs on purpose is little: with several outputs the squared error's gradient is that of the loss (in
    scikit-learn it is n_outputs times that, its issue 8349); sample weights in minibatches are unbiased (see `fit`);
    ``warm_start`` keeps the optimizer's state.

    Parameters
    ----------
    loss : str or Loss, default='squared_error'
        What is minimized: 'squared_error', 'absolute_error', 'huber', 'log_cosh', 'quantile', or, with predictions
        ``exp(raw)``, half the deviance 'poisson' (targets of 0 or more) or 'gamma' (above 0); or an object of
        `sknn.losses`.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer. An empty sequence makes a linear model.
    activation : str, Activation, or a list of them, default='relu'
        Function of the hidden layers, or one for each of them: 'identity', 'logistic', 'tanh', 'relu', 'leaky_relu',
        'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus', 'hard_sigmoid', 'hard_tanh', or an object of
        `sknn.activations`, which may be your own.
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
    dropout : float or list of float, default=0.0
        Share of the outputs of each hidden layer that is set to 0 at random in training, the others divided by
        ``1 - dropout``; one rate in [0, 1), or one for each hidden layer. Against overfitting.
    normalization : {'batch', 'layer'} or None, default=None
        Standardize what enters each activation, over the rows of the batch (with running statistics for predicting) or
        over the units of the layer. Deep networks train faster.
    residual : bool, default=False
        Add the input of a hidden layer, from the second on, to its output where both are of equal width, so that
        gradients reach the first layers of deep networks.
    weight_init : str or Initializer, default='auto'
        Initial weights: 'auto' (scikit-learn's), 'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal',
        'lecun_normal', 'orthogonal', 'normal', 'std' and 'std_he5' (which follow the data), 'zeros', or an object of
        `sknn.initializers`.
    max_grad_norm : float or None, default=None
        Shorten the gradient to this norm where it is longer: against jumps at steep places of the loss.
        Not used by 'lbfgs'.
    scoring : str, callable or None, default=None
        What the validation score is: R² if None, but for a loss whose best prediction is not the mean (quantiles,
        absolute error, Huber, log-cosh) the negative loss, as if 'loss', else a scorer of scikit-learn's by name or
        as a callable ``(estimator, X, y)``; more is better.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (inputs, units)
        Weights of each layer: views, which may be written to.
    intercepts_ : list of ndarray of shape (units,)
        Biases of each layer: views, which may be written to.
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
        Number of features.
    feature_names_in_ : ndarray of str of shape (n_features_in_,)
        Their names, where all have one.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of outputs.
    out_activation_ : str
        Function that turns raw outputs into predictions: 'identity', or 'exp' with
        loss 'poisson' or 'gamma'.

    See Also
    --------
    MLPClassifierScratch : The same for classes.

    References
    ----------
    Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", 1986.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn import MLPRegressorScratch
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> net = make_pipeline(StandardScaler(), MLPRegressorScratch(
    ...     hidden_layer_sizes=20, learning_rate="cosine", learning_rate_init=0.01, max_iter=500, random_state=0))
    >>> net.fit(X_train, y_train).score(X_test, y_test) > 0.25
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **MLP._parameter_constraints,
        **REGRESSION,
    }

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
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
        quantile: float = 0.5,
        huber_delta: float = 1.0,
        l1_ratio: float = 0.0,
        weight_decay: float = 0.0,
        dropout: Any = 0.0,
        normalization: str | None = None,
        residual: bool = False,
        weight_init: Any = "auto",
        max_grad_norm: float | None = None,
        scoring: Any = None,
    ) -> None:
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
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
        self.quantile = quantile
        self.huber_delta = huber_delta
        self.l1_ratio = l1_ratio
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.normalization = normalization
        self.residual = residual
        self.weight_init = weight_init
        self.max_grad_norm = max_grad_norm
        self.scoring = scoring
