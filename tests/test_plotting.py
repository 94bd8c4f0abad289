"""The displays: what is drawn is what was computed, and what cannot be drawn is refused in words."""

import copy
import sys
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifierScratch, MLPRegressorScratch, RealMLPClassifierScratch
from sknn.plotting import (
    ForecastDisplay,
    GradientFlowDisplay,
    ImagePredictionDisplay,
    NetworkDisplay,
    TrainingCurveDisplay,
)

X, y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def without_a_screen():
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def net():
    return MLPClassifierScratch((7, 5), early_stopping=True, max_iter=1000, random_state=0).fit(X, y)


def lines(axis):
    return {line.get_label(): line.get_ydata() for line in axis.get_lines()}


def legend(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


# -- training curves ---------------------------------------------------------------------------------------------------


def test_curves_are_the_history(net):
    display = TrainingCurveDisplay.from_estimator(net)
    drawn = {panel: lines(axis) for panel, axis in display.axes_.items()}
    assert list(drawn) == ["loss", "score", "learning_rate"]
    np.testing.assert_array_equal(drawn["loss"]["training"], net.history_["loss"])
    np.testing.assert_array_equal(drawn["loss"]["validation"], net.history_["validation_loss"])
    np.testing.assert_array_equal(drawn["score"]["validation"], net.history_["validation_score"])
    np.testing.assert_array_equal(drawn["learning_rate"]["learning rate"], net.history_["learning_rate"])
    line = display.axes_["loss"].get_lines()[0]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, net.n_iter_ + 1))


def test_best_epoch_is_marked_in_every_panel(net):
    display = TrainingCurveDisplay.from_estimator(net)
    for axis in display.axes_.values():
        marks = [line for line in axis.get_lines() if line.get_label() == f"best epoch, {net.best_epoch_}"]
        assert [list(mark.get_xdata()) for mark in marks] == [[net.best_epoch_] * 2]
        assert f"best epoch, {net.best_epoch_}" in legend(axis)


