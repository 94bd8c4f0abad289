"""Print the oldest versions that pyproject.toml declares, as a constraints file for pip."""

import tomllib
from pathlib import Path

USER_EXTRAS = ("plot", "persist", "progress")


def oldest_requirements() -> list[str]:
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"]]
    for extra in USER_EXTRAS:
        declared += project["optional-dependencies"][extra]
    return [requirement.replace(">=", "==") for requirement in declared]


if __name__ == "__main__":
    print(*oldest_requirements(), sep="\n")
