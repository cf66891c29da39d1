"""Which interval is said beside a customer's expected value: never one that excludes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenure_serving.report.cell import is_missing

SURE = 0.8
"""From this P(buy) on one interval says it; below it, buying nothing and the value of buyers are said apart."""


@dataclass(frozen=True, kw_only=True)
class ValueRange:
    """What the value of one customer may turn out to be; None where it is not said.

    Attributes
    ----------
    low, high
        The 80 % interval, of who surely buys and whose expected value lies inside it.
    nothing
        P(buys nothing), where that is to be said apart.
    if_buys_low, if_buys_high
        The 80 % interval of the value given a purchase.
    """

    low: float | None = None
    high: float | None = None
    nothing: float | None = None
    if_buys_low: float | None = None
    if_buys_high: float | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> ValueRange:
        """Choose what is said of a row of a score table.

        Examples
        --------
        >>> row = {"churn_probability": 0.64, "expected_value": 51.0, "value_low": 0.0, "value_high": 40.0}
        >>> said = ValueRange.of(row | {"value_if_buys_low": 40.0, "value_if_buys_high": 310.0})
        >>> said.low, said.nothing, said.if_buys_low, said.if_buys_high
        (None, 0.64, 40.0, 310.0)
        """
        nothing, expected = float(row["churn_probability"]), float(row["expected_value"])
        low, high, low_if, high_if = (
            None if is_missing(row.get(name)) else float(row[name])
            for name in ("value_low", "value_high", "value_if_buys_low", "value_if_buys_high")
        )
        inside = low is not None and high is not None and low <= expected <= high
        if nothing <= 1 - SURE + 1e-9 and inside:
            return cls(low=low, high=high)
        if low_if is None or high_if is None or not high_if > 0:
            return cls()
        return cls(nothing=nothing, if_buys_low=low_if, if_buys_high=high_if)


def value_lines(row: Mapping[str, Any], *, currency: str = "") -> list[str]:
    """Say a customer's expected value and what it may turn out to be, a sentence each.

    Examples
    --------
    >>> row = {"churn_probability": 0.64, "expected_value": 51.0}
    >>> value_lines(row | {"value_if_buys_low": 40.0, "value_if_buys_high": 310.0}, currency="EUR")
    ['is worth 51.00 EUR on average', 'buys nothing with 64 %; if they buy, 40.00 to 310.00 EUR (80 %)']
    """
    money, spread = f" {currency}".rstrip(), ValueRange.of(row)
    expected = f"is worth {row['expected_value']:,.2f}{money}"
    if spread.low is not None and spread.high is not None:
        return [f"{expected} (80 % of such customers: {spread.low:,.2f} to {spread.high:,.2f})"]
    if spread.nothing is None:
        return [expected]
    between = f"{spread.if_buys_low:,.2f} to {spread.if_buys_high:,.2f}{money}"
    return [f"{expected} on average", f"buys nothing with {spread.nothing * 100:.0f} %; if they buy, {between} (80 %)"]
