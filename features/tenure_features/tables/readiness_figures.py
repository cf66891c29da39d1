"""The account of a table, put together from the stages it went through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from tenure_features.reading.databases import hide_password
from tenure_features.reading.engine import fetch
from tenure_features.reading.readers import RawTable
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.opening import Stages
from tenure_features.tables.readiness import Readiness, SetAside
from tenure_features.tables.schemas import contract_breaches


def readiness_figures(stages: Stages, usable: ir.Table) -> Readiness:
    """Account for every row of a table.

    Parameters
    ----------
    stages
        What every stage left behind.
    usable
        What the last stage made of the usable rows.
    """
    raw, mapped, rows = stages.raw, stages.mapped, stages.rows
    asides = (*_count_rejected(raw), *rows.set_aside, *stages.unique.set_aside)
    read = rows.read + raw.rejected
    used = read - rows.after_as_of - sum(aside.rows for aside in asides)
    first, last = _span(usable, mapped.contract.dated_by)
    return Readiness(
        name=mapped.contract.name,
        uri=hide_password(stages.source.uri),
        as_of=stages.as_of,
        columns=dict(mapped.origin),
        rows_read=read,
        rows_used=used,
        rows_after_as_of=rows.after_as_of,
        set_aside=asides,
        first_at=first,
        last_at=last,
        notes=(*raw.notes, *mapped.notes, *_written_forms(mapped), *rows.notes, *stages.unique.notes),
        # A table without rows is fine, but no minimum of its columns passes a check.
        broken=(*rows.broken, *(contract_breaches(usable, mapped.contract) if used else ())),
    )


def moment_of(value: Any) -> pd.Timestamp | None:  # noqa: ANN401
    """Read a moment of an engine's answer; None where it is missing."""
    return None if pd.isna(value) else pd.Timestamp(value).as_unit("us")


def _span(usable: ir.Table, dated_by: str | None) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if dated_by not in usable.columns:
        return None, None
    span = fetch(usable.aggregate(first=usable[dated_by].min(), last=usable[dated_by].max())).iloc[0]
    return moment_of(span["first"]), moment_of(span["last"])


def _written_forms(mapped: MappedTable) -> Iterator[str]:
    """Say how moments are written where that is not ISO 8601."""
    for name, form in mapped.forms.items():
        if form.forms:
            yield f"Dates in {mapped.origin[name]} are written: {'; '.join(form.forms)}."


def _count_rejected(raw: RawTable) -> tuple[SetAside, ...]:
    if not raw.rejected:
        return ()
    return (
        SetAside(
            problem="line does not fit the header",
            column="the whole line",
            rows=raw.rejected,
            examples=raw.rejected_examples,
            done="Left out. Look for unquoted delimiters or line breaks inside a field.",
        ),
    )
