"""The backprop engine: kernels, parameters, workspace, network, objective."""
