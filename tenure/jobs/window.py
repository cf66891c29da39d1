"""The window a job predicts: what the user asked for, or what the data suggests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tenure.config import MAX_HORIZON_DAYS
from tenure_features.errors import UsageError


@dataclass(frozen=True)
class RunWindow:
    """``[as_of, as_of + horizon_days)``, and what was chosen for the user.

    Attributes
    ----------
    as_of
        The moment of the prediction, UTC-naive.
    horizon_days
        Length in days.
    notes
        One sentence for every default that was taken.
    """

    as_of: dt.datetime
    horizon_days: int
    notes: tuple[str, ...] = ()


def choose_window(
    *,
    as_of: dt.datetime,
    horizon_days: int | None,
    first_order_at: dt.datetime,
    suggested_horizon_days: int,
) -> RunWindow:
    """Take the horizon that was asked for, or fill it in, and refuse a window the data cannot answer.

    Parameters
    ----------
    as_of
        The moment of the shop.
    horizon_days
        What the user asked for; None where nothing was said.
    first_order_at
        Time of the first order in the log.
    suggested_horizon_days
        The readiness report's suggestion.

    Raises
    ------
    UsageError
        When ``as_of`` is not later than the first order, or the horizon is outside 1 to 3650 days.

    Examples
    --------
    >>> import datetime as dt
    >>> first, as_of = dt.datetime(2010, 12, 1), dt.datetime(2011, 9, 10)
    >>> window = choose_window(as_of=as_of, horizon_days=None, first_order_at=first, suggested_horizon_days=60)
    >>> window.horizon_days, window.notes
    (60, ('The horizon is 60 days, as the data suggests; choose another with --horizon.',))
    """
    notes: list[str] = []
    if horizon_days is None:
        horizon_days = suggested_horizon_days
        notes.append(f"The horizon is {horizon_days} days, as the data suggests; choose another with --horizon.")
    if not 1 <= horizon_days <= MAX_HORIZON_DAYS:
        raise UsageError("The horizon must be 1 to 3650 days.", found=f"{horizon_days} days")
    if as_of <= first_order_at:
        raise UsageError(
            "as_of is before the first order, so there is nothing to learn from.",
            found=f"as_of {as_of:%Y-%m-%d %H:%M}, first order {first_order_at:%Y-%m-%d %H:%M}",
            fix="Choose a later --as-of.",
        )
    return RunWindow(as_of, horizon_days, tuple(notes))
