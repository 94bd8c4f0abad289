"""
Saving a network, and going on later
====================================

A fitted estimator is saved as any of scikit-learn's. It keeps what it needs to go on training, and
drops it when asked.
"""

import pickle
import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknn import MLPClassifierScratch

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)

net = MLPClassifierScratch((256, 128), learning_rate_init=0.01, early_stopping=True, random_state=0)
net.fit(X_train, y_train)
print(f"Accuracy {net.score(X_test, y_test):.3f}, {net.n_parameters_:,} parameters")

# %%
# To a file and back
# ------------------
#
# The copy predicts the same, to the last bit.

with tempfile.TemporaryDirectory() as directory:
    path = Path(directory) / "net.joblib"
    joblib.dump(net, path)
    loaded = joblib.load(path)
    size = path.stat().st_size

assert np.array_equal(loaded.predict_proba(X_test), net.predict_proba(X_test))
weights = sum(W.nbytes for W in (*net.coefs_, *net.intercepts_))
print(f"{size / weights:.2f} times the size of the weights: the optimizer's state is in it")

# %%
# Going on
# --------
#
# ``partial_fit`` trains for one more epoch, from these weights and with the optimizer as it was. What
# was fitted by ``fit`` needs no ``classes`` here. (A network that stops early by itself cannot go on
# by itself, so that is switched off.)

loaded.set_params(early_stopping=False)
for _ in range(5):
    loaded.partial_fit(X_train, y_train)
print(f"{len(loaded.loss_curve_) - len(net.loss_curve_)} epochs more: accuracy {loaded.score(X_test, y_test):.3f}")

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.plot(loaded.loss_curve_, label="loaded, and trained on")
axis.plot(net.loss_curve_, label="saved")
axis.set(xlabel="epoch", ylabel="training loss", yscale="log")
axis.legend()

# %%
# Only to predict
# ---------------

small = len(pickle.dumps(net.trim_for_prediction()))
print(f"After trim_for_prediction: {small / weights:.2f} times the size of the weights")

# %%
# Files from strangers
# --------------------
#
# Loading a pickle runs whatever its author put into it. ``skops.io`` loads without that risk; it asks
# which types are to be trusted, and a network consists of types of sknn, scikit-learn and NumPy only.

try:
    import skops.io
except ImportError:
    print("skops is not here; `pip install 'sknn[persist]'` brings it")
else:
    saved = skops.io.dumps(net)
    types = skops.io.get_untrusted_types(data=saved)
    print("To be trusted:", *types, sep="\n  ")
    again = skops.io.loads(saved, trusted=types)
    assert np.array_equal(again.predict_proba(X_test), net.predict_proba(X_test))
