"""A shop small enough to work out by hand, and a simulated one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tenure_decisions.economics.study import Study, open_study
from tenure_simulator import ShopConfig, preset, simulate_orders
from tenure_simulator.channels import spend_table

AS_OF = pd.Timestamp("2024-07-01")


def frame(columns: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    """A literal table; columns that name a moment hold moments."""
    table = pd.DataFrame(rows, columns=columns.split())
    for name in table:
        if name.endswith("_at") or name == "date":
            table[name] = pd.to_datetime(table[name]).astype("datetime64[us]")
    return table


@pytest.fixture
def tables() -> dict[str, Any]:
    """Two customers of search, one of organic, one of nobody; money spent on search, and on tv that brought nobody."""
    return {
        "orders": frame(
            "customer_id ordered_at revenue",
            ("a", "2024-01-01", 50.0),
            ("a", "2024-01-11", 30.0),
            ("a", "2024-02-15", 20.0),
            ("b", "2024-01-31", 40.0),
            ("b", "2024-02-05", -10.0),
            ("c", "2024-02-01", 100.0),
            ("d", "2024-03-01", 10.0),
            ("d", "2024-08-01", 999.0),
        ),
        "customers": frame("customer_id acquisition_channel", ("a", "search"), ("b", "search"), ("c", "organic")),
        "spend": frame(
            "date channel cost", ("2024-01-01", "search", 30.0), ("2024-05-01", "search", 30.0),
            ("2024-05-01", "tv", 40.0), ("2024-07-01", "search", 500.0),
        ),
    }  # fmt: skip


@pytest.fixture
def study(tables: dict[str, Any]) -> Callable[..., Study]:
    """Open the small shop, some tables or settings changed; None leaves a table out."""

    def opened(**changes: Any) -> Study:
        given = {name: table for name, table in (tables | changes).items() if table is not None}
        return open_study(given.pop("orders"), as_of=given.pop("as_of", AS_OF), **given)

    return opened


@pytest.fixture(scope="session")
def shop() -> tuple[ShopConfig, pd.DataFrame, dict[str, pd.DataFrame]]:
    """A simulated shop of 6,000 customers over three years: its configuration, orders, customers and spend."""
    config = preset("shop", customers=5000, seed=3)
    orders, truth = simulate_orders(config)
    names = pd.Series([channel.name for channel in config.channels])
    customers = pd.DataFrame(
        {"customer_id": truth.customer_id, "acquisition_channel": names[truth.traits.channel].to_numpy()}
    )
    return config, orders, {"customers": customers, "spend": spend_table(config)}


@pytest.fixture(scope="session")
def shop_study(shop: tuple[ShopConfig, pd.DataFrame, dict[str, pd.DataFrame]]) -> Study:
    """The simulated shop at the end of its history."""
    _, orders, tables = shop
    return open_study(orders, as_of="2025-01-01", resamples=100, **tables)
