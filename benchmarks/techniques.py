"""What each technique saves of a step: the same work done plainly and as the engine does it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table
from benchmarks.step_time import NETS, Net, ours
from benchmarks.timing import interleaved, limited, middle, ratios, repeated
from sknn.activations import ReLU
from sknn.core import kernels
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import Dense
from sknn.optimizers import Adam
from sknn.training.batches import Batches, TargetRows


class Technique(NamedTuple):
    """One piece of work done in two ways, and how often a step does it."""

    name: str
    plain: Callable[[], object]
    ours: Callable[[], object]
    times: int = 1


def _hidden(net: Net) -> tuple[Network, Workspace]:
    """Make the second layer of a network alone, with the arrays of a training step."""
    network = Network([Dense(net.sizes[1], ReLU())], (net.sizes[1],), np.float32)
    ws = Workspace(network, net.batch_size, training=True)
    rng = np.random.default_rng(0)
    for array in (*ws.memory.values(), network.parameters.values):
        array[...] = rng.standard_normal(array.shape)
    network.layers[0].prepare(ws.layers[0])
    return network, ws


def products(net: Net) -> list[Technique]:
    """Compare what a dense layer does."""
    network, ws = _hidden(net)
    b, W = ws.layers[0], network.parameters[0].W
    x, bias, z, y, dy = b.x, W[-1].copy(), b.z, b.y, b.dy
    xT, zT, inner, g = x.T, z.T, np.ascontiguousarray(x[:, :-1]).T, np.empty_like(W)
    weights, gradient, sums = W[:-1].copy(), np.empty_like(W[:-1]), np.empty_like(bias)

    def separate_bias() -> None:
        weights.T.dot(inner, zT)
        np.add(z, bias, out=z)
        inner.dot(dy, gradient)
        np.add.reduce(dy, axis=0, out=sums)

    def bias_inside() -> None:
        W.T.dot(xT, zT)
        xT.dot(dy, g)

    def plain_relu() -> None:
        np.maximum(z, 0.0, out=y)
        np.multiply(dy, z > 0.0, out=dy)

    def masked_relu() -> None:
        ReLU().forward(z, y, b)
        ReLU().backward(z, y, dy, b)

    layers = len(net.sizes) - 2
    return [
        Technique("bias inside the product", separate_bias, bias_inside, layers),
        Technique("results into arrays that are there", lambda: x @ W, lambda: W.T.dot(xT, zT), layers),
        Technique("ReLU by masks of bits", plain_relu, masked_relu, layers),
    ]


def optimizer(net: Net) -> list[Technique]:
    """Compare what Adam does."""
    n = sum((m + 1) * k for m, k in zip(net.sizes[:-1], net.sizes[1:], strict=True))
    params, grads, m, v = (np.full(n, 0.01, np.float32) for _ in range(4))
    adam = Adam()
    state = adam.init(params)

    def of_the_book() -> None:
        nonlocal m, v, params
        m = 0.9 * m + 0.1 * grads
        v = 0.999 * v + 0.001 * grads**2
        params = params - 1e-3 * m / (np.sqrt(v) + 1e-8)

    def update() -> None:
        adam.update(params, grads, state, 1e-9)

    def in_one_piece() -> None:
        usual, kernels.BLOCK_ELEMENTS = kernels.BLOCK_ELEMENTS, n
        update()
        kernels.BLOCK_ELEMENTS = usual

    return [
        Technique("Adam in place, folded, in blocks", of_the_book, update),
        Technique("of that, in blocks", in_one_piece, update),
    ]


def data(net: Net) -> list[Technique]:
    """Compare how a pass over the data is gathered."""
    X, y = net.data("float32", net.steps)
    targets = np.eye(net.sizes[-1], dtype=np.float32)[y] if y.ndim == 1 else y.astype(np.float32)
    rng, rows, size = np.random.RandomState(0), np.arange(len(X)), net.batch_size
    batches = Batches(
        X, TargetRows(targets), None, rows, batch_size=size, shuffle=False, rng=rng, dtype=X.dtype
    )  # fmt: skip

    def batch_by_batch() -> None:
        for start in range(0, len(X), size):
            chosen = rows[start : start + size]
            _ = X[chosen], targets[chosen]

    def many_at_a_time() -> None:
        for _ in batches:
            pass

    rng.shuffle(rows)
    return [Technique("batches gathered many at a time", batch_by_batch, many_at_a_time)]


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    tables = []
    for net in (NETS[2], NETS[5])[: options.size(2, 1)]:
        steps = options.size(net.steps, 2)
        table = Table(f"Techniques, {net.name}", "float32, one thread; ours and peer: with and without, in a step.")
        with limited(1), quiet():
            step = min(ours(net, *net.data("float32", steps))() for _ in range(options.n_rounds(5))) / steps
            for technique in (*products(net), *optimizer(net), *data(net)):
                calls = options.size(max(3, int(0.02 / step)), 1)
                share = 1 / net.steps if technique.name.startswith("batches") else technique.times
                pair = {"ours": repeated(technique.ours, calls), "plain": repeated(technique.plain, calls)}
                times = interleaved(pair, options.n_rounds(5))
                with_it, without = (middle(times, name) * share for name in ("ours", "plain"))
                saved = f"saves {100 * (without - with_it) / step:.1f} % of a step"
                ratio = ratios(times, "plain", "ours")
                table.add(technique.name, saved, with_it * 1e6, without * 1e6, "us", ratio)
        tables.append(table)
    return tables
