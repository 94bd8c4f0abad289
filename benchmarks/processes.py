"""Measurements in processes of their own, and warnings that do not matter."""

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

from sklearn.exceptions import ConvergenceWarning


def in_new_process(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function of a module in a fresh Python process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings of fits that are cut short, here and in processes that are started now."""
    with patch.dict(os.environ, PYTHONWARNINGS="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
