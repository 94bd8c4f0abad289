"""Run benchmarks by name, or all of them: ``python -m benchmarks step_time --only 100-100-10``."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.options import Options, installed_peers

NAMES = (
    "step_time",
    "techniques",
    "features",
    "whole_fit",
    "predict",
    "memory",
    "threads",
    "import_time",
    "growth",
    "layers_step",
    "images",
    "forecast",
    "sequences",
    "accuracy",
)
RESULTS = Path(__file__).parent / "results"


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"what to run; by default all of {', '.join(NAMES)}")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, to see that everything runs")
    parser.add_argument("--data-dir", type=Path, help="folder of data tables with their load.py")
    parser.add_argument("--peers", help="comma-separated, of sklearn, torch, jax; by default those installed")
    parser.add_argument("--threads", type=int, help="threads of every library; by default the benchmark's choice")
    parser.add_argument("--rounds", type=int, help="rounds to take medians of; by default the benchmark's choice")
    parser.add_argument("--only", "--net", default="", help="only cases whose name contains this; writes no file")
    parser.add_argument("--results", type=Path, help="folder to write the tables to; by default benchmarks/results")
    args = parser.parse_args(argv)
    unknown = set(args.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark is named {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the command line asks for, print the tables and write them."""
    args = parse(argv)
    peers = installed_peers() if args.peers is None else tuple(args.peers.split(","))
    folder = args.results or (None if args.smoke or args.only else RESULTS)
    pictures = folder and folder / "pictures"
    options = Options(args.smoke, args.data_dir, peers, args.threads, args.rounds, args.only, pictures)
    for name in args.names or NAMES:
        benchmark = import_module(f"benchmarks.{name}")
        from benchmarks.report import machine, write

        print(f"{name}: {benchmark.__doc__.splitlines()[0]}", flush=True)
        tables = benchmark.run(options)
        print("", machine(), "", *map(str, tables), sep="\n")
        if folder:
            write(tables, folder / f"{name}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
