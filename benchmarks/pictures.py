"""Pictures that the systems on real data leave beside their tables."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from benchmarks.options import Options


def save(pictures: Mapping[str, Callable[[], Any]], options: Options) -> None:
    """Draw figures, and write them where the options say.

    Parameters
    ----------
    pictures : dict of str to callable
        A name, and what draws a matplotlib Figure of that name.
    options : Options
        Without a folder for pictures they are drawn, to see that this works, and not written.
    """
    if not find_spec("matplotlib"):
        print("  no pictures: they need matplotlib")
        return
    import matplotlib
    from matplotlib import pyplot

    matplotlib.use("Agg")
    for name, draw in pictures.items():
        figure = draw()
        if options.pictures:
            options.pictures.mkdir(parents=True, exist_ok=True)
            figure.savefig(options.pictures / f"{name}.png", dpi=100)
        pyplot.close(figure)
