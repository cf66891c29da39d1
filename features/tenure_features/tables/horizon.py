"""Which horizon suits a log, and what its history is long enough for."""

from __future__ import annotations

from collections.abc import Mapping

from tenure_features.tables.readiness import Verdict

_HORIZONS = (7, 14, 30, 60, 90, 180, 365)
MIN_REPEAT_CUSTOMERS = 100
MIN_CUSTOMERS = 200


def suggest_horizon(adbt_quantiles: Mapping[int, float], *, history_days: float) -> int:
    """Suggest a horizon in days from how often customers order and how long the log is.

    The shortest of 7, 14, 30, 60, 90, 180, 365 days in which three of four repeat customers would usually order again
    (the 75 % quantile of their average days between orders), so that silence over the horizon means something; but no
    longer than a quarter of the history, which leaves room for features, a closed training window and a test window.

    Examples
    --------
    >>> suggest_horizon({75: 71.0}, history_days=700), suggest_horizon({75: 71.0}, history_days=200)
    (90, 30)
    >>> suggest_horizon({}, history_days=400)
    90
    """
    affordable = [days for days in _HORIZONS if days <= history_days / 4] or [_HORIZONS[0]]
    usual = adbt_quantiles.get(75, 90.0)
    return next((days for days in affordable if days >= usual), affordable[-1])


def verdicts(*, history_days: float, horizon_days: float, customers: int, repeat_customers: int) -> tuple[Verdict, ...]:
    """Say whether the history is long enough for churn, value and a backtest at a horizon."""
    windows = history_days / horizon_days
    return (
        _verdict("churn", windows, 2, "features and one closed window", (customers, MIN_CUSTOMERS, "customers")),
        _verdict(
            "value", windows, 2, "features and one closed window",
            (repeat_customers, MIN_REPEAT_CUSTOMERS, "customers with two orders"),
        ),
        _verdict(
            "backtest", windows, 4, "features, two training windows and a test window",
            (customers, MIN_CUSTOMERS, "customers"),
        ),
    )  # fmt: skip


def _verdict(purpose: str, windows: float, needed: int, what: str, people: tuple[int, int, str]) -> Verdict:
    count, least, who = people
    length = f"{windows:.1f} horizons of history, {needed} needed ({what})"
    crowd = f"{count:,} {who}, {least:,} needed"
    return Verdict(purpose, windows >= needed and count >= least, f"{length}; {crowd}")
