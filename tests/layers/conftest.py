"""The generator of the references needs torch, which the tests do not."""

collect_ignore = ["reference/make.py"]
