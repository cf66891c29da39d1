"""The personal step of a card: category, day, next order and the limit of an offer, by hand."""

import pandas as pd
import pytest

from tenure_serving.card import build_card, render_card
from tenure_serving.card.personal import personal_step, usual_weekday
from tenure_serving.card.text import card_lines
from tenure_serving.language import load_language
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics

AS_OF = pd.Timestamp("2024-06-01")
PRICED = Economics(margin=Credibility(mean=0.4))
ORDERS = pd.DataFrame(
    {
        "customer_id": "c1", "order_id": list("123456"), "revenue": 50.0,
        # five Fridays, and a Saturday that is not known yet
        "ordered_at": [*pd.date_range("2024-03-01", periods=5, freq="14D"), pd.Timestamp("2024-06-01")],
    }
)  # fmt: skip
LINES = pd.DataFrame(
    {
        "customer_id": "c1", "order_id": ["1", "1", "2", "6"], "category": ["tea", "cups", "tea", "chairs"],
        "quantity": [1.0, 3, 1, 9], "unit_price": [20.0, 5, 20, 99],
    }
)  # fmt: skip
ROW = {
    "customer_id": "c1", "as_of": AS_OF, "horizon_days": 90, "churn_probability": 0.6, "expected_value": 60.0,
    "value_if_buys": 150.0, "segment": "VIP", "next_step": "Call", "next_order_at": pd.Timestamp("2024-06-20"),
    "clv_90d": 24.0, "rfm_group": "Loyal", "rfm_relationship": "Lovers",
}  # fmt: skip
TABLES = {"orders": ORDERS, "order_lines": LINES}


def test_personal_step__reads_category_day_and_next_order_before_the_moment() -> None:
    step = build_card(ROW, tables=TABLES, economics=PRICED).personal
    assert (step.category, step.weekday, step.next_order_at) == ("tea", 4, pd.Timestamp("2024-06-20"))
    assert step.offer_limit == 24.0  # 40 % of the 90 at risk are 36, but they are expected to contribute 24


@pytest.mark.parametrize(
    ("expected", "at_risk", "economics", "limit"),
    [
        (24.0, 90.0, PRICED, 24.0),
        (24.0, 10.0, PRICED, 4.0),  # a sure buyer: there is little that an offer could save
        (-3.0, 90.0, PRICED, 0.0),  # costs more to serve than they bring
        (24.0, 90.0, Economics(), None),
        (24.0, 90.0, None, None),
        (float("nan"), 90.0, PRICED, None),
        (24.0, 90.0, Economics(service_cost_per_order=Credibility(mean=2.0)), 24.0),
    ],
)
def test_personal_step__an_offer_never_exceeds_what_is_expected_or_can_be_saved(
    expected, at_risk, economics, limit
) -> None:
    found = personal_step({"clv_90d": expected}, {}, as_of=AS_OF, money_at_risk=at_risk, economics=economics)
    assert found.offer_limit == limit


def test_usual_weekday__is_named_where_it_is_no_chance() -> None:
    fridays = pd.Series(pd.date_range("2024-03-01", periods=3, freq="7D"))
    assert usual_weekday(fridays.head(2)) is None  # two of two: one in seven shops' customers has that by chance
    assert usual_weekday(fridays) == 4
    assert usual_weekday(fridays.head(0)) is None


def test_card__says_the_personal_step_in_text_page_and_json() -> None:
    card = build_card(ROW, tables=TABLES, economics=PRICED, currency="EUR")
    line = next(line for line in card_lines(card) if "For this customer" in line)
    assert "mostly buys tea; usually orders on Fridays; next order around" in line
    assert "24" in line
    assert "usually orders on Fridays" in render_card(card)
    assert card.to_dict()["personal"]["offer_limit"] == 24.0
    spoken = build_card(ROW, tables=TABLES, economics=PRICED, currency="EUR", language=load_language("ru"))
    assert "обычно заказывает по пятницам" in "\n".join(card_lines(spoken))
    bare = build_card({**ROW, "next_order_at": pd.NaT})
    assert not any("For this customer" in line for line in card_lines(bare))
