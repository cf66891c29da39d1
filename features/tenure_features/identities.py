"""Whose the ids of a shop's tables are: how they were linked, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from tenure_features.errors import UsageError
from tenure_features.identity.customer_map import CustomerMap, customer_map
from tenure_features.identity.kinds import IdentitySettings
from tenure_features.identity.resolution import Resolution, resolve
from tenure_features.identity.state import IdentityState
from tenure_features.reading.engine import fetch
from tenure_features.reading.sources import TableSource
from tenure_features.tables.log import Accounts
from tenure_features.tables.shop_table import ShopTable

IDENTIFIER_TABLE = "identifiers"


@dataclass(frozen=True)
class Linking:
    """How ids that tables carry become customers.

    Attributes
    ----------
    settings
        How identifiers are read and linked.
    source
        The system whose ids the orders carry; None: of any.
    previous
        The map of an earlier run: customer ids stay, merges and splits are recorded.
    probabilistic
        Also link pairs that splink gives at least this probability; None: do not.
    """

    settings: IdentitySettings = field(default_factory=IdentitySettings)
    source: str | None = None
    previous: IdentityState | None = field(default=None, repr=False)
    probabilistic: float | None = None


@dataclass(frozen=True)
class Identities:
    """Whose an id is, and how that was found out.

    Attributes
    ----------
    customers
        The map, with those of earlier moments.
    resolution
        Its account.
    state
        The map with its history, as files hold it.
    """

    customers: CustomerMap = field(repr=False)
    resolution: Resolution
    state: IdentityState = field(repr=False)


def identifiers_of(tables: Mapping[str, TableSource]) -> TableSource:
    """Find the table of identifiers among the tables of a shop.

    Raises
    ------
    UsageError
        When there is none.
    """
    if IDENTIFIER_TABLE not in tables:
        raise UsageError(
            "There is no table of identifiers, so nothing can be linked.",
            fix="Name it under [tables.identifiers], or leave [identity] out.",
        )
    return tables[IDENTIFIER_TABLE]


def link_identifiers(
    identifiers: ShopTable, linking: Linking, *, as_of: pd.Timestamp, timeline: bool = False
) -> Resolution:
    """Link the identifiers of a table as of the moment it was opened at; earlier moments, too, where asked.

    Raises
    ------
    UsageError
        When the previous map is of a later moment.
    """
    return resolve(
        identifiers.rows,
        as_of=as_of,
        backend=identifiers.backend,
        settings=linking.settings,
        previous=linking.previous,
        probabilistic=linking.probabilistic,
        timeline=timeline,
    )


def find_identities(identifiers: ShopTable, linking: Linking, *, as_of: pd.Timestamp) -> Identities:
    """Link identifiers, and make the map of their customers with those of earlier moments."""
    resolution = link_identifiers(identifiers, linking, as_of=as_of, timeline=True)
    state = resolution.state
    customers = customer_map(state.current, source=linking.source, timeline=resolution.timeline)
    return Identities(customers, resolution, state)


def orders_by_account(accounts: Accounts) -> pd.Series[int]:
    """Count the orders of every id, as if each were a customer."""
    rows = accounts.kept
    single = rows.order_id.isnull()  # noqa: PD003  # Ibis has no isna
    whole = rows.filter(~single).group_by("customer_id", "order_id").aggregate(revenue=rows.revenue.sum().round(6))
    alone = rows.filter(single).select("customer_id", "order_id", "revenue")
    orders = whole.union(alone.select(*whole.columns))
    sold = orders.filter(orders.revenue >= 0)
    counted = fetch(sold.group_by("customer_id").aggregate(orders=sold.count()).order_by("customer_id"))
    series: pd.Series[int] = counted.set_index("customer_id")["orders"].astype("int64")
    return series
