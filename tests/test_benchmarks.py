"""Every benchmark runs in a smoke size, with the peers that are installed, and writes its table."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = [path.stem for path in sorted((ROOT / "benchmarks").glob("*.py")) if "\ndef run(" in path.read_text()]


@pytest.mark.parametrize("name", NAMES)
def test_benchmark(name, tmp_path):
    command = [sys.executable, "-m", "benchmarks", name, "--smoke", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / f"{name}.txt").read_text()
    assert "wanted" in written
    assert "holds" in written
