"""Divisions and slopes that are missing, not infinite, where they are not defined."""

from __future__ import annotations

import ibis.expr.types as ir


def ratio(numerator: ir.Value, denominator: ir.Value) -> ir.Value:
    """Divide; missing where the denominator is zero.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> evaluate(ratio(ibis.literal(3), ibis.literal(2))), evaluate(ratio(ibis.literal(3), ibis.literal(0)))
    (1.5, None)
    """
    return numerator.cast("float64") / denominator.cast("float64").nullif(0.0)


def slope(total: ir.Value, weighted: ir.Value, count: ir.Value) -> ir.Value:
    """Least-squares slope of values on their positions 1, 2, ..., n, from two sums; missing for n < 2.

    With positions 1..n the normal equations reduce to ``(12 sum(i y) - 6 (n + 1) sum(y)) / (n (n^2 - 1))``, so no
    engine needs a regression function.

    Parameters
    ----------
    total
        ``sum(y)``.
    weighted
        ``sum(i y)``.
    count
        ``n``.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> evaluate(slope(ibis.literal(21), ibis.literal(5 + 14 + 27), ibis.literal(3)))  # y = 5, 7, 9
    2.0
    """
    n = count.cast("float64")
    return ratio(weighted * 12.0 - total * (n + 1.0) * 6.0, n * (n * n - 1.0))
