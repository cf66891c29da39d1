"""Days cut off from all others by a long silence, and with few rows, are typing errors (2041 for 2014)."""

from __future__ import annotations

import pandas as pd

FUTURE_GAP_DAYS, PAST_GAP_DAYS, STRAY_SHARE = 365, 1825, 0.01
"""A silence so long before the last and after the first rows, and so small a share of all, make them strays."""


def main_period(days: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Find the first day that is no stray, and the day after the last; None where there is no row.

    Parameters
    ----------
    days
        ``day`` and the number of its ``rows``; a day may come several times.

    Examples
    --------
    >>> days = pd.DataFrame({"day": ["2014-05-01", "2014-05-02", "2041-05-01"], "rows": [300, 200, 1]})
    >>> [str(day.date()) for day in main_period(days)]
    ['2014-05-01', '2014-05-03']
    """
    rows = days["rows"].groupby(pd.to_datetime(days["day"]).to_numpy()).sum().sort_index()
    if rows.empty:
        return None
    when = pd.DatetimeIndex(rows.index)
    gaps = (when[1:] - when[:-1]).days
    total = rows.sum()
    first, last = when[0], when[-1] + pd.Timedelta(days=1)
    before, after = rows.cumsum().to_numpy(), total - rows.cumsum().to_numpy()
    for i, gap in enumerate(gaps):
        if gap > PAST_GAP_DAYS and before[i] < STRAY_SHARE * total:
            first = when[i + 1]
        if gap > FUTURE_GAP_DAYS and after[i] < STRAY_SHARE * total:
            last = when[i] + pd.Timedelta(days=1)
            break
    return first, last