def test_only_what_was_recorded_is_drawn():
    plain = MLPClassifierScratch(solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(plain)
    assert list(display.axes_) == ["loss"]
    assert "validation" not in lines(display.axes_["loss"])
    with pytest.raises(ValueError, match=r"panels is \['score'\]; expected a list of some of \['loss'\]"):
        display.plot(panels=["score"])


def test_score_has_its_name():
    net = MLPClassifierScratch(early_stopping=True, scoring="balanced_accuracy", max_iter=1000, random_state=0)
    display = TrainingCurveDisplay.from_estimator(net.fit(X, y), panels=["score"])
    assert display.axes_["score"].get_ylabel() == "balanced_accuracy"


def test_curves_of_a_search_over_a_pipeline():
    pipe = make_pipeline(StandardScaler(), MLPClassifierScratch(solver="lbfgs", max_iter=2000, random_state=0))
    search = GridSearchCV(pipe, {"mlpclassifierscratch__alpha": [0.01, 1.0]}, cv=2).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(search)
    np.testing.assert_array_equal(lines(display.axes_["loss"])["training"], search.best_estimator_[-1].history_["loss"])


def test_axes_of_the_user_are_drawn_in(net):
    figure, axes = plt.subplots(1, 2)
    display = TrainingCurveDisplay.from_estimator(net, panels=["loss", "score"], ax=axes)
    assert display.figure_ is figure
    assert list(display.axes_.values()) == list(axes)
    with pytest.raises(ValueError, match="ax has 2 axes; expected 3"):
        display.plot(ax=axes)


# -- gradient flow -----------------------------------------------------------------------------------------------------


def numeric_norms(net, X, y, step=1e-5):
    """Differentiate the penalized mean log loss by every weight of a fitted net."""

    def objective():
        p = net.predict_proba(X)[np.arange(len(y)), y]
        penalty = sum(np.sum(W**2) for W in net.coefs_)
        return -np.log(p).mean() + net.alpha / 2 * penalty / len(y)

    norms = []
    for parts in zip(net.coefs_, net.intercepts_, strict=True):
        total = 0.0
        for part in parts:
            for place in np.ndindex(part.shape):
                kept = part[place]
                part[place] = kept + step
                above = objective()
                part[place] = kept - step
                total += ((above - objective()) / (2 * step)) ** 2
                part[place] = kept
        norms.append(np.sqrt(total))
    return norms


def test_norms_are_those_of_finite_differences(net):
    display = GradientFlowDisplay.from_estimator(net, X, y)
    np.testing.assert_allclose(display.norms, numeric_norms(copy.deepcopy(net), X, y), rtol=1e-5)
    np.testing.assert_array_equal(display.line_.get_ydata(), display.norms)
    assert display.ax_.get_yscale() == "log"


def test_estimator_is_left_as_it_is(net):
    before = copy.deepcopy(net)
    params = net.get_params()
    GradientFlowDisplay.from_estimator(net, X, y)
    assert net.get_params() == params
    assert net.t_ == before.t_
    assert net.history_ == before.history_
    for W, kept in zip(net.coefs_, before.coefs_, strict=True):
        np.testing.assert_array_equal(W, kept)


def test_unfitted_network_has_its_initial_weights():
    unfitted = MLPClassifierScratch((7, 5), random_state=3, class_weight="balanced", early_stopping=True)
    display = GradientFlowDisplay.from_estimator(unfitted, X, y)
    assert not hasattr(unfitted, "classes_")
    slow = MLPClassifierScratch((7, 5), random_state=3, learning_rate_init=1e-300, max_iter=1)
    with pytest.warns(match="Maximum iterations"):
        slow.fit(X, y)
    np.testing.assert_allclose(display.norms, numeric_norms(slow, X, y), rtol=1e-5)


def test_norms_of_a_pipeline_are_those_of_scaled_data():
    deep = MLPClassifierScratch((7, 5), random_state=0)
    by_hand = GradientFlowDisplay.from_estimator(deep, StandardScaler().fit_transform(X), y)
    piped = make_pipeline(StandardScaler(), deep)
    np.testing.assert_array_equal(GradientFlowDisplay.from_estimator(piped, X, y).norms, by_hand.norms)
    piped[-1].set_params(solver="lbfgs", max_iter=500)
    fitted = GradientFlowDisplay.from_estimator(piped.fit(X, y), X, y)
    assert fitted.norms.max() < 1e-2 * by_hand.norms.max()


@pytest.mark.parametrize("parameters", [{"normalization": "batch"}, {"residual": True}, {"dropout": 0.3}])
def test_layers_without_weights_have_no_place(parameters):
    deep = MLPRegressorScratch("squared_error", (6,) * 3, random_state=0, **parameters)
    display = GradientFlowDisplay.from_estimator(deep, X, y.astype(float))
    assert display.norms.shape == (4,)
    assert (display.norms > 0).all()


def test_networks_are_compared_in_the_same_axes():
    first = GradientFlowDisplay.from_estimator(MLPClassifierScratch((5,) * 4, random_state=0), X, y, name="relu")
    second = GradientFlowDisplay.from_estimator(
        MLPClassifierScratch((5,) * 4, activation="logistic", random_state=0), X, y, name="logistic", ax=first.ax_
    )
    assert legend(second.ax_) == ["relu", "logistic"]
    assert second.norms[0] < first.norms[0]


# -- the network -------------------------------------------------------------------------------------------------------


def test_network_shows_shapes_and_parameters(net):
    display = NetworkDisplay.from_estimator(net)
    assert display.rows == [
        ("Input", (4,), 0),
        ("Dense, ReLU", (7,), 35),
        ("Dense, ReLU", (5,), 40),
        ("Dense", (3,), 18),
    ]
    assert sum(number for *_, number in display.rows) == net.n_parameters_
    assert [text.get_text() for text in display.boxes_] == [row[0] for row in display.rows]
    assert "7\n35 parameters" in [text.get_text() for text in display.ax_.texts]
    heights = [text.get_position()[1] for text in display.boxes_]
    assert heights == sorted(heights)
    assert display.ax_.yaxis_inverted()


# -- images ------------------------------------------------------------------------------------------------------------


def test_images_with_predictions():
    digits = load_digits()
    clf = LogisticRegression(max_iter=5000).fit(digits.data[:200], digits.target[:200])
    few = slice(200, 207)
    display = ImagePredictionDisplay.from_estimator(
        clf, digits.data[few], digits.target[few], image_shape=(8, 8), columns=4
    )
    p = clf.predict_proba(digits.data[few])
    assert len(display.axes_) == 7
    assert len(display.figure_.axes) == 8
    for axis, image, row, truth in zip(display.axes_, digits.images[few], p, digits.target[few], strict=True):
        np.testing.assert_array_equal(axis.images[0].get_array(), image)
        best = row.argmax()
        expected = f"{best} ({100 * row.max():.0f} %)" + ("" if best == truth else f"\ntrue: {truth}")
        assert axis.get_title() == expected


def test_wrong_predictions_are_red():
    display = ImagePredictionDisplay.from_predictions(np.zeros((2, 3, 3, 1)), ["a", "b"], y_true=["a", "a"])
    right, wrong = display.axes_
    assert (right.get_title(), wrong.get_title()) == ("a", "b\ntrue: a")
    assert right.title.get_color() != wrong.title.get_color()


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (1, 1)])
def test_images_of_one_line(shape):
    with_channel = ImagePredictionDisplay.from_predictions(np.zeros((2, *shape, 1)), ["a", "b"])
    without = ImagePredictionDisplay.from_predictions(np.zeros((2, *shape)), ["a", "b"])
    for display in with_channel, without:
        assert display.axes_[1].images[0].get_array().shape == shape


