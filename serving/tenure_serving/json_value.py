"""Values in JSON: tables, times, dataclasses and numbers of other libraries, each in one form everywhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def to_json_value(value: Any) -> Any:  # noqa: ANN401  # any value in, its JSON form out
    """Turn dataclasses, tables, times, paths and NumPy scalars into what JSON knows; NaN and infinities become null.

    Examples
    --------
    >>> import datetime, pathlib
    >>> to_json_value({"at": datetime.datetime(2011, 6, 11), "out": pathlib.Path("out"), "value": [1.5, float("inf")]})
    {'at': '2011-06-11T00:00:00', 'out': 'out', 'value': [1.5, None]}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat() if value == value else None  # noqa: PLR0124  # NaT is not equal to itself
    if isinstance(value, Mapping):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json_value(item) for item in value]
    return _foreign(value)


def _foreign(value: Any) -> Any:  # noqa: ANN401
    """Convert values known by what they can do, so that pandas and NumPy need no import here."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return [to_json_value(row) for row in value.to_dict("records")]
    if hasattr(value, "to_dict"):
        return to_json_value(value.to_dict())
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return to_json_value(value.item())
    if hasattr(value, "tolist"):
        return to_json_value(value.tolist())
    raise TypeError(f"{type(value).__name__} has no JSON form")
