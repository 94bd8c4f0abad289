"""The Gaussian error linear unit, and the normal distribution function that it takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtr

from sknn.activations.base import BITS, Activation
from sknn.core.kernels import REACH, Array, settle

# The upper tail over exp(-z² / 2), as a polynomial in 1 / (1 + TAIL_PITCH z), for z from 0 to 8.2: the fit, by weighted
# least squares, is off by a share of 1.2e-7 at most.
TAIL_PITCH = 0.34
TAIL = (
    -8.00334729e-05,
    0.137185305,
    0.122982125,
    0.177268211,
    -0.0669435211,
    0.300613732,
    -0.220300538,
    0.0492747804,
)


@dataclass(frozen=True)
class GELU(Activation):
    """The Gaussian error linear unit, f(z) = z P(z), P the distribution function of the normal distribution.

    Range [-0.17, inf); the derivative is P(z) + z exp(-z² / 2) / sqrt(2 pi).

    Parameters
    ----------
    approximate : bool, default=False
        Take P(z) = (1 + tanh(u)) / 2, u = sqrt(2 / pi) (z + 0.044715 z³): f is off by less than 0.0005, and
        comes in two thirds of the time in float32, in less than half of it in float64.

    References
    ----------
    Hendrycks, Gimpel, "Gaussian error linear units (GELUs)", 2016, arXiv:1606.08415.
    """

    approximate: bool = False
    cubic: ClassVar[float] = 0.044715
    scratch: ClassVar[Mapping[str, str]] = MappingProxyType({"share": "float", "slope": "float", "t": "float"})
    spare: ClassVar[str | None] = "t"
    keeps_y: ClassVar[bool] = False

    def prepare(self, z: Array, y: Array, dy: Array | None, s: Any) -> None:
        integer = BITS[z.dtype]
        s.z_bits, s.t_bits, s.share_bits = (array.view(integer) for array in (z, s.t, s.share))
        s.tail = [np.array(coefficient, z.dtype) for coefficient in TAIL]
        s.sign_bit, s.training = np.array(-0.0, z.dtype).view(integer), dy is not None

    def forward(self, z: Array, y: Array, s: Any) -> None:
        if self.approximate:
            self._argument(z, s.share, self.cubic)
            np.tanh(s.share, out=s.share)
            s.share += 1.0
            s.share *= 0.5
        else:
            self._distribute(z, s)
        np.multiply(z, s.share, out=y)

    def backward(self, z: Array, y: Array, dy: Array, s: Any) -> None:
        if self.approximate:
            self._argument(z, s.slope, 3.0 * self.cubic)
            s.slope *= 2.0
            dy *= s.share
            np.subtract(1.0, s.share, out=s.share)
            s.slope *= s.share
            s.slope += 1.0
        else:
            s.slope *= 1.0 / math.sqrt(2.0 * math.pi)
            s.slope *= z
            s.slope += s.share
        dy *= s.slope

    @staticmethod
    def _distribute(z: Array, s: Any) -> None:
        """Fill ``s.share`` with P(z) and, where it is needed, ``s.slope`` with exp(-z² / 2)."""
        limit = math.sqrt(2.0 * REACH[z.dtype])
        z.clip(-limit, limit, s.slope)
        if z.dtype == np.float64:
            ndtr(s.slope, out=s.share)
            settle(s.share)
        if s.training or z.dtype == np.float32:
            s.slope *= s.slope
            s.slope *= -0.5
            np.exp(s.slope, out=s.slope)
            settle(s.slope)
        if z.dtype == np.float32:
            _distribute_by_density(z, s)

    @staticmethod
    def _argument(z: Array, out: Array, cubic: float) -> None:
        """Fill ``out`` with sqrt(2 / pi) z (1 + cubic z²), where z² is cut off far beyond the saturation of tanh."""
        np.clip(z, -40.0, 40.0, out=out)
        out *= out
        out *= cubic
        out += 1.0
        out *= z
        out *= math.sqrt(2.0 / math.pi)


def _distribute_by_density(z: Array, s: Any) -> None:
    """Fill ``s.share`` with P(z) from exp(-z² / 2) in ``s.slope``, to 2.3e-7; ndtr is exact, and slow."""
    first, *others, last = s.tail
    np.abs(z, out=s.t)
    s.t *= TAIL_PITCH
    s.t += 1.0
    np.divide(1.0, s.t, out=s.t)
    np.multiply(s.t, last, out=s.share)
    for coefficient in reversed(others):
        np.add(s.share, coefficient, out=s.share)
        np.multiply(s.share, s.t, out=s.share)
    s.share += first
    s.share *= s.slope
    # P is 1/2 + sign(z) (1/2 - tail).
    np.subtract(0.5, s.share, out=s.share)
    np.bitwise_and(s.z_bits, s.sign_bit, out=s.t_bits)
    np.bitwise_or(s.share_bits, s.t_bits, out=s.share_bits)
    s.share += 0.5
