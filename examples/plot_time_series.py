"""
Time series: forecasts by an LSTM
=================================

Windows of a series are samples, what comes after each is its target. An LSTM reads the window step by
step and forecasts several steps at once.
"""

# sphinx_gallery_thumbnail_number = 3

import matplotlib.pyplot as plt
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import permutation_importance

from sknn import SequentialRegressorScratch
from sknn.layers import LSTM
from sknn.plotting import ForecastDisplay, TrainingCurveDisplay

# %%
# A synthetic load curve, hour by hour: a slow rise, a day, a week, and noise that lingers.

rng = np.random.default_rng(0)
hours = np.arange(24 * 7 * 12)
noise = np.zeros(len(hours))
for t in range(1, len(hours)):
    noise[t] = 0.8 * noise[t - 1] + rng.normal(0, 1.2)
series = (
    60 + 0.005 * hours + 12 * np.sin(2 * np.pi * hours / 24) + 6 * np.sin(2 * np.pi * hours / (24 * 7)) + noise
).astype(np.float32)

figure, axis = plt.subplots(figsize=(9, 3), layout="constrained")
axis.plot(hours[: 24 * 21], series[: 24 * 21], linewidth=0.8)
axis.set(xlabel="hour", ylabel="load (MW)")

# %%
# Two days to read, half a day to forecast. The last three weeks are for testing, and the scale comes
# from what is before them.

WINDOW, HORIZON = 48, 12
train_end = len(series) - 24 * 21
mean, spread = series[:train_end].mean(), series[:train_end].std()
windows = sliding_window_view((series - mean) / spread, WINDOW + HORIZON)
X, y = windows[:, :WINDOW, np.newaxis], windows[:, WINDOW:]
first_test = train_end - WINDOW
X_train, y_train = X[: first_test - HORIZON], y[: first_test - HORIZON]
X_test, y_test = X[first_test:], y[first_test:]
print("Training windows:", X_train.shape, "targets:", y_train.shape)

net = SequentialRegressorScratch(
    [LSTM(24)],
    batch_size=64,
    learning_rate_init=0.01,
    max_grad_norm=1.0,
    early_stopping=True,
    n_iter_no_change=6,
    scoring="loss",
    random_state=0,
)
net.fit(X_train, y_train)
print(net.stop_reason_)
curves = TrainingCurveDisplay.from_estimator(net, panels=["loss"])

# %%
# Forecasts six hours ahead, their residuals, and the error of each step ahead, in megawatts.

came = y_test * spread + mean
forecast = net.predict(X_test) * spread + mean
time = hours[train_end : train_end + len(X_test)]
display = ForecastDisplay.from_predictions(came, forecast, time=time, step=6, unit="MW")

# %%
# The bar to clear is the naive forecast: the same hour of the day before.

naive = X_test[:, WINDOW - 24 : WINDOW - 24 + HORIZON, 0] * spread + mean
naive_error = np.sqrt(((naive - came) ** 2).mean(axis=0))
for step in (1, 6, 12):
    print(f"{step:2} hours ahead: LSTM {display.errors_[step - 1]:.2f} MW, naive {naive_error[step - 1]:.2f} MW")
display.axes_["error"].plot(np.arange(1, HORIZON + 1), naive_error, "o-", color="0.5", label="day before")
display.axes_["error"].legend()

# %%
# Which hours of the window matter: shuffle one at a time among the test windows, and see how much worse
# the forecast becomes.


class OnRows(RegressorMixin, BaseEstimator):
    """Lets permutation_importance see each step of a window as a feature."""

    def fit(self, X, y):
        """Do nothing: the network is fitted."""
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        """Predict from rows."""
        return net.predict(X[:, :, np.newaxis])


importance = permutation_importance(
    OnRows(), X_test[::4, :, 0], y_test[::4], scoring="neg_root_mean_squared_error", n_repeats=3, random_state=0
)
figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
axis.bar(np.arange(-WINDOW, 0), importance.importances_mean * spread)
axis.set(xlabel="hours before the forecast", ylabel="error added (MW)")
