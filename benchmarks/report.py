"""The table that every benchmark prints and writes: ours, peer, ratio, wanted, holds or not."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "jax")
HEADER = ("case", "compared with", "ours", "peer", "unit", "ratio", "range", "wanted", "holds")


@dataclass(frozen=True)
class Bound:
    """What a ratio should be: at least, at most, or exactly a number."""

    sign: str
    value: float

    def __str__(self) -> str:
        return f"{self.sign} {self.value:g}"

    def holds(self, ratio: float) -> bool:
        """Tell whether a ratio keeps the bound."""
        return {">=": ratio >= self.value, "<=": ratio <= self.value, "==": ratio == self.value}[self.sign]


def at_least(value: float) -> Bound:
    """Want at least this."""
    return Bound(">=", value)


def at_most(value: float) -> Bound:
    """Want at most this."""
    return Bound("<=", value)


def exactly(value: float) -> Bound:
    """Want just this."""
    return Bound("==", value)


@dataclass
class Table:
    """Rows of one comparison, under a title, with remarks that say what was measured.

    Parameters
    ----------
    title : str
        What the table shows.
    remarks : str
        How it was measured.
    """

    title: str
    remarks: str = ""
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(
        self,
        case: str,
        peer: str,
        ours: float,
        theirs: float,
        unit: str,
        ratio: float | Sequence[float],
        wanted: Bound | None = None,
    ) -> None:
        """Add a row, and print it at once.

        Parameters
        ----------
        case : str
            What was run.
        peer : str
            What it is compared with.
        ours, theirs : float
            Median measurements, in ``unit``.
        ratio : float or sequence of float
            One number, or that of every round: their median counts, and their range is shown.
        wanted : Bound, default=None
            What the ratio should be; None only reports it.
        """
        each = [ratio] if isinstance(ratio, int | float) else list(ratio)
        value = median(each)
        spread = f"{min(each):.2f}-{max(each):.2f}" if len(each) > 1 else ""
        verdict = "" if wanted is None else "yes" if wanted.holds(value) else "NO"
        shown = "report" if wanted is None else str(wanted)
        row = (case, peer, _number(ours), _number(theirs), unit, f"{value:.2f}", spread, shown, verdict)
        self.rows.append(row)
        print("  " + "  ".join(part for part in row if part), flush=True)

    def note(self, case: str, text: str) -> None:
        """Add a row that says why there is no measurement."""
        self.rows.append((case, text, *[""] * (len(HEADER) - 2)))
        print(f"  {case}  {text}", flush=True)

    def __str__(self) -> str:
        lines = [HEADER, *self.rows]
        measured = [row for row in lines if any(row[2:])]
        widths = [max(len(row[i]) for row in (measured if i else lines)) for i in range(len(HEADER))]
        text = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in lines]
        text.insert(1, "  ".join("-" * w for w in widths))
        head = [self.title, *([self.remarks] if self.remarks else []), ""]
        return "\n".join([*head, *text, ""])


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def machine() -> str:
    """Describe where and with what the numbers were taken, without naming the machine."""
    import sknn

    versions = [f"sknn {sknn.__version__}", f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {_cpu_model()}, {platform.system()}; {', '.join(versions)}; {date.today()}"


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def write(tables: Sequence[Table], path: Path) -> None:
    """Write tables as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([machine(), "", *map(str, tables)]))
