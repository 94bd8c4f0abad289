"""
Learning rates and schedules
============================

The learning rate is the first thing to tune: too small, and training crawls; too large, and it jumps
about. A schedule begins large and ends small.
"""

# sphinx_gallery_thumbnail_number = 2

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sknn import MLPClassifierScratch
from sknn.schedules import SCHEDULES, Clock, CosineDecay, ExponentialDecay, StepDecay, Warmup

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)

# %%
# Three learning rates: far too small, right, and too large.

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
for rate in (1e-5, 1e-2, 1e-1):
    net = MLPClassifierScratch((64,), solver="adam", learning_rate_init=rate, batch_size=64, random_state=0)
    for _ in range(20):
        net.partial_fit(X_train, y_train, classes=np.arange(10))
    axis.plot(range(1, 21), net.loss_curve_, label=f"rate {rate:g}")
axis.set(xlabel="epoch", ylabel="training loss", yscale="log", xticks=range(0, 21, 5))
axis.legend()

# %%
# Every schedule is a factor of ``learning_rate_init``. Those that need nothing but the time are drawn
# here: for a training of 20 epochs with 21 batches each.

figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
drawn = {
    "cosine": SCHEDULES["cosine"](),
    "one_cycle": SCHEDULES["one_cycle"](),
    "StepDecay(7)": StepDecay(7),
    "ExponentialDecay(0.85)": ExponentialDecay(0.85),
    "Warmup(4, CosineDecay(0.1))": Warmup(4, CosineDecay(0.1)),
}
for name, schedule in drawn.items():
    clocks = [Clock(step, total_steps=420, steps_per_epoch=21) for step in range(420)]
    axis.plot([clock.step / 21 for clock in clocks], [schedule(clock) for clock in clocks], label=name)
axis.set(xlabel="epoch", ylabel="factor of learning_rate_init")
axis.legend(fontsize=8)

# %%
# What they do to a training of 20 epochs: at the constant rate it goes on jumping about the minimum,
# with the others it comes to rest there. A schedule is planned for ``max_iter`` epochs, so the training
# shall have them all. That it ends there is worth a warning for scikit-learn, but is meant here.

warnings.filterwarnings("ignore", category=ConvergenceWarning)

settings = {
    "constant": "constant",
    "cosine": "cosine",
    "one_cycle": "one_cycle",
    "warm-up, cosine": Warmup(2, CosineDecay()),
}
figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, learning_rate in settings.items():
    net = MLPClassifierScratch(
        (64,),
        learning_rate=learning_rate,
        learning_rate_init=0.02,
        batch_size=32,
        max_iter=20,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    net.fit(X_train, y_train)
    axis.plot(range(1, 21), net.loss_curve_, label=f"{name}: test accuracy {net.score(X_test, y_test):.3f}")
axis.set(xlabel="epoch", ylabel="training loss", yscale="log", xticks=range(0, 21, 5))
axis.legend(fontsize=8)
