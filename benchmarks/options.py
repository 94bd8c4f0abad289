"""What a run of the benchmarks is asked for."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PEERS = ("sklearn", "torch", "jax")


def installed_peers() -> tuple[str, ...]:
    """Give the peers that can be imported here."""
    return tuple(name for name in PEERS if find_spec(name))


@dataclass(frozen=True)
class Options:
    """Options of the command line.

    Parameters
    ----------
    smoke : bool
        Sizes so small that the numbers mean nothing: only to see that the benchmark runs.
    data_dir : Path or None
        Where the data tables and their ``load.py`` are.
    peers : tuple of str
        What to compare with.
    threads : int or None
        Threads of every library; None leaves it to the benchmark.
    rounds : int or None
        Rounds to take the median of; None leaves it to the benchmark.
    only : str
        Take only the cases whose name contains this.
    pictures : Path or None
        Folder to write pictures to.
    """

    smoke: bool = False
    data_dir: Path | None = None
    peers: tuple[str, ...] = ("sklearn",)
    threads: int | None = None
    rounds: int | None = None
    only: str = ""
    pictures: Path | None = None

    def n_rounds(self, usual: int = 7) -> int:
        """Say how many rounds to run."""
        return self.rounds or (1 if self.smoke else usual)

    def size(self, usual: int, smoke: int) -> int:
        """Choose a size."""
        return smoke if self.smoke else usual
