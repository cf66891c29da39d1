"""What a log of orders holds: customers, orders, money, and what its history is long enough for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import days_between
from tenure_features.families.reductions import move_conditions
from tenure_features.reading.engine import fetch
from tenure_features.reading.sources import OrderSource, ReturnsPolicy
from tenure_features.tables.doubts import doubt_customers
from tenure_features.tables.horizon import suggest_horizon, verdicts
from tenure_features.tables.oddities import oddities
from tenure_features.tables.opening import Stages
from tenure_features.tables.orders import RolledUp, final
from tenure_features.tables.readiness import OrderFigures, Readiness
from tenure_features.tables.readiness_figures import moment_of, readiness_figures
from tenure_features.tables.typed_columns import CLEAN

_QUANTILES = (10, 25, 50, 75, 90)
"""Per cent at which the quantiles of ADBT are reported."""


def order_readiness(stages: Stages, rolled: RolledUp, source: OrderSource) -> Readiness:
    """Put the account of an order log together: that of its rows, and what its orders are."""
    totals = _count(final(rolled.orders))
    currencies = _currencies(stages.rows.table) if "currency" in stages.mapped.columns else {}
    currency = next(iter(currencies)) if len(currencies) == 1 else None
    account = readiness_figures(stages, rolled.orders)
    return replace(
        account,
        first_at=moment_of(totals["first_at"]),
        last_at=moment_of(totals["last_at"]),
        notes=(*account.notes, *_notes(stages, totals, rolled.dropped)),
        broken=(
            *_breaches(totals, currencies, source.returns),
            *account.broken,
            *(() if source.trust_customers else _doubts(stages, rolled.orders, totals)),
        ),
        figures=_figures(totals, currency=currency),
    )


def recount(orders: ir.Table, readiness: Readiness, *, as_of: pd.Timestamp) -> Readiness:
    """Count the orders of an earlier moment; what was read and set aside stays that of the opening."""
    totals = _count(final(orders))
    return replace(
        readiness,
        as_of=as_of,
        first_at=moment_of(totals["first_at"]),
        last_at=moment_of(totals["last_at"]),
        figures=_figures(totals, currency=None if readiness.figures is None else readiness.figures.currency),
    )


def _figures(totals: Mapping[str, Any], *, currency: str | None) -> OrderFigures:
    customers, one_time = int(totals["customers"]), int(totals["one_time"])
    first, last = moment_of(totals["first_at"]), moment_of(totals["last_at"])
    days = 0.0 if first is None or last is None else (last - first) / pd.Timedelta(days=1)
    levels = {level: totals[f"q{level}"] for level in _QUANTILES}
    quantiles = {level: round(float(value), 6) for level, value in levels.items() if pd.notna(value)}
    horizon = suggest_horizon(quantiles, history_days=days)
    return OrderFigures(
        customers=customers,
        orders=int(totals["orders"]),
        returns=int(totals["returns"]),
        returns_share=round(float(totals["returned"] / totals["gross"]), 6) if totals["gross"] else 0.0,
        revenue=round(float(totals["gross"] - totals["returned"]), 6),
        one_time_share=round(one_time / customers, 6) if customers else 0.0,
        adbt_quantiles=quantiles,
        currency=currency,
        suggested_horizon_days=horizon,
        verdicts=verdicts(
            history_days=days, horizon_days=horizon, customers=customers, repeat_customers=customers - one_time
        ),
    )


def _count(orders: ir.Table) -> dict[str, Any]:
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
        first_at=people["first"].min(),
        last_at=people["last"].max(),
        gross=people.gross.sum(),
        returned=people.returned.sum(),
        **quantiles,
    )
    counts = ["customers", "return_only", "one_time", "most", "orders", "returns", "gross", "returned"]
    row = fetch(totals).fillna(dict.fromkeys(counts, 0)).iloc[0]
    return {str(name): value for name, value in row.items()}


def _currencies(rows: ir.Table) -> dict[str, int]:
    currency = rows[CLEAN + "currency"].upper()
    counts = fetch(rows.group_by(currency=currency).aggregate(rows=rows.count())).dropna()
    counts = counts.sort_values(["rows", "currency"], ascending=[False, True])
    return dict(zip(counts["currency"].astype(str), counts["rows"].astype(int), strict=True))


def _breaches(totals: Mapping[str, Any], currencies: Mapping[str, int], returns: ReturnsPolicy) -> Iterator[str]:
    if totals["orders"] == 0:
        yield "No row can be used as an order; the reasons are above."
    if len(currencies) > 1:
        listed = ", ".join(f"{name} ({rows:,} rows)" for name, rows in currencies.items())
        yield f"Revenue is in {len(currencies)} currencies: {listed}. Convert it upstream, or score one at a time."
    if returns == "raise" and totals["returns"] > 0:
        yield (
            f"{int(totals['returns']):,} orders are returns (negative sum) and the returns policy is raise. "
            "Remove them upstream, or use the policy net or drop."
        )


def _doubts(stages: Stages, orders: ir.Table, totals: Mapping[str, Any]) -> tuple[str, ...]:
    sold = final(orders).filter(ibis._.revenue >= 0)
    customers, most, total = (int(totals[name]) for name in ("customers", "most", "orders"))
    return doubt_customers(sold, stages.mapped, customers=customers, most=most, total=total)


def _notes(stages: Stages, totals: Mapping[str, Any], dropped: int) -> Iterator[str]:
    if dropped:
        yield f"{dropped:,} returns were left out, as the returns policy drop says."
    if totals["return_only"]:
        yield f"{int(totals['return_only']):,} customers have returns but no order: outside the population."
    unique = stages.unique
    yield from oddities(unique.table, stages.mapped, repeated_ids=unique.repeated_ids, tidy=stages.rows.tidy)
