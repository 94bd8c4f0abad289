"""
Rare classes
============

Fewer than five samples in a hundred are positive. A network that minimizes the plain loss does well by looking
away from them; here are ways to make it look.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score, precision_score, recall_score
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from sknn import MLPClassifierScratch

X, y = make_classification(
    6000, 20, n_informative=8, n_clusters_per_class=3, weights=[0.96], class_sep=0.8, flip_y=0.01, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
print(f"{y_train.mean():.1%} of the training samples are positive")

# %%
# - **Weights**: ``class_weight='balanced'`` counts each class as if all were equally frequent.
# - **Focal loss**: ``loss='focal'`` looks away from samples that are right already, most of them negative. It
#   does not move the decision towards the rare class by itself.
# - **Both**.
# - **Threshold**: leave the probabilities alone, and ask for less than one half before saying "positive".
#   scikit-learn's ``TunedThresholdClassifierCV`` finds how much, by cross-validation.

common = {"hidden_layer_sizes": (32,), "alpha": 1.0, "early_stopping": True, "n_iter_no_change": 15, "random_state": 0}
plain = MLPClassifierScratch(scoring="loss", **common)
models = {
    "plain": plain,
    "class_weight": MLPClassifierScratch(class_weight="balanced", scoring="balanced_accuracy", **common),
    "focal": MLPClassifierScratch(loss="focal", scoring="balanced_accuracy", **common),
    "focal, weighted": MLPClassifierScratch(
        loss="focal", class_weight="balanced", scoring="balanced_accuracy", **common
    ),
    "threshold": TunedThresholdClassifierCV(plain, scoring="balanced_accuracy", cv=3),
}
scores = {"balanced accuracy": balanced_accuracy_score, "recall": recall_score, "precision": precision_score}
results = {}
for name, model in models.items():
    predicted = model.fit(X_train, y_train).predict(X_test)
    results[name] = [score(y_test, predicted) for score in scores.values()]
    print(f"{name:16}", *(f"{label} {value:.2f}" for label, value in zip(scores, results[name], strict=True)))

# %%
# More of the rare class is found at the price of false alarms. Which is worse is not a question of
# statistics.

figure, axis = plt.subplots(figsize=(8, 3.5), layout="constrained")
places = np.arange(len(models))
for shift, (label, values) in enumerate(zip(scores, zip(*results.values(), strict=True), strict=True)):
    axis.bar(places + 0.27 * (shift - 1), values, width=0.25, label=label)
axis.set_xticks(places, list(models))
axis.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False)
