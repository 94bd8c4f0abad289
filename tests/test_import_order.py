"""Imports go one way: a module imports only modules that stand before it in ORDER."""

import ast
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

# Modules that share a row (those of a wildcard) do not import each other.
# A package stands after its members, so its __init__ may import them.
ORDER = [
    "sknn.core.warn",
    "sknn.core.kernels",
    "sknn.core.checks",
    "sknn.core.settings",
    "sknn.core.threads",
    "sknn.core.crew",
    "sknn.core.affine",
    "sknn.core.windows",
    "sknn.activations.base",
    "sknn.activations.*",
    "sknn.activations",
    "sknn.initializers",
    "sknn.schedules.base",
    "sknn.schedules.*",
    "sknn.schedules",
    "sknn.optimizers.base",
    "sknn.optimizers.*",
    "sknn.optimizers",
    "sknn.losses.base",
    "sknn.losses.*",
    "sknn.losses",
    "sknn.layers.base",
    "sknn.layers.recurrent",
    "sknn.layers.*",
    "sknn.layers",
    "sknn.core.parameters",
    "sknn.core.workspace",
    "sknn.core.predictor",
    "sknn.core.network",
    "sknn.core.objective",
    "sknn.core",
    "sknn.training.batches",
    "sknn.training.rules",
    "sknn.training.trainer",
    "sknn.training.lbfgs",
    "sknn.training",
    "sknn.preprocessing.scaling",
    "sknn.preprocessing.columns",
    "sknn.preprocessing.categories",
    "sknn.preprocessing.table",
    "sknn.preprocessing",
    "sknn.estimators.components",
    "sknn.estimators.constraints",
    "sknn.estimators.guards",
    "sknn.estimators.nested",
    "sknn.estimators.summary",
    "sknn.estimators.targets",
    "sknn.estimators.validation",
    "sknn.estimators.callbacks",
    "sknn.estimators.fitted",
    "sknn.estimators.base",
    "sknn.estimators.classifier",
    "sknn.estimators.regressor",
    "sknn.estimators.mlp",
    "sknn.estimators.sequential",
    "sknn.estimators.recipes",
    "sknn.estimators.realmlp",
    "sknn.estimators.*",
    "sknn.estimators",
    "sknn.plotting.base",
    "sknn.plotting.*",
    "sknn.plotting",
    "sknn",
]

ROOT = Path(__file__).parents[1]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted((ROOT / "sknn").rglob("*.py"))}


def rank(module: str) -> int:
    if module in ORDER:
        return ORDER.index(module)
    for row, pattern in enumerate(ORDER):
        if fnmatchcase(module, pattern):
            return row
    raise LookupError(f"{module} has no place in ORDER: say where it stands.")


def imported_modules(source: str, modules: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of every sknn module that is imported, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write absolute imports."
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [member if member in modules else str(node.module) for member in members]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "sknn":
                yield node.lineno, name


def violations(module: str, source: str, modules: Collection[str]) -> list[str]:
    return [
        f"{module}, line {line}: imports {imported}, which does not stand before it."
        for line, imported in imported_modules(source, modules)
        if rank(imported) >= rank(module)
    ]


@pytest.mark.parametrize("module", FILES)
def test_imports_go_one_way(module: str) -> None:
    source = FILES[module].read_text(encoding="utf-8")
    assert violations(module, source, FILES) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sknn.losses", "from sknn.training.trainer import Trainer"),
        ("sknn.losses", "import sknn.core.network as network"),
        ("sknn.losses", "from sknn.core import network"),
        ("sknn.losses", "def loss():\n    from sknn.layers import Dense"),
        ("sknn.layers.dense", "from sknn.layers.dropout import Dropout"),
        ("sknn.training.trainer", "if TYPE_CHECKING:\n    from sknn import MLPClassifierScratch"),
    ],
)
def test_import_of_a_later_module_is_reported(module: str, source: str) -> None:
    [sentence] = violations(module, source, {"sknn.core.network"})
    assert sentence.startswith(f"{module}, line {len(source.splitlines())}: imports sknn")


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sknn.losses", "import numpy as np\nfrom sklearn.base import BaseEstimator"),
        ("sknn.losses", "from sknn.core import kernels"),
        ("sknn.layers.dense", "from sknn.layers.base import Layer"),
        ("sknn.layers", "from sknn.layers.dense import Dense"),
    ],
)
def test_import_of_an_earlier_module_passes(module: str, source: str) -> None:
    assert violations(module, source, {"sknn.core.kernels"}) == []


def test_module_without_a_place_is_reported() -> None:
    with pytest.raises(LookupError, match=r"sknn\.novelty has no place in ORDER"):
        rank("sknn.novelty")
