"""Values in JSON: nothing that JSON does not know."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure_serving.json_value import to_json_value


@dataclass(frozen=True)
class Part:
    name: str
    at: dt.datetime


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (np.float64(1.5), 1.5),
        (np.float64("nan"), None),
        (float("-inf"), None),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1.0, np.nan]), [1.0, None]),
        (pd.Timestamp("2011-06-11"), "2011-06-11T00:00:00"),
        (pd.NaT, None),
        (dt.date(2011, 6, 11), "2011-06-11"),
        (Path("out"), "out"),
        ((1, None, "a"), [1, None, "a"]),
        ({1: {"b": True}}, {"1": {"b": True}}),
        (Part("x", dt.datetime(2011, 6, 11)), {"name": "x", "at": "2011-06-11T00:00:00"}),
        (pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]}), [{"a": 1, "b": 0.5}, {"a": 2, "b": None}]),
        (pd.Series({"q10": 1.0}), {"q10": 1.0}),
    ],
)
def test_to_json_value__value_has_this_form(value: object, form: object) -> None:
    assert to_json_value(value) == form
    assert json.loads(json.dumps(to_json_value(value), allow_nan=False)) == form


def test_to_json_value__what_has_no_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        to_json_value(object())
