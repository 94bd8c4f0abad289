"""The identity and what has the shape of an S: each class holds y = f(z) and, right below it, its derivative."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from sknn.activations.base import Activation, logistic
from sknn.core.kernels import Array


@dataclass(frozen=True)
class Identity(Activation):
    """The identity, f(z) = z: range (-inf, inf), derivative 1."""

    keeps_z: ClassVar[bool] = False
    keeps_y: ClassVar[bool] = False

    def forward(self, z: Array, y: Array, s: Any) -> None:
        if z is not y:
            np.copyto(y, z)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        pass


@dataclass(frozen=True)
class Logistic(Activation):
    """The logistic sigmoid, f(z) = 1 / (1 + exp(-z)): range (0, 1), derivative y (1 - y) <= 1/4.

    References
    ----------
    Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors", 1986.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"slope": "float"})
    keeps_z: ClassVar[bool] = False

    def forward(self, z: Array, y: Array, s: Any) -> None:
        logistic(z, y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        np.subtract(1.0, y, out=s.slope)
        s.slope *= y
        dy *= s.slope


@dataclass(frozen=True)
class Tanh(Activation):
    """The hyperbolic tangent: range (-1, 1), derivative 1 - y².

    References
    ----------
    LeCun, Bottou, Orr, Müller, "Efficient backprop", 1998.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"slope": "float"})
    keeps_z: ClassVar[bool] = False

    def forward(self, z: Array, y: Array, s: Any) -> None:
        np.tanh(z, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        np.multiply(y, y, out=s.slope)
        np.subtract(1.0, s.slope, out=s.slope)
        dy *= s.slope


@dataclass(frozen=True)
class HardSigmoid(Activation):
    """The logistic function in three straight pieces, f(z) = min(max(z / 6 + 1/2, 0), 1): range [0, 1].

    The derivative is 1/6 where |z| < 3, else 0.

    References
    ----------
    Courbariaux, Bengio, David, "BinaryConnect", 2015, arXiv:1511.00363; the slope of 1/6 is that of Howard et
    al., "Searching for MobileNetV3", 2019, arXiv:1905.02244.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"slope": "float", "mask": "bool"})
    keeps_y: ClassVar[bool] = False

    def forward(self, z: Array, y: Array, s: Any) -> None:
        np.multiply(z, 1.0 / 6.0, out=s.slope)
        s.slope += 0.5
        np.clip(s.slope, 0.0, 1.0, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        np.abs(z, out=s.slope)
        np.less(s.slope, 3.0, out=s.mask)
        dy *= s.mask
        dy *= 1.0 / 6.0


@dataclass(frozen=True)
class HardTanh(Activation):
    """The hyperbolic tangent in three straight pieces, f(z) = min(max(z, -1), 1): range [-1, 1].

    The derivative is 1 where |z| < 1, else 0.

    References
    ----------
    Collobert, "Large scale machine learning", 2004.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"slope": "float", "mask": "bool"})
    keeps_y: ClassVar[bool] = False

    def forward(self, z: Array, y: Array, s: Any) -> None:
        np.clip(z, -1.0, 1.0, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        np.abs(z, out=s.slope)
        np.less(s.slope, 1.0, out=s.mask)
        dy *= s.mask


SIGMOIDS: dict[str, type[Activation]] = {
    "identity": Identity,
    "logistic": Logistic,
    "tanh": Tanh,
    "hard_sigmoid": HardSigmoid,
    "hard_tanh": HardTanh,
}
