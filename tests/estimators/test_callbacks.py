"""scikit-learn's callbacks, since its version 1.9: a task for each epoch. Before, there are none."""

import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_regressor
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from sknn import (
    MLPClassifierScratch,
    MLPRegressorScratch,
    SequentialClassifierScratch,
    SequentialRegressorScratch,
)
from sknn.estimators import callbacks as our_callbacks
from sknn.layers import Conv1D, Dense, Flatten

# Most fits here are cut short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, LABELS = make_blobs(60, n_features=4, centers=3, cluster_std=4.0, random_state=0)
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = X[:, 0] * X[:, 1] + X[:, 2]
SMALL = {"max_iter": 4, "batch_size": 20, "random_state": 0}

CASES = {
    "classifier": (MLPClassifierScratch((6,), **SMALL), LABELS),
    "binary": (MLPClassifierScratch((6,), **SMALL, solver="sgd"), LABELS == 0),
    "regressor": (MLPRegressorScratch(hidden_layer_sizes=(6,), **SMALL), Y),
    "lbfgs": (MLPRegressorScratch(hidden_layer_sizes=(6,), **SMALL, solver="lbfgs"), Y),
    "batch_norm": (MLPClassifierScratch((6,), **SMALL, normalization="batch"), LABELS),
    "dense": (SequentialClassifierScratch([Dense(5)], **SMALL), LABELS),
    "convolutional": (SequentialRegressorScratch([Conv1D(2), Flatten()], **SMALL), Y),
}
every_case = pytest.mark.parametrize(("estimator", "y"), CASES.values(), ids=CASES.keys())


def raw_output(model):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


