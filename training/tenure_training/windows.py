"""Which closed windows a model learns from, and which it is judged on: rules over history and horizon, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

LONGEST_WAIT_DAYS = 45
"""History wanted before the first training origin; a third of the history where there is less."""

SHORTEST_WINDOW_DAYS = 14
"""A shorter window holds a weekday pattern rather than a customer's behaviour."""

YEAR_DAYS = 365

HISTORY_WINDOWS = 1.5
"""Windows of history wanted before an origin of the backtest."""


@dataclass(frozen=True, order=True)
class Window:
    """A label window ``[origin, origin + days)``.

    Examples
    --------
    >>> window = Window(pd.Timestamp("2011-03-01"), 31)
    >>> window.closes, window.is_closed_by(pd.Timestamp("2011-04-01")), window.is_closed_by(pd.Timestamp("2011-03-31"))
    (Timestamp('2011-04-01 00:00:00'), True, False)
    """

    origin: pd.Timestamp
    days: int

    @property
    def closes(self) -> pd.Timestamp:
        """The first moment after the window."""
        return self.origin + pd.Timedelta(days=self.days)

    def is_closed_by(self, as_of: pd.Timestamp) -> bool:
        """Whether everything in the window had happened before ``as_of``."""
        return self.closes <= as_of


def training_windows(
    first_order: pd.Timestamp, as_of: pd.Timestamp, *, horizon_days: int, each: int = 4
) -> list[Window]:
    """Choose the closed windows a model fitted at ``as_of`` learns from.

    Lengths are the two longest of the whole, a half and a quarter of the horizon that have closed: what is shorter than
    that teaches habits of another length. Of each length the latest `each` windows are taken, half a window apart (at
    least two weeks): neighbouring windows of one length overlap by half, and short windows lie inside long ones. Two
    lengths make one odd season weigh less and let models learn how the window's length matters. The horizon's window
    of a year ago joins where the history goes back so far: it saw the same season. Where no full horizon has closed,
    windows of a third and of two fifths of the history join.

    Parameters
    ----------
    first_order
        Start of the history.
    as_of
        Every window closes by then.
    horizon_days
        Length of the window that predictions are for.
    each
        Windows per length.

    Returns
    -------
    list
        Distinct windows, longest first, latest first; empty where the history is too short for any.

    Examples
    --------
    >>> windows = training_windows(pd.Timestamp("2020-01-01"), pd.Timestamp("2020-12-31"), horizon_days=120, each=2)
    >>> [(str(window.origin.date()), window.days) for window in windows]
    [('2020-09-02', 120), ('2020-07-04', 120), ('2020-11-01', 60), ('2020-10-02', 60)]
    """
    history = (as_of - first_order).days
    wait = min(LONGEST_WAIT_DAYS, history // 3)
    lengths = [days for days in (horizon_days, horizon_days // 2, horizon_days // 4) if days >= SHORTEST_WINDOW_DAYS]
    by_length = [_space_out(history, as_of, days, wait, each) for days in lengths or [horizon_days]]
    windows = [window for windows in [spaced for spaced in by_length if spaced][:2] for window in windows]
    if any(window.days == horizon_days for window in windows):
        windows += _a_year_ago(history, as_of, horizon_days, wait)
    else:
        carried = (history // 3, 2 * history // 5)
        windows += [
            Window(as_of - pd.Timedelta(days=days), days) for days in carried if days >= SHORTEST_WINDOW_DAYS // 2
        ]
    return list(dict.fromkeys(windows))


def _space_out(history: int, as_of: pd.Timestamp, days: int, wait: int, each: int) -> list[Window]:
    step = max(days // 2, SHORTEST_WINDOW_DAYS)
    back = (days + number * step for number in range(each))
    return [Window(as_of - pd.Timedelta(days=ago), days) for ago in back if history - ago >= max(wait, days // 2)]


def _a_year_ago(history: int, as_of: pd.Timestamp, days: int, wait: int) -> list[Window]:
    window = Window(as_of - pd.Timedelta(days=YEAR_DAYS), days)
    return [window] if window.is_closed_by(as_of) and history - YEAR_DAYS >= max(wait, days // 2) else []


def backtest_windows(
    first_order: pd.Timestamp, as_of: pd.Timestamp, *, horizon_days: int, most: int = 3
) -> list[Window]:
    """Choose the closed windows candidates are judged on, latest first.

    Origins are one window apart, so no two windows share a day, and each has at least one and a half windows of history
    before it: with less, every candidate is judged on customers it hardly knows. Windows are as long as the horizon
    where two such have closed; otherwise a quarter of the history, which leaves room for two.

    Returns
    -------
    list
        At most `most` windows, all of one length; empty where the history is under four weeks.

    Examples
    --------
    >>> first, as_of = pd.Timestamp("1997-01-01"), pd.Timestamp("1997-10-01")
    >>> [(str(window.origin.date()), window.days) for window in backtest_windows(first, as_of, horizon_days=60)]
    [('1997-08-02', 60), ('1997-06-03', 60), ('1997-04-04', 60)]
    >>> [(str(window.origin.date()), window.days) for window in backtest_windows(first, as_of, horizon_days=273)]
    [('1997-07-25', 68), ('1997-05-18', 68)]
    """
    history = (as_of - first_order).days
    days = horizon_days if history >= HISTORY_WINDOWS * horizon_days + 2 * horizon_days else history // 4
    days = min(days, horizon_days)
    if days < SHORTEST_WINDOW_DAYS // 2:
        return []
    count = min(most, int(history / days - HISTORY_WINDOWS))
    return [Window(as_of - pd.Timedelta(days=days * (number + 1)), days) for number in range(count)]


def yearly_windows(
    first_order: pd.Timestamp, as_of: pd.Timestamp, *, horizon_days: int, years: int = 2
) -> list[Window]:
    """Choose the windows of the same season one and two years before the window to predict.

    With these beside the latest windows, a model that looks at the calendar has seen the coming season before.

    Returns
    -------
    list
        Those that have closed and have `LONGEST_WAIT_DAYS` of history before them, latest first.

    Examples
    --------
    >>> found = yearly_windows(pd.Timestamp("2021-01-01"), pd.Timestamp("2023-06-01"), horizon_days=90)
    >>> [str(window.origin.date()) for window in found]
    ['2022-06-01', '2021-06-01']
    """
    same_season = [
        Window((as_of - pd.Timedelta(days=round(365.25 * back))).floor("D"), horizon_days)
        for back in range(1, years + 1)
    ]
    least = first_order + pd.Timedelta(days=LONGEST_WAIT_DAYS)
    return [window for window in same_season if window.is_closed_by(as_of) and window.origin >= least]
