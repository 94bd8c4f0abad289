"""What the layers with noise do in training: dropout, and the augmentation of images."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn import SequentialRegressorScratch
from sknn.core.crew import Crew
from sknn.core.network import Network
from sknn.core.workspace import Workspace
from sknn.layers import (
    GRU,
    Bidirectional,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Reshape,
)
from sknn.schedules import Clock


def train(layer: Layer, x: np.ndarray, dy: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Give the layer's output in training, and the gradient of its input."""
    net = Network([Reshape(x.shape[1:]), layer], x.shape[1:], x.dtype)
    ws = Workspace(net, len(x), training=True, rng=np.random.default_rng(0))
    ws.load(x)
    net.forward(ws)
    y = ws.output.copy()
    np.copyto(ws.output_gradient, y if dy is None else dy)
    net.backward(ws, net.parameters.gradients())
    return y, ws.layers[1].dx.copy()


def test_no_gradient_goes_through_augmentation() -> None:
    x, gradients = pictures(3), []
    for layers in ([Conv2D(2)], [RandomFlip(False), RandomRotation(0.0), Conv2D(2)]):
        net = Network(layers, x.shape[1:], x.dtype)
        net.initialize(np.random.RandomState(0))
        ws = Workspace(net, len(x), training=True, rng=np.random.default_rng(0))
        ws.load(x)
        net.forward(ws)
        np.copyto(ws.output_gradient, ws.output)
        gradients.append(net.parameters.gradients())
        net.backward(ws, gradients[-1])
        assert ws.layers[-1].dx is None
    assert_allclose(gradients[1].values, gradients[0].values, rtol=1e-12)


def pictures(n: int = 200, height: int = 5, width: int = 4) -> np.ndarray:
    return np.random.RandomState(0).uniform(1.0, 2.0, (n, height, width, 3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_keeps_the_share_and_the_mean(rate: float, dtype: Any) -> None:
    y, _ = train(Dropout(rate), np.ones((400, 250), dtype))
    kept = y != 0
    assert_allclose(np.mean(kept), 1 - rate, atol=4 * np.sqrt(rate * (1 - rate) / y.size))
    assert_allclose(y[kept], 1 / (1 - rate), rtol=1e-6)
    # Neither rows nor columns drop out together.
    assert_allclose(kept.mean(axis=0), 1 - rate, atol=0.15)
    assert_allclose(kept.mean(axis=1), 1 - rate, atol=0.15)


def test_dropout_gradient_passes_where_the_output_did() -> None:
    y, dx = train(Dropout(0.4), np.ones((20, 30)), np.ones((20, 30)))
    assert_array_equal(dx, y)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5])
def test_dropout_rate_out_of_range(rate: float) -> None:
    with pytest.raises(ValueError, match=rf"needs a rate in \[0, 1\); got {rate}"):
        Dropout(rate).plan((3,))


@pytest.mark.parametrize("layer", [RandomFlip(), RandomTranslation(), RandomRotation(), RandomZoom(), Dropout()])
def test_predicting_changes_nothing(layer: Layer) -> None:
    x = pictures(3)
    assert_array_equal(Network([layer], x.shape[1:], np.float64).predict(x), x)


@pytest.mark.parametrize(("horizontal", "vertical"), [(True, False), (False, True), (True, True), (False, False)])
def test_flip(horizontal: bool, vertical: bool) -> None:
    x = pictures()
    y, _ = train(RandomFlip(horizontal, vertical), x)
    wanted = [np.s_[:, :]]
    wanted += [np.s_[:, ::-1]] if horizontal else []
    wanted += [np.s_[::-1, :]] if vertical else []
    wanted += [np.s_[::-1, ::-1]] if horizontal and vertical else []
    counts = [sum(np.array_equal(a, b[way]) for a, b in zip(y, x, strict=True)) for way in wanted]
    assert sum(counts) == len(x)
    assert min(counts) > len(x) / len(wanted) / 2


