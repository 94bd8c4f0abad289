"""The contract of a layer: it declares the arrays it needs, the network allocates, the passes fill them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf
from numbers import Integral, Real
from types import SimpleNamespace, UnionType
from typing import Any, ClassVar, TypeAlias, Union, get_args, get_origin

import numpy as np

from sknn.activations import Activation
from sknn.core.checks import require
from sknn.core.kernels import Array, RandomState
from sknn.core.settings import Settings
from sknn.initializers import Initializer
from sknn.schedules import Schedule

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
    rate : float, default=1.0
        Factor of the learning rate for this array.
    bias_rate : float or None, default=None
        The same for the rows after the penalized ones; None takes ``rate`` for all.
    decay : float, default=1.0
        Factor of weight decay, which is in proportion to the array's own learning rate, too.
    uses : int, default=1
        How often a sample is multiplied by it in one product, as at the places of an image; 0 where rows are looked up.

    Raises
    ------
    ValueError
        If a factor is negative.
    """

    shape: Shape
    penalized_rows: int = 0
    trainable: bool = True
    rate: float = 1.0
    bias_rate: float | None = None
    decay: float = 1.0
    uses: int = 1

    def __post_init__(self) -> None:
        for name in ("rate", "bias_rate", "decay"):
            factor = getattr(self, name)
            require(factor is None or factor >= 0, name, "at least 0", factor)


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
    per_thread : bool, default=False
        True for one more axis, the first: an array for each thread that shares the blocks of the layer.
    """

    shape: Shape
    dtype: str = "float"
    per_sample: bool = True
    per_thread: bool = False


@dataclass(frozen=True)
class Plan:
    """What a layer needs for a given input shape; all shapes are those of one sample, without the batch.

    A name with a dot, as a layer made of layers uses, is an attribute of an attribute: ``left.W`` is found
    as ``p.left.W``.

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
class Layer(Settings, ABC):
    """Base class of the layers, frozen dataclasses of hyper-parameters that own no arrays.

    The passes find in ``b``: ``x`` and ``y`` (input and output), in training ``dy`` and ``dx`` (their
    gradients; ``dx`` is None where nobody reads it), the scratch of the plan by name, ``training``, ``rng``,
    ``clock``, which says how far training has come, or is None, and ``crew``, the threads that may share
    blocks; and ``absent``, a mask (n, time) of the missing steps of a sequence, or None where no layer before
    has looked for them. A layer that does look sets it in `prepare` and fills it in `forward`.

    Attributes
    ----------
    bias_column : bool
        True for a layer whose ``b.x`` has one more column, of ones; ``dx`` does not.
    random : bool
        True for a layer that draws random numbers from ``b.rng`` in training.
    input_ndim : int or None
        Number of axes of one sample, for a layer that takes only one number of them.
    keeps_steps : bool
        True for a layer whose output has the steps of its input sequence, each made from that step alone or
        in order: it then has the same missing steps.
    accepts_nan : bool
        True for a layer that takes a step of NaN, or a code of NaN, for one that is missing.
    adapts : bool
        True for a layer whose initial parameters depend on the data.
    augments : bool
        True for a layer that makes other samples of the data: where only such come before, nobody reads ``dx``.
    shares : bool
        True for a layer with blocks for ``b.crew``; a network with such a layer leaves BLAS one thread.
    """

    bias_column: ClassVar[bool] = False
    random: ClassVar[bool] = False
    input_ndim: ClassVar[int | None] = None
    keeps_steps: ClassVar[bool] = False
    accepts_nan: ClassVar[bool] = False
    adapts: ClassVar[bool] = False
    augments: ClassVar[bool] = False
    shares: ClassVar[bool] = False

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

    def adapt(self, p: Any, b: Any, rng: RandomState) -> None:
        """Change the initial parameters by what the data look like when they reach this layer.

        Called after `initialize`, if the layer says that it ``adapts``, and after the layers before have done so.

        Parameters
        ----------
        p : namespace
            The layer's parameters.
        b : namespace
            The layer's arrays as in predicting, with ``b.x`` filled; all others may be overwritten.
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


def planned(layer: Layer, input_shape: Shape) -> Plan:
    """Check what kinds of values the parameters of a layer have, and give its plan.

    Parameters
    ----------
    layer : Layer
        The layer, a dataclass whose annotations say the kinds.
    input_shape : tuple of int
        Shape of one sample of its input.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If a parameter is of another kind, or the layer cannot take that shape.
    """
    for f in fields(layer):
        if getattr(layer, f.name) is not f.default:
            _check_kind(layer, f.name, f.type)
    return layer.plan(input_shape)


def _check_kind(layer: Layer, name: str, kind: Any) -> None:
    value, kinds = getattr(layer, name), get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if kind is bool:
        valid, wanted = isinstance(value, bool | np.bool_), "True or False"
    elif kind is int:
        valid, wanted = isinstance(value, Integral) and not isinstance(value, bool), "a whole number"
    elif kind is float:
        valid = isinstance(value, Real) and not isinstance(value, bool) and abs(value) < inf  # type: ignore[operator]
        wanted = "a finite number"
    elif Activation in kinds:
        valid, wanted = isinstance(value, kind), "an activation, such as ReLU()"
    elif Initializer in kinds:
        valid, wanted = isinstance(value, kind), "an initializer, such as HeNormal()"
        if valid and value is not None and value.needs_data and not layer.adapts:
            valid, wanted = False, "an initializer that does not depend on the data"
    elif Schedule in kinds:
        valid, wanted = isinstance(value, kind), "a schedule, such as CosineDecay()"
    else:
        return
    if not valid:
        raise ValueError(f"needs as {name} {wanted}; got {value!r}")


def attach(space: Any, name: str, value: Any) -> None:
    """Set an attribute of a namespace; each dot in its name leads into a namespace inside."""
    *path, last = name.split(".")
    for part in path:
        space = vars(space).setdefault(part, SimpleNamespace())
    setattr(space, last, value)


def hand_on(b: Any, inner: Any) -> None:
    """Give a layer's namespace what all find in theirs, from the workspace or the layer it is in."""
    inner.training, inner.rng, inner.clock, inner.crew = b.training, b.rng, b.clock, b.crew


def edge(shape: Shape, reader: Layer | None) -> Buffer:
    """Say what the array between two layers looks like: ``reader`` may want a column of ones in it."""
    wide = reader is not None and reader.bias_column
    return Buffer((*shape[:-1], shape[-1] + 1) if wide else shape)


def writable(array: Array, reader: Layer | None) -> Array:
    """Give the part of an `edge` that its writer fills, and set the column of ones."""
    if reader is None or not reader.bias_column:
        return array
    array[..., -1] = 1.0
    return array[..., :-1]


def rows(array: Array) -> Array:
    """View an array as a matrix of its last axis; an edge with a column of ones allows that too."""
    matrix = array.reshape(-1, array.shape[-1])
    assert np.shares_memory(matrix, array) or not array.size
    return matrix


def parts(n: int, size: int) -> list[slice]:
    """Cut n rows into blocks of ``size``, at least 1; the last may be smaller."""
    size = max(1, size)
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]
