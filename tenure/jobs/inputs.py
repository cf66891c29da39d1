"""Everything a job reads: the orders and the tables beside them that features are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tenure.config import Config
from tenure.jobs.calendars import open_calendar
from tenure.jobs.customer_ids import IDENTITY_FILES, Resolved, resolve_orders
from tenure.jobs.tables import open_tables
from tenure.progress import Progress
from tenure_features import OrderLog, ShopTable, catalogue, load_features
from tenure_features.families.calendar import Calendar
from tenure_features.given import Given
from tenure_features.tables.contracts import CALENDAR


@dataclass(frozen=True)
class Inputs:
    """An opened log and the tables beside it that features read.

    Attributes
    ----------
    log
        The orders.
    tables
        By name.
    calendar
        What is known of coming days in advance; None without a section ``[calendar]``.
    resolved
        How the ids of both became customers; None where they were read as they are.
    """

    log: OrderLog
    tables: Mapping[str, ShopTable] = field(default_factory=dict)
    calendar: Calendar | None = None
    resolved: Resolved | None = None

    @property
    def fingerprint(self) -> str:
        """A hash of everything that was read; that of the orders where they are alone."""
        if not self.tables:
            return self.log.fingerprint
        prints = [self.log.fingerprint, *(f"{name}:{table.fingerprint}" for name, table in sorted(self.tables.items()))]
        return hashlib.sha256("|".join(prints).encode()).hexdigest()

    @property
    def identity_notes(self) -> tuple[str, ...]:
        """How many ids became how many customers; empty where they were read as they are."""
        return () if self.resolved is None else self.resolved.notes

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that `write` leaves."""
        return () if self.resolved is None or self.resolved.state is None else IDENTITY_FILES

    def write(self, folder: Path) -> None:
        """Leave the identity map in a folder, where there is one."""
        if self.resolved is not None:
            self.resolved.write(folder)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was set aside in the tables, and which families are absent, each said once."""
        notes = [
            f"{one.rows:,} of {table.readiness.rows_read:,} rows of {name} were set aside: {one.problem}."
            for name, table in self.tables.items()
            for one in table.readiness.set_aside
        ]
        return (*notes, *self._absent())

    def _absent(self) -> tuple[str, ...]:
        available = {one.name for one in Given(self.log, self.tables).available(catalogue())}
        missing: dict[str, set[str]] = {}
        for one in catalogue():
            if one.name not in available and one.table not in {"orders", "order_details", CALENDAR, *self.tables}:
                missing.setdefault(one.table, set()).add(one.family)
        if not missing:
            return ()
        listed = "; ".join(f"{table} ({', '.join(sorted(families))})" for table, families in missing.items())
        return (f"Features that need a table that was not given are left out: {listed}.",)


def open_inputs(config: Config, *, only: Iterable[str] | None = None, progress: Progress | None = None) -> Inputs:
    """Load the user's features, and open the orders and those tables of the configuration that features are made of.

    Parameters
    ----------
    config
        What a job is told.
    only
        Open just those of the tables: what a model reads. All that features are made of when None.
    progress
        Told what happens.

    Raises
    ------
    UsageError
        When every order lies at or after ``as_of``.
    DataContractError
        When the orders or a table are not usable.
    """
    for file in config.features.files:
        load_features(file)
    resolved = resolve_orders(config, progress=progress)
    wanted = {one.table for one in catalogue()} if only is None else set(only)
    tables = open_tables(config, backend=resolved.log.backend, only=wanted, customers=resolved.customers)
    return Inputs(resolved.log, tables, open_calendar(config.calendar), resolved)
