"""The table of a network's layers."""

from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from sknn.core.network import Network
from sknn.initializers import Initializer


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
    for name, layer, plan in zip(network.names, network.layers, network.plans, strict=True):
        count = sum(int(np.prod(spec.shape)) for spec in plan.parameters.values())
        rows.append((f"{name} ({_describe(layer)})", str(plan.output_shape), f"{count:,}"))
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


def _describe(part: Any) -> str:
    """Name a layer with the hyper-parameters that are not the defaults, initializers left out."""
    shown = []
    for field in fields(part):
        value = getattr(part, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value != default and not isinstance(value, Initializer):
            shown.append(f"{field.name}={_value(value)}")
    return f"{type(part).__name__}({', '.join(shown)})"


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    return _describe(value) if hasattr(value, "__dataclass_fields__") else repr(value)
