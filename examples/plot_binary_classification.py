"""
Two classes, with curves of loss and accuracy
=============================================

A network learns to tell malignant from benign tumors. It is shown its own validation samples, and
the curves tell when it begins to know its training samples by heart.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch
from sknn.plotting import NetworkDisplay, TrainingCurveDisplay

# %%
# Three parts: to train on, to validate with, and to test on once, at the end. The scaler learns from
# the first alone.

X, y = load_breast_cancer(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=0)

scaler = StandardScaler().fit(X_train)
X_train, X_val, X_test = (scaler.transform(part) for part in (X_train, X_val, X_test))

# %%
# ``X_val`` and ``y_val`` are judged after each epoch, and with ``early_stopping`` also watched. The
# score is accuracy; ``scoring`` may be a function of one's own, and this one also notes the accuracy
# on the training samples.

training_accuracy = []


def accuracy(estimator, X, y):
    training_accuracy.append(estimator.score(X_train, y_train))
    return estimator.score(X, y)


net = MLPClassifierScratch(
    hidden_layer_sizes=(32, 16),
    batch_size=32,
    early_stopping=True,
    n_iter_no_change=30,
    scoring=accuracy,
    random_state=0,
)
net.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(net.stop_reason_)
print(f"Best epoch: {net.best_epoch_} of {net.n_iter_}")

# %%
# The curves. The weights of the best epoch, marked, are those that the network has in the end.

figure, axes = plt.subplots(ncols=2, figsize=(9, 3.5), layout="constrained")
display = TrainingCurveDisplay.from_estimator(net, panels=["loss", "score"], ax=axes)
axes[1].plot(range(1, len(training_accuracy) + 1), training_accuracy, color="C0", label="training")
axes[1].set_ylabel("accuracy")
axes[1].legend()

# %%
# What was trained.

print(net.summary())
stack = NetworkDisplay.from_estimator(net)

# %%
# How well it does on samples that played no part so far.

print(f"Test accuracy: {net.score(X_test, y_test):.3f}")
roc = RocCurveDisplay.from_estimator(net, X_test, y_test)
