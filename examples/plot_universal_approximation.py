"""
A network can follow any continuous function
============================================

One hidden layer comes as close as one likes to any continuous function on a closed interval, if it
is wide enough. Here it is given more and more units.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknn import MLPRegressorScratch

# %%
# A function with a smooth part, a kink and a steep rise.

X = np.linspace(-3, 3, 600)[:, None]


def f(x):
    return np.sin(2 * x) + np.abs(x - 1) + np.tanh(8 * (x + 1.5))


y = f(X[:, 0])

# %%
# There is no noise, and nothing to generalize: the question is only what a network of some width can
# express. Of five random starts the best one counts.


def best_of_five(units):
    """Fit from five starts, and give the network that came closest."""
    nets = [
        MLPRegressorScratch(
            hidden_layer_sizes=units,
            activation="tanh",
            solver="lbfgs",
            alpha=0.0,
            tol=1e-5,
            max_iter=3000,
            random_state=seed,
        ).fit(X, y)
        for seed in range(5)
    ]
    return min(nets, key=lambda net: net.loss_)


widths = [1, 2, 4, 8, 16, 32]
nets = {units: best_of_five(units) for units in widths}

figure, axes = plt.subplots(2, 3, figsize=(11, 5.5), sharex=True, sharey=True, layout="constrained")
for axis, (units, net) in zip(axes.flat, nets.items(), strict=True):
    axis.plot(X[:, 0], y, color="0.6", linewidth=4, label="function")
    axis.plot(X[:, 0], net.predict(X), color="C1", label="network")
    axis.set_title(f"{units} hidden unit{'s' if units > 1 else ''}")
axes[0, 0].legend()

# %%
# That the weights are there can be seen without training: a rectifier for each of n places, where the line
# through the function's values bends, makes a network that is the polygon through n + 1 points of it. So the
# weights may as well be written down.


def polygon(units):
    """Make a network that runs in straight lines from point to point of the function."""
    knots = np.linspace(-3, 3, units + 1)
    slopes = np.diff(f(knots)) / np.diff(knots)
    net = MLPRegressorScratch(hidden_layer_sizes=units, activation="relu", random_state=0).partial_fit(X, y)
    net.coefs_[0][:], net.intercepts_[0][:] = 1.0, -knots[:-1]
    net.coefs_[1][:, 0], net.intercepts_[1][:] = np.diff(slopes, prepend=0.0), f(knots[0])
    return net


# %%
# The largest distance anywhere, for both. By construction it falls for ever, as the theorem promises. Training
# needs far fewer units at first, since it puts them where they are needed; from some width on it is training,
# and no longer the width, that sets the limit. (It also minimizes the mean of the squares, not the largest
# distance, which may rise meanwhile.) Neither is right outside of the interval.


def largest_distance(net):
    """Give the largest distance between network and function on the interval."""
    return np.abs(net.predict(X) - y).max()


figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
many = [2**k for k in range(10)]
axis.loglog(many, [largest_distance(polygon(units)) for units in many], "s--", base=2, label="constructed")
axis.loglog(widths, [largest_distance(net) for net in nets.values()], "o-", base=2, label="trained")
axis.set(xlabel="hidden units", ylabel="largest distance")
axis.legend()
for units in widths:
    print(f"{units:3} units: trained {largest_distance(nets[units]):.4f}, ", end="")
    print(f"constructed {largest_distance(polygon(units)):.4f}")
