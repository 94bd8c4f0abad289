"""Full-batch training by SciPy's L-BFGS, on the same objective as minibatch training."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning

from sknn.core.crew import ALONE, Crew
from sknn.core.kernels import Array, norm
from sknn.core.objective import Objective
from sknn.core.warn import warn
from sknn.core.workspace import Workspace
from sknn.training.rules import INTERRUPTED, Rule, TrainingState


class _Stop(Exception):
    """Ends SciPy's minimizer, which before SciPy 1.11 has no other way."""


class LBFGS:
    """Minimise an objective over all rows at once.

    Parameters
    ----------
    objective : Objective
        What to minimize; its network's parameters are changed in place.
    rules : sequence of Rule
        Called before and after each iteration, in this order.
    max_iter : int
        At most so many iterations.
    max_fun : int
        At most so many evaluations of the objective.
    tol : float
        Stop when the largest element of the projected gradient is no greater, or, by SciPy's own bound, when the
        objective hardly falls any more.

    References
    ----------
    Byrd, Lu, Nocedal, Zhu, "A limited memory algorithm for bound constrained optimization", 1995.
    """

    def __init__(self, objective: Objective, rules: Sequence[Rule], *, max_iter: int, max_fun: int, tol: float) -> None:
        self.objective, self.rules = objective, list(rules)
        self.options = {"maxiter": max_iter, "maxfun": max_fun, "gtol": tol}

    def run(self, X: Any, y: Array, weight: Array | None, state: TrainingState, crew: Crew = ALONE) -> None:
        """Train until convergence, a limit, a rule's stop, or an interrupt.

        Sets: everything in ``state`` but the clock and the optimizer's state, and the parameters of its network.

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
        crew : Crew, default=ALONE
            The threads that share the blocks of layers.
        """
        values = state.network.parameters.values
        self._ws = Workspace(state.network, X.shape[0], training=True, sparse=issparse(X), crew=crew)
        self._ws.load(X)
        self._started, self._accepted = perf_counter(), values.copy()
        self._begun = False
        try:
            result = minimize(
                self._evaluate,
                values.astype(np.float64),
                args=(values, y, weight, state),
                method="L-BFGS-B",
                jac=True,
                options=self.options,
                callback=lambda theta: self._end_iteration(theta, values, state),
            )
        except _Stop as stop:
            if stop.__cause__ is not None:
                raise stop.__cause__ from None
            return
        except KeyboardInterrupt:
            warn("Training interrupted by user.")
            state.stop_reason = INTERRUPTED
            np.copyto(values, self._accepted)
            return
        np.copyto(values, result.x, casting="same_kind")
        self._conclude(result, state)

    def _evaluate(
        self, theta: Array, values: Array, y: Array, weight: Array | None, state: TrainingState
    ) -> tuple[float, Array]:
        if not self._begun:
            self._begun = True
            for rule in self.rules:
                rule.before_epoch(state)
        np.copyto(values, theta, casting="same_kind")
        self._loss = self.objective.evaluate(self._ws, y, weight)
        gradient = self.objective.gradients.values.astype(np.float64)
        self._norm = norm(gradient)
        return self._loss, gradient

    def _end_iteration(self, theta: Array, values: Array, state: TrainingState) -> None:
        np.copyto(values, theta, casting="same_kind")
        np.copyto(self._accepted, values)
        state.epoch += 1
        try:
            self._record(state)
        except StopIteration as raised:  # which SciPy would take for its own
            raise _Stop from raised
        self._begun = False
        if state.stop_reason is not None:
            raise _Stop

    def _record(self, state: TrainingState) -> None:
        # What was evaluated last is where the line search ended, so its loss and gradient are those of theta.
        now = perf_counter()
        state.record(loss=self._loss, gradient_norm=self._norm, seconds=now - self._started)
        self._started = now
        for rule in self.rules:
            rule.after_epoch(state)

    def _conclude(self, result: OptimizeResult, state: TrainingState) -> None:
        state.epoch = max(1, min(result.nit, self.options["maxiter"]))
        if not result.nit:
            self._loss = float(result.fun)
            self._record(state)
        state.best_loss = min(state.best_loss, float(result.fun))
        message = result.message if isinstance(result.message, str) else result.message.decode()
        state.stop_reason = f"L-BFGS: {message}"
        if result.status:
            warn(
                f"lbfgs failed to converge (status={result.status}): {message}. Increase max_iter="
                f"{self.options['maxiter']} or max_fun={self.options['maxfun']}, or scale the data.",
                ConvergenceWarning,
            )
