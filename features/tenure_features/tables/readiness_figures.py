# Ibis has no isna and notna
"""The figures of a readiness report, counted from the stages a log went through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import days_between
from tenure_features.families.reductions import move_conditions
from tenure_features.reading.databases import hide_password
from tenure_features.reading.engine import fetch, quote
from tenure_features.reading.readers import RawTable
from tenure_features.reading.sources import OrderSource
from tenure_features.tables.cleaning import CleanRows
from tenure_features.tables.contracts import ORDERS
from tenure_features.tables.doubts import doubt_customers
from tenure_features.tables.duplicates import Deduplicated
from tenure_features.tables.horizon import suggest_horizon, verdicts
from tenure_features.tables.mapping import MappedTable
from tenure_features.tables.oddities import oddities
from tenure_features.tables.orders import final
from tenure_features.tables.readiness import Readiness, SetAside
from tenure_features.tables.schemas import contract_breaches

_QUANTILES = (10, 25, 50, 75, 90)
"""Per cent at which the quantiles of ADBT are reported."""

UNREADABLE_SHARE = 0.5
"""With so many dates or amounts unreadable, the mapping is wrong, not the rows."""


@dataclass(frozen=True)
class Stages:
    """What every stage of opening a log left behind."""

    source: OrderSource
    as_of: pd.Timestamp | None
    raw: RawTable
    mapped: MappedTable
    rows: CleanRows
    unique: Deduplicated
    orders: ir.Table
    dropped: int


def readiness_figures(stages: Stages) -> Readiness:
    """Put the account of an order log together."""
    rows, mapped = stages.rows, stages.mapped
    figures = _figures(final(stages.orders))
    quantiles = _quantiles(figures)
    currencies = _currencies(rows.table) if "currency" in mapped.columns else {}
    asides = (*_count_rejected(stages.raw), *rows.set_aside, *stages.unique.set_aside)
    read = rows.read + stages.raw.rejected
    customers, one_time = int(figures["customers"]), int(figures["one_time"])
    first, last = _moment(figures["first_order_at"]), _moment(figures["last_order_at"])
    days = _days(first, last)
    horizon = suggest_horizon(quantiles, history_days=days)
    return Readiness(
        uri=hide_password(stages.source.uri),
        as_of=stages.as_of,
        columns=dict(mapped.origin),
        rows_read=read,
        rows_used=read - rows.after_as_of - sum(aside.rows for aside in asides),
        rows_after_as_of=rows.after_as_of,
        set_aside=asides,
        first_order_at=first,
        last_order_at=last,
        customers=customers,
        orders=int(figures["orders"]),
        returns=int(figures["returns"]),
        returns_share=_returns_share(figures),
        revenue=round(float(figures["gross"] - figures["returned"]), 6),
        one_time_share=round(one_time / customers, 6) if customers else 0.0,
        adbt_quantiles=quantiles,
        currency=next(iter(currencies)) if len(currencies) == 1 else None,
        suggested_horizon_days=horizon,
        verdicts=verdicts(
            history_days=days, horizon_days=horizon, customers=customers, repeat_customers=customers - one_time
        ),
        notes=(*stages.raw.notes, *mapped.notes, *stages.unique.notes, *_notes(stages, figures)),
        broken=_breaches(stages, figures, currencies),
    )


def readiness_of(orders: ir.Table, readiness: Readiness, *, as_of: pd.Timestamp) -> Readiness:
    """Count the orders of an earlier moment; what was read and set aside stays that of the opening."""
    figures = _figures(final(orders))
    customers, one_time = int(figures["customers"]), int(figures["one_time"])
    first, last = _moment(figures["first_order_at"]), _moment(figures["last_order_at"])
    quantiles, days = _quantiles(figures), _days(first, last)
    horizon = suggest_horizon(quantiles, history_days=days)
    return replace(
        readiness,
        as_of=as_of,
        first_order_at=first,
        last_order_at=last,
        customers=customers,
        orders=int(figures["orders"]),
        returns=int(figures["returns"]),
        returns_share=_returns_share(figures),
        revenue=round(float(figures["gross"] - figures["returned"]), 6),
        one_time_share=round(one_time / customers, 6) if customers else 0.0,
        adbt_quantiles=quantiles,
        suggested_horizon_days=horizon,
        verdicts=verdicts(
            history_days=days, horizon_days=horizon, customers=customers, repeat_customers=customers - one_time
        ),
    )


def _quantiles(figures: Mapping[str, Any]) -> dict[int, float]:
    return {level: round(float(figures[f"q{level}"]), 6) for level in _QUANTILES if pd.notna(figures[f"q{level}"])}


def _days(first: pd.Timestamp | None, last: pd.Timestamp | None) -> float:
    return 0.0 if first is None or last is None else (last - first) / pd.Timedelta(days=1)


def _returns_share(figures: Mapping[str, Any]) -> float:
    return round(float(figures["returned"] / figures["gross"]), 6) if figures["gross"] else 0.0


def _figures(orders: ir.Table) -> dict[str, Any]:
    """Count people and money in two passes: customers, then the log."""
    is_order = orders.revenue >= 0
    reductions = {
        "orders": is_order.cast("int32").cast("float64").sum(),
        "returns": (~is_order).cast("int32").cast("float64").sum(),
        "first": orders.ordered_at.min(where=is_order),
        "last": orders.ordered_at.max(where=is_order),
        "gross": orders.revenue.sum(where=is_order).coalesce(0.0),
        "returned": (-orders.revenue.sum(where=~is_order)).coalesce(0.0),
    }
    people = orders.group_by("customer_id").aggregate(**move_conditions(reductions))
    adbt = days_between(people["first"], people["last"]) / (people.orders - 1).nullif(0)
    quantiles = {f"q{level}": adbt.quantile(level / 100, where=people.orders > 1) for level in _QUANTILES}
    totals = people.aggregate(
        customers=(people.orders > 0).cast("int64").sum(),
        return_only=(people.orders == 0).cast("int64").sum(),
        one_time=(people.orders == 1).cast("int64").sum(),
        most=people.orders.max().coalesce(0.0),
        orders=people.orders.sum(),
        returns=people.returns.sum(),
        first_order_at=people["first"].min(),
        last_order_at=people["last"].max(),
        gross=people.gross.sum(),
        returned=people.returned.sum(),
        **quantiles,
    )
    counts = ["customers", "return_only", "one_time", "most", "orders", "returns", "gross", "returned"]
    row = fetch(totals).fillna(dict.fromkeys(counts, 0)).iloc[0]
    return {str(name): value for name, value in row.items()}


def _currencies(rows: ir.Table) -> dict[str, int]:
    currency = rows["clean:currency"].upper()
    counts = fetch(rows.group_by(currency=currency).aggregate(rows=rows.count())).dropna()
    counts = counts.sort_values(["rows", "currency"], ascending=[False, True])
    return dict(zip(counts["currency"].astype(str), counts["rows"].astype(int), strict=True))


def _breaches(stages: Stages, figures: Mapping[str, Any], currencies: Mapping[str, int]) -> tuple[str, ...]:
    breaches = []
    if figures["orders"] == 0:
        breaches.append("No row can be used as an order; the reasons are above.")
    if stages.rows.date_form.ambiguous:
        column = stages.mapped.origin["ordered_at"]
        breaches.append(
            f"Dates in {column} can be read day first and month first. Map ordered_at to "
            f"strptime({quote(column)}, '%d/%m/%Y') or strptime({quote(column)}, '%m/%d/%Y')."
        )
    if len(currencies) > 1:
        listed = ", ".join(f"{name} ({rows:,} rows)" for name, rows in currencies.items())
        breaches.append(
            f"Revenue is in {len(currencies)} currencies: {listed}. Convert it upstream, or score one at a time."
        )
    if stages.source.returns == "raise" and figures["returns"] > 0:
        breaches.append(
            f"{int(figures['returns']):,} orders are returns (negative sum) and the returns policy is raise. "
            "Remove them upstream, or use the policy net or drop."
        )
    dated = stages.rows.read - stages.rows.after_as_of
    breaches += [
        f"{aside.rows:,} of {dated:,} rows: {aside.problem} in {aside.column}. Check the column mapping."
        for aside in stages.rows.set_aside
        if aside.problem.endswith("unreadable") and aside.rows > UNREADABLE_SHARE * dated
    ]
    return (*breaches, *_doubts(stages, figures), *contract_breaches(stages.orders, ORDERS))


def _doubts(stages: Stages, figures: Mapping[str, Any]) -> tuple[str, ...]:
    if stages.source.trust_customers:
        return ()
    sold = final(stages.orders).filter(ibis._.revenue >= 0)
    customers, most, total = (int(figures[name]) for name in ("customers", "most", "orders"))
    return doubt_customers(sold, stages.mapped, customers=customers, most=most, total=total)


def _notes(stages: Stages, figures: Mapping[str, Any]) -> tuple[str, ...]:
    notes = []
    if stages.dropped:
        notes.append(f"{stages.dropped:,} returns were left out, as the returns policy drop says.")
    if figures["return_only"]:
        notes.append(f"{int(figures['return_only']):,} customers have returns but no order: outside the population.")
    rows = stages.unique
    odd = oddities(rows.table, stages.mapped, repeated_ids=rows.repeated_ids, tidy=stages.rows.tidy)
    return (*notes, *odd)


def _count_rejected(raw: RawTable) -> tuple[SetAside, ...]:
    if not raw.rejected:
        return ()
    done = "Left out. Look for unquoted delimiters or line breaks inside a field."
    return (SetAside("line does not fit the header", "the whole line", raw.rejected, raw.rejected_examples, done),)


def _moment(value: object) -> pd.Timestamp | None:
    return None if pd.isna(value) else pd.Timestamp(value).as_unit("us")  # type: ignore[call-overload,arg-type]
