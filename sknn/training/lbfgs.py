"""Full-batch training by SciPy's L-BFGS, on the same objective as minibatch training."""

import warnings
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning

from sknn.core.kernels import Array
from sknn.core.objective import Objective
from sknn.core.workspace import Workspace
from sknn.training.rules import TrainingState


class LBFGS:
    """Minimise an objective over all rows at once.

    Parameters
    ----------
    objective : Objective
        What to minimise; its network's parameters are changed in place.
    max_iter : int
        At most so many iterations.
    max_fun : int
        At most so many evaluations of the objective.
    tol : float
        Stop when the largest element of the projected gradient is no greater.
    verbose : bool, default=False
        Print the loss of every iteration.

    References
    ----------
    Byrd, Lu, Nocedal, Zhu, "A limited memory algorithm for bound constrained optimization", 1995.
    """

    def __init__(self, objective: Objective, *, max_iter: int, max_fun: int, tol: float, verbose: bool = False) -> None:
        self.objective, self.verbose = objective, verbose
        self.options = {"maxiter": max_iter, "maxfun": max_fun, "gtol": tol}

    def run(self, X: Any, y: Array, weight: Array | None, state: TrainingState) -> None:
        """Train until convergence, a limit, or an interrupt.

        Sets: ``epoch``, ``loss_curve``, ``best_loss``, ``stop_reason``, and the parameters of the network.

        Parameters
        ----------
        X : ndarray of shape (n, ...) or CSR matrix of shape (n, n_features)
            Samples.
        y : ndarray of shape (n, n_outputs)
            Targets.
        weight : ndarray of shape (n, 1) or None
            Sample weights with mean 1.
        state : TrainingState
            Where training starts from.
        """
        values = state.network.parameters.values
        ws = Workspace(state.network, X.shape[0], training=True, sparse=issparse(X))
        ws.load(X)

        def evaluate(theta: Array) -> tuple[float, Array]:
            np.copyto(values, theta, casting="same_kind")
            loss = self.objective.evaluate(ws, y, weight)
            self._last = loss
            return loss, self.objective.gradients.values.astype(np.float64)

        def iteration_ended(theta: Array) -> None:
            state.epoch += 1
            state.loss_curve.append(self._last)
            if self.verbose:
                print(f"Iteration {state.epoch}, loss = {self._last:.8f}")

        try:
            result = minimize(
                evaluate,
                values.astype(np.float64),
                method="L-BFGS-B",
                jac=True,
                options=self.options,
                callback=iteration_ended,
            )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
            state.stop_reason = "Interrupted by the user."
            return
        self._finish(result, state)

    def _finish(self, result: OptimizeResult, state: TrainingState) -> None:
        np.copyto(state.network.parameters.values, result.x, casting="same_kind")
        state.epoch = min(result.nit, self.options["maxiter"])
        state.best_loss = float(result.fun)
        state.loss_curve = [*state.loss_curve[:-1], state.best_loss]
        message = result.message if isinstance(result.message, str) else result.message.decode()
        state.stop_reason = f"L-BFGS: {message}"
        if result.status:
            warnings.warn(
                f"lbfgs failed to converge (status={result.status}): {message}. Increase max_iter="
                f"{self.options['maxiter']} or max_fun={self.options['maxfun']}, or scale the data.",
                ConvergenceWarning,
                stacklevel=2,
            )
