"""A card from literal tables: every number by hand, nothing at or after the moment, nothing that runs or loads."""

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from tenure_features.errors import DataContractError
from tenure_serving.card import build_card, render_card
from tenure_serving.json_value import to_json_value
from tenure_serving.language import load_language

AS_OF = pd.Timestamp("2025-06-01")
ROW = {
    "customer_id": "c1", "as_of": AS_OF, "horizon_days": 90, "churn_probability": 0.75, "expected_value": 25.0,
    "value_if_buys": 100.0, "value_low": 0.0, "value_high": 120.0, "next_order_at": pd.NaT,
    "value_if_buys_low": 40.0, "value_if_buys_high": 310.0,
    "recency_score": 1, "frequency_score": 5,
    "monetary_score": 5, "rfm_group": "Cannot Lose Them", "rfm_relationship": "Ex-Lovers", "value_tier": "high",
    "risk_tier": "high", "lifecycle": "leaving", "segment": "High value, leaving",
    "next_step": "Special offer within the money at risk", "churn_reasons": ["silent for 96 days"], "value_reasons": [],
}  # fmt: skip
WORDS = {"churn": "no order within 90 days", "interval": "holds the value with probability 80%"}


def times(table: pd.DataFrame, column: str) -> pd.DataFrame:
    return table.astype({column: "datetime64[us]"})


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    orders = [
        ("c1", "1", "2025-01-01", 80.0, "web"), ("c1", "2", "2025-02-01", 120.0, "app"),
        ("c1", "3", "2025-02-05", -50.0, None),
        ("c1", "4", "2025-06-01", 999.0, "web"),  # at the moment: unseen
        ("c2", "5", "2025-03-01", 777.0, "web"),
    ]  # fmt: skip
    events = [
        ("c1", "2025-01-05", "visit"), ("c1", "2025-05-05", "visit"), ("c1", "2025-05-06", "visit"),
        ("c1", "2025-02-06", "complaint"), ("c1", "2025-02-05", "ticket"), ("c1", "2025-07-01", "complaint"),
        ("c2", "2025-02-06", "complaint"),
    ]  # fmt: skip
    feedback = [("c1", "2025-01-09", "nps", 9.0), ("c1", "2025-02-09", "nps", 2.0), ("c1", "2025-06-02", "nps", 10.0)]
    costs = [
        ("c1", "2025-01-01", 4.5),
        ("c1", "2025-02-05", 5.5),
        ("c1", "2025-06-01", 99.0),
        ("c2", "2025-01-01", 9.0),
    ]
    assigned = [("c1", "winback", "offer", "2025-05-20"), ("c1", "later", "offer", "2025-06-20")]
    return {
        "orders": times(
            pd.DataFrame(orders, columns=["customer_id", "order_id", "ordered_at", "revenue", "channel"]), "ordered_at"
        ),
        "events": times(pd.DataFrame(events, columns=["customer_id", "occurred_at", "event"]), "occurred_at"),
        "feedback": times(
            pd.DataFrame(feedback, columns=["customer_id", "answered_at", "kind", "score"]), "answered_at"
        ),
        "service_costs": times(pd.DataFrame(costs, columns=["customer_id", "incurred_at", "amount"]), "incurred_at"),
        "assignments": times(
            pd.DataFrame(assigned, columns=["customer_id", "campaign", "arm", "assigned_at"]), "assigned_at"
        ),
    }


IDENTITIES = pd.DataFrame(
    {
        "source": ["shop", "app", "app", "shop"], "source_id": ["17", "a9", "a8", "99"],
        "customer_id": ["c1", "c1", "c1", "c2"], "match_reason": ["email", "phone", "email", ""],
        "first_seen": [pd.Timestamp("2025-01-01"), pd.NaT, pd.NaT, pd.NaT], "last_seen": [pd.NaT] * 4,
        "valid_to": [pd.NaT, pd.NaT, pd.Timestamp("2025-03-01"), pd.NaT],
    }
)  # fmt: skip


def test_card__tells_risk_value_and_what_to_do() -> None:
    card = build_card(ROW | {"clv_before_cac": 300.0, "clv_net": 260.0}, definitions=WORDS, currency="EUR")
    assert card.churn["probability"] == 0.75
    assert card.churn["definition"] == "no order within 90 days"
    assert card.value["money_at_risk"] == 75.0  # 100 - 25
    said = ("low", "high", "nothing", "if_buys_low", "if_buys_high")
    assert [card.value[name] for name in said] == [None, None, 0.75, 40.0, 310.0]
    sure = build_card(ROW | {"churn_probability": 0.1, "expected_value": 60.0})
    assert [sure.value[name] for name in said] == [0.0, 120.0, None, None, None]
    assert (card.value["clv_before_cac"], card.value["clv_net"], card.value["next_order_at"]) == (300.0, 260.0, None)
    assert (card.rfm["code"], card.rfm["group_label"]) == ("155", "Cannot Lose Them")
    assert card.group["goal"] == "Act before they go"
    assert card.group["next_step"] == "Special offer within the money at risk"
    assert card.group["next_steps"] == [
        "Call or write in person, solve any open complaint", "Show that they matter: priority support",
    ]  # fmt: skip
    assert "less the cost of acquisition" in card.definitions["clv_net"]
    assert card.experience is None
    assert card.timeline.empty


def test_card__speaks_the_language_asked_for() -> None:
    card = build_card(ROW, language=load_language("ru"))
    assert (card.group["label"], card.rfm["relationship_label"]) == ("Ценные, уходящие", "Бывшие возлюбленные")


