"""When contact pays: recomputed from customers one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.economics.break_even import ContactCosts, break_even, break_even_findings

PEOPLE = pd.DataFrame(
    {
        "segment": ["A", "A", "B", "B", "C"],
        "churn_probability": [0.2, 0.6, 0.9, 0.5, 0.99],
        "value_if_buys": [100.0, 200.0, 8.0, 5.0, 400.0],
        "lost": [False, False, False, False, True],
    }
).assign(money_at_risk=lambda rows: rows["churn_probability"] * rows["value_if_buys"])


def profit(rows: pd.DataFrame, share: float, costs: ContactCosts) -> float:
    """What contacting every customer brings, added up customer by customer."""
    total = 0.0
    for row in rows.itertuples():
        kept = row.churn_probability * share * (costs.contribution * row.value_if_buys - costs.offer)
        total += kept - costs.contact - (1 - row.churn_probability) * costs.offer
    return total


def test_break_even__is_the_share_at_which_contact_earns_nothing() -> None:
    costs = ContactCosts(contact=2.0, offer=10.0, contribution=0.5)
    found = break_even(PEOPLE, costs, by="segment").set_index("segment")["break_even"]
    for segment in ("A", "C"):
        rows = PEOPLE[PEOPLE["segment"] == segment]
        assert profit(rows, found[segment], costs) == pytest.approx(0.0, abs=1e-9)
        assert profit(rows, found[segment] + 0.01, costs) > 0
    assert np.isnan(found["B"])  # worth less than the offer: not even all of them would pay
    assert profit(PEOPLE[PEOPLE["segment"] == "B"], 1.0, costs) < 0


def test_break_even__lists_the_easiest_group_first() -> None:
    found = break_even(
        PEOPLE.iloc[[4, 0, 1]].assign(segment=["Z", "A", "A"]), ContactCosts(contact=2.0, offer=0.0), by="segment"
    )
    assert found["segment"].to_dict() == {0: "Z", 1: "A"}
    assert found["break_even"].tolist() == pytest.approx([2 / 396, 4 / 140])


def test_break_even__leaves_out_who_is_gone_and_says_what_is_assumed() -> None:
    here = PEOPLE[~PEOPLE["lost"]]
    costs = ContactCosts.of(here, contact=None, offer=4.0, contribution=None)
    assert (costs.contact, costs.offer, costs.named) == (pytest.approx(0.005 * 313 / 4), 4.0, False)
    found = break_even_findings(PEOPLE, costs, currency="EUR")
    assert found.frame("break_even")["segment"].tolist() == ["A", "B"]
    assert found.frame("win_back")["segment"].tolist() == ["C"]
    assert found.number("everybody") == break_even(here.assign(all=1), costs, by="all")["break_even"].iloc[0]
    assert found.text("source").startswith("assumed")
    own = ContactCosts.of(here, contact=1.0, offer=4.0, contribution=0.3)
    assert own == ContactCosts(contact=1.0, offer=4.0, contribution=0.3, named=True)


def test_break_even__says_where_contact_cannot_pay() -> None:
    dear = ContactCosts(contact=1.0, offer=500.0)
    assert break_even_findings(PEOPLE, dear).title == "Contact cannot pay at these costs, however many stay"
