"""Campaigns and who came back: by hand, against a count of raw rows, and where nothing differs."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from tenure_decisions.customers.attachment import ONE_TIMERS, REPEAT, TOO_FEW, attach, bringing_campaigns
from tenure_features.errors import DataContractError, UsageError

AS_OF = pd.Timestamp("2024-12-01")


def log(columns: str, *rows: tuple) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns.split())
    return table.assign(**{name: pd.to_datetime(table[name]) for name in table if name.endswith("_at")})


def test_bringing_campaigns__the_last_click_wins_over_an_opening_and_old_or_later_ones_do_not_count() -> None:
    orders = log(
        "customer_id ordered_at revenue",
        ("a", "2024-05-10", 10.0), ("a", "2024-06-10", 10.0), ("b", "2024-05-10", 10.0), ("c", "2024-05-10", 9.0),
        ("d", "2024-12-05", 10.0), ("e", "2024-05-10", -5.0), ("f", "2024-05-10", 1.0),
    )  # fmt: skip
    events = log(
        "customer_id occurred_at event campaign",
        ("a", "2024-05-01", "email_click", "spring"), ("a", "2024-05-09", "email_open", "may"),
        ("a", "2024-05-11", "email_click", "later"), ("b", "2024-03-01", "email_click", "old"),
        ("c", "2024-05-09", "email_open", "may"), ("c", "2024-05-09", "email_sent", "never seen"),
        ("f", "2024-05-09", "email_open", None), ("d", "2024-12-04", "email_click", "may"),
    )  # fmt: skip
    found = bringing_campaigns(orders, events, as_of=AS_OF).set_index("customer_id")["campaign"]
    assert found.dropna().to_dict() == {"a": "spring", "c": "may"}
    assert set(found.index) == {"a", "b", "c", "f"}


def shop(seed: int, *, back: dict[str, float], size: int = 1500) -> tuple[pd.DataFrame, pd.DataFrame]:
    """New customers over ten months; later months bring fewer back, and campaigns have chances of their own."""
    generator = np.random.default_rng(seed)
    ids = [f"c{i}" for i in range(size)]
    first = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.uniform(0, 320, size), unit="D")
    campaign = generator.choice([*back, None], size)
    chance = np.array([back.get(name, 0.3) for name in campaign]) * np.where(first.month <= 5, 1.2, 0.6)
    again = generator.random(size) < chance
    second = first + pd.to_timedelta(generator.uniform(1, 89, size), unit="D")
    orders = pd.DataFrame(
        {
            "customer_id": [*ids, *np.array(ids)[again]], "ordered_at": [*first, *second[again]],
            "revenue": generator.gamma(2, 20, size + again.sum()).round(2),
        }
    )  # fmt: skip
    return pd.DataFrame({"customer_id": ids, "first_order_at": first, "campaign": campaign}), orders


def test_attach__counts_are_those_of_the_raw_rows_and_open_windows_stay_out() -> None:
    acquired, orders = shop(1, back={"good": 0.6, "bad": 0.1, "usual": 0.3})
    campaigns, cohorts = attach(acquired, orders, as_of=AS_OF)
    by_name = campaigns.set_index("campaign")
    window = pd.Timedelta(days=90)
    for name in by_name.index:
        closed = repeat = waiting = 0
        money = []
        for row in acquired[acquired["campaign"] == name].to_dict("records"):
            end = row["first_order_at"] + window
            if end > AS_OF:
                waiting += 1
                continue
            mine = orders[(orders["customer_id"] == row["customer_id"]) & (orders["ordered_at"] < end)]
            closed, repeat = closed + 1, repeat + (len(mine) > 1)
            money.append(mine["revenue"].sum())
        assert by_name.loc[name, ["customers", "open", "repeat"]].tolist() == [closed, waiting, repeat]
        assert by_name.loc[name, "revenue_per_customer"] == pytest.approx(np.mean(money))
        mine = cohorts[cohorts["campaign"] == name]
        assert (mine["customers"].sum(), mine["repeat"].sum()) == (closed, repeat)
    assert by_name["verdict"].to_dict() == {"good": REPEAT, "bad": ONE_TIMERS, "usual": ""}
    assert by_name.loc["bad", "lift_high"] < 1 < by_name.loc["good", "lift_low"]


def test_attach__the_comparison_is_within_months() -> None:
    acquired, orders = shop(2, back={"x": 0.5})
    campaigns, _ = attach(acquired, orders, as_of=AS_OF)
    repeaters = set(orders["customer_id"].value_counts().loc[lambda n: n > 1].index)
    closed = acquired[acquired["first_order_at"] + pd.Timedelta(days=90) <= AS_OF]
    tables = []
    for _, month in closed.groupby(closed["first_order_at"].dt.strftime("%Y-%m")):
        back, mine = month["customer_id"].isin(repeaters), month["campaign"] == "x"
        tables.append([[(back & mine).sum(), (~back & mine).sum()], [(back & ~mine).sum(), (~back & ~mine).sum()]])
    expected = StratifiedTable([np.array(table, dtype=float) for table in tables]).test_null_odds().pvalue
    assert campaigns["p_value"].iloc[0] == pytest.approx(expected)


def test_attach__rows_at_or_after_the_moment_change_nothing() -> None:
    acquired, orders = shop(3, back={"x": 0.5})
    later = orders.assign(ordered_at=AS_OF + pd.Timedelta(days=1))
    one, other = (attach(acquired, rows, as_of=AS_OF) for rows in (orders, pd.concat([orders, later])))
    for left, right in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(left, right)


def test_attach__where_nothing_differs_little_is_named() -> None:
    named = 0
    for seed in range(16):
        acquired, orders = shop(seed, back=dict.fromkeys("abcdef", 0.3), size=900)
        named += int(attach(acquired, orders, as_of=AS_OF)[0]["verdict"].isin([REPEAT, ONE_TIMERS]).any())
    assert named <= 3


def test_attach__few_customers_are_not_judged_and_what_cannot_be_is_refused() -> None:
    acquired, orders = shop(4, back={"x": 0.5}, size=30)
    campaigns, _ = attach(acquired.assign(campaign=["x"] * 10 + [None] * 20), orders, as_of=AS_OF)
    assert campaigns["verdict"].tolist() == [TOO_FEW]
    assert campaigns["p_value"].isna().all()
    with pytest.raises(DataContractError, match="No e-mail campaign"):
        attach(acquired.assign(campaign=None), orders, as_of=AS_OF)
    with pytest.raises(UsageError, match="one day at least"):
        attach(acquired, orders, as_of=AS_OF, window_days=0)
