"""Transformers made for networks: robust scaling, categories, whole tables."""

from sknn.preprocessing.categories import CategoryEncoder
from sknn.preprocessing.scaling import RobustScaleSmoothClip
from sknn.preprocessing.table import TableEncoder

__all__ = ["CategoryEncoder", "RobustScaleSmoothClip", "TableEncoder"]
