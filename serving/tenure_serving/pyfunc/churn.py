"""Loader of ``tenure-churn``: the churn probability alone."""

from __future__ import annotations

from tenure_serving.pyfunc import CHURN, ScoringModel, load


def _load_pyfunc(data_path: str) -> ScoringModel:
    """Load the bundle behind ``tenure-churn``; MLflow calls this."""
    return load(data_path, CHURN)
