"""Conditions of a shop's own: what they select, and what they refuse."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from tenure_features.errors import UsageError
from tenure_serving.segments.condition import Condition

PEOPLE = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "region": ["west", "east", None, "west"],
        "age_band": ["25-34", "35-44", "25-34", "65+"],
        "value_tier": ["high", "low", "high", "high"],
        "visits_90d": [9.0, 0.0, None, 4.0],
        "opted_in": [True, False, True, False],
        "next_order_at": pd.to_datetime(["2024-06-01", None, "2024-07-01", "2024-08-01"]),
        "unknown": [None] * 4,
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "region = 'west'",
        "region <> 'west'",
        "not (region = 'west')",
        "region is null or visits_90d > 3",
        "region is not null and value_tier in ('high', 'medium')",
        "age_band in ('25-34', '35-44') and region = 'west' and value_tier = 'high' and visits_90d >= 9",
        "visits_90d between 1 and 5",
        "2 * visits_90d + 1 > 9 / 2 and opted_in",
        "visits_90d / 2 > 1",
        "-visits_90d < -3",
        "opted_in = true or visits_90d = 0",
        "next_order_at >= '2024-07-01'",
        "unknown = 'x' or unknown > 3 or region = 'east'",
        "VALUE_TIER = 'high'".lower(),
    ],
)
def test_condition__selects_what_a_database_selects(text: str) -> None:
    people = PEOPLE.astype({"unknown": "float64"}) if "unknown > 3" in text else PEOPLE
    asked = text.replace("unknown = 'x' or ", "")
    with duckdb.connect() as database:
        database.register("people", people)
        wanted = database.table("people").filter(asked).order("customer_id").project("customer_id").fetchall()
    assert PEOPLE["customer_id"][Condition(text).holds(PEOPLE)].tolist() == [row[0] for row in wanted]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("regoin = 'west'", "Did you mean 'region'"),
        ("region = 'wst'", "Did you mean 'west'"),
        ("region = 5", "number and text, which cannot be compared"),
        ("visits_90d", "says neither yes nor no"),
        ("region + 1 > 2", "is no number"),
        ("next_order_at > 'soon'", "is no date"),
        ("region = ", "cannot be read"),
        ("region = 'west' limit 3", "more than a condition"),
        ("region = 'west'; drop table x", "more than a condition"),
        ("region in (select 1)", "conditions have not"),
        ("read_csv('/etc/passwd') = 1", "conditions have not"),
        ("getenv('HOME') = 'x'", "conditions have not"),
        ("exists (select 1)", "conditions have not"),
        ("a.region = 'x'", "conditions have not"),
        ("region like 'w%'", "conditions have not"),
        ("1 = 1 union select 2", "more than a condition"),
        ("visits_90d > 1 and " * 200 + "visits_90d > 1", "too long"),
        ("(" * 900 + "1 = 1" + ")" * 900, "cannot be read"),
    ],
)
def test_condition__refuses_what_is_none_and_names_the_nearest(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        Condition(text).holds(PEOPLE, check_levels=True)
