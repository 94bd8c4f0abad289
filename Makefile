# Each target makes the environment it needs; a machine needs Python >= 3.11, its venv module and make.
PYTHON ?= python3
OLDEST_PYTHON ?= python3.11
ARGS ?=
PEERS ?=

USER_EXTRAS := plot,persist,progress
EXTRAS_demo := plot
EXTRAS_test := test,$(USER_EXTRAS)
EXTRAS_check := check,$(EXTRAS_test)
EXTRAS_bench := bench
EXTRAS_bench-peers := bench,peers
EXTRAS_docs := docs,$(USER_EXTRAS)

.PHONY: demo test check wheel test-oldest bench docs clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

demo: .venv/demo.stamp
	.venv/bin/python examples/plot_demo_breast_cancer.py $(ARGS)

test: .venv/test.stamp
	.venv/bin/python -m pytest -n auto $(ARGS)

check: .venv/check.stamp
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/python -m pytest -q tests/test_import_order.py

wheel: .venv/check.stamp
	rm -rf dist
	.venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	.venv/bin/python -m zipfile --list dist/sknn-*-py3-none-any.whl | grep -F -e sknn/py.typed

# Exactly the oldest versions that pyproject.toml declares.
test-oldest: .venv-oldest/test.stamp
	.venv-oldest/bin/python -m pytest -n auto $(ARGS)

# PEERS=1 also installs torch and JAX, which are large, to compare with.
# ARGS="--data-dir DIR" takes data tables from a folder instead of downloading them; ARGS=--help tells the rest.
bench: .venv/bench$(if $(PEERS),-peers).stamp
	.venv/bin/python -m benchmarks $(ARGS)

# What the gallery computes is small: threads would only wait for each other.
docs: .venv/docs.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv/bin/python -m sphinx -W --keep-going docs docs/_build/html

clean:
	rm -rf .venv .venv-oldest build dist demo_output docs/_build docs/auto_examples docs/generated
	rm -rf docs/sg_execution_times.rst benchmarks/results/pictures .mypy_cache .pytest_cache .ruff_cache
	find benchmarks docs examples sknn tests -name __pycache__ -prune -exec rm -rf {} +

.venv/%.stamp: pyproject.toml | .venv/pyvenv.cfg
	.venv/bin/python -m pip install --quiet --editable ".[$(EXTRAS_$*)]"
	@touch $@

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	    "sknn needs Python 3.11 or newer, which $(PYTHON) is not. Name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv-oldest/test.stamp: pyproject.toml tests/oldest_requirements.py
	@$(OLDEST_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo \
	    "The oldest versions need Python 3.11, which $(OLDEST_PYTHON) is not. Name one: make OLDEST_PYTHON=..."; exit 1; }
	$(OLDEST_PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python tests/oldest_requirements.py > .venv-oldest/oldest.txt
	.venv-oldest/bin/python -m pip install --quiet --constraint .venv-oldest/oldest.txt \
	    --editable ".[$(EXTRAS_test)]"
	@touch $@
