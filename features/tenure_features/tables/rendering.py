"""The readiness report as aligned plain text."""

from __future__ import annotations

from collections.abc import Iterable

from tenure_features.tables.readiness import Readiness, SetAside

_LABEL = 22


def render(readiness: Readiness) -> str:
    """Render a report that reads well in a terminal and in a log file."""
    blocks = [_rows(readiness), _people(readiness), _verdicts(readiness)]
    if readiness.notes:
        blocks.append(["Notes", *(f"  - {note}" for note in readiness.notes)])
    if readiness.broken:
        blocks.append(["The contract is broken", *(f"  x {breach}" for breach in readiness.broken)])
    return "\n\n".join("\n".join(block) for block in blocks)


def _line(label: str, value: object) -> str:
    return f"  {label:<{_LABEL}}{value}"


def _rows(readiness: Readiness) -> list[str]:
    lines = [f"Orders from {readiness.uri}"]
    lines += [_line(contract, f"<- {source}") for contract, source in readiness.columns.items()]
    lines += ["", _line("rows read", f"{readiness.rows_read:>12,}"), _line("rows used", f"{readiness.rows_used:>12,}")]
    if readiness.as_of is not None:
        lines.append(_line("after as_of, not read", f"{readiness.rows_after_as_of:>12,}   as_of {readiness.as_of}"))
    lines.append(_line("rows set aside", f"{sum(aside.rows for aside in readiness.set_aside):>12,}"))
    return lines + [line for aside in readiness.set_aside for line in _aside(aside)]


def _aside(aside: SetAside) -> Iterable[str]:
    yield f"    {aside.rows:>10,}  {aside.problem} (column {aside.column})"
    for example in aside.examples:
        yield f"                e.g. {example}"
    yield f"                {aside.done}"


def _people(readiness: Readiness) -> list[str]:
    if readiness.first_order_at is None or readiness.last_order_at is None:
        return ["No order can be used"]
    days = (readiness.last_order_at - readiness.first_order_at).days
    money = f" {readiness.currency}" if readiness.currency else ""
    quantiles = "  ".join(f"{level}%: {value:,.1f}" for level, value in readiness.adbt_quantiles.items())
    return [
        "What the log holds",
        _line("first to last order", f"{readiness.first_order_at} to {readiness.last_order_at} ({days:,} days)"),
        _line("customers", f"{readiness.customers:>12,}   {readiness.one_time_share:.1%} with one order only"),
        _line("orders", f"{readiness.orders:>12,}"),
        _line("returns", f"{readiness.returns:>12,}   {readiness.returns_share:.1%} of the revenue of orders"),
        _line("net revenue", f"{readiness.revenue:>12,.2f}{money}"),
        _line("days between orders", quantiles or "nobody has ordered twice"),
    ]


def _verdicts(readiness: Readiness) -> list[str]:
    lines = ["What it is good for", _line("suggested horizon", f"{readiness.suggested_horizon_days} days")]
    return lines + [
        _line(verdict.purpose, f"{'yes' if verdict.enough else 'no':<5}{verdict.why}") for verdict in readiness.verdicts
    ]
