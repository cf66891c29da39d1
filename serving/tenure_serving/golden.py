"""Golden rows: what a model said of a few rows of nobody's when it was made, and must say wherever it serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tenure_features.errors import QualityGateError
from tenure_features.stored import Stored
from tenure_training.models.bundle import Bundle
from tenure_training.models.contract import Fitted

GOLDEN = "golden"
"""Name under which a bundle keeps them, among what scores carry beyond the prediction."""

_LEVELS = (1.0, 2.0, 5.0)
_TOLERANCE = 1e-6
_FIGURES = ("buy_probability", "expected_value")


def golden_rows(model: Fitted, features: Sequence[str], *, as_of: pd.Timestamp) -> dict[str, Any]:
    """Say, JSON-ready, what a model predicts where every feature is 1, 2 or 5; empty where it has no finite answer."""
    prediction = model.predict(_rows(features, as_of))
    figures = {name: getattr(prediction, name).tolist() for name in _FIGURES}
    return figures if all(np.isfinite(values).all() for values in figures.values()) else {}


def require_golden(bundle: Bundle) -> None:
    """Refuse a model that does not say here what it said where it was made.

    Raises
    ------
    QualityGateError
        A prediction differs by more than a millionth.
    """
    if not bundle.extras.get(GOLDEN):
        return  # of an earlier version
    saved = Stored(bundle.extras[GOLDEN], f"extras.json.{GOLDEN}").fields(*_FIGURES)
    prediction = bundle.candidate.predict(_rows(bundle.info.features, bundle.info.as_of))
    for name in _FIGURES:
        now, then = getattr(prediction, name), np.array(saved[name].numbers(count=len(_LEVELS)))
        if not np.allclose(now, then, rtol=_TOLERANCE, atol=_TOLERANCE):
            raise QualityGateError(
                f"Model {bundle.version} does not say here what it said where it was made.",
                found=f"{name} {now.tolist()} instead of {then.tolist()}",
                fix=f"Install what it was trained with: {dict(bundle.info.versions)}",
            )


def _rows(features: Sequence[str], as_of: pd.Timestamp) -> pd.DataFrame:
    levels = np.array(_LEVELS)
    names = pd.Series([f"golden-{level:g}" for level in levels], dtype="str")
    return pd.DataFrame({"customer_id": names, "as_of": as_of, **dict.fromkeys(features, levels)})