def test_classes_have_names():
    clf = LogisticRegression(max_iter=5000).fit(X, y)
    names = load_iris().target_names
    display = ImagePredictionDisplay.from_estimator(clf, X[:1], y[:1], image_shape=(2, 2), class_names=names)
    assert display.axes_[0].get_title().startswith("setosa (")


# -- forecasts ---------------------------------------------------------------------------------------------------------


def test_forecast_panels():
    rng = np.random.default_rng(0)
    came, said = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    time = np.arange(100, 120)
    display = ForecastDisplay.from_predictions(came, said, time=time, step=2, unit="MW")
    drawn = lines(display.axes_["forecast"])
    np.testing.assert_array_equal(drawn["came"], came[:, 1])
    np.testing.assert_array_equal(drawn["forecast 2 steps ahead"], said[:, 1])
    np.testing.assert_array_equal(display.axes_["forecast"].get_lines()[0].get_xdata(), time)
    np.testing.assert_array_equal(display.axes_["residuals"].get_lines()[1].get_ydata(), came[:, 1] - said[:, 1])
    expected = np.sqrt(((came - said) ** 2).mean(axis=0))
    np.testing.assert_allclose(display.axes_["error"].get_lines()[0].get_ydata(), expected)
    np.testing.assert_allclose(display.errors_, expected)
    assert "(MW)" in display.axes_["error"].get_ylabel()


def test_forecast_of_one_step_has_no_panel_of_errors():
    display = ForecastDisplay.from_predictions(np.arange(5.0), np.ones(5))
    assert list(display.axes_) == ["forecast", "residuals"]
    assert display.errors_.shape == (1,)


@pytest.mark.parametrize(
    ("shape", "step", "sentence"),
    [
        ((5, 2), 1, r"y_pred has shape \(5, 2\); expected \(5, 3\)"),
        ((5, 3), 4, "step is 4; expected a whole number"),
    ],
)
def test_forecast_that_does_not_fit(shape, step, sentence):
    with pytest.raises(ValueError, match=sentence):
        ForecastDisplay(np.zeros((5, 3)), np.zeros(shape), step=step)


# -- what cannot be drawn ----------------------------------------------------------------------------------------------


def test_not_fitted():
    for display in (TrainingCurveDisplay, NetworkDisplay):
        with pytest.raises(NotFittedError):
            display.from_estimator(MLPClassifierScratch())


def test_not_a_network():
    with pytest.raises(TypeError, match="estimator is a LogisticRegression; expected an estimator of sknn"):
        TrainingCurveDisplay.from_estimator(LogisticRegression())


def test_gradient_of_an_estimator_without_solver():
    with pytest.raises(TypeError, match="estimator is a RealMLPClassifierScratch; expected one with the parameter"):
        GradientFlowDisplay.from_estimator(RealMLPClassifierScratch(), X, y)


