"""Step time of six networks beside scikit-learn, torch, JAX, and the step's own matrix products.

What is timed is an epoch of a fit after its first (of ours by ``history_["seconds"]``, of scikit-learn from the end of
one epoch to the end of the next): shuffling, gathering batches, passes, loss and update, without checking the data and
without initial weights, on both sides. In every round each candidate runs `EPOCHS` of them and its fastest counts. Ten
outputs are ten classes under softmax; two outputs are two labels under logistic functions, because for two classes both
estimators have one output only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from benchmarks.options import Options
from benchmarks.processes import quiet
from benchmarks.report import Table, at_least, at_most
from benchmarks.timing import Times, best, interleaved, limited, ratios
from sknn import MLPClassifierScratch

EPOCHS = 3
"""Epochs of each candidate in each round."""


@dataclass(frozen=True)
class Net:
    """A network, how it is trained, and what is wanted of its step time.

    Parameters
    ----------
    sizes : tuple of int
        Units of each layer, the input and the output among them.
    batch_size : int
        Rows of a batch.
    steps : int
        Batches of an epoch.
    sklearn, torch, jax : float or None
        Wanted: at least so many times the peer's speed.
    products : float
        Wanted: at most so many times the step's own matrix products at one thread.
    """

    sizes: tuple[int, ...]
    batch_size: int
    steps: int
    sklearn: float
    torch: float
    jax: float | None
    products: float

    @property
    def name(self) -> str:
        """Its name in the table."""
        return f"{'-'.join(map(str, self.sizes))}, {self.batch_size}"

    def data(self, dtype: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Make random data of whole batches: classes, or for two outputs, labels."""
        rng = np.random.default_rng(0)
        n, outputs = steps * self.batch_size, self.sizes[-1]
        X = rng.standard_normal((n, self.sizes[0])).astype(dtype)
        return X, rng.integers(0, 2, (n, 2)) if outputs == 2 else np.arange(n) % outputs


NETS = (
    Net((20, 64, 32, 2), 32, 256, 5.5, 6, None, 2.5),
    Net((20, 100, 2), 200, 128, 4, 4, 0.8, 2.5),
    Net((100, 100, 10), 200, 128, 3, 2.5, 0.9, 1.75),
    Net((100, 256, 256, 10), 256, 32, 1.8, 1.15, 1, 1.25),
    Net((784, 512, 512, 10), 128, 16, 1.5, 1, 0.9, 1.35),
    Net((784, 1024, 1024, 1024, 10), 256, 4, 1.5, 1, 0.9, 1.17),
)


class _Stamped(MLPClassifier):
    """Notes when each epoch ends."""

    def _update_no_improvement_count(self, *args: Any) -> None:
        super()._update_no_improvement_count(*args)
        self.stamps_ = [*getattr(self, "stamps_", []), perf_counter()]


def parameters(net: Net) -> dict[str, Any]:
    """Give the parameters of both estimators."""
    return {
        "hidden_layer_sizes": net.sizes[1:-1],
        "batch_size": net.batch_size,
        "alpha": 0.0,
        "max_iter": 1 + EPOCHS,
        "n_iter_no_change": 10,
        "random_state": 0,
    }


def ours(net: Net, X: np.ndarray, y: np.ndarray, **options: Any) -> Callable[[], float]:
    """Make the candidate sknn."""

    def epoch() -> float:
        return min(MLPClassifierScratch(**{**parameters(net), **options}).fit(X, y).history_["seconds"][1:])

    return epoch


