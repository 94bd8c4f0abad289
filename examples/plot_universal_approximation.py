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
# There is no noise, and nothing to generalise: the question is only what a network of some width can
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
# The largest distance anywhere falls as the layer widens. The theorem promises that it can be made as
# small as one likes. It does not promise that training finds those weights, or that the network is
# right outside of the interval.

figure, axis = plt.subplots(figsize=(5, 3.5), layout="constrained")
distance = [np.abs(net.predict(X) - y).max() for net in nets.values()]
axis.loglog(widths, distance, "o-", base=2)
axis.set(xlabel="hidden units", ylabel="largest distance")
for units, value in zip(widths, distance, strict=True):
    print(f"{units:3} units: {value:.4f}")