def test_without_matplotlib_the_extra_is_named(net, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'sknn\[plot\]'"):
        NetworkDisplay.from_estimator(net)


# What users bring along ---------------------------------------------------------------------------


def test_series_are_paired_by_position():
    images, truth = np.zeros((3, 4, 4)), pd.Series([0, 1, 2])[::-1]
    display = ImagePredictionDisplay.from_predictions(
        images, pd.Series([2, 1, 0], index=[7, 8, 9]), confidence=pd.Series([0.5, 0.6, 0.7])[::-1], y_true=truth
    )
    assert [axis.get_title() for axis in display.axes_] == ["2 (70 %)", "1 (60 %)", "0 (50 %)"]


def test_a_true_class_that_the_estimator_does_not_know():
    images, digits = load_digits(return_X_y=True)
    net = MLPClassifierScratch((30,), solver="lbfgs", max_iter=50, random_state=0)
    for unknown in 5, 9:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.fit(images[digits != unknown], digits[digits != unknown])
        rows = digits == unknown
        display = ImagePredictionDisplay.from_estimator(net, images[rows][:3], digits[rows][:3], image_shape=(8, 8))
        assert all(axis.get_title().endswith(f"true: {unknown}") for axis in display.axes_)


def test_images_are_titled_with_what_predict_says():
    images, digits = load_digits(n_class=2, return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = MLPClassifierScratch((5,), max_iter=30, random_state=0).fit(images, digits)
    ones = images[net.predict(images) == 1][:4]
    never = FixedThresholdClassifier(FrozenEstimator(net), threshold=1.1).fit(images, digits)
    display = ImagePredictionDisplay.from_estimator(never, ones, image_shape=(8, 8), class_names=["zero", "one"])
    shares = never.predict_proba(ones)[:, 0]
    assert [axis.get_title() for axis in display.axes_] == [f"zero ({100 * p:.0f} %)" for p in shares]


@pytest.mark.parametrize(
    "prepare", [lambda a: a.set_xscale("log"), lambda a: a.set_xticks([1, 2])], ids=["log", "fixed"]
)
def test_ticks_of_the_users_axes_are_left_alone(prepare):
    X, y = load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = MLPClassifierScratch((5,), max_iter=3, random_state=0).fit(X, y)
    for draw in (
        lambda ax: TrainingCurveDisplay.from_estimator(net, panels=["loss"], ax=ax),
        lambda ax: GradientFlowDisplay.from_estimator(net, X, y, ax=ax),
    ):
        _, axis = plt.subplots()
        prepare(axis)
        locator = axis.xaxis.get_major_locator()
        draw(axis)
        assert axis.xaxis.get_major_locator() is locator
        plt.close("all")


def test_gradients_do_not_depend_on_the_weights_of_the_fit():
    X, y = load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = MLPClassifierScratch((5,), max_iter=5, random_state=0, alpha=0.0).fit(X, y, np.full(150, 4.0))
        plain = MLPClassifierScratch((5,), max_iter=5, random_state=0, alpha=0.0).fit(X, y)
        plain.coefs_, plain.intercepts_ = net.coefs_, net.intercepts_
        norms = [GradientFlowDisplay.from_estimator(one, X, y).norms for one in (net, plain)]
    np.testing.assert_allclose(*norms, rtol=1e-10)


def test_errors_of_small_types_do_not_wrap():
    truth = np.array([100, -100], np.int8)
    assert ForecastDisplay.from_predictions(truth, -truth).errors_ == 200.0


def test_norms_are_those_before_they_are_limited():
    deep = MLPClassifierScratch((7, 5), random_state=0)
    expected = GradientFlowDisplay.from_estimator(deep, X, y).norms
    limited = GradientFlowDisplay.from_estimator(deep.set_params(max_grad_norm=1e-3), X, y).norms
    np.testing.assert_array_equal(limited, expected)


def test_a_schedule_that_is_over_is_no_matter():
    deep = MLPClassifierScratch((7, 5), learning_rate="cosine", max_iter=3, random_state=0)
    assert (GradientFlowDisplay.from_estimator(deep.fit(X, y), X, y).norms > 0).all()


@pytest.mark.parametrize("way", ["from_estimator", "from_predictions", "plot"])
def test_six_images_in_a_row_and_the_last_row_filled_with_nothing(net, way):
    images, few = X[:7].reshape(-1, 2, 2), ImagePredictionDisplay(X[:2].reshape(-1, 2, 2), y[:2])
    if way == "from_estimator":
        display = ImagePredictionDisplay.from_estimator(net, X[:7], image_shape=(2, 2))
    elif way == "from_predictions":
        display = ImagePredictionDisplay.from_predictions(images, y[:7])
    else:
        display = ImagePredictionDisplay(images, y[:7]).plot()
    assert display.axes_[0].get_gridspec().ncols == 6
    assert [axis.axison for axis in display.figure_.axes] == [True] * 7 + [False] * 5
    assert len(few.plot().figure_.axes) == 2


@pytest.mark.parametrize(
    ("images", "y_pred", "more", "message"),
    [
        ((3, 4, 4), [1, 2], {}, r"y_pred has the shape \(2,\); expected \(3,\)"),
        ((3, 4, 4), [1, 2, 3], {"confidence": [0.5] * 5}, r"confidence has the shape \(5,\)"),
        ((3, 4, 4), [1, 2, 3], {"y_true": [1]}, r"y_true has the shape \(1,\)"),
        ((3, 16), [1, 2, 3], {}, r"images has the shape \(3, 16\); expected .*Give image_shape"),
        ((3, 4, 4, 2), [1, 2, 3], {}, "1, 3 or 4 channels"),
        ((0, 4, 4), [], {}, "one image at least"),
        ((3, 4, 4), [1, 2, 3], {"columns": 0}, "columns must be a whole number of at least 1, got 0"),
    ],
)
def test_images_and_predictions_that_do_not_fit(images, y_pred, more, message):
    with pytest.raises(ValueError, match=message):
        ImagePredictionDisplay.from_predictions(np.zeros(images), y_pred, **more)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"image_shape": (7, 7)}, r"image_shape=\(7, 7\) does not fit samples of shape \(4,\)"),
        ({}, r"images has the shape \(5, 4\)"),
        ({"image_shape": (2, 2), "class_names": ["a"]}, "class_names has 1 names; expected 2"),
        ({"image_shape": (2, 2), "y": [0] * 9}, r"y_true has the shape \(9,\); expected \(5,\)"),
    ],
    ids=str,
)
def test_images_that_an_estimator_does_not_fit(more, message):
    rows = np.random.RandomState(0).rand(5, 4)
    net = MLPClassifierScratch(solver="lbfgs", random_state=0).fit(rows, [0, 1, 0, 1, 0])
    with pytest.raises(ValueError, match=message):
        ImagePredictionDisplay.from_estimator(net, rows, **more)


