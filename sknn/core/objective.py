"""What training minimizes: the loss of a network's outputs plus a penalty of its weights."""

from dataclasses import dataclass

import numpy as np

from sknn.core.kernels import BLOCK_ELEMENTS, Array, add_scaled, add_signs
from sknn.core.network import Network
from sknn.core.parameters import ParameterVector
from sknn.core.workspace import Workspace
from sknn.losses import Loss


@dataclass(frozen=True)
class Penalty:
    """The penalty alpha * ((1 - l1_ratio) / 2 * sum(W²) + l1_ratio * sum(|W|)) over all penalized weights.

    Parameters
    ----------
    alpha : float, default=0.0
        Its strength, for one row: the objective divides it by the rows of the batch, as scikit-learn does.
    l1_ratio : float, default=0.0
        Share of the absolute values, from 0 to 1. At 0 they have the subgradient 0.

    References
    ----------
    Zou, Hastie, "Regularization and variable selection via the elastic net", 2005.
    """

    alpha: float = 0.0
    l1_ratio: float = 0.0

    def work(self, values: ParameterVector) -> Array | None:
        """Make the working memory of `value_and_gradient`, where it needs any."""
        return np.empty_like(values.values[:BLOCK_ELEMENTS]) if self.alpha * self.l1_ratio else None

    def value_and_gradient(
        self, values: ParameterVector, gradients: ParameterVector, scale: float, work: Array | None
    ) -> float:
        """Give ``scale`` times the penalty, and add its gradient to ``gradients``."""
        l1, l2 = self.alpha * self.l1_ratio * scale, self.alpha * (1.0 - self.l1_ratio) * scale
        total = 0.0
        for part in values.penalized:
            w, g = values.values[part], gradients.values[part]
            total += 0.5 * l2 * float(np.dot(w, w))
            add_scaled(w, l2, g)
            if work is not None:
                total += l1 * add_signs(w, l1, g, work)
        return total


class Objective:
    """Loss and penalty of a batch, with their gradient.

    Parameters
    ----------
    network : Network
        Gives the raw outputs.
    loss : Loss
        Judges them.
    penalty : Penalty
        Judges the weights.

    Attributes
    ----------
    gradients : ParameterVector
        The gradient, after `evaluate`; laid out as ``network.parameters``.
    """

    def __init__(self, network: Network, loss: Loss, penalty: Penalty) -> None:
        self.network, self.loss, self.penalty = network, loss, penalty
        self.gradients = network.parameters.gradients()
        self._work = penalty.work(network.parameters)

    def evaluate(self, ws: Workspace, y: Array, weight: Array | None = None) -> float:
        """Compute the objective of the batch that was loaded, and fill `gradients`.

        Parameters
        ----------
        ws : Workspace
            For training, with the batch loaded.
        y : ndarray of shape (n, n_outputs)
            Targets.
        weight : ndarray of shape (n, 1), default=None
            Sample weights, divided by their mean over the training set: so the expectation over batches is
            the objective of the whole set, and at full batch a weight of 2 is the row twice.

        Returns
        -------
        float
        """
        network = self.network
        network.forward(ws)
        assert ws.output_gradient is not None
        value = self.loss.value_and_gradient(ws.output, y, weight, ws.output_gradient, ws.loss_scratch)
        network.backward(ws, self.gradients)
        if self.penalty.alpha:
            scale = 1.0 / ws.batch_size
            value += self.penalty.value_and_gradient(network.parameters, self.gradients, scale, self._work)
        return value
