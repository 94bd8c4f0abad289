"""The rectifier and its relatives: each class holds y = f(z) and, right below it, its derivative."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from sknn.activations.base import BITS, Activation, logistic
from sknn.core.kernels import REACH, Array, settle


@dataclass(frozen=True)
class ReLU(Activation):
    """The rectifier, f(z) = max(z, 0): range [0, inf), derivative 1 where z > 0, else 0.

    References
    ----------
    Nair, Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010. Glorot, Bordes, Bengio, "Deep
    sparse rectifier neural networks", 2011.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"zeros": "float"})
    keeps_z: ClassVar[bool] = False

    def prepare(self, z: Array, y: Array, dy: Array | None, s: Any) -> None:
        integer = BITS[y.dtype]
        s.zeros[...] = 0.0
        s.zero, s.sign_bit = np.zeros((), y.dtype), np.array(8 * y.itemsize - 1, integer)
        s.y_bits, s.dy_bits = y.view(integer), None if dy is None else dy.view(integer)

    # With one zero for all of z, np.maximum takes up to four times as long.
    def forward(self, z: Array, y: Array, s: Any) -> None:
        np.maximum(z, s.zeros, out=y)

    # The sign of -y, spread over all bits, is a mask, whose "and" is twice as fast as a product with booleans.
    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        np.subtract(s.zero, y, out=y)
        np.right_shift(s.y_bits, s.sign_bit, out=s.y_bits)
        np.bitwise_and(s.dy_bits, s.y_bits, out=s.dy_bits)


