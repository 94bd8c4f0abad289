"""
Two moons, step by step
=======================

The smallest problem that a line cannot solve: data, training, loss curve, decision boundary.
"""

# sphinx_gallery_thumbnail_number = 3

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import train_test_split

from sknn import MLPClassifierScratch
from sknn.plotting import TrainingCurveDisplay

# %%
# The data: two half circles with noise.

X, y = make_moons(500, noise=0.2, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

figure, axis = plt.subplots(figsize=(5, 3.5), layout="constrained")
axis.scatter(*X_train.T, c=y_train, cmap="coolwarm", edgecolor="white", s=30)
axis.set(xlabel="first feature", ylabel="second feature")

# %%
# No hidden layer makes a linear model, which can only draw a line.

linear = MLPClassifierScratch(hidden_layer_sizes=(), solver="lbfgs", random_state=0).fit(X_train, y_train)
print(f"Linear model: {linear.score(X_test, y_test):.3f} of the test samples right")

# %%
# Two hidden layers of 16 units bend the line.

net = MLPClassifierScratch(
    hidden_layer_sizes=(16, 16), learning_rate_init=0.01, batch_size=32, max_iter=500, random_state=0
)
net.fit(X_train, y_train)
print(f"Network: {net.score(X_test, y_test):.3f} of the test samples right")
print(net.stop_reason_)

# %%
# The loss falls fast, then slowly; training ended when it no longer fell.

curve = TrainingCurveDisplay.from_estimator(net, panels=["loss"])

# %%
# Where either model changes its mind.

figure, axes = plt.subplots(ncols=2, figsize=(9, 3.5), sharey=True, layout="constrained")
for axis, model, title in zip(axes, (linear, net), ("linear", "two hidden layers"), strict=True):
    DecisionBoundaryDisplay.from_estimator(
        model, X, ax=axis, response_method="predict_proba", cmap="coolwarm", alpha=0.6, vmin=0, vmax=1
    )
    axis.scatter(*X_test.T, c=y_test, cmap="coolwarm", edgecolor="white", s=30)
    axis.set_title(f"{title}: {model.score(X_test, y_test):.2f}")
