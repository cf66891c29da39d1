"""How any table is opened: read, mapped, cleaned, put into customers and freed of repeats, with every stage kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.errors import DataContractError
from tenure_features.identity.customer_map import CustomerMap
from tenure_features.reading.databases import hide_password
from tenure_features.reading.engine import is_row_failure
from tenure_features.reading.readers import RawTable
from tenure_features.reading.sources import TableSource, read_table
from tenure_features.tables.amounts import settle_amounts
from tenure_features.tables.cleaning import CleanRows, clean_rows, find_tidy_ids
from tenure_features.tables.contract import Contract
from tenure_features.tables.duplicates import Deduplicated, deduplicate, is_one_per
from tenure_features.tables.guests import separate_guests
from tenure_features.tables.mapping import MappedTable, map_columns
from tenure_features.tables.moment import day_after_last_order, has_single_rows
from tenure_features.tables.readiness import Readiness
from tenure_features.tables.typed_columns import CLEAN

_CUSTOMER = CLEAN + "customer_id"
_ACCOUNT = CLEAN + "account_id"
"""The id a row carried before it became a customer's."""
PLACE = "tenure:place"
"""Which of a customer's rows comes first."""

Customers = CustomerMap | Callable[[pd.Timestamp], CustomerMap | None]
"""Whose an id is; or what says so, if it can be known, once the moment is decided."""


@dataclass(frozen=True, kw_only=True)
class Stages:
    """What every stage of opening a table left behind.

    Attributes
    ----------
    source
        Where it is and how its columns map.
    as_of
        The moment; None for the whole table.
    raw, mapped, rows, unique
        As read; with its contract columns; the usable rows; those without repeats, in customers.
    customers
        Whose an id is; None where ids are read as they are.
    """

    source: TableSource
    as_of: pd.Timestamp | None
    raw: RawTable
    mapped: MappedTable
    rows: CleanRows
    unique: Deduplicated
    customers: CustomerMap | None

    @property
    def by_account(self) -> ir.Table | None:
        """The rows by the ids they carry, where an earlier moment may group them otherwise; else None.

        Which of several rows is a customer's is decided once it is known whose they are: `PLACE` says which is first.
        """
        if self.customers is None or self.customers.timeline is None or _ACCOUNT not in self.rows.table.columns:
            return None
        if not is_one_per(self.mapped):
            return self.unique.table.mutate({_CUSTOMER: self.unique.table[_ACCOUNT]})
        place = ibis.row_number().over(ibis.window(order_by=self.mapped.source_columns))
        return self.rows.table.mutate({_CUSTOMER: self.rows.table[_ACCOUNT], PLACE: place})


def open_stages(
    contract: Contract,
    source: TableSource,
    *,
    as_of: pd.Timestamp | None,
    backend: Any,  # noqa: ANN401
    name: str = "",
    customers: Customers | None = None,
    decide: bool = False,
) -> Stages:
    """Take a table through all stages but the last, in which orders are rolled up and other rows kept.

    Parameters
    ----------
    contract
        What it is to be.
    source
        Where it is and how its columns map.
    as_of
        Only rows that happened, and were recorded, strictly before it are read. All rows when None.
    backend
        Where it is read into.
    name
        What the names of its views begin with.
    customers
        Whose the ids of the table are, when it carries ids of accounts.
    decide
        Take the day after the last order where no moment is named.

    Raises
    ------
    DataContractError
        If it cannot be read, or its columns cannot be found.
    """
    with explain_failures(source):
        raw, mapped = read_mapped(contract, source, backend=backend, name=name)
        tidy, single = None, False
        if as_of is None and decide:
            tidy = find_tidy_ids(mapped)
            single = has_single_rows(mapped, tidy=tidy)
            as_of = day_after_last_order(mapped, tidy=tidy, single=single)
        rows = clean_rows(mapped, as_of=as_of, tidy=tidy)
        whose = _known_customers(customers, mapped, as_of)
        if whose is not None and "customer_id" in mapped.columns:
            accounts = rows.table.mutate({_ACCOUNT: rows.table[_CUSTOMER]})
            rows = replace(rows, table=whose.apply(accounts, _CUSTOMER, backend=backend))
        unique = deduplicate(rows, mapped, single=single)
    return Stages(source=source, as_of=as_of, raw=raw, mapped=mapped, rows=rows, unique=unique, customers=whose)


def read_mapped(
    contract: Contract,
    source: TableSource,
    *,
    backend: Any,  # noqa: ANN401
    name: str = "",
) -> tuple[RawTable, MappedTable]:
    """Read a table and find its columns; what stands for a guest becomes no customer's id."""
    raw = read_table(source.uri, backend, name=f"{name}source", empty=contract.may_be_empty, encoding=source.encoding)
    mapped = settle_amounts(map_columns(raw.table, source.columns, contract=contract, backend=backend, name=name))
    return raw, separate_guests(mapped) if contract.names_guests else mapped


def _known_customers(
    customers: Customers | None, mapped: MappedTable, moment: pd.Timestamp | None
) -> CustomerMap | None:
    if not callable(customers):
        return customers
    moment = day_after_last_order(mapped) if moment is None else moment
    return None if moment is None else customers(moment)


@contextmanager
def explain_failures(source: TableSource) -> Iterator[None]:
    """Say that an expression of the mapping fails, where an engine stops at a value."""
    try:
        yield
    except Exception as problem:
        if not is_row_failure(problem):
            raise
        raise DataContractError(
            f"{hide_password(source.uri)} cannot be cleaned: an expression of the column mapping fails on some row.",
            found=str(problem).split("\n")[0],
            fix="Change the expression so that it holds for every row.",
        ) from problem


def require_ready(readiness: Readiness) -> None:
    """Refuse a table that breaks its contract.

    Raises
    ------
    DataContractError
        With every breach in one message.
    """
    if readiness.ready:
        return
    raise DataContractError(
        f"{readiness.uri} breaks the contract of {readiness.name}: {' '.join(readiness.broken)}",
        found=f"{readiness.rows_used:,} usable of {readiness.rows_read:,} rows",
        fix="Mend the table, or the mapping of its columns; 'tenure check' gives the whole account.",
    )
