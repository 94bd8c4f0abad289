"""Multi-layer perceptron regressor."""

from typing import Any, ClassVar, Self

from sklearn.base import _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if

from sknn.estimators.mlp import MLP, has_partial_fit
from sknn.estimators.regressor import NetworkRegressor
from sknn.losses import REGRESSION_LOSSES


class MLPRegressorScratch(NetworkRegressor, MLP):
    """Multi-layer perceptron regressor: scikit-learn's MLPRegressor on an engine of its own.

    With the same parameters and an integer ``random_state`` it trains the same model as
    `sklearn.neural_network.MLPRegressor`: the same initial weights, batches, losses and stopping epoch.
    Three things differ: with several outputs the squared error's gradient is that of the loss (in
    scikit-learn it is
    n_outputs times that, its issue 8349); sample weights in minibatches are unbiased (see `fit`); and
    ``warm_start`` keeps the optimizer's state.

    Parameters
    ----------
    loss : {'squared_error', 'poisson'}, default='squared_error'
        What is minimised: half the squared error, or half the Poisson deviance, which makes the prediction
        ``exp(raw)`` and takes targets of 0 or more.
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer. An empty sequence makes a linear model.
    activation : {'identity', 'logistic', 'tanh', 'relu'}, default='relu'
        Function of the hidden layers; see `sknn.activations`.
    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        How the weights are found: 'sgd' and 'adam' go batch by batch, 'lbfgs' takes all rows at once and
        is the better choice for a few thousand rows or less.
    alpha : float, default=0.0001
        Strength of the L2 penalty ``alpha / 2 * sum(W²)``, at least 0. It is divided by the rows of a batch,
        as in scikit-learn, so a smaller batch is regularized more.
    batch_size : int or 'auto', default='auto'
        Rows of a batch; 'auto' is ``min(200, n_samples)``. Not used by 'lbfgs'.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Schedule of the learning rate, for solver 'sgd' only. 'invscaling' divides it by ``t ** power_t``, t
        the rows seen; 'adaptive' divides it by 5 whenever ``n_iter_no_change`` epochs bring no improvement.
    learning_rate_init : float, default=0.001
        The learning rate at the start, greater than 0.
    power_t : float, default=0.5
        Exponent of 'invscaling', at least 0.
    max_iter : int, default=200
        Largest number of epochs (iterations for 'lbfgs').
    shuffle : bool, default=True
        Shuffle the rows before each epoch.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the shuffles and the validation split; an int makes results repeat.
    tol : float, default=1e-4
        An epoch counts as an improvement when it is better than the best by ``tol``. For 'lbfgs', the bound
        on the gradient at which it stops.
    verbose : bool, default=False
        Print the loss of each epoch.
    warm_start : bool, default=False
        Let ``fit`` go on from the last weights and optimizer state instead of starting anew.
    momentum : float, default=0.9
        Momentum of 'sgd', from 0 to 1.
    nesterovs_momentum : bool, default=True
        Use Nesterov's momentum, with 'sgd' and ``momentum`` greater than 0.
    early_stopping : bool, default=False
        Hold out a part of the rows, stop when the score on them no longer improves, and restore the weights
        that scored best.
    validation_fraction : float, default=0.1
        Share of the rows that is held out, from 0 to 1, both excluded.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the two moments of 'adam', in [0, 1).
    epsilon : float, default=1e-8
        Keeps the quotient of 'adam' finite, greater than 0.
    n_iter_no_change : int or inf, default=10
        More epochs in a row than this without improvement end training.
    max_fun : int, default=15000
        Largest number of evaluations of the objective, for 'lbfgs'.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (inputs, units)
        Weights of each layer: views, which may be written to.
    intercepts_ : list of ndarray of shape (units,)
        Biases of each layer: views, which may be written to.
    loss_ : float
        Loss of the last epoch, penalty included.
    best_loss_ : float or None
        Lowest loss of an epoch; None with early stopping.
    loss_curve_ : list of float
        Loss of each epoch.
    validation_scores_ : list of float or None
        R² on the held-out rows after each epoch; None without early stopping.
    best_validation_score_ : float or None
        Highest of them; None without early stopping.
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
        loss 'poisson'.

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
    >>> net = make_pipeline(StandardScaler(), MLPRegressorScratch((20,), solver="lbfgs", alpha=30,
    random_state=0)) >>> net.fit(X_train, y_train).score(X_test, y_test) > 0.3
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **MLP._parameter_constraints,
        "loss": [StrOptions(set(REGRESSION_LOSSES))],
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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. float32 is trained in float32, everything else in float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples: 2 is the same as the row twice, 0 as no row. In a batch B the loss is
            ``sum(w * loss) / (|B| * mean(w))`` with the mean over all training rows, which is unbiased;
            scikit-learn divides by the weights of the batch, which is not, except at full batch.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or an array is not what is described here, or if training diverged. The estimator
            is then as it was before.

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` was reached first.
        """
        return self._fit(X, y, sample_weight)

    @available_if(has_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go on training for one epoch over these rows, with the optimizer's state as it was left.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples; their mean is taken over all calls.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter or an array is not what is described here, with ``early_stopping=True``, or if
            training diverged. The estimator is then as it was before.
        """
        return self._fit(X, y, sample_weight, incremental=True)
