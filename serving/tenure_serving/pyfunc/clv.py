"""Loader of ``tenure-clv``: the expected value, its interval and the lifetime value."""

from __future__ import annotations

from tenure_serving.pyfunc import _CLV, ScoringModel, load


def _load_pyfunc(data_path: str) -> ScoringModel:
    """Load the bundle behind ``tenure-clv``; MLflow calls this."""
    return load(data_path, _CLV)
