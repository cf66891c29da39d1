"""JSON results: one object, a schema version, nothing that JSON does not know."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure.output import as_object, jsonable


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
def test_jsonable__value_has_this_form(value: object, form: object) -> None:
    assert jsonable(value) == form
    assert json.loads(json.dumps(jsonable(value), allow_nan=False)) == form


def test_jsonable__what_has_no_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        jsonable(object())


def test_object__is_one_line_with_version_and_command() -> None:
    text = as_object("check", {"shop": "Käse", "rows": 3})
    assert text == '{"schema_version": 1, "command": "check", "shop": "Käse", "rows": 3}'
