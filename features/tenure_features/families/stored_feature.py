"""Descriptions of features as a model carries them: read back as what they must be, without any code."""

from __future__ import annotations

import re
from typing import Any, get_args

from tenure_features.families.feature import HISTORIES, Family, Feature
from tenure_features.stored import Stored

_FILLED = re.compile(r"(?:[^{}]|\{\{|\}\}|\{value(?::[-+ ]?\d?\d?,?(?:\.\d\d?)?[eEfFgG%]?)?\})*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def feature_from(stored: Stored) -> Feature:
    """Read what `Feature.to_dict` wrote.

    Raises
    ------
    DataContractError
        A field is missing, unknown, or not what it must be: the words of a reason hold one number and nothing else.

    Examples
    --------
    >>> said = {"name": "a", "unit": "days", "family": "recency", "meaning": "A.", "reason": "{value:.0f} days",
    ...         "table": "orders", "columns": [], "file": None}
    >>> feature_from(Stored(said, "bundle.json")).say(3.0)
    '3 days'
    """
    saved = stored.fields("name", "unit", "family", "meaning", "reason", "table", "columns", "file")
    reason = saved["reason"].text(most=500)
    if not _FILLED.fullmatch(reason):
        saved["reason"].refuse("words with {value} in them")
    file: dict[str, Any] | None = None
    if not saved["file"].missing:
        told = saved["file"].fields("name", "sha256")
        if not _SHA256.fullmatch(told["sha256"].text(most=64)):
            told["sha256"].refuse("a sha256")
        file = {"name": told["name"].text(most=255, least=1), "sha256": told["sha256"].text(most=64)}
    return Feature.from_dict(
        {
            "name": saved["name"].text(most=200, least=1),
            "unit": saved["unit"].text(most=50),
            "family": saved["family"].one_of(get_args(Family)),
            "meaning": saved["meaning"].text(),
            "reason": reason,
            "table": saved["table"].one_of(HISTORIES),
            "columns": list(saved["columns"].texts(most=100)),
            "file": file,
        }
    )
