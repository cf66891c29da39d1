"""One meaning of an order: features, cohorts, channels and cards of any log agree with each other and with a loop."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tenure.config import Config
from tenure.jobs.card import customer_tables
from tenure.jobs.studies import order_frame, read_shop
from tenure.progress import SilentProgress
from tenure_decisions.economics.cohorts import cohorts
from tenure_decisions.economics.study import open_study
from tenure_features import OrderSource, open_shop, snapshots
from tenure_serving.card import build_card

AS_OF = pd.Timestamp("2024-02-01")
CHANNELS = ["app", "store", "web"]
COLUMNS = ["customer_id", "order_id", "ordered_at", "revenue", "cost", "channel"]
FEATURES = ["orders_total", "revenue_total", "returns_total", "order_channels_total", "margin_total"]

line = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([None, "1", "2", "3", "4"]),
    st.datetimes(pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-10")).map(lambda at: pd.Timestamp(at).floor("12h")),
    st.integers(-80, 120).map(float),
    st.none() | st.integers(0, 60).map(float),
    st.none() | st.sampled_from(CHANNELS),
)
first = ("c", None, pd.Timestamp("2024-01-01"), 1.0, 1.0, "web")
"""Every log has a positive order, a cost and a channel, so that all columns are there and typed."""

MINUS_TEN = [
    ("a", "1", pd.Timestamp("2024-01-02"), 50.0, 20.0, "web"),
    ("a", "1", pd.Timestamp("2024-01-02"), -10.0, None, "app"),
    ("a", "2", pd.Timestamp("2024-01-05"), 35.0, 10.0, None),
    ("a", "2", pd.Timestamp("2024-01-06"), 0.0, 1.0, "store"),
]


def expected_orders(lines: list[tuple], returns: str) -> dict[str, list[dict]]:
    """What every customer ordered before the moment, line by line."""
    known = [row for row in lines if row[2] < AS_OF]
    parts: dict[tuple, list[tuple]] = defaultdict(list)
    for number, row in enumerate(known):
        parts[(row[0], row[1] if row[1] is not None else number)].append(row)
    found: dict[str, list[dict]] = defaultdict(list)
    for (customer, _), rows in parts.items():
        named = sorted((row[2], row[5]) for row in rows if row[5] is not None)
        costs = [row[4] for row in rows]
        order = {
            "at": min(row[2] for row in rows),
            "revenue": sum(row[3] for row in rows),
            "cost": None if None in costs else sum(costs),
            "channel": named[0][1] if named else None,
        }
        if returns == "net" or order["revenue"] >= 0:
            found[customer].append(order)
    return {name: rows for name, rows in found.items() if any(row["revenue"] >= 0 for row in rows)}


@pytest.mark.parametrize("returns", ["net", "drop"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(line, min_size=1, max_size=14))
@example(lines=MINUS_TEN)
def test_orders__mean_the_same_everywhere(tmp_path: Path, returns: str, lines: list[tuple]) -> None:
    rows = pd.DataFrame([first, *lines], columns=COLUMNS)
    once = rows["order_id"].notna() | ~rows.duplicated()  # which repeats are one order is another rule's business
    rows = rows[once].drop_duplicates(ignore_index=True)
    assume(rows["order_id"].notna().any())
    lines = [tuple(None if value != value else value for value in row) for row in rows.astype(object).to_numpy()]
    rows.astype({"ordered_at": "datetime64[us]"}).to_parquet(tmp_path / "orders.parquet")
    uri = str(tmp_path / "orders.parquet")
    config = Config.model_validate({"orders": {"uri": uri, "returns": returns}, "run": {"as_of": AS_OF}})
    expected = expected_orders(lines, returns)

    snapshot = snapshots(open_shop(OrderSource(uri, returns=returns), AS_OF), AS_OF, features=FEATURES)
    features = snapshot.set_index("customer_id")[FEATURES]
    economics = order_frame(read_shop(config, progress=SilentProgress()))
    study = open_study(economics, as_of=AS_OF, spend=spend(), seed=0, horizons=[30])
    acquired = study.acquired.set_index("customer_id")
    assert set(features.index) == set(acquired.index) == set(expected)

    for customer, mine in expected.items():
        bought = [row for row in mine if row["revenue"] >= 0]
        channels = {row["channel"] for row in bought} - {None}
        margin = sum(row["revenue"] - row["cost"] for row in mine if row["cost"] is not None)
        got = features.loc[customer]
        revenue = sum(row["revenue"] for row in mine)
        assert got.tolist() == [len(bought), revenue, len(mine) - len(bought), len(channels), margin]
        own = economics[economics["customer_id"] == customer]
        assert (len(own), own["revenue"].sum(), set(own["channel"].dropna())) == (
            len(mine), revenue, {row["channel"] for row in mine} - {None},
        )  # fmt: skip
        start = min(row["at"] for row in bought)
        assert acquired.loc[customer, "first_touch"] in {
            row["channel"] or "unattributed" for row in bought if row["at"] == start
        }

    customer = sorted(expected)[len(lines) % len(expected)]  # one card is enough of an example
    mine = expected[customer]
    card = build_card(score(customer), tables=customer_tables(config, customer, AS_OF))
    bought = [row for row in mine if row["revenue"] >= 0]
    assert (card.rfm["orders"], card.rfm["revenue"]) == (len(bought), sum(row["revenue"] for row in mine))
    assert card.experience is not None
    assert card.experience.returns == len(mine) - len(bought)
    assert sorted(card.timeline["what"]) == sorted(told(row) for row in mine)

    # a year later, so that the first period is over for all; rows at or after the moment are not among the orders
    cells = cohorts(economics, as_of=AS_OF + pd.Timedelta(days=400), period_days=300).cells
    everybody = [row for mine in expected.values() for row in mine]
    sums = cells[cells["age"] == 0][["customers", "orders", "revenue"]].sum()
    assert sums.tolist() == [
        len(expected),
        sum(row["revenue"] >= 0 for row in everybody),
        sum(row["revenue"] for row in everybody),
    ]


def told(order: dict) -> str:
    through = f" ({order['channel']})" if order["channel"] else ""
    return f"{'Return' if order['revenue'] < 0 else 'Order'}{through}"


def spend() -> pd.DataFrame:
    """Money on every channel: so that the channel of an order counts as what brought the customer."""
    day = pd.Timestamp("2023-12-01")
    return pd.DataFrame({"date": [day] * 3, "channel": CHANNELS, "cost": [1.0] * 3})


def score(customer: str) -> dict:
    return {
        "customer_id": customer, "as_of": AS_OF, "horizon_days": 30, "churn_probability": 0.5,
        "expected_value": 1.0, "value_if_buys": 2.0, "segment": "Regulars",
    }  # fmt: skip
