"""The table of a network's layers."""

import numpy as np

from sknn.core.network import Network


def summarize(network: Network) -> str:
    """Describe a network, a line a layer.

    Parameters
    ----------
    network : Network
        The network.

    Returns
    -------
    str
        Layers, output shapes, numbers of parameters, and the memory of the parameters.
    """
    rows = [("Layer", "Output shape", "Parameters")]
    rows += [("Input", str(network.input_shape), "0")]
    for layer, plan in zip(network.layers, network.plans, strict=True):
        count = sum(int(np.prod(spec.shape)) for spec in plan.parameters.values())
        rows.append((str(layer), str(plan.output_shape), f"{count:,}"))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
    rule = "-" * len(lines[0])
    parameters = network.parameters
    size = parameters.values.nbytes + parameters.state.nbytes
    total = (
        f"{parameters.values.size:,} trained parameters, {parameters.state.size:,} others, "
        f"{size / 1024:,.1f} KiB of {network.dtype}"
    )
    return "\n".join([lines[0], rule, *lines[1:], rule, total])
