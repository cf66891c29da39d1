"""What a table holds, what was set aside and why, and what a log of orders is long enough for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

_LABEL = 22


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """Rows that were not used, for one reason.

    Attributes
    ----------
    problem
        What is wrong with them.
    column
        Source column (or expression) at fault.
    rows
        How many.
    examples
        Up to three of them.
    done
        What was done, and what would fix it.
    """

    problem: str
    column: str
    rows: int
    examples: tuple[str, ...]
    done: str


@dataclass(frozen=True)
class Verdict:
    """Whether the history is long enough for one purpose, and why."""

    purpose: str
    enough: bool
    why: str


@dataclass(frozen=True, kw_only=True)
class OrderFigures:
    """What a log of orders holds beyond rows.

    Attributes
    ----------
    customers
        Customers with at least one order.
    orders, returns
        Orders (revenue of zero or more) and returns (negative revenue) after lines were rolled up.
    returns_share
        Money returned over the revenue of all orders.
    revenue
        Net revenue.
    one_time_share
        Share of customers with exactly one order.
    adbt_quantiles
        10, 25, 50, 75 and 90 % quantiles of customers' average days between orders (two orders or more).
    currency
        The currency, where there is such a column.
    suggested_horizon_days
        See `tenure_features.tables.horizon.suggest_horizon`.
    verdicts
        Whether the history is long enough for churn, value and a backtest.
    """

    customers: int
    orders: int
    returns: int
    returns_share: float
    revenue: float
    one_time_share: float
    adbt_quantiles: Mapping[int, float]
    currency: str | None
    suggested_horizon_days: int
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """The account of a table: of the orders, or of one beside them.

    Attributes
    ----------
    name, uri
        Which table, and what was read.
    as_of
        The moment it was opened for; None for the whole table.
    columns
        Source column or expression by contract column.
    rows_read, rows_used, rows_after_as_of
        Rows of the source; those that can be used; those that happened or were recorded at or after ``as_of``, which
        were not read.
    set_aside
        The other rows, by reason.
    first_at, last_at
        Moments of the first and the last row, or order; None for tables without moments.
    notes
        What was assumed or looks unusual.
    broken
        Breaches of the contract, one sentence each; the table cannot be used while there is one.
    figures
        What a log of orders holds; None for the tables beside it.
    """

    name: str
    uri: str
    as_of: pd.Timestamp | None
    columns: Mapping[str, str]
    rows_read: int
    rows_used: int
    rows_after_as_of: int
    set_aside: tuple[SetAside, ...]
    first_at: pd.Timestamp | None
    last_at: pd.Timestamp | None
    notes: tuple[str, ...]
    broken: tuple[str, ...]
    figures: OrderFigures | None = None

    @property
    def ready(self) -> bool:
        """Whether the contract holds."""
        return not self.broken

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values, the figures of orders beside the rest; missing numbers as None."""
        plain = {name: value for name, value in asdict(self).items() if name != "figures"}
        figures = {} if self.figures is None else asdict(self.figures)
        return {"ready": self.ready, **plain_values(plain | figures)}

    def __str__(self) -> str:
        """Render the account as aligned plain text that reads well in a terminal and in a log file."""
        blocks = [_rows(self)]
        if self.figures is not None:
            blocks += [_people(self, self.figures), _uses(self.figures)]
        if self.notes:
            blocks.append(["Notes", *(f"  - {note}" for note in self.notes)])
        if self.broken:
            blocks.append(["The contract is broken", *(f"  x {breach}" for breach in self.broken)])
        return "\n\n".join("\n".join(block) for block in blocks)


def plain_values(value: Any) -> Any:  # noqa: ANN401
    """Turn values into what JSON holds: moments as ISO text, missing numbers as None."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_values(inner) for inner in value]
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, float) and value != value:  # noqa: PLR0124  # NaN
        return None
    return value


def _line(label: str, value: object) -> str:
    return f"  {label:<{_LABEL}}{value}"


def _rows(readiness: Readiness) -> list[str]:
    lines = [f"{readiness.name.replace('_', ' ').capitalize()} from {readiness.uri}"]
    lines += [_line(contract, f"<- {source}") for contract, source in readiness.columns.items()]
    lines += ["", _line("rows read", f"{readiness.rows_read:>12,}"), _line("rows used", f"{readiness.rows_used:>12,}")]
    if readiness.as_of is not None:
        lines.append(_line("after as_of, not read", f"{readiness.rows_after_as_of:>12,}   as_of {readiness.as_of}"))
    elif readiness.rows_after_as_of:
        lines.append(_line("recorded after 2099", f"{readiness.rows_after_as_of:>12,}   known at no moment"))
    if readiness.figures is None and readiness.first_at is not None:
        lines.append(_line("first to last", f"{readiness.first_at} to {readiness.last_at}"))
    lines.append(_line("rows set aside", f"{sum(aside.rows for aside in readiness.set_aside):>12,}"))
    return lines + [line for aside in readiness.set_aside for line in _aside(aside)]


def _aside(aside: SetAside) -> Iterable[str]:
    yield f"    {aside.rows:>10,}  {aside.problem} (column {aside.column})"
    for example in aside.examples:
        yield f"                e.g. {example}"
    yield f"                {aside.done}"


def _people(readiness: Readiness, figures: OrderFigures) -> list[str]:
    if readiness.first_at is None or readiness.last_at is None:
        return ["No order can be used"]
    days = (readiness.last_at - readiness.first_at).days
    money = f" {figures.currency}" if figures.currency else ""
    quantiles = "  ".join(f"{level}%: {value:,.1f}" for level, value in figures.adbt_quantiles.items())
    return [
        "What the log holds",
        _line("first to last order", f"{readiness.first_at} to {readiness.last_at} ({days:,} days)"),
        _line("customers", f"{figures.customers:>12,}   {figures.one_time_share:.1%} with one order only"),
        _line("orders", f"{figures.orders:>12,}"),
        _line("returns", f"{figures.returns:>12,}   {figures.returns_share:.1%} of the revenue of orders"),
        _line("net revenue", f"{figures.revenue:>12,.2f}{money}"),
        _line("days between orders", quantiles or "nobody has ordered twice"),
    ]


def _uses(figures: OrderFigures) -> list[str]:
    lines = ["What it is good for", _line("suggested horizon", f"{figures.suggested_horizon_days} days")]
    return lines + [
        _line(verdict.purpose, f"{'yes' if verdict.enough else 'no':<5}{verdict.why}") for verdict in figures.verdicts
    ]
