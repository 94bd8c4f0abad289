"""How a network is trained: batches, trainer, L-BFGS, and the rules that stop or report."""
