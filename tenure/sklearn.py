"""Tenure's models as scikit-learn estimators on snapshot frames, and a splitter that respects time.

Examples
--------
>>> from sklearn.model_selection import GridSearchCV
>>> from tenure.sklearn import ChurnClassifier, RollingOrigin
>>> search = GridSearchCV(ChurnClassifier(horizon_days=90), {"max_depth": [2, 4]}, cv=RollingOrigin(90))
"""

from tenure_training.estimators.churn_classifier import ChurnClassifier
from tenure_training.estimators.rolling_origin import RollingOrigin
from tenure_training.estimators.value_regressor import ValueRegressor

__all__ = ["ChurnClassifier", "RollingOrigin", "ValueRegressor"]
