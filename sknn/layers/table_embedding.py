"""Embedding of the columns of a table: numbers by waves, categories by learned vectors."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from sknn.core.checks import is_count, require, require_count
from sknn.core.kernels import RandomState
from sknn.layers.base import Buffer, Layer, ParamSpec, Plan, Shape


@dataclass(frozen=True)
class TableEmbedding(Layer):
    """Embed the columns of a table: numbers by a small network of waves each, categories by learned vectors.

    The columns of a row are, in this order: numbers to embed, numbers to pass on as they are, codes of categories.
    A number x becomes ``dim - 1`` numbers ``V cos(2 pi w x + c) + d`` and x itself ("PBLD": periodic, bias, linear,
    dense); a code k becomes row k of its column's table. The output holds all embedded numbers, column by column, then
    all numbers as they came, then the vectors of the codes.

    Parameters
    ----------
    n_numbers : int or None, default=None
        Columns of numbers to embed, from the first; None takes all that hold no codes.
    levels : tuple of int, default=()
        Number of codes of each of the last columns, which are whole numbers from 0 on. Code 0 stands for what is
        missing or unknown: its vector is zero at the start.
    frequencies : int, default=16
        Waves of each number.
    dim : int, default=4
        Numbers that each becomes, at least 2.
    scale : float, default=0.1
        Standard deviation of the initial frequencies w.
    level_dim : int, default=8
        Length of the vector of a code.
    rate : float, default=1.0
        Factor of the learning rate for w, c, V and d; that of the vectors is 1.
    decay : float, default=1.0
        Factor of weight decay for w, c, V and d, which is in proportion to their learning rate, too.

    References
    ----------
    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong pre-tuned MLPs and boosted trees on tabular
    data", 2024, arXiv:2407.04491. Gorishniy, Rubachev, Babenko, "On embeddings for numerical features in tabular
    deep learning", 2022, arXiv:2203.05556.
    """

    n_numbers: int | None = None
    levels: tuple[int, ...] = ()
    frequencies: int = 16
    dim: int = 4
    scale: float = 0.1
    level_dim: int = 8
    rate: float = 1.0
    decay: float = 1.0

    def plan(self, input_shape: Shape) -> Plan:
        self._check_sizes()
        plain = input_shape[0] - len(self.levels) if len(input_shape) == 1 else -1
        n = plain if self.n_numbers is None else self.n_numbers
        if plain < n or plain < 0:
            raise ValueError(
                f"needs rows of {'' if self.n_numbers is None else f'{n} numbers and '}{len(self.levels)} codes or "
                f"more, (n_features,); got {input_shape}"
            )
        k, q = self.frequencies, len(self.levels)
        rates: dict[str, float] = {"rate": self.rate, "decay": self.decay}
        return Plan(
            (n * (self.dim - 1) + plain + q * self.level_dim,),
            {
                "waves": ParamSpec((n, k, 2), penalized_rows=n, **rates),  # type: ignore[arg-type]
                "mix": ParamSpec((n, self.dim - 1, k + 1), penalized_rows=n, **rates),  # type: ignore[arg-type]
                "table": ParamSpec((sum(self.levels), self.level_dim), penalized_rows=sum(self.levels), uses=0),
            },
            {
                "angles": Buffer((n * k,)),
                "turns": Buffer((n * 2,)),
                "cosines": Buffer((n * (k + 1),)),
                "codes": Buffer((q, 1), "int"),
                "wrong": Buffer((q,), "bool"),
                "vectors": Buffer((q, self.level_dim)),
            },
            {"d_angles": Buffer((n * k,)), "positions": Buffer((q, self.level_dim), "int")},
        )

    def _check_sizes(self) -> None:
        for name in ("frequencies", "level_dim"):
            require_count(name, getattr(self, name))
        require(self.dim >= 2, "dim", "at least 2", self.dim)
        require(self.scale >= 0, "scale", "at least 0", self.scale)
        n = self.n_numbers
        valid = n is None or (isinstance(n, Integral) and not isinstance(n, bool) and n >= 0)
        require(valid, "n_numbers", "a whole number of at least 0, or None", n)
        if not isinstance(self.levels, Iterable) or not all(map(is_count, self.levels)):
            raise ValueError(f"needs as levels the number of codes of each column, at least 1; got {self.levels!r}")

    def initialize(self, p: Any, rng: RandomState) -> None:
        bound = 1.0 / math.sqrt(self.frequencies)
        p.waves[..., 0] = rng.normal(0.0, self.scale, p.waves.shape[:2])
        p.waves[..., 1] = rng.uniform(-math.pi, math.pi, p.waves.shape[:2])
        p.mix[:] = rng.uniform(-bound, bound, p.mix.shape)
        p.table[:] = rng.normal(size=p.table.shape)
        p.table[self._starts()] = 0.0

    def _starts(self) -> list[int]:
        """Give the row of each column's code 0 in the table of all."""
        return [sum(self.levels[:i]) for i in range(len(self.levels))]

    # The arrays of a network lie feature by feature: their transposes cut into columns are contiguous.
    def prepare(self, b: Any) -> None:
        size, k, q = len(b.x), self.frequencies, len(self.levels)
        plain = b.x.shape[1] - q
        n = b.turns.shape[1] // 2
        b.numbers, b.kept, b.raw_codes = b.x.T[:n], b.x.T[:plain], b.x[:, plain:]
        b.angles = b.angles.T.reshape(n, k, size)
        b.turns = b.turns.T.reshape(n, 2, size)
        b.cosines = b.cosines.T.reshape(n, k + 1, size)
        b.turns[:, 1], b.cosines[:, k] = 1.0, 1.0
        self._prepare_parts(b, "y", n, plain)
        b.first_positions, b.codes = b.codes, b.codes[..., 0]
        b.starts = np.array(self._starts(), dtype=np.intp)
        b.limits = np.array(self.levels, dtype=np.intp)
        b.vectors_by_feature = b.vectors.reshape(size, q * self.level_dim).T
        if b.training:
            self._prepare_parts(b, "dy", n, plain)
            b.d_angles = b.d_angles.T.reshape(n, k, size)
            b.offsets = np.arange(self.level_dim)
            b.all_positions = b.positions.reshape(-1)

    def _prepare_parts(self, b: Any, name: str, n: int, plain: int) -> None:
        """Cut the output, or its gradient, into what comes from where."""
        columns, width = getattr(b, name).T, self.dim - 1
        embedded = columns[: n * width].reshape(n, width, columns.shape[1])
        assert np.shares_memory(embedded, columns) or not embedded.size
        setattr(b, f"{name}_parts", (embedded, columns[n * width :][:plain], columns[n * width + plain :]))

    def forward(self, p: Any, b: Any) -> None:
        embedded, kept, vectors = b.y_parts
        np.multiply(b.numbers, 2.0 * math.pi, out=b.turns[:, 0])
        np.matmul(p.waves, b.turns, out=b.angles)
        np.cos(b.angles, out=b.cosines[:, :-1])
        np.matmul(p.mix, b.cosines, out=embedded)
        np.copyto(kept, b.kept)
        if self.levels:
            self._read_codes(b)
            p.table.take(b.codes, 0, b.vectors, "clip")
            np.copyto(vectors, b.vectors_by_feature)

    def _read_codes(self, b: Any) -> None:
        np.copyto(b.codes, b.raw_codes, casting="unsafe")
        np.not_equal(b.codes, b.raw_codes, out=b.wrong)
        if b.wrong.any():
            raise ValueError(f"TableEmbedding needs whole numbers as codes; got {b.raw_codes[b.wrong][0]:g}.")
        lowest, highest = b.codes.min(axis=0), b.codes.max(axis=0)
        if (lowest < 0).any() or (highest >= b.limits).any():
            wrong = np.where(lowest < 0, lowest, highest)
            raise ValueError(f"TableEmbedding needs codes from 0 to below {self.levels}; got {wrong.tolist()}.")
        np.add(b.codes, b.starts, out=b.codes)

    def backward(self, p: Any, g: Any, b: Any) -> None:
        embedded, kept, vectors = b.dy_parts
        np.matmul(embedded, b.cosines.transpose(0, 2, 1), out=g.mix)
        np.matmul(p.mix[:, :, :-1].transpose(0, 2, 1), embedded, out=b.d_angles)
        np.sin(b.angles, out=b.angles)
        np.negative(b.angles, out=b.angles)
        np.multiply(b.d_angles, b.angles, out=b.d_angles)
        np.matmul(b.d_angles, b.turns.transpose(0, 2, 1), out=g.waves)
        if self.levels:
            self._backward_codes(g, b, vectors)
        if b.dx is not None:
            self._backward_input(p, b, kept)

    def _backward_codes(self, g: Any, b: Any, vectors: Any) -> None:
        np.copyto(b.vectors_by_feature, vectors)
        np.multiply(b.first_positions, self.level_dim, out=b.positions)
        np.add(b.positions, b.offsets, out=b.positions)
        # On flat arrays np.add.at is fast; a row at a time it is not.
        g.table[...] = 0.0
        np.add.at(g.table.reshape(-1), b.all_positions, b.vectors.reshape(-1))

    def _backward_input(self, p: Any, b: Any, kept: Any) -> None:
        n, plain = len(b.d_angles), len(kept)
        b.dx[:, plain:] = 0.0
        np.copyto(b.dx[:, :plain].T, kept)
        np.multiply(b.d_angles, p.waves[:, :, :1], out=b.d_angles)
        np.multiply(b.d_angles, 2.0 * math.pi, out=b.d_angles)
        np.add.reduce(b.d_angles, axis=1, out=b.turns[:, 0])
        np.add(b.dx[:, :n].T, b.turns[:, 0], out=b.dx[:, :n].T)
