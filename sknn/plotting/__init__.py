"""Displays in scikit-learn's style: how a network learned, what it is made of, and what it predicts."""

from sknn.plotting.forecast import ForecastDisplay
from sknn.plotting.gradient_flow import GradientFlowDisplay
from sknn.plotting.images import ImagePredictionDisplay
from sknn.plotting.network import NetworkDisplay
from sknn.plotting.training_curve import TrainingCurveDisplay

__all__ = [
    "ForecastDisplay",
    "GradientFlowDisplay",
    "ImagePredictionDisplay",
    "NetworkDisplay",
    "TrainingCurveDisplay",
]
