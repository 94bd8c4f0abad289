"""The data of the whole fits: scikit-learn's own, or the tables of ``--data-dir``; standardized, float64."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.datasets import fetch_california_housing, fetch_openml, load_breast_cancer, load_digits
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


class Data(NamedTuple):
    """A task."""

    X: Any
    y: np.ndarray
    regression: bool = False


def _standardized(X: np.ndarray) -> np.ndarray:
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit_transform(X).astype(np.float64)


def _one_hot(numbers: np.ndarray, categories: Any) -> sparse.csr_matrix:
    encoded = OneHotEncoder(dtype=np.float64).fit_transform(categories)
    return sparse.hstack([sparse.csr_matrix(_standardized(numbers)), encoded], format="csr")


def read_table(folder: Path, name: str) -> dict[str, Any]:
    """Load a table of ``--data-dir`` by its name."""
    spec = importlib.util.spec_from_file_location("data_loader", folder / "load.py")
    assert spec is not None
    assert spec.loader is not None
    loader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loader)
    return loader.load(name)


def breast_cancer(folder: Path | None) -> Data:
    """569 rows, 30 columns, 2 classes."""
    X, y = load_breast_cancer(return_X_y=True)
    return Data(_standardized(X), y)


def digits(folder: Path | None) -> Data:
    """1797 rows, 64 columns, 10 classes."""
    X, y = load_digits(return_X_y=True)
    return Data(_standardized(X), y)


def adult_sparse(folder: Path | None) -> Data:
    """48842 rows, about 100 columns, 2 classes; categories one-hot."""
    if folder is not None:
        table = read_table(folder, "adult")
        return Data(_one_hot(table["X_num"], table["X_cat"]), table["y"])
    frame, y = fetch_openml("adult", version=2, return_X_y=True, as_frame=True)
    numbers = frame.select_dtypes("number")
    categories = frame.drop(columns=numbers.columns).astype(object)
    return Data(_one_hot(numbers.to_numpy(), categories), np.asarray(y.astype(str)))


def adult(folder: Path | None) -> Data:
    """Give the same as `adult_sparse`, dense."""
    X, y, _ = adult_sparse(folder)
    return Data(X.toarray(), y)


def california(folder: Path | None) -> Data:
    """20640 rows, 8 columns and in ``--data-dir`` one of categories; the target is standardized."""
    if folder is not None:
        table = read_table(folder, "california")
        X, y = _one_hot(table["X_num"], table["X_cat"]).toarray(), table["y"]
    else:
        X, y = fetch_california_housing(return_X_y=True)
        X = _standardized(X)
    return Data(X, (y - y.mean()) / y.std(), regression=True)


DATA: dict[str, Callable[[Path | None], Data]] = {
    "breast cancer": breast_cancer,
    "digits": digits,
    "adult, dense": adult,
    "adult, sparse": adult_sparse,
    "California housing": california,
}
NEEDS_DOWNLOAD = ("adult, dense", "adult, sparse", "California housing")
"""Those that scikit-learn does not bring along."""
