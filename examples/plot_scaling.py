"""
Scaling inputs
==============

Features in different units make a loss that is steep in some directions and flat in others. Scaled,
they make a round one.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
print("Features range from", X.std(axis=0).min().round(2), "to", X.std(axis=0).max().round(), "in their spread")

# %%
# The same network on the features as they are, and behind a scaler, for three hundred epochs.

raw = MLPClassifierScratch((32,), random_state=0)
scaled = MLPClassifierScratch((32,), random_state=0)
scaler = StandardScaler().fit(X_train)
for _ in range(300):
    raw.partial_fit(X_train, y_train, classes=[0, 1, 2])
    scaled.partial_fit(scaler.transform(X_train), y_train, classes=[0, 1, 2])

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.plot(raw.loss_curve_, label=f"as they are: test accuracy {raw.score(X_test, y_test):.2f}")
accuracy = scaled.score(scaler.transform(X_test), y_test)
axis.plot(scaled.loss_curve_, label=f"scaled: test accuracy {accuracy:.2f}")
axis.set(xlabel="epoch", ylabel="training loss", xscale="log", yscale="log")
axis.legend()

# %%
# In practice the scaler stands before the network in a pipeline, so that it learns from the training
# rows alone and is applied wherever the network is.

pipeline = make_pipeline(StandardScaler(), MLPClassifierScratch((32,), solver="lbfgs", random_state=0))
print(f"Pipeline: {pipeline.fit(X_train, y_train).score(X_test, y_test):.2f}")
