"""Every example of the gallery runs by itself, without a display, and warns of nothing."""

import doctest
import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))

# Warnings are errors, but for those that pyproject.toml lists with their reason.
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LISTED = [line.split(":") for line in SETTINGS["tool"]["pytest"]["ini_options"]["filterwarnings"] if ":" in line]
PROGRAM = f"""
import runpy, sys, warnings
import matplotlib
warnings.simplefilter("error")
for action, message, category in {LISTED!r}:
    warnings.filterwarnings(action, message, getattr(__builtins__, category))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(script, directory):
    # BLAS threads beside those of the other tests would only wait for each other.
    environment = {**os.environ, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(script)], cwd=directory, env=environment, capture_output=True, text=True
    )


def test_there_are_examples():
    assert len(EXAMPLES) > 15


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_example(script, tmp_path):
    result = run(script, tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr


def test_a_warning_is_an_error(tmp_path):
    script = tmp_path / "plot_warns.py"
    script.write_text("import warnings\nwarnings.warn('not converged')\n")
    result = run(script, tmp_path)
    assert result.returncode == 1
    assert "UserWarning: not converged" in result.stderr


def test_what_pyproject_lists_is_no_error(tmp_path):
    script = tmp_path / "plot_warns.py"
    script.write_text("import warnings\nwarnings.warn(\"'enablePackrat' deprecated\", DeprecationWarning)\n")
    assert run(script, tmp_path).returncode == 0


PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_what_a_page_shows_is_what_comes_out(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert result.attempted > 5
    assert result.failed == 0


GUIDE = [
    path for path in sorted((ROOT / "docs" / "guide").glob("*.md")) if "```python" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("page", GUIDE, ids=lambda path: path.stem)
def test_what_the_guide_shows_runs(page, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    X, y = load_iris(return_X_y=True)
    names = {name: getattr(sknn, name) for name in sknn.__all__}
    names |= {"X": X, "y": y, "table": X, "StandardScaler": StandardScaler, "make_pipeline": make_pipeline}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        if "imblearn" not in block or find_spec("imblearn"):
            exec(block, names)


def test_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})
