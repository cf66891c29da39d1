"""The figures of a table beside the orders, counted from the stages it went through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.databases import hide_password
from tenure_features.reading.engine import fetch, quote
from tenure_features.reading.memory import TablePlace
from tenure_features.reading.readers import RawTable
from tenure_features.tables.contracts import TABLES
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.readiness import SetAside
from tenure_features.tables.readiness_figures import UNREADABLE_SHARE
from tenure_features.tables.schemas import contract_breaches
from tenure_features.tables.side_readiness import TableReadiness
from tenure_features.tables.side_rows import SideRows


@dataclass(frozen=True)
class SideStages:
    """What every stage of opening a table left behind."""

    name: str
    uri: TablePlace
    as_of: pd.Timestamp | None
    raw: RawTable
    mapped: MappedTable
    rows: SideRows
    repeats: tuple[SetAside, ...]
    usable: ir.Table


def table_figures(stages: SideStages) -> TableReadiness:
    """Put the account of a table together."""
    raw, mapped, rows, contract = stages.raw, stages.mapped, stages.rows, TABLES[stages.name]
    done = "Left out. Look for unquoted delimiters or line breaks inside a field."
    rejected = SetAside("line does not fit the header", "the whole line", raw.rejected, raw.rejected_examples, done)
    asides = (*((rejected,) if raw.rejected else ()), *rows.set_aside, *stages.repeats)
    first, last = _span(stages)
    used = rows.read - rows.after_as_of - sum(aside.rows for aside in (*rows.set_aside, *stages.repeats))
    return TableReadiness(
        name=stages.name,
        uri=hide_password(stages.uri),
        as_of=stages.as_of,
        columns=dict(mapped.origin),
        rows_read=rows.read + raw.rejected,
        rows_used=used,
        rows_after_as_of=rows.after_as_of,
        set_aside=asides,
        first_at=first,
        last_at=last,
        notes=(*raw.notes, *mapped.notes, *rows.notes),
        # A table without rows is fine, but no minimum of its columns passes a check.
        broken=(*_breaches(rows), *(contract_breaches(stages.usable, contract) if used else ())),
    )


def _span(stages: SideStages) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    dated = TABLES[stages.name].dated_by
    if dated not in stages.usable.columns:
        return None, None
    span = fetch(stages.usable.aggregate(first=stages.usable[dated].min(), last=stages.usable[dated].max())).iloc[0]
    return _moment(span["first"]), _moment(span["last"])


def _breaches(rows: SideRows) -> list[str]:
    dated = rows.read - rows.after_as_of
    breaches = [
        f"{aside.rows:,} of {dated:,} rows: {aside.problem} in {aside.column}. Check the column mapping."
        for aside in rows.set_aside
        if aside.rows > UNREADABLE_SHARE * dated
    ]
    breaches += [
        f"Dates in {column} can be read day first and month first. Map it to strptime({quote(column)}, '%d/%m/%Y') or "
        f"strptime({quote(column)}, '%m/%d/%Y')."
        for column in rows.ambiguous
    ]
    return breaches


def _moment(value: Any) -> pd.Timestamp | None:  # noqa: ANN401
    return None if pd.isna(value) else pd.Timestamp(value).as_unit("us")
