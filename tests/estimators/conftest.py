"""scikit-learn has callbacks since its version 1.9."""

import sklearn
from sklearn.utils.fixes import parse_version

collect_ignore = [] if parse_version(sklearn.__version__) >= parse_version("1.9") else ["test_watching.py"]
