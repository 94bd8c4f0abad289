"""What sknn costs, beside its peers: every benchmark prints a table of ratios; run them by ``python -m benchmarks``."""
