"""The contract of an optimizer, and what it remembers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from sknn.core.checks import require
from sknn.core.crew import ALONE, Crew
from sknn.core.kernels import BLOCK_ELEMENTS, Array, blocks, settle
from sknn.core.settings import Settings

SHARED_ELEMENTS = 4 * BLOCK_ELEMENTS
"""Parameters of one block where threads share them: in short operations they would wait for each other's Python."""

SETTLE_EVERY = 64
SLOT_GRAIN = {np.dtype(np.float32): 2.0**-88, np.dtype(np.float64): 2.0**-955}
"""By type, a number beside which those are lost that soon are subnormal: they become 0, in updates so many steps apart.

What is remembered of a gradient that has become 0, as in units that are dead, decays to such numbers and stays there;
an update took up to five times as long with them.
"""


@dataclass
class OptimizerState:
    """What an optimizer remembers from update to update.

    Parameters
    ----------
    step : int
        Updates done.
    slots : dict of str to ndarray
        Its vectors, each as long as the parameters.
    gains : dict of str to float
        The optimizer's `Optimizer.gains` for them.
    work : ndarray, default=None
        Working memory of one block, for optimizers that need it. It means nothing between updates, so it is
        not copied and not pickled.
    """

    step: int = 0
    slots: dict[str, Array] = field(default_factory=dict)
    gains: dict[str, float] = field(default_factory=dict)
    work: Array | None = field(default=None, repr=False, compare=False)

    def settle(self) -> None:
        """Let numbers in the slots go that are about to be subnormal."""
        for slot in self.slots.values():
            for (part,) in blocks(slot):
                settle(part, SLOT_GRAIN[slot.dtype])

    def __getstate__(self) -> dict[str, Any]:
        return {"step": self.step, "slots": self.slots, "gains": self.gains, "work": None}


@dataclass(frozen=True)
class Optimizer(Settings, ABC):
    """Base class of the optimizers, frozen dataclasses of hyper-parameters.

    A subclass names its `slots` (vectors it remembers), says in `constants` what depends on the update's
    number, and in `step` turns one block of the gradient into the step to subtract.

    Parameters
    ----------
    weight_decay : float, default=0.0
        Share of each penalized weight, times the learning rate, that the trainer takes away before an update
        (decoupled decay); at least 0. Only by name.

    Attributes
    ----------
    slots : tuple of str
        Names of the vectors kept in the state, each as long as the parameters.
    needs_work : bool
        True if `step` takes one more array between the slots and the constants: working memory, of the length
        of the block, with no meaning before or after.

    Raises
    ------
    ValueError
        On construction, if a parameter is out of its range.
    """

    weight_decay: float = field(default=0.0, kw_only=True)
    slots: ClassVar[tuple[str, ...]] = ()
    needs_work: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.weight_decay >= 0, "weight_decay", "at least 0", self.weight_decay)

    def init(self, params: Array) -> OptimizerState:
        """Make the state before the first update.

        Parameters
        ----------
        params : ndarray of shape (n_parameters,)
            The parameters to be trained.

        Returns
        -------
        OptimizerState
        """
        return OptimizerState(slots={name: np.zeros_like(params) for name in self.slots}, gains=self.gains())

    def gains(self) -> dict[str, float]:
        """Give the factors that slots have beside the quantities they stand for, where they are not 1.

        They come from hyper-parameters, which may change between two calls of ``partial_fit``.

        Returns
        -------
        dict of str to float
            By the name of the slot.
        """
        return {}

    def take_over(self, state: OptimizerState | None, params: Array) -> OptimizerState:
        """Go on from a state, in place, if its slots are those of this optimizer, else from a new one.

        Parameters
        ----------
        state : OptimizerState or None
            What an optimizer of perhaps other hyper-parameters has left.
        params : ndarray of shape (n_parameters,)
            The parameters to be trained.

        Returns
        -------
        OptimizerState
        """
        if state is None or tuple(state.slots) != self.slots:
            return self.init(params)
        gains = self.gains()
        for name, slot in state.slots.items():
            gain, before = gains.get(name, 1.0), state.gains.get(name, 1.0)
            if before not in (0.0, gain):
                slot *= gain / before
        state.gains = gains
        return state

    def update(
        self,
        params: Array,
        grads: Array,
        state: OptimizerState,
        rate: float,
        factors: Array | None = None,
        crew: Crew = ALONE,
    ) -> None:
        """Do one update of ``params`` in place.

        Parameters
        ----------
        params : ndarray of shape (n_parameters,)
            Changed in place.
        grads : ndarray of shape (n_parameters,)
            The gradient; overwritten with the step that was subtracted.
        state : OptimizerState
            Changed in place.
        rate : float
            The learning rate of this update.
        factors : ndarray of shape (n_parameters,), default=None
            What the learning rate is multiplied by for each parameter; None stands for ones.
        crew : Crew, default=ALONE
            The threads that share the parameters, where `step` needs no working memory.
        """
        state.step += 1
        if state.step % SETTLE_EVERY == 0:
            state.settle()
        constants = self.constants(state.step, rate)
        if self.needs_work and state.work is None:
            state.work = np.empty_like(params[:BLOCK_ELEMENTS])
        work = state.work if self.needs_work else None
        vectors = [params, grads, *state.slots.values()]
        if factors is not None:
            vectors.append(factors)
        if crew.size == 1 or self.needs_work or len(params) <= BLOCK_ELEMENTS:
            for block in blocks(*vectors):
                self._subtract(block, factors is not None, work, constants)
            return

        def subtract(part: slice) -> None:
            self._subtract([vector[part] for vector in vectors], factors is not None, None, constants)

        crew.share(subtract, crew.parts(len(params), SHARED_ELEMENTS))

    def _subtract(self, block: Sequence[Array], scaled: bool, work: Array | None, constants: tuple[float, ...]) -> None:
        """Do the step of a block of parameters; the last of its vectors has factors of them if it is ``scaled``."""
        p, g, *slots = block
        factor = slots.pop() if scaled else None
        if work is not None:
            slots.append(work[: len(g)])
        self.step(g, *slots, *constants)
        if factor is not None:
            g *= factor
        p -= g

    @abstractmethod
    def constants(self, t: int, rate: float) -> tuple[float, ...]:
        """Give the numbers that `step` needs for update ``t`` (from 1), as Python floats.

        Parameters
        ----------
        t : int
            Number of the update, from 1.
        rate : float
            The learning rate of this update.

        Returns
        -------
        tuple of float
        """

    @abstractmethod
    def step(self, g: Array, *slots_and_constants: Array | float) -> None:
        """Turn a block of the gradient into the step to subtract, in place.

        Parameters
        ----------
        g : ndarray
            A block of the gradient; overwritten.
        *slots_and_constants : ndarray or float
            The same block of every slot, the working memory if there is any, then what `constants` gave.
        """
