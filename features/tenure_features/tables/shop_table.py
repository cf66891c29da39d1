"""Tables beside the orders: events, feedback, order lines, customers, costs, spend, opened, checked and cleaned."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.errors import DataContractError, UsageError
from tenure_features.identity.customer_map import CustomerMap, replace_ids
from tenure_features.reading.databases import hide_password
from tenure_features.reading.engine import Engine, digest_table, fetch, is_row_failure, is_spark, keep, quote
from tenure_features.reading.memory import Frame, TablePlace, place_of
from tenure_features.reading.sources import read_table
from tenure_features.tables.contracts import TABLES, Contract
from tenure_features.tables.mapping import MappedTable, map_columns
from tenure_features.tables.readiness import SetAside
from tenure_features.tables.side_account import SideStages, table_figures
from tenure_features.tables.side_readiness import TableReadiness
from tenure_features.tables.side_rows import CLEAN, SideRows, clean_side_rows, one_per_customer, without_repeats

PLACE = "tenure:place"
"""Which of a customer's rows comes first."""

_opened = itertools.count()
_MAY_REPEAT = frozenset({"order_lines", "spend"})
"""Equal lines of an order are pieces sold one by one; equal rows of one day's spend are two bookings."""


@dataclass(frozen=True)
class TableSource:
    """A table beside the orders by path or URI, or in memory, and how its columns map to the contract.

    Parameters
    ----------
    uri
        A file, a glob of files of one kind, a table by URI, or a pandas or Arrow table.
    columns
        Source column, or SQL expression over source columns, by contract column
        (`tenure_features.tables.contracts.TABLES`). What is not mapped is found by name.
        ``customers`` takes columns beyond the contract.

    Examples
    --------
    >>> TableSource("events.parquet", columns={"customer_id": "user", "occurred_at": "ts"}).columns["occurred_at"]
    'ts'
    """

    uri: TablePlace | Frame
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "uri", place_of(self.uri))


@dataclass(frozen=True)
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
    readiness: TableReadiness = field(repr=False)
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
    table = _open(name, source, as_of, connection, customers)
    if table.readiness.broken:
        raise DataContractError(
            f"{hide_password(source.uri)} breaks the contract of {name}: {' '.join(table.readiness.broken)}",
            found=f"{table.readiness.rows_used:,} usable of {table.readiness.rows_read:,} rows",
            fix=f"Mend the table, or its columns under [tables.{name}].",
        )
    return table


def check_table(
    name: str, source: TableSource, *, as_of: Moment | None = None, engine: Engine | None = None
) -> TableReadiness:
    """Give the account of a table beside the orders, broken or not; raises as `open_table` where there is none."""
    return _open(name, source, as_of, (engine or Engine()).connect(), None).readiness


def _open(
    name: str,
    source: TableSource,
    as_of: Moment | None,
    backend: Any,  # noqa: ANN401
    customers: CustomerMap | None,
) -> ShopTable:
    contract = _contract(name)
    moment = None if as_of is None else utc_naive(as_of)
    own = f"side_{name}_{next(_opened)}"  # a table may be opened twice on one backend, at two moments
    raw = read_table(source.uri, backend, name=f"{own}_source", empty=True)
    try:
        mapped = map_columns(raw.table, source.columns, contract=contract, backend=backend, name=f"{own}_")
        rows = clean_side_rows(mapped, contract, as_of=moment)
        accounts = None
        if customers is not None and "customer_id" in mapped.columns:
            if customers.timeline is not None:  # an earlier moment may group the rows otherwise
                accounts = keep(backend, f"{own}_accounts", _by_account(rows, mapped, contract))
            rows = replace(rows, table=customers.apply(rows.table, f"{CLEAN}customer_id", backend=backend))
        used, repeats = _once(rows, mapped, contract)
        stored = keep(backend, own, used.select(**_clean(used, mapped, contract)))
    except Exception as problem:
        if not is_row_failure(problem):
            raise
        raise DataContractError(
            f"{hide_password(source.uri)} cannot be cleaned: an expression of the column mapping fails on some row.",
            found=str(problem).split("\n")[0],
            fix="Change the expression so that it holds for every row.",
        ) from problem
    readiness = table_figures(SideStages(name, place_of(source.uri), moment, raw, mapped, rows, repeats, stored))
    return ShopTable(name, stored, readiness, moment, source, backend, accounts, customers)


def _contract(name: str) -> Contract:
    if name == "orders" or name not in TABLES:
        names = [table for table in TABLES if table != "orders"]
        near = get_close_matches(name, names, n=1)
        raise UsageError(
            f"There is no table {name!r} beside the orders.",
            found=", ".join(names),
            fix=f"Did you mean {near[0]!r}?" if near else "Choose one of those.",
        )
    return TABLES[name]


def _order_columns(mapped: MappedTable, contract: Contract) -> list[str]:
    mapped_columns = [column for column in contract.columns if column in mapped.columns]
    return [*mapped_columns, *(column for column in mapped.columns if column not in contract.columns)]


def _clean(rows: ir.Table, mapped: MappedTable, contract: Contract) -> dict[str, ir.Value]:
    return {column: rows[CLEAN + column] for column in _order_columns(mapped, contract)}


def _by_account(rows: SideRows, mapped: MappedTable, contract: Contract) -> ir.Table:
    """Query the rows by the ids they carry; which one is a customer's is decided once it is known whose they are."""
    if not _is_one_per_customer(contract, mapped):
        once, _ = _once(rows, mapped, contract)
        return once.select(**_clean(once, mapped, contract))
    place = ibis.row_number().over(ibis.window(order_by=mapped.source_columns))
    return rows.table.select(**_clean(rows.table, mapped, contract), **{PLACE: place})


def _is_one_per_customer(contract: Contract, mapped: MappedTable) -> bool:
    return contract.name == "customers" and "recorded_at" not in mapped.columns


def _once(rows: SideRows, mapped: MappedTable, contract: Contract) -> tuple[ir.Table, tuple[SetAside, ...]]:
    if _is_one_per_customer(contract, mapped):
        return one_per_customer(rows.table, mapped.source_columns)
    if contract.name in _MAY_REPEAT or rows.dates_only:
        return rows.table, ()
    keys = [CLEAN + column for column in mapped.columns if column != "recorded_at"]
    return without_repeats(rows.table, mapped.source_columns, keys[:4])
