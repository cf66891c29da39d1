"""Campaigns laid out: windows, intention to treat, and who is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.campaigns.trial import CampaignTrial, open_trial
from tenure_features.errors import DataContractError, NothingToDoError, UsageError

AS_OF = pd.Timestamp("2024-06-01")


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=columns.split())
    for name in made:
        if name.endswith("_at"):
            made[name] = pd.to_datetime(made[name], format="ISO8601")
    return made


ASSIGNMENTS = table(
    "customer_id campaign arm assigned_at offer_cost contact_cost",
    ("a", "x", "control", "2024-04-01", 0.0, 0.0),
    ("b", "x", "email", "2024-04-01", 3.0, 0.5),
    ("c", "x", "email", "2024-04-01", 3.0, 0.5),
    ("d", "x", "control", "2024-04-01", 0.0, 0.0),
    ("d", "x", "email", "2024-04-02", 3.0, 0.5),
    ("e", "x", "control", "2024-05-20", 0.0, 0.0),
    ("f", "y", "email", "2024-04-01", 0.0, 0.0),
    ("b", "x", "email", "2024-05-25", 3.0, 0.5),
)
ORDERS = table(
    "customer_id ordered_at revenue cost",
    ("b", "2024-03-31 23:59:59", 7.0, 1.0),
    ("b", "2024-04-01", 10.0, 4.0),
    ("b", "2024-04-30 23:59:59", 20.0, 8.0),
    ("b", "2024-05-01", 99.0, 9.0),
    ("c", "2024-04-02", 30.0, 5.0),
    ("c", "2024-04-03", -30.0, None),
    ("a", "2024-02-20", 40.0, 4.0),
)


def opened(**changes: object) -> CampaignTrial:
    settings = {"campaign": "x", "horizon_days": 30, "as_of": AS_OF, **changes}
    return open_trial(
        settings.pop("assignments", ASSIGNMENTS), settings.pop("orders", ORDERS), **settings  # type: ignore[arg-type]
    )  # fmt: skip


def test_trial__counts_the_window_from_the_assignment_on_and_the_days_before_it() -> None:
    rows = opened().customers.set_index("customer_id")
    shown = rows[["retention", "orders", "revenue", "margin", "before_revenue", "before_orders", "year_revenue"]]
    assert shown.loc["b"].tolist() == [1, 2, 30, 18, 7, 1, 7]
    assert shown.loc["c"].tolist() == [1, 1, 0, -5, 0, 0, 0]
    assert shown.loc["a"].tolist() == [0, 0, 0, 0, 0, 0, 40]
    assert rows.loc["a", "log_recency"] == pytest.approx(np.log1p(41))


def test_trial__keeps_everybody_as_assigned_first_but_those_in_two_arms_and_open_windows() -> None:
    trial = opened()
    assert sorted(trial.customers["customer_id"]) == ["a", "b", "c"]
    assert (trial.in_several, trial.still_open, trial.arms) == (1, 1, ("email",))
    assert trial.customers.set_index("customer_id").loc["b", "assigned_at"] == pd.Timestamp("2024-04-01")


def test_trial__takes_contact_from_everybody_and_the_offer_from_who_ordered() -> None:
    rows = opened().customers.set_index("customer_id")
    assert rows.loc["b", "profit"] == 18 - 0.5 - 3
    assert rows.loc["a", "profit"] == 0
    in_revenue = opened(orders=ORDERS.assign(discount=1.0)).customers.set_index("customer_id")
    assert in_revenue.loc["b", "profit"] == 18 - 0.5


def test_trial__reads_nothing_from_as_of_on() -> None:
    until = pd.Timestamp("2024-05-01")
    later = pd.concat([ORDERS, table("customer_id ordered_at revenue cost", ("a", "2024-05-01", 1e6, 0.0))])
    pd.testing.assert_frame_equal(
        opened(as_of=until, orders=later).customers, opened(as_of=until, orders=ORDERS).customers
    )


def test_trial__without_costs_has_no_margin() -> None:
    assert "margin" not in opened(orders=ORDERS.drop(columns="cost")).metrics
    assert "margin" not in opened(orders=ORDERS.assign(cost=None)).metrics


def test_trial__caps_the_largest_hundredth_of_all_arms_together() -> None:
    many = [(f"c{place}", "x", "control" if place % 2 else "email", "2024-04-01") for place in range(1000)]
    bought = [(f"c{place}", "2024-04-02", float(place)) for place in range(1000)]
    trial = open_trial(
        table("customer_id campaign arm assigned_at", *many),
        table("customer_id ordered_at revenue", *bought),
        campaign="x", horizon_days=30, as_of=AS_OF,
    )  # fmt: skip
    assert trial.customers["revenue_capped"].max() == pytest.approx(np.quantile(np.arange(1000.0), 0.99))
    assert trial.customers["revenue"].max() == 999


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"campaign": "z"}, UsageError, "There are x, y"),
        ({"control": "nobody"}, UsageError, "control, email"),
        ({"campaign": "y", "control": "email"}, UsageError, "nothing to compare"),
        ({"horizon_days": 90}, NothingToDoError, "has closed"),
        ({"as_of": pd.Timestamp("2020-01-01")}, DataContractError, "Nobody was assigned"),
        ({"assignments": ASSIGNMENTS.drop(columns="arm")}, DataContractError, "arm"),
    ],
)
def test_trial__refuses(changes: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        opened(**changes)
