"""
Three classes: iris
===================

The classic first data set, with a report and a confusion matrix.
"""

from sklearn.datasets import load_iris
from sklearn.metrics import ConfusionMatrixDisplay, classification_report
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch

iris = load_iris(as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(
    iris.data, iris.target, test_size=0.3, stratify=iris.target, random_state=0
)

# %%
# With so few rows L-BFGS is quicker and surer than going batch by batch. A tiny network needs some
# penalty of its weights.

net = make_pipeline(
    StandardScaler(),
    MLPClassifierScratch(hidden_layer_sizes=(10,), solver="lbfgs", alpha=1.0, max_iter=1000, random_state=0),
)
net.fit(X_train, y_train)
print(classification_report(y_test, net.predict(X_test), target_names=iris.target_names))

# %%
# Each row of the matrix is a species, each column what was predicted.

confusion = ConfusionMatrixDisplay.from_estimator(net, X_test, y_test, display_labels=iris.target_names, cmap="Blues")

# %%
# Forty-five test rows are few; cross-validation predicts all 150, each by a network that has not
# seen it.

predicted = cross_val_predict(net, iris.data, iris.target, cv=10)
confusion = ConfusionMatrixDisplay.from_predictions(
    iris.target, predicted, display_labels=iris.target_names, cmap="Blues"
)

# %%
# How sure the network is of the flowers that it got wrong.

wrong = predicted != iris.target
probability = cross_val_predict(net, iris.data, iris.target, cv=10, method="predict_proba")
for row in iris.target.index[wrong]:
    said, truth = iris.target_names[predicted[row]], iris.target_names[iris.target[row]]
    print(f"flower {row}: {said} with {probability[row].max():.0%}, but it is {truth}")
