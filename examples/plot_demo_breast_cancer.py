"""
A network on the breast cancer data
===================================

A :class:`~sknn.MLPClassifierScratch` behaves as any scikit-learn classifier: here it stands behind
a scaler in a pipeline, and a grid search chooses its size and its penalty by cross-validation.

The pictures go to ``demo_output/``, or to the directory named as the first argument.
"""

import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch

matplotlib.use("Agg")  # draw into files: the demo needs no display

# %%
# The data: 569 tumors, each described by 30 measurements. A quarter is held out.

data = load_breast_cancer()
X_train, X_test, y_train, y_test = train_test_split(data.data, data.target, stratify=data.target, random_state=0)

# %%
# The search: six candidates, each fitted on five folds.

search = GridSearchCV(
    make_pipeline(StandardScaler(), MLPClassifierScratch(max_iter=1000, random_state=0)),
    {
        "mlpclassifierscratch__hidden_layer_sizes": [(32,), (64, 32)],
        "mlpclassifierscratch__alpha": [1e-4, 1e-2, 1.0],
    },
)
search.fit(X_train, y_train)

# %%
# What was chosen, and how well it does on data that it has not seen.

best = search.best_estimator_[-1]
predicted = search.predict(X_test)

print("Chosen parameters")
for name, value in search.best_params_.items():
    print(f"  {name.removeprefix('mlpclassifierscratch__')}: {value}")
print(f"Held-out accuracy: {search.score(X_test, y_test):.3f}, after {best.n_iter_} epochs\n")
print(classification_report(y_test, predicted, target_names=data.target_names))

# %%
# How it learned. The same network with early stopping sets a tenth of the training data aside, and
# stops when its accuracy there no longer improves.

stopped = clone(search.best_estimator_).set_params(mlpclassifierscratch__early_stopping=True)
stopped.fit(X_train, y_train)

curves, (left, right) = plt.subplots(ncols=2, figsize=(9, 3.5), layout="constrained")
left.plot(best.loss_curve_, label="to convergence")
left.plot(stopped[-1].loss_curve_, label="with early stopping")
left.set(xlabel="epoch", ylabel="training loss", yscale="log")
left.legend()
right.plot(stopped[-1].validation_scores_, color="C1")
right.set(xlabel="epoch", ylabel="validation accuracy")

# %%
# Where it errs.

confusion = ConfusionMatrixDisplay.from_predictions(y_test, predicted, display_labels=data.target_names, cmap="Blues")

# %%
# The pictures as files.

output = Path(sys.argv[1] if len(sys.argv) > 1 else "demo_output")
output.mkdir(parents=True, exist_ok=True)
curves.savefig(output / "training_curves.png", dpi=120)
confusion.figure_.savefig(output / "confusion_matrix.png", dpi=120)
print(f"Pictures: {output / 'training_curves.png'}, {output / 'confusion_matrix.png'}")
