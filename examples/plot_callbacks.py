"""
Progress bars and callbacks
===========================

Since version 1.9 scikit-learn has callbacks: objects that are told when a task of a fit begins and
ends. For a network a task is an epoch. On older versions the method is not there.
"""

import sys

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch

if not hasattr(MLPClassifierScratch, "set_callbacks"):
    print("This needs scikit-learn 1.9 or later.")
    sys.exit()

from sklearn.callback import ProgressBar, ScoringMonitor

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, stratify=y, random_state=0)

# %%
# ``ScoringMonitor`` scores the network on the training samples after each epoch. ``ProgressBar`` draws a
# bar on the terminal (with the package rich: ``pip install 'sknn[progress]'``).

monitor = ScoringMonitor(scoring="accuracy")
net = MLPClassifierScratch((32,), max_iter=60, tol=1e-2, n_iter_no_change=5, random_state=0)
net.set_callbacks(monitor)
pipeline = make_pipeline(StandardScaler(), net).fit(X_train, y_train)
scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.plot(range(1, len(scores) + 1), scores)
axis.set(xlabel="epoch", ylabel="training accuracy")

# %%
# One's own
# ---------
#
# A callback is any object with these four methods. ``fitted_estimator`` is the network as if training
# had ended here; a callback that names it after the star gets it. One that returns True ends training.


class GoodEnough:
    """Stops when the accuracy on samples of one's own is good enough."""

    def __init__(self, X, y, accuracy):
        self.X, self.y, self.accuracy = X, y, accuracy

    def setup(self, estimator, context):
        self.epochs = 0

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.epochs += 1
        return fitted_estimator.score(self.X, self.y) >= self.accuracy

    def teardown(self, estimator, context):
        print(f"{self.epochs} epochs")


scaler = StandardScaler().fit(X_train)
stopped = MLPClassifierScratch((32,), max_iter=100, random_state=0)
stopped.set_callbacks(GoodEnough(scaler.transform(X_val), y_val, accuracy=0.9))
stopped.fit(scaler.transform(X_train), y_train)
print(stopped.stop_reason_)

# %%
# A bar for each fit, in a search as well: with ``ProgressBar(max_propagation_depth=None)`` set on the search, its
# candidates, their pipelines and the epochs of each network all show.

progress = MLPClassifierScratch((32,), max_iter=100, tol=1e-2, n_iter_no_change=5, random_state=0)
progress.set_callbacks(ProgressBar()).fit(scaler.transform(X_train), y_train)
