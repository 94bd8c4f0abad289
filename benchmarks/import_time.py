"""Importing sknn on top of sklearn.neural_network, each time in a new process."""

import subprocess
import sys
from statistics import median

from benchmarks.options import Options
from benchmarks.report import Table, at_most

CODE = """
import sys
from time import perf_counter
start = perf_counter()
import sklearn.neural_network
between = perf_counter()
import sknn
end = perf_counter()
from sknn import MLPClassifierScratch
print(between - start, end - between, perf_counter() - between)
"""
HEAVY = ("pandas", "matplotlib")
LOADED = f"""
import sys
import sklearn.neural_network
before = set(sys.modules)
from sknn import MLPClassifierScratch
print(*(name in sys.modules and name not in before for name in {HEAVY}))
"""


def python(code: str) -> list[str]:
    """Run code in a new process, and give the words that it prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def run(options: Options) -> list[Table]:
    """Measure, and give the tables."""
    table = Table(
        "Import", "Added by `import sknn` after `import sklearn.neural_network`; estimators are loaded when asked for."
    )
    python(CODE)  # which compiles the modules
    rounds = [[float(word) * 1e3 for word in python(CODE)] for _ in range(options.n_rounds(9))]
    theirs, added, loaded = (median(column) for column in zip(*rounds, strict=True))
    table.add("added", "of 50 ms allowed", added, 50, "ms", [row[1] / 50 for row in rounds], at_most(1))
    table.add("added", "of sklearn.neural_network", added, theirs, "ms", [row[1] / row[0] for row in rounds])
    ratios = [row[2] / row[0] for row in rounds]
    table.add("added, an estimator loaded", "of sklearn.neural_network", loaded, theirs, "ms", ratios)
    for name, found in zip(HEAVY, python(LOADED), strict=True):
        imported = float(found == "True")
        table.add(f"{name} imported by sknn itself", "never", imported, 0, "", imported, at_most(0))
    return [table]
