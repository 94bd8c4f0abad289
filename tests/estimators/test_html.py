"""A notebook shows the parameters of an estimator, and the architecture once it is fitted."""

from html import escape

import numpy as np
import pytest

from sknn import MLPRegressorScratch, SequentialRegressorScratch
from sknn.layers import Dense

X = np.linspace(-1, 1, 20)[:, None]
ESTIMATORS = [
    MLPRegressorScratch(hidden_layer_sizes=4, solver="lbfgs"),
    SequentialRegressorScratch([Dense(4)], solver="lbfgs"),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=["mlp", "sequential"])
def test_architecture_is_shown_after_the_fit(estimator):
    assert "<pre>Layer" not in estimator._repr_html_()
    estimator.fit(X, X[:, 0])
    for html in (estimator._repr_html_(), estimator._repr_mimebundle_()["text/html"]):
        assert f"<pre>{escape(estimator.summary())}</pre>" in html
