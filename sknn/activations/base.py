"""The contract of an activation function."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from sknn.core.kernels import Array
from sknn.core.settings import Settings

BITS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}
"""The integers of the same size."""


@dataclass(frozen=True)
class Activation(Settings, ABC):
    """Base class of the activation functions, applied element by element.

    A subclass is a frozen dataclass of its hyper-parameters. It owns no arrays: what `forward` wants to
    keep for `backward`, or needs as working memory, it names in `scratch`, and finds as attributes of ``s``.

    Attributes
    ----------
    scratch : mapping of str to str
        Arrays of the shape of ``z`` that the function wants, by name, each ``"float"`` or ``"bool"``.
    spare : str or None
        Name of a float one among them that means nothing between the passes, and that `backward` does not touch:
        `forward` may be given memory for it that is filled right after.
    keeps_z : bool
        False for a function whose `backward` does not read ``z``, which may then be the array ``y`` itself.
    keeps_y : bool
        False for a function whose `backward` does not read ``y``, which may then be overwritten before it.

    Examples
    --------
    >>> import numpy as np
    >>> from dataclasses import dataclass
    >>> from sknn import MLPRegressorScratch
    >>> from sknn.activations import Activation
    >>> @dataclass(frozen=True)
    ... class Sine(Activation):
    ...     def forward(self, z, y, s):
    ...         np.sin(z, out=y)
    ...     def backward(self, z, y, dy, s):
    ...         dy *= np.cos(z)
    >>> X = np.linspace(-3, 3, 200)[:, None]
    >>> net = MLPRegressorScratch(activation=Sine(), solver="lbfgs", random_state=0)
    >>> round(net.fit(X, np.sin(2 * X[:, 0])).score(X, np.sin(2 * X[:, 0])), 2)
    1.0
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({})
    spare: ClassVar[str | None] = None
    keeps_z: ClassVar[bool] = True
    keeps_y: ClassVar[bool] = True

    def prepare(self, z: Array, y: Array, dy: Array | None, s: Any) -> None:
        """Derive views of the arrays that all later passes will get, once for every workspace.

        Parameters
        ----------
        z, y : ndarray
            As in `forward`.
        dy : ndarray or None
            As in `backward`; None where there is none.
        s : namespace
            Holds the arrays named in `scratch`, and takes what is to be kept.
        """

    @abstractmethod
    def forward(self, z: Array, y: Array, s: Any) -> None:
        """Fill ``y`` with f(z).

        Parameters
        ----------
        z : ndarray
            Pre-activations. Left as they are.
        y : ndarray of the shape of ``z``
            Where the result goes; its old content means nothing.
        s : namespace
            Holds the arrays named in `scratch`.
        """

    @abstractmethod
    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        """Multiply ``dy`` by f'(z) in place.

        Parameters
        ----------
        z : ndarray
            Pre-activations of the last `forward`.
        y : ndarray
            The result of the last `forward`; may be overwritten.
        dy : ndarray
            Gradient with respect to ``y``; becomes the gradient with respect to ``z``.
        s : namespace
            Holds the arrays named in `scratch`, as `forward` left them; they may be overwritten.
        """


def logistic(z: Array, out: Array) -> None:
    """Fill ``out`` with 1 / (1 + exp(-z)), off by half the rounding of 1 at most: what is less is 0.

    It is (1 + tanh(z / 2)) / 2, as NumPy's tanh takes no longer than its exponential, and neither overflows nor
    leaves subnormal numbers. (scipy.special.expit takes several times as long.)
    """
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    logistic_of_tanh(out)


def logistic_of_tanh(t: Array, half: Array | float = 0.5) -> None:
    """Turn t = tanh(z / 2) into the logistic function of z, in place.

    An array without axes for ``half`` saves small arrays the time that a number takes.
    """
    np.multiply(t, half, out=t)
    np.add(t, half, out=t)
