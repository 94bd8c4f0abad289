"""The contract of a layer: it declares the arrays it needs, the network allocates, the passes fill them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from sknn.core.kernels import RandomState

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class ParamSpec:
    """One array of parameters.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    penalized_rows : int, default=0
        The first rows of it that the weight penalty and weight decay act on; a bias row comes after them.
    trainable : bool, default=True
        False for what is kept but not trained by gradient, as running statistics.
    """

    shape: Shape
    penalized_rows: int = 0
    trainable: bool = True


@dataclass(frozen=True)
class Buffer:
    """One array of working memory.

    Parameters
    ----------
    shape : tuple of int
        Its shape for one sample; the batch axis comes before it.
    dtype : {'float', 'bool', 'int'}, default='float'
        'float' is the network's own type.
    per_sample : bool, default=True
        False for an array without a batch axis, of exactly that shape.
    """

    shape: Shape
    dtype: str = "float"
    per_sample: bool = True


@dataclass(frozen=True)
class Plan:
    """What a layer needs for a given input shape; all shapes are those of one sample, without the batch.

    Parameters
    ----------
    output_shape : tuple of int
        Shape of what the layer gives.
    parameters : dict of str to ParamSpec
        Its parameters by name; the passes find them as attributes of ``p`` and their gradients of ``g``.
    scratch : dict of str to Buffer
        Working memory of every pass, attributes of ``b``.
    backward_scratch : dict of str to Buffer
        More working memory, for training only.
    """

    output_shape: Shape
    parameters: Mapping[str, ParamSpec] = field(default_factory=dict)
    scratch: Mapping[str, Buffer] = field(default_factory=dict)
    backward_scratch: Mapping[str, Buffer] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer(ABC):
    """Base class of the layers, frozen dataclasses of hyper-parameters that own no arrays.

    The passes find in ``b``: ``x`` and ``y`` (input and output), in training ``dy`` and ``dx`` (their
    gradients; ``dx`` is None where nobody reads it), the scratch of the plan by name, ``training`` and
    ``rng``.

    Attributes
    ----------
    bias_column : bool
        True for a layer whose ``b.x`` has one more column, of ones; ``dx`` does not.
    random : bool
        True for a layer that draws random numbers from ``b.rng`` in training.
    """

    bias_column: ClassVar[bool] = False
    random: ClassVar[bool] = False

    @abstractmethod
    def plan(self, input_shape: Shape) -> Plan:
        """Say what the layer gives and needs.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one sample of its input.

        Returns
        -------
        Plan

        Raises
        ------
        ValueError
            If the layer cannot take that shape; the message says what it needs.
        """

    def initialize(self, p: Any, rng: RandomState) -> None:
        """Fill the parameters with their initial values; they are zeros before.

        Parameters
        ----------
        p : namespace
            The layer's parameters.
        rng : RandomState
            The only source of random numbers.
        """

    def prepare(self, b: Any) -> None:
        """Set constants and derive views, once for every workspace.

        Parameters
        ----------
        b : namespace
            The layer's arrays.
        """

    @abstractmethod
    def forward(self, p: Any, b: Any) -> None:
        """Fill ``b.y`` from ``b.x``.

        Parameters
        ----------
        p : namespace
            The layer's parameters.
        b : namespace
            The layer's arrays.
        """

    @abstractmethod
    def backward(self, p: Any, g: Any, b: Any) -> None:
        """Assign ``g.*`` and, unless it is None, ``b.dx`` from ``b.dy``, which may be destroyed.

        Parameters
        ----------
        p : namespace
            The layer's parameters.
        g : namespace
            Their gradients, assigned and never added to.
        b : namespace
            The layer's arrays, as the last `forward` left them.
        """
