"""From a configuration to an opened shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from tenure.config import Config, EngineConfig, IdentityConfig
from tenure.jobs.calendars import open_calendar
from tenure.jobs.exports import Sources, sources_of
from tenure.progress import SilentProgress
from tenure.stages import Progress
from tenure_features import Engine, Shop
from tenure_features.families.catalogue import BUILT_IN, Catalogue
from tenure_features.identities import IDENTIFIER_TABLE, Linking
from tenure_features.identity import KINDS, IdentitySettings, KindRule, read_state
from tenure_features.shop import open_sources
from tenure_features.shop_readiness import check_shop
from tenure_features.tables.contracts import CALENDAR
from tenure_features.tables.readiness import Readiness

ECONOMIC = ("customers", "events", "spend", "service_costs")
"""Tables beside the orders that economics read."""
FURTHER_LIMIT = 10
"""Limit of a kind of identifier that is named without one."""


def open_configured_shop(
    config: Config,
    *,
    only: Iterable[str] | None = None,
    catalogue: Catalogue = BUILT_IN,
    as_of: pd.Timestamp | None = None,
    progress: Progress | None = None,
) -> Shop:
    """Open the orders and those tables of a configuration that a job reads.

    Parameters
    ----------
    config
        What a job is told.
    only
        Open just those of the tables; all that features and economics are made of when None.
    catalogue
        The features a job computes, see `catalogue_of`.
    as_of
        The moment of the shop; that of the configuration when None.
    progress
        Told what happens.

    Raises
    ------
    UsageError
        When every order lies at or after ``as_of``, or identity is enabled without a table of identifiers.
    DataContractError
        When the orders or a table are not usable.
    """
    wanted = {feature.table for feature in catalogue}.union(ECONOMIC) if only is None else set(only)
    if config.identity.enabled:
        wanted.add(IDENTIFIER_TABLE)
    reported = progress or SilentProgress()
    with reported.stage("Opening the orders and the tables beside them"):
        sources = sources_of(config, only=wanted)
        shop = open_sources(
            sources.orders,
            sources.tables,
            as_of=config.run.as_of if as_of is None else as_of,
            identity=linking_of(config.identity) if config.identity.enabled else None,
            calendar=open_calendar(config.calendar),
            currency=config.orders.currency,
            engine=engine_of(config.engine),
        )
        reported.count(shop.log.readiness.rows_read + sum(table.readiness.rows_read for table in shop.tables.values()))
    return shop


def catalogue_of(config: Config) -> Catalogue:
    """Take the features of this package and of the files under ``[features]``; `UsageError` where one is unusable."""
    return BUILT_IN.with_files(config.features.files)


def engine_of(config: EngineConfig) -> Engine:
    """Say where tables are read; nothing is started yet."""
    return Engine(config.kind, config.memory_limit, config.threads, config.temp_directory)


def linking_of(config: IdentityConfig) -> Linking:
    """Say how ids become customers; the map of an earlier run is read."""
    previous = None if config.previous is None else read_state(config.previous)
    return Linking(settings_of(config), config.source, previous, config.probabilistic)


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


def table_notes(shop: Shop, catalogue: Catalogue) -> tuple[str, ...]:
    """Say what was set aside in the tables beside the orders, and which families of features are absent."""
    notes = [
        f"{aside.rows:,} of {table.readiness.rows_read:,} rows of {name} were set aside: {aside.problem}."
        for name, table in shop.tables.items()
        for aside in table.readiness.set_aside
    ]
    return (*notes, *_absent(shop, catalogue))


def _absent(shop: Shop, catalogue: Catalogue) -> tuple[str, ...]:
    available = {feature.name for feature in catalogue.available(shop.columns)}
    missing: dict[str, set[str]] = {}
    for feature in catalogue:
        if feature.name not in available and feature.table not in {"orders", "order_details", CALENDAR, *shop.tables}:
            missing.setdefault(feature.table, set()).add(feature.family)
    if not missing:
        return ()
    listed = "; ".join(f"{table} ({', '.join(sorted(families))})" for table, families in missing.items())
    return (f"Features that need a table that was not given are left out: {listed}.",)


def known_currency(orders: Readiness, config: Config) -> str | None:
    """Say what the amounts of a log are in: its one currency, or what the configuration says; None where neither."""
    return (orders.figures.currency if orders.figures else None) or config.orders.currency


def check_configured_shop(config: Config, sources: Sources) -> dict[str, Readiness]:
    """Give the account of the orders and of each table beside them, broken or not.

    Orders are counted in customers where ``[identity]`` is enabled.

    Raises
    ------
    TenureError
        As `tenure_features.shop_readiness.check_shop`.
    """
    return check_shop(
        sources.orders,
        sources.tables,
        as_of=config.run.as_of,
        identity=linking_of(config.identity) if config.identity.enabled else None,
        engine=engine_of(config.engine),
    )