def test_images_of_several_labels_are_refused():
    rows = np.random.RandomState(0).rand(5, 4)
    labels = MLPClassifierScratch(solver="lbfgs", random_state=0).fit(rows, np.eye(2, dtype=int)[[0, 1, 0, 1, 0]])
    with pytest.raises(ValueError, match=r"predict\(X\) has the shape \(5, 2\)"):
        ImagePredictionDisplay.from_estimator(labels, rows, image_shape=(2, 2))


def test_images_may_be_drawn_on_axes_of_the_users():
    rows, figure = np.random.RandomState(0).rand(4, 4), plt.figure()
    net = MLPClassifierScratch(solver="lbfgs", random_state=0).fit(rows, [0, 1, 0, 1])
    axes = figure.subplots(2, 2)
    displays = [
        ImagePredictionDisplay.from_predictions(rows.reshape(4, 2, 2), [0, 1, 0, 1], ax=axes),
        ImagePredictionDisplay.from_estimator(net, rows, image_shape=(2, 2), ax=axes),
    ]
    for display in displays:
        assert display.figure_ is figure
        assert display.axes_ == list(axes.flat)


def test_gray_images_share_a_range():
    images = np.stack([np.full((3, 3), 0.2), np.full((3, 3), 0.8)])
    display = ImagePredictionDisplay.from_predictions(images, ["a", "b"])
    assert [axis.images[0].get_clim() for axis in display.axes_] == [(0.2, 0.8)] * 2


@pytest.mark.parametrize(
    ("rows", "more", "message"),
    [
        (5, {"step": 1.5}, "step is 1.5; expected a whole number from 1 to the horizon, 3"),
        (5, {"step": None}, "step is None; expected a whole number"),
        (5, {"time": [1, 2]}, r"time has the shape \(2,\); expected \(5,\)"),
        (0, {}, "y_true is empty"),
    ],
)
def test_forecasts_that_cannot_be_drawn(rows, more, message):
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_predictions(np.zeros((rows, 3)), np.zeros((rows, 3)), **more)


@pytest.mark.parametrize("panels", [[], "loss"])
def test_panels_are_a_list_of_some(net, panels):
    with pytest.raises(ValueError, match="expected a list of some of"):
        TrainingCurveDisplay.from_estimator(net, panels=panels)
