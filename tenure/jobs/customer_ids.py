"""From source ids to customers, as a configuration asks for it: the map, the log in customers, and what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config, IdentityConfig
from tenure.jobs.orders import engine_of, open_accounts, order_source
from tenure.progress import Progress, SilentProgress
from tenure_features import OrderLog, check
from tenure_features.errors import UsageError
from tenure_features.identity import (
    KINDS,
    CustomerMap,
    IdentitySettings,
    IdentityState,
    KindRule,
    Resolution,
    customer_map,
    read_state,
    resolve,
)
from tenure_features.identity.state import APART_FILE, HISTORY_FILE, MAP_FILE
from tenure_features.reading.engine import fetch
from tenure_features.tables.readiness import Readiness
from tenure_features.tables.rollup import final
from tenure_features.tables.shop_table import TableSource, open_table

IDENTIFIERS = "identifiers"
GUARD_FILE = "identity_guards.parquet"
IDENTITY_FILES = (MAP_FILE, HISTORY_FILE, APART_FILE, GUARD_FILE)
"""What an identity run leaves in its folder."""
FURTHER_LIMIT = 10
"""Limit of a kind that is named without one."""


@dataclass(frozen=True)
class Resolved:
    """An order log in customers, and how source ids became them.

    Attributes
    ----------
    log
        The orders, by customer.
    customers
        Whose an id is; None where identity is not asked for.
    resolution
        The map with its account.
    state
        The map with its history, as files hold it.
    accounts
        The log as it was, by source id.
    """

    log: OrderLog
    customers: CustomerMap | None = None
    resolution: Resolution | None = None
    state: IdentityState | None = field(default=None, repr=False)
    accounts: OrderLog | None = field(default=None, repr=False)

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write ``identity_map.parquet`` and what belongs to it; nothing where identity is not asked for."""
        if self.state is None or self.resolution is None:
            return ()
        return (*self.state.write(folder), _write_guards(self.resolution, folder))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know."""
        if self.resolution is None or self.accounts is None:
            return ()
        before, after = self.accounts.readiness.customers, self.log.readiness.customers
        return (f"{before:,} source ids with orders are {after:,} customers, by the identifiers they share.",)


def resolve_orders(config: Config, *, progress: Progress | None = None) -> Resolved:
    """Open the order log; where ``[identity]`` is enabled, its ids become customers first.

    Raises
    ------
    UsageError
        When identity is enabled without a table of identifiers.
    TenureError
        As `tenure.jobs.orders.open_accounts` and `tenure_features.identity.resolve`.
    """
    log = open_accounts(config)
    if not config.identity.enabled:
        return Resolved(log)
    as_of = config.run.as_of or log.default_as_of.to_pydatetime()
    with (progress or SilentProgress()).stage("Linking the identifiers"):
        resolution = resolve_identifiers(config, as_of=as_of, timeline=True)
        state = resolution.state
        customers = customer_map(state.current, source=config.identity.source, timeline=resolution.timeline)
    return Resolved(open_accounts(config, customers=customers), customers, resolution, state, log)


def checked(config: Config) -> Readiness:
    """Give the account of the order log, in customers where ``[identity]`` is enabled and the log is usable.

    Raises
    ------
    TenureError
        As `tenure_features.check` and `resolve_orders`.
    """
    readiness = check(order_source(config.orders), as_of=config.run.as_of, engine=engine_of(config.engine))
    if not config.identity.enabled or not readiness.ready:
        return readiness
    return resolve_orders(config).log.readiness


def resolve_identifiers(config: Config, *, as_of: dt.datetime, timeline: bool = False) -> Resolution:
    """Link the identifiers of ``[tables.identifiers]`` as of a moment, and of earlier ones where a timeline is asked.

    Raises
    ------
    UsageError
        When there is no such table, or a setting is impossible.
    """
    if IDENTIFIERS not in config.tables:
        raise UsageError(
            "There is no table of identifiers, so nothing can be linked.",
            fix="Name it under [tables.identifiers], or leave [identity] out.",
        )
    table, asked = config.tables[IDENTIFIERS], config.identity
    backend = engine_of(config.engine).connect()
    opened = open_table(IDENTIFIERS, TableSource(table.uri, columns=table.columns), as_of=as_of, backend=backend)
    return resolve(
        opened.rows,
        as_of=as_of,
        backend=backend,
        settings=settings_of(asked),
        previous=None if asked.previous is None else read_state(asked.previous),
        probabilistic=asked.probabilistic,
        timeline=timeline,
    )


def settings_of(config: IdentityConfig) -> IdentitySettings:
    """Turn ``[identity]`` into rules for every kind.

    Examples
    --------
    >>> rules = settings_of(IdentityConfig(limits={"email": 5, "passport": 2}, priority=("passport",)))
    >>> rules.by_trust[:2], rules.kinds["email"].limit, rules.kinds["device"].strong
    (('passport', 'user_id'), 5, False)
    """
    usual = sorted(KINDS, key=lambda kind: KINDS[kind].priority)
    names = list(dict.fromkeys([*config.priority, *usual, *config.limits, *config.weak]))
    limits = {name: KINDS[name].limit if name in KINDS else FURTHER_LIMIT for name in names} | config.limits
    kinds: Mapping[str, KindRule] = {
        name: KindRule(place, limits[name], strong=name not in config.weak) for place, name in enumerate(names, start=1)
    }
    return IdentitySettings(
        default_region=config.default_region,
        kinds=kinds,
        blocked=config.blocked,
        plus_domains=config.plus_domains,
        largest=config.largest,
    )


def effects(resolved: Resolved) -> pd.DataFrame:
    """Set source ids beside customers: how many, how often they order, how many ordered once.

    Returns
    -------
    DataFrame
        Rows ``customers``, ``orders_per_customer``, ``one_time_share``; columns ``figure``, ``before`` (each source id
        taken for a customer) and ``after``; empty where identity is not asked for.
    """
    if resolved.accounts is None:
        return pd.DataFrame(columns=["figure", "before", "after"])
    before, after = _figures(resolved.accounts.readiness), _figures(resolved.log.readiness)
    return pd.DataFrame({"figure": list(before), "before": list(before.values()), "after": list(after.values())})


def _figures(readiness: Readiness) -> dict[str, float]:
    customers = max(readiness.customers, 1)
    return {
        "customers": float(readiness.customers),
        "orders_per_customer": readiness.orders / customers,
        "one_time_share": readiness.one_time_share,
    }


def orders_by_customer(log: OrderLog) -> pd.Series[int]:
    """Count the orders of everybody in a log, by customer id."""
    orders = final(log.orders)
    sold = orders.filter(orders.revenue >= 0)
    counted = fetch(sold.group_by("customer_id").aggregate(orders=sold.count()).order_by("customer_id"))
    series: pd.Series[int] = counted.set_index("customer_id")["orders"].astype("int64")
    return series


def _write_guards(resolution: Resolution, folder: Path) -> Path:
    path = folder / GUARD_FILE
    columns: dict[str, Any] = {"guard": "str", "kind": "str", "value": "str", "source_ids": "int64"}
    resolution.guarded.astype(columns).to_parquet(path, index=False)
    return path
