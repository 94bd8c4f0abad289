"""Embedding: a learned vector for each category."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from sknn.core.checks import require_count
from sknn.core.kernels import RandomState
from sknn.initializers import Initializer, Normal
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape


@dataclass(frozen=True)
class Embedding(Layer):
    """A learned vector for each category, y = W[x]: every code becomes ``dim`` numbers on a new last axis.

    A code is a whole number from 0 to ``n_categories - 1``. A code of NaN is missing: its vector is zero, and
    recurrent layers further on pass that step.

    Parameters
    ----------
    n_categories : int
        Number of categories.
    dim : int
        Length of a vector.
    weight_init : Initializer, default=Normal()
        Draws the initial vectors.

    References
    ----------
    Bengio, Ducharme, Vincent, Jauvin, "A neural probabilistic language model", 2003.
    """

    n_categories: int
    dim: int
    weight_init: Initializer = field(default_factory=Normal)
    keeps_steps: ClassVar[bool] = True
    accepts_nan: ClassVar[bool] = True

    def plan(self, input_shape: Shape) -> Plan:
        require_count("n_categories", self.n_categories)
        require_count("dim", self.dim)
        if not input_shape:
            raise ValueError(f"needs codes along at least one axis, (n_codes,); got {input_shape}")
        output_shape = (*input_shape, self.dim)
        return Plan(
            output_shape,
            {"W": ParamSpec((self.n_categories, self.dim), penalized_rows=self.n_categories, uses=0)},
            {
                "missing": Buffer(input_shape, "bool"),
                "known": Buffer(input_shape),
                "codes": Buffer((*input_shape, 1), "int"),
                "wrong": Buffer(input_shape, "bool"),
            },
            {"positions": Buffer(output_shape, "int")},
        )

    def initialize(self, p: Any, rng: RandomState) -> None:
        p.W[:] = self.weight_init.weights(rng, p.W.shape, 1, self.dim)

    def prepare(self, b: Any) -> None:
        b.missing_vectors = b.missing[..., None]
        b.first_positions, b.codes = b.codes, b.codes[..., 0]
        if b.missing.ndim == 2:
            b.absent = b.missing
        if b.training:
            b.offsets = np.arange(self.dim)
            b.all_positions = b.positions.reshape(-1)
            b.all_dy = b.dy.reshape(-1)

    def forward(self, p: Any, b: Any) -> None:
        self._read_codes(b)
        p.W.take(b.codes, 0, b.y, "clip")
        if b.ragged:
            np.copyto(b.y, 0.0, where=b.missing_vectors)

    def _read_codes(self, b: Any) -> None:
        np.isnan(b.x, out=b.missing)
        b.ragged = bool(b.missing.any())
        np.copyto(b.known, b.x)
        if b.ragged:
            np.copyto(b.known, 0.0, where=b.missing)
        if b.known.min() < 0 or b.known.max() >= self.n_categories:
            wrong = b.known[(b.known < 0) | (b.known >= self.n_categories)][0]
            raise ValueError(f"Embedding needs codes from 0 to {self.n_categories - 1}; got {wrong:g}.")
        np.copyto(b.codes, b.known, casting="unsafe")
        np.not_equal(b.codes, b.known, out=b.wrong)
        if b.wrong.any():
            raise ValueError(f"Embedding needs whole numbers as codes; got {b.known[b.wrong][0]:g}.")

    def backward(self, p: Any, g: Any, b: Any) -> None:
        if b.ragged:
            np.copyto(b.dy, 0.0, where=b.missing_vectors)
        np.multiply(b.first_positions, self.dim, out=b.positions)
        np.add(b.positions, b.offsets, out=b.positions)
        # On flat arrays np.add.at is fast; a row at a time it is not.
        g.W[...] = 0.0
        np.add.at(g.W.reshape(-1), b.all_positions, b.all_dy)
        if b.dx is not None:
            b.dx[...] = 0.0
