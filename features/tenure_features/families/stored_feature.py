"""Descriptions of features as a model carries them: read back as what they must be, without any code."""

from __future__ import annotations

import re
from typing import get_args

from tenure_features.families.feature import Family, FeatureDescription, FeatureFile, can_be_filled
from tenure_features.histories import TABLES_OF_FEATURES
from tenure_features.stored import Stored

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def description_from(stored: Stored) -> FeatureDescription:
    """Read what `FeatureDescription.to_dict` wrote.

    Raises
    ------
    DataContractError
        A field is missing, unknown, or not what it must be: the words of a reason hold one number and nothing else.

    Examples
    --------
    >>> said = {"name": "a", "unit": "days", "family": "recency", "meaning": "A.", "reason": "{value:.0f} days",
    ...         "reason_if_zero": None, "table": "orders", "columns": [], "file": None}
    >>> description_from(Stored(said, "bundle.json")).say(3.0)
    '3 days'
    """
    saved = stored.fields("name", "unit", "family", "meaning", "reason", "reason_if_zero", "table", "columns", "file")
    return FeatureDescription(
        name=saved["name"].text(most=200, least=1),
        unit=saved["unit"].text(most=50),
        family=saved["family"].one_of(get_args(Family)),
        meaning=saved["meaning"].text(),
        reason=_reason(saved["reason"]),
        reason_if_zero=None if saved["reason_if_zero"].missing else _reason(saved["reason_if_zero"]),
        table=saved["table"].one_of(TABLES_OF_FEATURES),
        columns=saved["columns"].texts(most=100),
        file=None if saved["file"].missing else _file(saved["file"]),
    )


def _reason(stored: Stored) -> str:
    reason = stored.text(most=500)
    return reason if can_be_filled(reason) else stored.refuse("words with {value} in them")


def _file(stored: Stored) -> FeatureFile:
    saved = stored.fields("name", "sha256")
    sha256 = saved["sha256"].text(most=64)
    if not _SHA256.fullmatch(sha256):
        saved["sha256"].refuse("a sha256")
    return FeatureFile(saved["name"].text(most=255, least=1), sha256)
