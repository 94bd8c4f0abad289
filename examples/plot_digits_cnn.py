"""
Images: a convolutional network
===============================

A convolution looks at a small window, the same everywhere in the image, so it needs few weights and
does not care where a stroke is. Here it reads handwritten digits.
"""

# sphinx_gallery_thumbnail_number = 4

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from sknn import MLPClassifierScratch, SequentialClassifierScratch
from sknn.activations import ReLU
from sknn.initializers import HeNormal
from sknn.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, MaxPool2D
from sknn.plotting import ImagePredictionDisplay, NetworkDisplay, TrainingCurveDisplay

# %%
# Images have the shape (height, width, channels); gray ones have a single channel. In float32
# everything takes half the time.

digits = load_digits()
X = (digits.images[..., np.newaxis] / 16).astype(np.float32)
y = digits.target
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
print("Training images:", X_train.shape)

# %%
# The layers, from the input on. The output layer is not listed: it follows from the ten classes.
# Early stopping restores the best weights, and the rate falls when the loss on the held-out tenth
# stands still.

layers = [
    Conv2D(16, padding="same", activation=ReLU(), weight_init=HeNormal()),
    BatchNorm(),
    Conv2D(16, padding="same", activation=ReLU(), weight_init=HeNormal()),
    MaxPool2D(),
    Conv2D(32, padding="same", activation=ReLU(), weight_init=HeNormal()),
    MaxPool2D(),
    Flatten(),
    Dense(64, ReLU(), HeNormal()),
    Dropout(0.4),
]
net = SequentialClassifierScratch(
    layers,
    batch_size=64,
    learning_rate="plateau",
    learning_rate_init=0.003,
    early_stopping=True,
    n_iter_no_change=12,
    scoring="loss",
    random_state=0,
)
net.fit(X_train, y_train)
print(net.summary())
print(net.stop_reason_)

# %%

stack = NetworkDisplay.from_estimator(net)

# %%

curves = TrainingCurveDisplay.from_estimator(net)

# %%
# Beside a network without convolutions on the same rows.

dense = MLPClassifierScratch((64,), batch_size=64, learning_rate_init=0.002, early_stopping=True, random_state=0)
dense.fit(X_train.reshape(-1, 64), y_train)
print(f"Test accuracy: {net.score(X_test, y_test):.3f} with {net.n_parameters_:,} parameters")
print(f"without convolutions: {dense.score(X_test.reshape(-1, 64), y_test):.3f} with {dense.n_parameters_:,}")

# %%

confusion = ConfusionMatrixDisplay.from_estimator(net, X_test, y_test, cmap="Blues")

# %%
# Some predictions with their confidence: those it was least sure of.

confidence = net.predict_proba(X_test).max(axis=1)
doubtful = confidence.argsort()[:18]
grid = ImagePredictionDisplay.from_estimator(net, X_test[doubtful], y_test[doubtful])
