"""The same training in JAX: one compiled function for an epoch, a scan over its batches."""

import itertools
import os
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np


def import_jax(threads: int | None) -> Any:
    """Import JAX on the CPU; its threads can only be limited before it starts."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    if threads is not None:
        os.environ.setdefault("NPROC", str(threads))
    if threads == 1:
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    import jax

    return jax


def epoch_timer(
    sizes: Sequence[int], X: np.ndarray, y: np.ndarray, batch_size: int, threads: int | None
) -> tuple[Callable[[], float], float]:
    """Compile an epoch of training with Adam; give a function that runs it and gives its seconds.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, the input and the output among them.
    X : ndarray of shape (n, n_features)
        Samples, a whole number of batches.
    y : ndarray
        Class numbers of shape (n,), or labels of shape (n, n_labels).
    batch_size : int
        Rows of a batch.
    threads : int or None
        Threads to use.

    Returns
    -------
    epoch : callable
        Trains for one epoch.
    compile_seconds : float
        What compiling took.
    """
    jax = import_jax(threads)
    jnp, tree = jax.numpy, jax.tree
    rng = np.random.default_rng(0)
    shapes = list(itertools.pairwise(sizes))
    layers = [(jnp.asarray(rng.normal(0, m**-0.5, (m, k)), X.dtype), jnp.zeros(k, X.dtype)) for m, k in shapes]

    def loss_of(layers: Any, x: Any, target: Any) -> Any:
        *hidden, (W, b) = layers
        for V, a in hidden:
            x = jax.nn.relu(x @ V + a)
        raw = x @ W + b
        if target.ndim == 2:
            return jnp.mean(jnp.sum(jax.nn.softplus(raw) - target * raw, axis=1))
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(raw), target[:, None], axis=1))

    def step(state: Any, rows: Any) -> Any:
        layers, m, v, t, data, target = state
        loss, g = jax.value_and_grad(loss_of)(layers, data[rows], target[rows])
        t = t + 1
        m = tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        layers = tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), layers, m, v)
        return (layers, m, v, t, data, target), loss

    def epoch(layers: Any, m: Any, v: Any, t: Any, key: Any, data: Any, target: Any) -> Any:
        key, now = jax.random.split(key)
        order = jax.random.permutation(now, len(data)).reshape(-1, batch_size)
        (layers, m, v, t, _, _), losses = jax.lax.scan(step, (layers, m, v, t, data, target), order)
        return layers, m, v, t, key, losses.mean()

    data = jnp.asarray(X)
    target = jnp.asarray(y.astype(X.dtype) if y.ndim == 2 else y)
    zeros = tree.map(jnp.zeros_like, layers)
    state = [layers, zeros, tree.map(jnp.copy, zeros), jnp.asarray(0.0, X.dtype), jax.random.key(0)]
    started = perf_counter()
    compiled = jax.jit(epoch, donate_argnums=(0, 1, 2)).lower(*state, data, target).compile()
    compile_seconds = perf_counter() - started

    def run() -> float:
        started = perf_counter()
        *state[:], loss = compiled(*state, data, target)
        loss.block_until_ready()
        return perf_counter() - started

    return run, compile_seconds
