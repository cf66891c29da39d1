"""Experience of a shop and the groups of its scores: what is read, what is shown, what is said to be missing."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure.jobs.experience import find_experience
from tenure_features import open_shop
from tenure_serving.findings import payload, section, text_lines
from tenure_serving.language import load_language

AS_OF = pd.Timestamp("2024-07-01")
NAMES = [f"c{i:02d}" for i in range(60)]
ORDERS = pd.DataFrame(
    {"customer_id": NAMES * 2, "revenue": 20.0, "ordered_at": pd.date_range("2024-01-01", periods=120, freq="36h")}
).assign(ordered_at=lambda rows: rows["ordered_at"].where(rows["ordered_at"] < AS_OF, AS_OF))
ANSWERS = pd.DataFrame(
    {
        "customer_id": NAMES * 2,
        "answered_at": [AS_OF - pd.Timedelta(days=100 - i % 5) for i in range(60)]
        + [AS_OF - pd.Timedelta(days=1 + i % 5) for i in range(60)],
        "kind": "nps",
        "score": [9.0, 3.0] * 30 + [2.0, 3.0] * 15 + [10.0, 3.0] * 15,
    }
)
CUSTOMERS = pd.DataFrame({"customer_id": NAMES, "region": ["west", "west", "east"] * 20})
EVENTS = pd.DataFrame(
    {"customer_id": NAMES[:9], "occurred_at": AS_OF - pd.Timedelta(days=9), "event": "ticket", "channel": "service"}
)
RESOLVED = EVENTS.assign(event="ticket_resolved", occurred_at=AS_OF - pd.Timedelta(days=5))
SCORES = pd.DataFrame({"customer_id": NAMES, "segment": ["Leaving"] * 30 + ["VIP"] * 30, "value_tier": "high"})


@pytest.fixture(scope="module")
def found():
    shop = open_shop(ORDERS, as_of=AS_OF, feedback=ANSWERS, customers=CUSTOMERS, events=pd.concat([EVENTS, RESOLVED]))
    return find_experience(shop, SCORES)


def test_find_experience__measures_the_shop_segments_tiers_and_regions(found) -> None:
    table = found.frame("experience")
    assert set(table["grouping"]) == {"shop", "segment", "value_tier", "region"}
    nps = table[table["kpi"] == "nps"].set_index(["grouping", "group"])
    assert nps.loc[("segment", "Leaving"), ["before", "value", "moved"]].tolist() == [0.0, -100.0, "worse"]
    assert nps.loc[("segment", "VIP"), ["before", "value", "moved"]].tolist() == [0.0, 0.0, ""]
    wests = set(CUSTOMERS.loc[CUSTOMERS["region"] == "west", "customer_id"])
    recent = ANSWERS[ANSWERS["customer_id"].isin(wests)].iloc[-40:]["score"]
    assert nps.loc[("region", "west"), "value"] == pytest.approx(100 * ((recent >= 9).mean() - (recent <= 6).mean()))
    days = table[(table["kpi"] == "days_to_resolve") & (table["grouping"] == "shop")].iloc[0]
    assert (days["rows"], days["value"]) == (9, pytest.approx(4.0))


def test_find_experience__is_shown_in_text_json_and_report_in_both_languages(found) -> None:
    text = "\n".join(text_lines(found))
    assert "What moved in a group for certain" in text
    assert payload(found)["definitions"]["change"]["unit"] == "as the unit says"
    spoken = load_language("ru")
    page = section(found, language=spoken)
    assert page.chapter == "customers"
    assert "критики" in "\n".join(text_lines(found, language=spoken))


def test_find_experience__says_that_no_event_tells_when_tickets_were_resolved() -> None:
    shop = open_shop(ORDERS, as_of=AS_OF, feedback=ANSWERS, events=EVENTS)
    assert "ticket_resolved" in find_experience(shop, SCORES).notes[0]
    assert find_experience(open_shop(ORDERS, as_of=AS_OF), SCORES) is None