def sklearn(net: Net, X: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """Make the candidate scikit-learn."""

    def epoch() -> float:
        stamps = _Stamped(**parameters(net)).fit(X, y).stamps_
        return min(after - before for before, after in pairwise(stamps))

    return epoch


def products(net: Net, dtype: str, steps: int) -> Callable[[], float]:
    """Make the candidate of bare matrix products: forward, weight gradients, and deltas but for the first.

    As in our own step the bias is a row of the weights, and the rows of a batch end with a one.
    """
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(dtype)

    def edge(units: int) -> np.ndarray:
        return array(net.batch_size, units + 1)

    edges = [edge(units) for units in net.sizes[:-1]]
    calls: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    deltas: Sequence[np.ndarray] = [array(net.batch_size, units) for units in net.sizes[1:]]
    weights = [array(m + 1, k) * 0.01 for m, k in zip(net.sizes[:-1], net.sizes[1:], strict=True)]
    outputs = [np.empty_like(delta) for delta in deltas]
    calls += list(zip(edges, weights, outputs, strict=True))
    for i in reversed(range(len(weights))):
        calls.append((edges[i].T, deltas[i], np.empty_like(weights[i])))
        if i:
            calls.append((deltas[i], weights[i][:-1].T, np.empty_like(deltas[i - 1])))

    def run() -> float:
        matmul = np.matmul
        with threadpool_limits(1, user_api="blas"):
            started = perf_counter()
            for _ in range(steps):
                for a, b, out in calls:
                    matmul(a, b, out=out)
            return perf_counter() - started

    return run


def candidates(net: Net, dtype: str, steps: int, options: Options) -> tuple[dict[str, Callable[[], float]], float]:
    """Make all candidates, and say how long JAX took to compile."""
    X, y = net.data(dtype, steps)
    chosen = {"ours": ours(net, X, y), "products": best(products(net, dtype, steps), EPOCHS)}
    if "sklearn" in options.peers:
        chosen["sklearn"] = sklearn(net, X, y)
    compile_seconds = 0.0
    if dtype == "float32" and "torch" in options.peers:
        from benchmarks import torch_peer

        epoch = torch_peer.epoch_timer(torch_peer.mlp(net.sizes), X, y, net.batch_size)
        chosen["torch"] = best(epoch, EPOCHS)
    if dtype == "float32" and "jax" in options.peers:
        from benchmarks import jax_peer

        threads = options.threads or 1
        epoch, compile_seconds = jax_peer.epoch_timer(net.sizes, X, y, net.batch_size, threads)
        chosen["jax"] = best(epoch, EPOCHS)
    return chosen, compile_seconds


def add_rows(table: Table, net: Net, times: Times, share: float, steps: int, compile_seconds: float) -> None:
    """Add what was measured of a network; ``share`` of the wanted ratio to scikit-learn is enough."""
    micro = {name: median(values) / steps * 1e6 for name, values in times.items()}
    wanted = {"sklearn": net.sklearn * share, "torch": net.torch, "jax": net.jax}
    for peer in ("sklearn", "torch", "jax"):
        if peer in times:
            bound = None if wanted[peer] is None else at_least(wanted[peer])
            table.add(net.name, f"x {peer}", micro["ours"], micro[peer], "us", ratios(times, peer, "ours"), bound)
    bound = at_most(net.products) if share == 1 else None
    own = ratios(times, "ours", "products")
    table.add(net.name, "over own products", micro["ours"], micro["products"], "us", own, bound)
    if compile_seconds:
        table.note(net.name, f"JAX compiled this for {compile_seconds:.2f} s, which its time leaves out")


def penalty(options: Options) -> Table:
    """Compare steps with the default penalty with those without one, where BLAS has more than one thread."""
    threads = options.threads or 2
    table = Table("Step time with the default penalty", f"Peer: alpha=0; Adam, {threads} thread(s); as above.")
    for dtype in ("float32", "float64"):
        for net in NETS[4 : options.size(6, 5)]:
            if options.only in f"{net.name} {dtype}":
                steps = options.size(net.steps, 1)
                X, y = net.data(dtype, steps)
                with limited(threads), quiet():
                    chosen = {"with": ours(net, X, y, alpha=1e-4), "without": ours(net, X, y)}
                    times = interleaved(chosen, options.n_rounds())
                micro = [median(times[name]) / steps * 1e6 for name in ("with", "without")]
                table.add(f"{net.name}, {dtype}", "without", *micro, "us", ratios(times, "with", "without"))
    return table


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    threads = options.threads or 1
    tables = []
    for dtype, share in (("float32", 1.0), ("float64", 0.8)):
        remarks = f"Adam, alpha=0, {threads} thread(s) for all, the products always 1; mean step of one epoch."
        table = Table(f"Step time, {dtype}", remarks)
        for net in NETS[: options.size(len(NETS), 2)]:
            if options.only not in f"{net.name} {dtype}":
                continue
            steps = options.size(net.steps, 2)
            chosen, compile_seconds = candidates(net, dtype, steps, options)
            with limited(threads), quiet():
                times = interleaved(chosen, options.n_rounds())
            add_rows(table, net, times, share, steps, compile_seconds)
        tables.append(table)
    return [table for table in [*tables, penalty(options)] if table.rows]
