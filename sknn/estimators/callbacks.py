"""scikit-learn's callbacks (since its version 1.9): one task for a fit, one below it for each epoch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sknn.training.rules import ASKED, Rule, TrainingState

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9 has no callbacks, and then neither have we

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for scikit-learn's mixin where there is none."""


__all__ = ["CallbackRule", "CallbackSupportMixin", "begin_callbacks"]


@dataclass
class CallbackRule(Rule):
    """Tell an estimator's callbacks of each epoch, and stop when one of them asks to.

    Parameters
    ----------
    estimator : estimator
        Whose callbacks they are.
    context : sklearn.callback.CallbackContext
        The task of the whole fit.
    data : dict
        X, y and metadata, as the hooks take them.
    attributes : callable
        Gives the fitted attributes of the present state; called only if a callback asks for the fitted estimator.
    """

    estimator: Any
    context: Any
    data: dict[str, Any]
    attributes: Callable[[TrainingState], dict[str, Any]]
    task: Any = field(default=None, init=False)

    def before_epoch(self, state: TrainingState) -> None:
        self.task = self.context.subcontext(task_name="epoch")
        self.task.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def after_epoch(self, state: TrainingState) -> None:
        if state.diverged and state.best_weights is None:
            return  # there is no network to show, and the fit ends with an error
        asked_to_stop = self.task.call_on_fit_task_end(
            estimator=self.estimator, **self.data, reconstruction_attributes=lambda: self.attributes(state)
        )
        if asked_to_stop and state.stop_reason is None:
            state.stop_reason = ASKED

    def end(self, state: TrainingState) -> None:
        """Tell the callbacks that the fit is over."""
        self.context.call_on_fit_task_end(
            estimator=self.estimator, **self.data, reconstruction_attributes=lambda: self.attributes(state)
        )


def begin_callbacks(
    estimator: Any,
    data: dict[str, Any],
    max_epochs: int,
    attributes: Callable[[TrainingState], dict[str, Any]],
) -> CallbackRule | None:
    """Open the task of a fit, if the estimator has callbacks.

    Parameters
    ----------
    estimator : estimator
        Whose callbacks they are.
    data : dict
        X, y and metadata, as the hooks take them.
    max_epochs : int
        At most so many tasks below it.
    attributes : callable
        Gives the fitted attributes of a training state.

    Returns
    -------
    CallbackRule or None
    """
    if not getattr(estimator, "_skl_callbacks", None):
        return None
    context = estimator._init_callback_context(max_subtasks=max_epochs)
    context.call_on_fit_task_begin(estimator=estimator, **data)
    return CallbackRule(estimator, context, data, attributes)