@dataclass(frozen=True)
class _Bent(Activation):
    """Base class of other functions with a bend at 0: they begin with a mask of all bits where z > 0, else of none.

    The mask is in the memory of ``slope``, which becomes the derivative.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"slope": "float"})
    keeps_y: ClassVar[bool] = False

    def prepare(self, z: Array, y: Array, dy: Array | None, s: Any) -> None:
        integer = BITS[z.dtype]
        s.z_bits, s.y_bits, s.dy_bits = z.view(integer), y.view(integer), None if dy is None else dy.view(integer)
        s.mask = s.slope.view(integer)
        s.zero, s.sign_bit = np.zeros((), z.dtype), np.array(8 * z.itemsize - 1, integer)
        s.bend_bits = np.array(self.bend, z.dtype).view(integer)

    @property
    def bend(self) -> float:
        """Give the step that the derivative takes at 0, but for what the formula left of 0 makes of it there."""
        return 0.0

    def _where_positive(self, z: Array, s: Any) -> None:
        np.subtract(s.zero, z, out=s.slope)
        np.right_shift(s.mask, s.sign_bit, out=s.mask)


@dataclass(frozen=True)
class LeakyReLU(_Bent):
    """The leaky rectifier, f(z) = z where z > 0, else negative_slope z: range (-inf, inf).

    The derivative is 1 where z > 0, else ``negative_slope``.

    Parameters
    ----------
    negative_slope : float, default=0.01
        The slope on the left.

    References
    ----------
    Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """

    negative_slope: float = 0.01

    @property
    def bend(self) -> float:
        return 1.0 - self.negative_slope

    def forward(self, z: Array, y: Array, s: Any) -> None:
        self._where_positive(z, s)
        np.bitwise_and(s.mask, s.bend_bits, out=s.mask)
        s.slope += self.negative_slope
        np.multiply(z, s.slope, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        dy *= s.slope


@dataclass(frozen=True)
class ELU(_Bent):
    """The exponential linear unit, f(z) = z where z > 0, else saturation (exp(z) - 1).

    Range (-saturation, inf); the derivative is 1 where z > 0, else saturation exp(z).

    Parameters
    ----------
    saturation : float, default=1.0
        The paper's alpha: f approaches -saturation on the left.

    References
    ----------
    Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear
    units (ELUs)", 2015, arXiv:1511.07289.
    """

    saturation: float = 1.0
    scale: ClassVar[float] = 1.0
    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"slope": "float", "left": "float"})
    spare: ClassVar[str | None] = "left"

    def prepare(self, z: Array, y: Array, dy: Array | None, s: Any) -> None:
        super().prepare(z, y, dy, s)
        s.left_bits = s.left.view(BITS[z.dtype])

    @property
    def bend(self) -> float:
        return self.scale - self.saturation

    # Right of 0 the exponential is that of 0, which adds exactly nothing and leaves `saturation` as the slope.
    # exp(z) - 1 is off by the rounding of 1, as z is; np.expm1 takes ten times as long on many machines.
    def forward(self, z: Array, y: Array, s: Any) -> None:
        self._where_positive(z, s)
        np.bitwise_and(s.z_bits, s.mask, out=s.y_bits)
        np.bitwise_xor(s.z_bits, s.y_bits, out=s.left_bits)
        np.exp(s.left, out=s.left)
        settle(s.left)
        s.left *= self.saturation
        if s.dy_bits is not None:
            np.bitwise_and(s.mask, s.bend_bits, out=s.mask)
            s.slope += s.left
        if self.scale != 1.0:
            y *= self.scale
        s.left -= self.saturation
        y += s.left

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        dy *= s.slope


@dataclass(frozen=True)
class SELU(ELU):
    """The scaled exponential linear unit, f(z) = L z where z > 0, else L A (exp(z) - 1).

    A = 1.6732632 and L = 1.0507010 keep mean 0 and variance 1 from layer to layer, where the initial weights
    are those of ``LecunNormal``. Range (-1.7580993, inf); the derivative is L where z > 0, else L A exp(z).

    References
    ----------
    Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", 2017, arXiv:1706.02515.
    """

    saturation: float = field(default=1.7580993408473766, init=False, repr=False)
    scale: ClassVar[float] = 1.0507009873554805


@dataclass(frozen=True)
class SiLU(Activation):
    """The sigmoid linear unit or swish, f(z) = z p, p = 1 / (1 + exp(-z)): range [-0.28, inf).

    The derivative is p (1 + z (1 - p)).

    References
    ----------
    Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", 2017, arXiv:1702.03118. Ramachandran, Zoph, Le, "Searching for activation
    functions", 2017, arXiv:1710.05941 (swish).
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"p": "float"})
    keeps_y: ClassVar[bool] = False

    # Not by `logistic`, whose error z would multiply.
    def forward(self, z: Array, y: Array, s: Any) -> None:
        np.negative(z, out=s.p)
        with np.errstate(over="ignore"):  # where p is 0
            np.exp(s.p, out=s.p)
        s.p += 1.0
        np.divide(1.0, s.p, out=s.p)
        settle(s.p)
        np.multiply(z, s.p, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        dy *= s.p
        np.subtract(1.0, s.p, out=s.p)
        s.p *= z
        s.p += 1.0
        dy *= s.p


@dataclass(frozen=True)
class Mish(Activation):
    """Mish, f(z) = z t, t = tanh(log(1 + exp(z))): range [-0.31, inf).

    With e = exp(z), t = e (e + 2) / (e (e + 2) + 2), and the derivative is t + z e (e + 1) (1 - t)².

    References
    ----------
    Misra, "Mish: A self regularized non-monotonic activation function", 2019, arXiv:1908.08681.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"e": "float", "t": "float", "slope": "float"})
    keeps_y: ClassVar[bool] = False

    # From z = 20 on t is 1 in either precision, so a larger z need not enter the exponential function.
    def forward(self, z: Array, y: Array, s: Any) -> None:
        z.clip(-REACH[z.dtype], 20.0, s.e)
        np.exp(s.e, out=s.e)
        settle(s.e)
        np.add(s.e, 2.0, out=s.t)
        s.t *= s.e
        np.add(s.t, 2.0, out=s.slope)
        s.t /= s.slope
        np.multiply(z, s.t, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        np.add(s.e, 1.0, out=s.slope)
        s.slope *= s.e
        np.subtract(1.0, s.t, out=s.e)
        s.slope *= s.e
        s.slope *= s.e
        s.slope *= z
        s.slope += s.t
        dy *= s.slope


@dataclass(frozen=True)
class Softplus(Activation):
    """A smooth rectifier, f(z) = log(1 + exp(z)): range (0, inf), derivative 1 / (1 + exp(-z)).

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau, Garcia, "Incorporating second-order functional knowledge for better
    option pricing", 2000.
    """

    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"e": "float", "u": "float", "lost": "float"})
    keeps_y: ClassVar[bool] = False

    # max(z, 0) + log1p(e), e = exp(-|z|). With u = 1 + e, log1p(e) is log(u) + (e - (u - 1)) / u, the second
    # term being what was lost in rounding u; np.log1p takes several times as long on many machines.
    def forward(self, z: Array, y: Array, s: Any) -> None:
        np.abs(z, out=s.e)
        np.negative(s.e, out=s.e)
        np.exp(s.e, out=s.e)
        settle(s.e)
        np.add(s.e, 1.0, out=s.u)
        np.subtract(s.u, 1.0, out=s.lost)
        s.e -= s.lost
        s.e /= s.u
        np.log(s.u, out=s.u)
        s.u += s.e
        np.maximum(z, 0.0, out=s.e)
        np.add(s.e, s.u, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        logistic(z, s.e)
        dy *= s.e


RECTIFIERS: dict[str, type[Activation]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "selu": SELU,
    "silu": SiLU,
    "mish": Mish,
    "softplus": Softplus,
}