def test_card__counts_what_happened_before_the_moment(tables) -> None:
    card = build_card(ROW, tables=tables)
    seen = card.experience
    assert seen is not None
    (nps,) = seen.feedback
    assert (nps.kind, nps.answers, nps.mean, nps.last, nps.last_at) == ("nps", 2, 5.5, 2.0, pd.Timestamp("2025-02-09"))
    assert (seen.complaints, seen.tickets, seen.last_complaint_at) == (1, 1, pd.Timestamp("2025-02-06"))
    assert (seen.returns, seen.returned_value, seen.return_share) == (1, 50.0, 0.25)
    assert seen.cost_to_serve == 10.0
    assert seen.recent == {"visit": 2}
    assert (card.rfm["recency_days"], card.rfm["orders"], card.rfm["revenue"]) == (120.0, 2, 150.0)


def test_card__lists_the_timeline_latest_first(tables) -> None:
    rows = build_card(ROW, tables=tables).timeline
    assert [f"{row.at:%m-%d} {row.what} {row.amount:g}" for row in rows.itertuples()] == [
        "05-20 Winback: offer nan", "02-09 NPS 2 2", "02-06 Complaint nan", "02-05 Return -50", "02-05 Ticket nan",
        "02-01 Order (app) 120", "01-09 NPS 9 9", "01-01 Order (web) 80",
    ]  # fmt: skip


def test_card__later_rows_and_other_customers_change_nothing(tables) -> None:
    before = build_card(ROW, tables=tables).to_dict()
    moment = {"orders": "ordered_at", "events": "occurred_at", "feedback": "answered_at",
              "service_costs": "incurred_at", "assignments": "assigned_at"}  # fmt: skip
    kept = {
        name: table[(table[moment[name]] < AS_OF) & (table["customer_id"] == "c1")] for name, table in tables.items()
    }
    assert to_json_value(build_card(ROW, tables=kept).to_dict()) == to_json_value(before)


def test_card__names_the_current_identities_with_reasons() -> None:
    found = build_card(ROW, identities=IDENTITIES).identities
    assert [(one.source, one.source_id, one.reason) for one in found] == [
        ("app", "a9", "phone"),
        ("shop", "17", "email"),
    ]
    assert found[1].first_seen == pd.Timestamp("2025-01-01")


def test_card__is_json(tables) -> None:
    text = json.dumps(to_json_value(build_card(ROW, tables=tables, identities=IDENTITIES).to_dict()), allow_nan=False)
    assert json.loads(text)["experience"]["feedback"][0]["kind"] == "nps"
    assert json.loads(text)["timeline"][0]["amount"] is None


def test_card__can_do_without_optional_columns_and_knows_no_edited_segment() -> None:
    needed = ("customer_id", "as_of", "horizon_days", "churn_probability", "expected_value", "value_if_buys")
    bare = {name: ROW[name] for name in needed}
    card = build_card(bare | {"segment": "Regulars", "next_step": "Send flowers"})
    assert (card.group["goal"], card.group["next_step"], card.group["next_steps"]) == (None, "Send flowers", [])
    assert card.rfm["code"] is None
    assert "Not scored" in render_card(card)
    with pytest.raises(DataContractError, match="no segment"):
        build_card(bare)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.text += f" {data}"


def test_page__says_it_all_and_neither_runs_nor_loads_anything(tables) -> None:
    row = ROW | {"clv_before_cac": 300.0, "clv_net": 260.0}
    html = render_card(build_card(row, definitions=WORDS, currency="EUR", tables=tables, identities=IDENTITIES))
    page = Tags(html)
    names = {tag for tag, _ in page.found}
    assert not names & {"script", "link", "iframe", "object", "form", "img"}
    for _, attributes in page.found:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert not re.search(r"@import|url\((?!#)", html)
    text = re.sub(r"\s+", " ", page.text)
    for words in (
        "75 % churn probability, high risk: no order within 90 days", "25 EUR expected value",
        "40 EUR to 310 EUR if they buy", "buys nothing with 75 %",
        "75 EUR at risk", "300 EUR CLV before acquisition cost; 260 EUR after it", "155 Cannot Lose Them; Ex-Lovers",
        "5 of 5: 2 orders", "Act before they go.", "silent for 96 days", "2 on 2025-02-09; 5.5 on average",
        "1, 50 EUR (25 % of what was ordered)", "phone", "Winback: offer",
    ):  # fmt: skip
        assert words in text
    assert "svg" in names


def test_page__escapes_what_shops_call_things(tables) -> None:
    evil = "<script>alert(1)</script>"
    row = ROW | {"segment": evil, "next_step": evil, "churn_reasons": [evil], "rfm_group": evil}
    tables["assignments"] = tables["assignments"].assign(campaign=evil)
    html = render_card(build_card(row, currency=evil, tables=tables, identities=IDENTITIES.assign(source=evil)))
    assert "<script" not in html
    assert evil in Tags(html).text


def test_page__says_what_became_of_the_arm_of_a_customer_where_that_is_known(tables) -> None:
    tables["assignments"] = tables["assignments"].assign(outcome=["win", None])
    text = Tags(render_card(build_card(ROW, tables=tables))).text
    assert "Winback: offer (measured: win)" in text
    assert "Later" not in text  # assigned after the moment
    tables["assignments"] = tables["assignments"].assign(outcome=[None, "win"])
    assert "measured" not in Tags(render_card(build_card(ROW, tables=tables))).text