def test_each_way_is_flipped_as_often_as_not() -> None:
    """And one no more often where the other is."""
    x = np.arange(4.0).reshape(1, 2, 2, 1).repeat(10_000, axis=0)
    y, _ = train(RandomFlip(vertical=True), x)
    corners = np.bincount(y[:, 0, 0, 0].astype(int)) / len(x)
    assert_allclose(corners, [0.25] * 4, atol=0.02)


def test_translation() -> None:
    x = pictures(600)
    y, _ = train(RandomTranslation(height=0.4, width=0.25), x)
    counts = np.zeros((5, 3), int)
    for before, after in zip(x, y, strict=True):
        wide = np.pad(before, ((2, 2), (1, 1), (0, 0)))
        found = [(i, j) for i in range(5) for j in range(3) if np.array_equal(wide[i : i + 5, j : j + 4], after)]
        assert len(found) == 1
        counts[found[0]] += 1
    assert counts.min() > 20


@pytest.mark.parametrize("layer", [RandomTranslation(1.0), RandomTranslation(width=-0.1), RandomZoom(1.0)])
def test_share_out_of_range(layer: Layer) -> None:
    with pytest.raises(ValueError, match=r"needs .* in \[0, 1\); got "):
        layer.plan((4, 4, 1))


def bilinear(image: np.ndarray, M: np.ndarray) -> np.ndarray:
    """Warp an image pixel by pixel, as the layer's docstring says."""
    height, width, _ = image.shape
    center, out = np.array([(height - 1) / 2, (width - 1) / 2]), np.zeros_like(image)
    for i, j in np.ndindex(height, width):
        row, column = M @ ([i, j] - center) + center
        for r in (int(np.floor(row)), int(np.floor(row)) + 1):
            for c in (int(np.floor(column)), int(np.floor(column)) + 1):
                if 0 <= r < height and 0 <= c < width:
                    out[i, j] += (1 - abs(row - r)) * (1 - abs(column - c)) * image[r, c]
    return out


def test_rotation_is_bilinear() -> None:
    x = pictures(8, 6, 5)
    y, _ = train(RandomRotation(60.0), x)
    rng = np.random.default_rng(0)
    for image, warped, draw in zip(x, y, rng.random(len(x)), strict=True):
        angle = np.radians(60.0) * (2 * draw - 1)
        M = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert_allclose(warped, bilinear(image, M), rtol=1e-10, atol=1e-12)


def test_zoom_is_bilinear() -> None:
    x = pictures(8, 6, 5)
    y, _ = train(RandomZoom(0.6), x)
    rng = np.random.default_rng(0)
    for image, warped, draw in zip(x, y, rng.random(len(x)), strict=True):
        assert_allclose(warped, bilinear(image, np.eye(2) / (1 + 0.6 * (2 * draw - 1))), rtol=1e-10, atol=1e-12)


def test_no_rotation_and_no_zoom_change_nothing() -> None:
    x = pictures(4)
    assert_allclose(train(RandomRotation(0.0), x)[0], x, rtol=1e-14)
    assert_allclose(train(RandomZoom(0.0), x)[0], x, rtol=1e-14)


def test_layers_inside_others_know_how_far_training_has_come() -> None:
    seen = []

    class Watching(GRU):
        def prepare(self, b: Any) -> None:
            super().prepare(b)
            seen.append((b.clock, b.crew))

    clock = Clock()
    with Crew(2) as crew:
        net = Network([Bidirectional(Watching(3))], (4, 3), np.float64)
        Workspace(net, 2, training=True, clock=clock, crew=crew)
    assert seen == [(clock, crew)] * 2


def test_dropout_of_nothing_is_no_noise() -> None:
    """So L-BFGS takes it, as a search over rates may want."""
    x = np.random.RandomState(0).randn(6, 5)
    y, dx = train(Dropout(0.0), x, x)
    assert_array_equal(y, x)
    assert_array_equal(dx, x)
    assert not Dropout(0.0).random
    model = SequentialRegressorScratch([Dense(3), Dropout(0.0)], solver="lbfgs", random_state=0).fit(x, x[:, 0])
    plain = SequentialRegressorScratch([Dense(3)], solver="lbfgs", random_state=0).fit(x, x[:, 0])
    assert_allclose(model.predict(x), plain.predict(x), rtol=1e-12)
