"""What orders and customers cost, measured in tables small enough to count by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure.config import Config
from tenure.config_file import load_config
from tenure.jobs.costs import economics_of, measure_cost_per_customer, with_past_money
from tenure.jobs.opening import open_configured_shop
from tenure_features.reading.sources import TableSource
from tenure_features.tables.shop_table import open_table
from tenure_training.models.after.credibility import Credibility

AS_OF = pd.Timestamp("2024-04-01")

# customer, day, revenue, cost of goods; the last two rows lie at and after AS_OF
ORDERS = [
    ("old", "2023-12-20", 80.0, 20.0),
    ("ads1", "2024-01-05", 100.0, 40.0),
    ("ads2", "2024-02-05", 50.0, 30.0),
    ("ads2", "2024-02-09", -10.0, None),
    ("mail1", "2024-01-15", 40.0, 10.0),
    ("free1", "2024-01-20", 30.0, 20.0),
    ("nowhere", "2024-03-01", 20.0, 8.0),
    ("late", "2024-04-01", 500.0, 0.0),
    ("ads1", "2024-04-09", 500.0, 0.0),
]
CHANNELS = [
    ("old", "ads"), ("ads1", "ads"), ("ads2", "ads"), ("mail1", "mail"), ("free1", "organic"), ("nowhere", None),
    ("only looked", "ads"), ("late", "ads"),
]  # fmt: skip
# the first day on record is after the first order of "old"; the row of April is not yet known
SPEND = [
    ("2024-01-01", "ads", 60.0), ("2024-02-01", "ads", 30.0), ("2024-02-01", "mail", 5.0),
    ("2024-03-01", "fair", 900.0), ("2024-04-01", "ads", 7000.0),
]  # fmt: skip
SERVICE = [("ads1", "2024-01-06", 6.0), ("mail1", "2024-01-16", 9.0), ("ads1", "2024-04-02", 8000.0)]


@pytest.fixture
def shop(tmp_path: Path) -> Callable[..., Config]:
    """``shop(spend=..., economics=...)`` writes the tables and gives their configuration; None leaves a table out."""

    def written(*, economics: dict | None = None, **other: list | None) -> Config:
        rows = {"customers": CHANNELS, "spend": SPEND, "service_costs": SERVICE, **other}
        columns = {
            "customers": ["customer_id", "acquisition_channel"],
            "spend": ["date", "channel", "cost"],
            "service_costs": ["customer_id", "incurred_at", "amount"],
        }
        orders = pd.DataFrame(other.get("orders") or ORDERS, columns=["customer_id", "ordered_at", "revenue", "cost"])
        orders.to_csv(tmp_path / "orders.csv", index=False)
        asked: dict = {
            "orders": {"uri": str(tmp_path / "orders.csv")},
            "run": {"as_of": AS_OF.to_pydatetime(), "horizon_days": 30},
            "economics": economics or {},
            "tables": {},
        }
        for name, names in columns.items():
            if rows[name] is not None:
                pd.DataFrame(rows[name], columns=names).to_csv(tmp_path / f"{name}.csv", index=False)
                asked["tables"][name] = {"uri": str(tmp_path / f"{name}.csv")}
        return load_config(None, overrides=asked)

    return written


def _acquisition(config: Config) -> dict[str, float] | None:
    ids = ["old", "ads1", "ads2", "mail1", "free1", "nowhere"]
    snapshot = pd.DataFrame({"customer_id": ids, "as_of": AS_OF})
    found = with_past_money(snapshot, config.economics, open_configured_shop(config))
    return None if "acquisition_cost" not in found else found.set_index("customer_id")["acquisition_cost"].to_dict()


def test_acquisition__is_the_spend_of_a_channel_over_those_it_brought(shop):
    cost = _acquisition(shop())
    # ads: 60 + 30 for ads1 and ads2. "only looked" has never ordered and "late" not yet; 7000 are spent later.
    assert cost["ads1"] == cost["ads2"] == 45.0
    assert cost["mail1"] == 5.0
    assert cost["old"] == 45.0  # came before any spend is on record: what later ones of the channel cost
    assert cost["free1"] == 0.0  # no money is spent on organic
    assert pd.isna(cost["nowhere"])  # of no known channel


def test_acquisition__is_unknown_where_spend_brought_nobody_yet(shop):
    # mail is paid for from March on, after mail1 came
    cost = _acquisition(shop(spend=[("2024-03-01", "mail", 5.0), ("2024-03-01", "ads", 8.0)]))
    assert all(pd.isna(cost[name]) for name in ("mail1", "ads1", "old"))


def test_acquisition__of_nobody_divides_by_nothing(shop):
    tables = {
        name: open_table(name, TableSource(source.uri, columns=source.columns), as_of=AS_OF)
        for name, source in shop().tables.items()
        if name != "service_costs"
    }
    assert measure_cost_per_customer(tables, pd.Series(dtype="datetime64[us]")).empty


@pytest.mark.parametrize("missing", ["spend", "customers"])
def test_acquisition__needs_both_tables(shop, missing):
    assert _acquisition(shop(**{missing: None})) is None


def test_acquisition__is_left_to_the_constant_where_one_is_said(shop):
    config = shop(economics={"cac": 12.0})
    assert _acquisition(config) is None
    assert economics_of(config.economics, open_configured_shop(config)).cac == 12.0


def test_acquisition__of_an_empty_snapshot_is_empty(shop):
    config = shop()
    empty = pd.DataFrame({"customer_id": [], "as_of": []})
    assert with_past_money(empty, config.economics, open_configured_shop(config)) is empty


def test_economics__margin_and_cost_to_serve_are_measured_before_as_of(shop):
    config = shop()
    economics = economics_of(config.economics, open_configured_shop(config))
    # revenue of rows with a cost: 80 + 100 + 50 + 40 + 30 + 20 = 320; cost of goods 20 + 40 + 30 + 10 + 20 + 8 = 128
    assert economics.margin.mean == pytest.approx(0.6)
    # 6 + 9 since 2024-01-06; orders from then on: ads2, mail1, free1, nowhere
    assert economics.service_cost_per_order.mean == pytest.approx(3.75)
    assert economics.cac is None


def test_economics__an_order_at_the_moment_of_the_first_cost_is_served(shop):
    config = shop(service_costs=[("ads1", "2024-01-15", 8.0)])
    economics = economics_of(config.economics, open_configured_shop(config))
    # mail1 orders at that very moment; ads2, free1 and nowhere later; ads1 ten days before
    assert economics.service_cost_per_order.mean == pytest.approx(2.0)


def test_acquisition__counts_who_comes_on_the_first_day_of_spend(shop):
    # of ads1 on that day and ads2 later, each cost 20; old came before
    assert _acquisition(shop(spend=[("2024-01-05", "ads", 40.0)]))["ads1"] == 20.0


def test_economics__prefers_what_is_said(shop):
    config = shop(economics={"margin": 0.3, "service_cost_per_order": 1.5})
    economics = economics_of(config.economics, open_configured_shop(config))
    assert economics.margin == Credibility(mean=0.3)  # for everybody
    assert economics.service_cost_per_order == Credibility(mean=1.5)


@pytest.mark.parametrize(
    ("goods", "margin"), [([None, None], None), ([60.0, 60.0], None), ([-1.0, -1.0], None), ([25.0, None], 0.5)]
)
def test_economics__margin_is_unknown_where_costs_cannot_be_right(shop, goods, margin):
    orders = [(name, "2024-01-05", 50.0, cost) for name, cost in zip(["a", "b"], goods, strict=True)]
    config = shop(orders=orders, customers=None, spend=None, service_costs=None)
    economics = economics_of(config.economics, open_configured_shop(config))
    assert (None if economics.margin is None else economics.margin.mean) == margin
    assert economics.service_cost_per_order is None


def test_money__has_the_same_last_digit_in_whatever_order_rows_are_added_up(shop: Callable[..., Config]) -> None:
    """Two threads add up as they come: a model's version, which hangs on every digit, must not."""
    generator = np.random.default_rng(4)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(generator.integers(0, 400, 2000), unit="D")
    revenue = generator.gamma(2, 17, 2000)
    names = generator.choice([f"c{number}" for number in range(40)], 2000)
    rows = list(
        zip(names, days.strftime("%Y-%m-%d"), revenue, revenue * generator.uniform(0.2, 0.9, 2000), strict=True)
    )
    served = [(name, day, 0.1 * paid) for name, day, _, paid in rows[::3]]
    past, known = [], []
    for step in (1, -1):
        config = shop(orders=rows[::step], service_costs=served[::step])
        opened = open_configured_shop(config)
        customers = pd.DataFrame({"customer_id": sorted(set(names))})
        past.append(with_past_money(customers, config.economics, opened))
        known.append(economics_of(config.economics, opened))
    pd.testing.assert_frame_equal(past[0], past[1], check_exact=True)
    assert known[0] == known[1]
