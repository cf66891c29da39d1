"""The figures of a table beside the orders, counted from the stages it went through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.databases import shown
from tenure_features.reading.engine import fetch, quoted
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
    kept: ir.Table


def account(stages: SideStages) -> TableReadiness:
    """Put the account of a table together."""
    raw, mapped, rows, contract = stages.raw, stages.mapped, stages.rows, TABLES[stages.name]
    done = "Left out. Look for unquoted delimiters or line breaks inside a field."
    rejected = SetAside("line does not fit the header", "the whole line", raw.rejected, raw.rejected_examples, done)
    asides = (*((rejected,) if raw.rejected else ()), *rows.set_aside, *stages.repeats)
    first, last = _span(stages)
    used = rows.read - rows.after_as_of - sum(one.rows for one in (*rows.set_aside, *stages.repeats))
    return TableReadiness(
        name=stages.name,
        uri=shown(stages.uri),
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
        broken=(*_breaches(rows), *(contract_breaches(stages.kept, contract) if used else ())),
    )


def _span(stages: SideStages) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    dated = TABLES[stages.name].dated_by
    if dated not in stages.kept.columns:
        return None, None
    span = fetch(stages.kept.aggregate(first=stages.kept[dated].min(), last=stages.kept[dated].max())).iloc[0]
    return _moment(span["first"]), _moment(span["last"])


def _breaches(rows: SideRows) -> list[str]:
    known = rows.read - rows.after_as_of
    breaches = [
        f"{one.rows:,} of {known:,} rows: {one.problem} in {one.column}. Check the column mapping."
        for one in rows.set_aside
        if one.rows > UNREADABLE_SHARE * known
    ]
    breaches += [
        f"Dates in {column} can be read day first and month first. Map it to strptime({quoted(column)}, '%d/%m/%Y') or "
        f"strptime({quoted(column)}, '%m/%d/%Y')."
        for column in rows.ambiguous
    ]
    return breaches


def _moment(value: Any) -> pd.Timestamp | None:  # noqa: ANN401
    return None if pd.isna(value) else pd.Timestamp(value).as_unit("us")
