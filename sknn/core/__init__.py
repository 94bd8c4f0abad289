"""The backprop engine: parameters, workspace, network, objective, and how they compute, in threads where it pays."""
