"""Images with their predictions."""

from math import prod
from typing import Any, Self

import numpy as np

from sknn.core.checks import require_count
from sknn.core.kernels import Array
from sknn.plotting.base import subplots


class ImagePredictionDisplay:
    """Images with what was predicted for them, how confidently, and whether that is right.

    Make it by `from_estimator` or `from_predictions`.

    Parameters
    ----------
    images : ndarray of shape (n, height, width) or (n, height, width, channels)
        Gray images, all in one range from black to white, or color images with channels from 0 to 1 or of uint8.
    y_pred : array-like of shape (n,)
        Predicted classes.
    confidence : array-like of shape (n,), default=None
        Probability of the predicted class, from 0 to 1.
    y_true : array-like of shape (n,), default=None
        True classes.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        One for each image.
    figure_ : matplotlib Figure
        Where they are.

    Raises
    ------
    ValueError
        If there is no image, or an array is not of the shape that is said here.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import MLPClassifierScratch
    >>> from sknn.plotting import ImagePredictionDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> net = MLPClassifierScratch(solver="lbfgs", random_state=0).fit(X[:1000] / 16, y[:1000])
    >>> display = ImagePredictionDisplay.from_estimator(net, X[-8:] / 16, y[-8:], image_shape=(8, 8))
    >>> len(display.axes_)
    8
    """

    def __init__(self, images: Array, y_pred: Any, *, confidence: Any = None, y_true: Any = None) -> None:
        self.images = np.asarray(images)
        if not self.images.size or self.images.ndim < 3 or self.images.shape[3:] not in ((), (1,), (3,), (4,)):
            raise ValueError(
                f"images has the shape {self.images.shape}; expected (n, height, width), or 1, 3 or 4 channels behind "
                "these, and one image at least. Give image_shape where they are rows."
            )
        n = len(self.images)
        self.y_pred = _one_each("y_pred", y_pred, n)
        self.confidence = None if confidence is None else _one_each("confidence", confidence, n)
        self.y_true = None if y_true is None else _one_each("y_true", y_true, n)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        image_shape: tuple[int, ...] | None = None,
        class_names: Any = None,
        columns: int = 6,
        ax: Any = None,
    ) -> Self:
        """Predict images, and draw them.

        Parameters
        ----------
        estimator : classifier
            Fitted; whatever has ``predict``, ``predict_proba`` and ``classes_``.
        X : ndarray of shape (n, ...)
            The images as the estimator takes them: a few, for each gets its place.
        y : array-like of shape (n,), default=None
            Their true classes.
        image_shape : tuple of int, default=None
            (height, width) or (height, width, channels), where ``X`` holds rows.
        class_names : sequence of str, default=None
            What to write for each of ``classes_``; classes that it does not know are written as they are.
        columns : int, default=6
            Images in a row.
        ax : array of matplotlib Axes, default=None
            One for each image; a new figure if None.

        Returns
        -------
        ImagePredictionDisplay

        Raises
        ------
        ValueError
            If an array is not as described here.
        """
        images = np.asarray(X)
        if image_shape is not None:
            if images[:1].size != prod(image_shape):
                raise ValueError(f"image_shape={image_shape} does not fit samples of shape {images.shape[1:]}.")
            images = images.reshape(-1, *image_shape)
        known = estimator.classes_.tolist()
        if class_names is not None and len(class_names) != len(known):
            raise ValueError(f"class_names has {len(class_names)} names; expected {len(known)}, one for each class.")
        names = dict(zip(known, known if class_names is None else class_names, strict=True))
        y_pred, p = _one_each("predict(X)", estimator.predict(X), len(images)).tolist(), estimator.predict_proba(X)
        confidence = [row[known.index(label)] for row, label in zip(p, y_pred, strict=True)]
        predicted = [names[label] for label in y_pred]
        y_true = None if y is None else [names.get(label, label) for label in np.asarray(y).tolist()]
        return cls(images, predicted, confidence=confidence, y_true=y_true).plot(columns=columns, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        images: Array,
        y_pred: Any,
        *,
        confidence: Any = None,
        y_true: Any = None,
        columns: int = 6,
        ax: Any = None,
    ) -> Self:
        """Draw images with predictions made elsewhere.

        Parameters
        ----------
        images : ndarray of shape (n, height, width) or (n, height, width, channels)
            The images.
        y_pred : array-like of shape (n,)
            Predicted classes.
        confidence : array-like of shape (n,), default=None
            Probability of the predicted class, from 0 to 1.
        y_true : array-like of shape (n,), default=None
            True classes.
        columns : int, default=6
            Images in a row.
        ax : array of matplotlib Axes, default=None
            One for each image; a new figure if None.

        Returns
        -------
        ImagePredictionDisplay

        Raises
        ------
        ValueError
            If an array is not as described here.
        """
        return cls(images, y_pred, confidence=confidence, y_true=y_true).plot(columns=columns, ax=ax)

    def plot(self, *, columns: int = 6, ax: Any = None) -> Self:
        """Draw the images, right predictions in green and wrong ones in red.

        Parameters
        ----------
        columns : int, default=6
            Images in a row.
        ax : array of matplotlib Axes, default=None
            One for each image; a new figure if None.

        Returns
        -------
        ImagePredictionDisplay
        """
        require_count("columns", columns)
        gray = self.images.ndim == 3 or self.images.shape[3] == 1
        limits = {"vmin": self.images.min(), "vmax": self.images.max()} if gray else {}
        self.figure_, self.axes_ = subplots(ax, len(self.images), width=1.5, height=1.8, columns=columns)
        for i, (axis, image) in enumerate(zip(self.axes_, self.images, strict=True)):
            axis.imshow(image[..., 0] if image.shape[2:] == (1,) else image, cmap="gray", **limits)
            text, color = str(self.y_pred[i]), "black"
            if self.confidence is not None:
                text += f" ({100 * float(self.confidence[i]):.0f} %)"
            if self.y_true is not None:
                right = self.y_pred[i] == self.y_true[i]
                color = "#1b7837" if right else "#b2182b"
                text += "" if right else f"\ntrue: {self.y_true[i]}"
            axis.set_title(text, fontsize=9, color=color)
            axis.set(xticks=[], yticks=[])
        return self


def _one_each(name: str, given: Any, n: int) -> Array:
    """Give an array of one entry for each image."""
    array = np.asarray(given)
    if array.shape != (n,):
        raise ValueError(f"{name} has the shape {array.shape}; expected ({n},), one entry for each image.")
    return array