class Recorder:
    """Writes down what it is told, and asks to stop where it is told to."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events, self.given, self.epochs = [], [], 0

    def setup(self, estimator, context):
        self.events.append("setup")
        self.max_subtasks = context.max_subtasks

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.events.append(f"begin {context.task_name} {context.task_id}")
        self.given.append((X, y, metadata))

    def on_fit_task_end(self, estimator, context):
        self.events.append(f"end {context.task_name} {context.task_id}")
        self.epochs += context.task_name == "epoch"
        return self.epochs == self.stop_after

    def teardown(self, estimator, context):
        self.events.append("teardown")


class Judge(Recorder):
    """Asks for the estimator as it is after each epoch."""

    def __init__(self):
        super().__init__()
        self.outputs, self.fitted = [], []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        super().on_fit_task_end(estimator, context)
        self.fitted.append(fitted_estimator)
        self.outputs.append(raw_output(fitted_estimator))


def epochs(n):
    return [f"{event} epoch {i}" for i in range(n) for event in ("begin", "end")]


def a_fit_of(n):
    return ["setup", "begin fit 0", *epochs(n), "end fit 0", "teardown"]


def test_the_method_is_there_since_scikit_learn_1_9():
    is_there = parse_version(sklearn.__version__) >= parse_version("1.9")
    for estimator, _ in CASES.values():
        assert hasattr(estimator, "set_callbacks") == is_there
        assert "callbacks" not in estimator.get_params()


@every_case
def test_without_callbacks_nothing_of_them_is_left(estimator, y):
    model = clone(estimator).fit(X, y)
    assert not [name for name in vars(model) if "callback" in name]
    assert our_callbacks.begin_callbacks(model, {}, 1, dict) is None


if parse_version(sklearn.__version__) >= parse_version("1.9"):
    from sklearn.callback import ProgressBar, ScoringMonitor

    @every_case
    def test_one_task_an_epoch(estimator, y):
        recorder = Recorder()
        model = clone(estimator).set_callbacks(recorder).fit(X, y)
        assert recorder.events == a_fit_of(model.n_iter_)
        assert recorder.max_subtasks == 4 == model.n_iter_

    @every_case
    def test_training_is_the_same(estimator, y):
        plain = clone(estimator).fit(X, y)
        watched = clone(estimator).set_callbacks(Recorder(), Judge()).fit(X, y)
        assert watched.loss_curve_ == plain.loss_curve_
        np.testing.assert_array_equal(raw_output(watched), raw_output(plain))

    @every_case
    def test_data_are_given(estimator, y):
        weight = np.linspace(1, 2, 60)
        recorder = Recorder()
        clone(estimator).set_callbacks(recorder).fit(X, y, sample_weight=weight)
        for given_X, given_y, metadata in recorder.given:
            np.testing.assert_array_equal(np.reshape(given_X, X.shape), X)
            np.testing.assert_array_equal(given_y, y)
            np.testing.assert_array_equal(metadata["sample_weight"], weight)

    def test_training_that_ends_early_has_no_tasks_that_are_left_over():
        recorder = Recorder()
        params = {"tol": 1e6, "n_iter_no_change": 2, "max_iter": 50}
        model = MLPClassifierScratch((6,), **params).set_callbacks(recorder).fit(X, LABELS)
        assert recorder.events == a_fit_of(model.n_iter_)
        assert recorder.max_subtasks == 50

    def test_lbfgs_that_converges():
        """The iteration after the last one never begins."""
        recorder = Recorder()
        model = MLPRegressorScratch(hidden_layer_sizes=(), solver="lbfgs", alpha=10.0).set_callbacks(recorder)
        model.fit(X, Y)
        assert "CONVERGENCE" in model.stop_reason_
        assert recorder.events == a_fit_of(model.n_iter_)

    @every_case
    def test_partial_fit_is_a_fit_of_one_epoch(estimator, y):
        recorder = Recorder()
        model = clone(estimator).fit(X, y).set_params(solver="adam").set_callbacks(recorder)
        model.partial_fit(X, y).partial_fit(X, y)
        assert recorder.events == a_fit_of(1) * 2

    @every_case
    def test_warm_start(estimator, y):
        recorder = Recorder()
        clone(estimator).set_params(warm_start=True).set_callbacks(recorder).fit(X, y).fit(X, y)
        assert recorder.events == a_fit_of(4) * 2

    # Stopping -------------------------------------------------------------------------------------

    @every_case
    @pytest.mark.parametrize("n", [1, 3])
    def test_a_callback_may_stop(estimator, y, n):
        recorder, other = Recorder(stop_after=n), Recorder()
        model = clone(estimator).set_callbacks(other, recorder).fit(X, y)
        assert recorder.events == other.events == a_fit_of(n)
        assert model.n_iter_ == len(model.loss_curve_) == n
        assert model.stop_reason_ == "A callback asked to stop."
        shorter = clone(estimator).set_params(max_iter=n).fit(X, y)
        np.testing.assert_allclose(raw_output(model), raw_output(shorter), rtol=1e-12)

    def test_stopping_does_not_warn(recwarn):
        clone(CASES["regressor"][0]).set_callbacks(Recorder(stop_after=2)).fit(X, Y)
        assert not recwarn.list

    # The estimator so far -------------------------------------------------------------------------

    @every_case
    def test_fitted_estimator(estimator, y):
        """As a fit that ends there, and left alone by the epochs that follow."""
        judge = Judge()
        model = clone(estimator).set_callbacks(judge).fit(X, y)
        assert len(judge.fitted) == model.n_iter_ + 1
        for n, (fitted, output) in enumerate(zip(judge.fitted[:-1], judge.outputs, strict=False), 1):
            shorter = clone(estimator).set_params(max_iter=n).fit(X, y)
            np.testing.assert_allclose(output, raw_output(shorter), rtol=1e-12)
            np.testing.assert_array_equal(raw_output(fitted), output)
            assert type(fitted) is type(model)
            assert fitted.score(X, y) == shorter.score(X, y)
            assert fitted.n_iter_ == n
            assert len(fitted.loss_curve_) == n
        np.testing.assert_array_equal(judge.outputs[-1], raw_output(model))

    def test_it_is_built_only_where_it_is_asked_for(monkeypatch):
        built = []
        estimator, y = CASES["classifier"]
        attributes = type(estimator)._attributes
        monkeypatch.setattr(type(estimator), "_attributes", lambda *args: built.append(1) or attributes(*args))
        clone(estimator).set_callbacks(Recorder()).fit(X, y)
        assert len(built) == 1  # for the end of the fit itself
        built.clear()
        clone(estimator).set_callbacks(Judge(), Judge()).fit(X, y)
        assert len(built) == 1 + 5  # four epochs and the fit, for both

    def test_it_has_the_best_weights_at_the_end():
        judge = Judge()
        params = {"early_stopping": True, "learning_rate_init": 0.05, "max_iter": 30}
        model = clone(CASES["classifier"][0]).set_params(**params).set_callbacks(judge).fit(X, LABELS)
        np.testing.assert_array_equal(judge.outputs[-1], raw_output(model))
        np.testing.assert_array_equal(judge.outputs[model.best_epoch_ - 1], raw_output(model))

    # Errors ---------------------------------------------------------------------------------------

    class Failing(Recorder):
        """Raises an error in one of its hooks."""

        def __init__(self, hook):
            super().__init__()
            self.hook = hook

        def setup(self, estimator, context):
            super().setup(estimator, context)
            self.fail("setup")

        def on_fit_task_begin(self, estimator, context):
            super().on_fit_task_begin(estimator, context)
            self.fail("begin")

        def on_fit_task_end(self, estimator, context):
            super().on_fit_task_end(estimator, context)
            self.fail("end")

        def fail(self, hook):
            if self.hook == hook:
                raise RuntimeError(f"failed in {hook}")

    @every_case
    @pytest.mark.parametrize("hook", ["setup", "begin", "end"])
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_teardown_after_an_error_of_a_callback(estimator, y, hook, method):
        failing = Failing(hook)
        model = clone(estimator).fit(X, y).set_params(solver="adam").set_callbacks(failing)
        before = {**vars(model)}
        with pytest.raises(RuntimeError, match=f"failed in {hook}"):
            getattr(model, method)(X, y)
        assert failing.events[-1] == "teardown"
        assert failing.events.count("teardown") == 1
        assert vars(model) == before

    def test_teardown_after_training_that_failed():
        recorder = Recorder()
        params = {"solver": "sgd", "learning_rate_init": 1e200, "activation": "identity", "max_iter": 9}
        model = MLPRegressorScratch(**params).set_callbacks(recorder)
        with pytest.raises(ValueError, match="non-finite"):
            model.fit(X, Y)
        assert recorder.events[0] == "setup"
        assert recorder.events[-1] == "teardown"
        assert not hasattr(model, "coefs_")
        recorder.events.clear()
        model.set_params(learning_rate_init=0.001).fit(X, Y)
        assert recorder.events == a_fit_of(9)

    @every_case
    def test_nothing_is_set_up_for_bad_input(estimator, y):
        recorder = Recorder()
        with pytest.raises(ValueError, match="NaN"):
            clone(estimator).set_callbacks(recorder).fit(np.full_like(X, np.nan), y)
        assert recorder.events.count("setup") == recorder.events.count("teardown")
        assert not [event for event in recorder.events if event.startswith("begin")]

    @every_case
    def test_callbacks_are_no_fitted_attributes(estimator, y):
        model = clone(estimator).set_callbacks(Recorder()).fit(X, y)
        assert [name for name in vars(model) if "callback" in name] == ["_skl_callbacks"]
        copied = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(raw_output(copied), raw_output(model))
        assert clone(model)._skl_callbacks == model._skl_callbacks
        model.set_callbacks().fit(X, y)
        assert not [name for name in vars(model) if "callback" in name]

    # scikit-learn's own ---------------------------------------------------------------------------

    @every_case
    def test_scoring_monitor(estimator, y):
        name = "r2" if is_regressor(estimator) else "accuracy"
        monitor = ScoringMonitor(scoring=name)
        model = clone(estimator).set_callbacks(monitor).fit(X, y)
        log = monitor.get_logs().data_as_pandas
        scores = log[log["task_name"] == "epoch"].sort_values("task_id")[name].to_list()
        expected = [clone(estimator).set_params(max_iter=n).fit(X, y).score(X, y) for n in range(1, 5)]
        np.testing.assert_allclose(scores, expected, rtol=1e-9)
        assert log[log["task_name"] == "fit"][name].to_list() == [model.score(X, y)]

    def shown(text):
        """The lines of a progress bar as it was in the end, without what surrounds the names."""
        return [line.strip() for line in text.replace("\r", "\n").splitlines() if " - " in line]

    @every_case
    def test_progress_bar(estimator, y, capsys):
        clone(estimator).set_callbacks(ProgressBar()).fit(X, y)
        lines = shown(capsys.readouterr().out)
        assert any(line.startswith(f"{type(estimator).__name__} - fit") and "100%" in line for line in lines)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_progress_bar_of_a_search_shows_epochs(n_jobs, capsys):
        """Each fit of a network has a bar of its own, which its epochs fill."""
        pipeline = make_pipeline(StandardScaler(), clone(CASES["classifier"][0]))
        grid = {"mlpclassifierscratch__activation": ["relu", "tanh"]}
        search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs)
        search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, LABELS)
        lines = shown(capsys.readouterr().out)
        assert any(line.startswith("GridSearchCV - fit") for line in lines)
        networks = [line for line in lines if "MLPClassifierScratch - fit" in line]
        assert len(networks) >= 5  # two candidates on two folds, and the best on all rows
        assert all("100%" in line for line in networks[-5:])

    def test_callbacks_of_a_network_in_a_search():
        """Clones share them; each fit of the network is told of, with its epochs."""
        recorder = Recorder()
        network = clone(CASES["classifier"][0]).set_callbacks(recorder)
        grid = {"mlpclassifierscratch__activation": ["relu", "tanh"]}
        GridSearchCV(make_pipeline(StandardScaler(), network), grid, cv=2).fit(X, LABELS)
        assert recorder.events.count("setup") == recorder.events.count("teardown") == 5
        assert [event for event in recorder.events if "epoch" in event] == epochs(4) * 5

    def test_bad_callbacks():
        with pytest.raises(TypeError, match="FitCallback"):
            MLPClassifierScratch().set_callbacks(print)

else:

    @every_case
    def test_fits_are_made_without_them(estimator, y):
        """What stands in for scikit-learn's class adds nothing."""
        public = {name for name in dir(our_callbacks.CallbackSupportMixin) if not name.startswith("__")}
        assert public == set()
        model = clone(estimator).fit(X, y)
        assert model.n_iter_ == 4
        copied = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(raw_output(copied), raw_output(model))

    def test_a_search_over_a_pipeline():
        pipeline = make_pipeline(StandardScaler(), clone(CASES["classifier"][0]))
        search = GridSearchCV(pipeline, {"mlpclassifierscratch__activation": ["relu", "tanh"]}, cv=2).fit(X, LABELS)
        assert len(search.best_estimator_[-1].loss_curve_) == 4
