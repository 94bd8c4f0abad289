"""
Sequences of different lengths
==============================

Strokes of a pen, each a sequence of points, shorter or longer, are told apart by a network that reads
them from both ends.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from sknn import SequentialClassifierScratch
from sknn.layers import GRU, Bidirectional

# %%
# Four kinds of strokes, from 15 to 40 points each, drawn with a trembling hand. What is missing at the
# end of a shorter one is NaN, which recurrent layers understand as its end.

rng = np.random.default_rng(0)
KINDS = ["circle", "eight", "spiral", "wave"]
LONGEST = 40


def stroke(kind):
    """Draw one stroke, from a random place on, in a random size."""
    length = rng.integers(15, LONGEST + 1)
    t = np.linspace(0, 2 * np.pi, length) + rng.uniform(0, 2 * np.pi)
    s = np.linspace(0, 1, length)
    x, y = {
        "circle": (np.cos(t), np.sin(t)),
        "eight": (np.sin(t), np.sin(2 * t)),
        "spiral": (s * np.cos(t), s * np.sin(t)),
        "wave": (2 * s - 1, 0.7 * np.sin(2 * t)),
    }[kind]
    points = rng.uniform(0.5, 1.5) * np.column_stack([x, y]) + rng.normal(0, 0.15, (length, 2))
    padded = np.full((LONGEST, 2), np.nan)
    padded[:length] = points
    return padded


y = rng.choice(KINDS, 600)
X = np.array([stroke(kind) for kind in y])
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
print("Strokes:", X_train.shape, "of (n, time, channels)")

figure, axes = plt.subplots(ncols=4, figsize=(10, 2.8), layout="constrained")
for axis, kind in zip(axes, KINDS, strict=True):
    for row in np.flatnonzero(y_train == kind)[:2]:
        axis.plot(*X_train[row].T, ".-")
    axis.set_title(kind)

# %%
# A gated recurrent unit in each direction; their last states, side by side, go to the output.

net = SequentialClassifierScratch(
    [Bidirectional(GRU(12))],
    batch_size=32,
    learning_rate_init=0.01,
    early_stopping=True,
    n_iter_no_change=8,
    random_state=0,
)
net.fit(X_train, y_train)
print(net.summary())
print(f"Test accuracy: {net.score(X_test, y_test):.3f}")

# %%

confusion = ConfusionMatrixDisplay.from_estimator(net, X_test, y_test, cmap="Blues")
