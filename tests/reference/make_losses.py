"""Write losses.json: values and gradients of single rows, from their definitions at 150 digits (mpmath 1.3).

Run: python tests/reference/make_losses.py
"""

import json
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 150
EXTREMES = [-1e20, -37.0, -1.5, -1e-8, 0.0, 1e-3, 2.0, 20.5, 37.0, 1e20]
TRIPLES = [[0.0, 0.0, 0.0], [1.0, -2.0, 0.5], [37.0, 0.0, -37.0], [1e20, 0.0, -1e20], [1e20, 1e20, 0.0]]
ONE_HOT = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
SMOOTHED = [[0.9, 0.0625, 0.0375]]


def binary(gamma):
    def loss(raw, y):
        (r,), (t,) = raw, y
        entropy = t * mp.log1p(mp.exp(-r)) + (1 - t) * mp.log1p(mp.exp(r))
        return abs(1 / (1 + mp.exp(r)) - (1 - t)) ** gamma * entropy

    return loss


def softmax(gamma):
    def loss(raw, y):
        total = mp.zero
        for k, t in enumerate(y):
            others = sum(mp.exp(r - raw[k]) for i, r in enumerate(raw) if i != k)
            wrong = others / (1 + others)
            total += t * abs((1 - t) - wrong) ** gamma * mp.log1p(others)
        return total

    return loss


def mean_of(term):
    return lambda raw, y: sum(term(r, t) for r, t in zip(raw, y, strict=True)) / len(raw)


def sum_of(term):
    return lambda raw, y: sum(term(r, t) for r, t in zip(raw, y, strict=True))


def huber(delta):
    return mean_of(lambda r, t: (r - t) ** 2 / 2 if abs(r - t) <= delta else delta * (abs(r - t) - mpf(delta) / 2))


def pinball(q):
    return mean_of(lambda r, t: (t - r) * (mpf(q) if t > r else mpf(q) - 1))


def log_cosh(r, t):
    d = abs(r - t)
    return d + mp.log1p(mp.exp(-2 * d)) - mp.log(2)


def poisson(r, t):
    return (t * mp.log(t) if t else mp.zero) - t * r - t + mp.exp(r)


def gamma_deviance(r, t):
    return r - mp.log(t) + t * mp.exp(-r) - 1


def rows(raws, targets):
    return [([raw], [y]) for raw in raws for y in targets]


BINARY = rows(EXTREMES, [0.0, 1.0, 0.95])
SOFTMAX = [(raw, y) for raw in TRIPLES for y in ONE_HOT + SMOOTHED]
REAL = [*rows(EXTREMES, [0.1, -3.0]), ([1.5, 1e20], [-2.0, 3.0])]
CASES = {
    "log_loss binary": (binary(0), BINARY),
    "focal binary": (binary(2), BINARY),
    "focal binary 0.5": (binary(mpf(0.5)), BINARY),
    "log_loss softmax": (softmax(0), SOFTMAX),
    "focal softmax": (softmax(2), SOFTMAX),
    "focal softmax 0.5": (softmax(mpf(0.5)), SOFTMAX),
    "squared_error": (mean_of(lambda r, t: (r - t) ** 2 / 2), REAL),
    "absolute_error": (mean_of(lambda r, t: abs(r - t)), REAL),
    "huber": (huber(1), REAL),
    "huber 0.3": (huber(0.3), REAL),
    "log_cosh": (mean_of(log_cosh), [*REAL, *rows([1e-8, 1e-3, 19.9, 20.1], [0.0])]),
    "quantile": (pinball(0.5), REAL),
    "quantile 0.9": (pinball(0.9), REAL),
    "poisson": (sum_of(poisson), [*rows(EXTREMES, [0.0, 2.5]), ([0.5, 1.0], [0.0, 4.0])]),
    "gamma": (sum_of(gamma_deviance), [*rows(EXTREMES, [0.1, 2.5]), ([0.5, 1.0], [0.3, 4.0])]),
}


def rounded(number):
    """The nearest float64; what is greater than all of them becomes infinite."""
    return float(number) if abs(number) < mpf(10) ** 308 else float("inf") * int(mp.sign(number))


def gradient(loss, raw, y):
    """By central differences, at a step so small that 40 digits are right."""
    h = mpf(10) ** -50
    for k in range(len(raw)):
        moved = [[r + s * h if i == k else r for i, r in enumerate(raw)] for s in (1, -1)]
        yield (loss(moved[0], y) - loss(moved[1], y)) / (2 * h)


reference = {}
for name, (loss, cases) in CASES.items():
    reference[name] = []
    for raw, y in cases:
        exact = [mpf(r) for r in raw], [mpf(t) for t in y]
        slopes = [rounded(slope) for slope in gradient(loss, *exact)]
        reference[name].append({"raw": raw, "y": y, "value": rounded(loss(*exact)), "gradient": slopes})

Path(__file__).with_name("losses.json").write_text(json.dumps(reference) + "\n")
