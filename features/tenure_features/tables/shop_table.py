"""Tables beside the orders: events, feedback, order lines, customers, costs, spend, opened, checked and cleaned."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.errors import UsageError
from tenure_features.identity.customer_map import CustomerMap, replace_ids
from tenure_features.reading.engine import Engine, digest_table, fetch, is_spark, keep, quote
from tenure_features.reading.sources import TableSource
from tenure_features.tables.contract import Contract
from tenure_features.tables.contracts import ORDERS, TABLES
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.opening import PLACE, explain_failures, open_stages, require_ready
from tenure_features.tables.readiness import Readiness
from tenure_features.tables.readiness_figures import readiness_figures
from tenure_features.tables.typed_columns import select_clean

_opened = itertools.count()


@dataclass(frozen=True, kw_only=True)
class ShopTable:
    """Clean rows of one table. Made by `open_table`.

    Attributes
    ----------
    name
        Its name in the contracts.
    rows
        Ibis table of the contract columns that are there, typed as the contract says.
    readiness
        The account of the table.
    as_of
        The moment it was opened for; None for the whole table.
    source
        Where it came from.
    accounts
        The rows by the ids they carried, where those became customers.
    customers
        Whose an id is.
    """

    name: str
    rows: ir.Table = field(repr=False)
    readiness: Readiness = field(repr=False)
    as_of: pd.Timestamp | None
    source: TableSource
    backend: Any = field(repr=False, compare=False)
    accounts: ir.Table | None = field(default=None, repr=False, compare=False)
    customers: CustomerMap | None = field(default=None, repr=False, compare=False)

    @property
    def contract(self) -> Contract:
        """The columns it promises."""
        return TABLES[self.name]

    def group_by_map(self, customers: ir.Table) -> ShopTable:
        """Give the table in the customers of another map (``source_id, customer_id``, in the backend)."""
        if self.accounts is None:
            return self
        rows = replace_ids(self.accounts, "customer_id", customers)
        if PLACE in rows.columns:
            first = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=PLACE))
            rows = rows.mutate(first=first).filter(ibis._.first == 0).drop("first", PLACE)
        return replace(self, rows=rows.select(*self.rows.columns))

    def to_pandas(self) -> pd.DataFrame:
        """Bring the rows into pandas, sorted by their columns; moments as datetime64[us]."""
        return fetch(self.rows.order_by(list(self.rows.columns)))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the clean rows, whatever their order: equal tables, equal fingerprints."""
        # A separator and a mark of its own for what is missing, or ("a", null) and (null, "a") would be alike.
        text = "STRING" if is_spark(self.backend) else "VARCHAR"
        names = [quote(name, self.backend) for name in self.rows.columns]
        content = " || '|' || ".join(f"coalesce(CAST({name} AS {text}), '~null~')" for name in names)
        content_digest = digest_table(self.backend, self.rows, content)
        return hashlib.sha256(repr((self.rows.columns, content_digest)).encode()).hexdigest()


def open_table(
    name: str,
    source: TableSource,
    *,
    as_of: Moment | None = None,
    backend: Any = None,  # noqa: ANN401
    engine: Engine | None = None,
    customers: CustomerMap | None = None,
) -> ShopTable:
    """Read, check and clean one table beside the orders.

    Parameters
    ----------
    name
        Its name in `tenure_features.tables.contracts.TABLES`, ``orders`` excepted.
    source
        Where it is and how its columns map.
    as_of
        Only rows that happened, and were recorded, strictly before it are read. All rows when None.
    backend
        That of the orders it is joined with (`OrderLog.backend`); a new one when None.
    engine
        Limits of a new backend.
    customers
        Whose the ids of the table are, when it carries ids of accounts.

    Raises
    ------
    UsageError
        If there is no such table.
    DataContractError
        If it cannot be read or breaks its contract, with every breach in one message.
    """
    connection = backend if backend is not None else (engine or Engine()).connect()
    table = open_as_it_is(name, source, as_of=as_of, backend=connection, customers=customers)
    require_ready(table.readiness)
    return table


def check_table(
    name: str, source: TableSource, *, as_of: Moment | None = None, engine: Engine | None = None
) -> Readiness:
    """Give the account of a table beside the orders, broken or not; raises as `open_table` where there is none."""
    return open_as_it_is(name, source, as_of=as_of, backend=(engine or Engine()).connect()).readiness


def open_as_it_is(
    name: str,
    source: TableSource,
    *,
    as_of: Moment | None,
    backend: Any,  # noqa: ANN401
    customers: CustomerMap | None = None,
) -> ShopTable:
    """Open a table as `open_table` does, and give it even where it breaks its contract, for its account."""
    own = f"{name}_{next(_opened)}"  # a table may be opened twice on one backend, at two moments
    stages = open_stages(
        _contract(name),
        source,
        as_of=None if as_of is None else utc_naive(as_of),
        backend=backend,
        name=f"{own}_",
        customers=customers,
    )
    with explain_failures(source):
        accounts = None
        if (by_account := stages.by_account) is not None:
            accounts = keep(backend, f"{own}_accounts", _with_place(by_account, stages.mapped))
        rows = keep(backend, own, select_clean(stages.unique.table, stages.mapped))
    return ShopTable(
        name=name,
        rows=rows,
        readiness=readiness_figures(stages, rows),
        as_of=stages.as_of,
        source=source,
        backend=backend,
        accounts=accounts,
        customers=customers,
    )


def _with_place(rows: ir.Table, mapped: MappedTable) -> ir.Table:
    return select_clean(rows, mapped, also=[name for name in (PLACE,) if name in rows.columns])


def _contract(name: str) -> Contract:
    beside = {table.name: table for table in TABLES.values() if table is not ORDERS}
    if name not in beside:
        near = get_close_matches(name, beside, n=1)
        raise UsageError(
            f"There is no table {name!r} beside the orders.",
            found=", ".join(beside),
            fix=f"Did you mean {near[0]!r}?" if near else "Choose one of those.",
        )
    return beside[name]
