"""Attachment: which e-mail campaigns brought customers who order again, and which brought one-timers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tenure_decisions.customers.strata import cochran_mantel_haenszel, mantel_haenszel, share_interval
from tenure_decisions.inputs import Ints, moment, orders_before, require
from tenure_features.errors import DataContractError, UsageError

_TOUCHES = ("email_open", "email_click")
_FEWEST = 20
"""New customers of a campaign whose window has closed at least, or nothing is judged."""
_FALSE_DISCOVERIES = 0.05
REPEAT, ONE_TIMERS, TOO_FEW = "repeat customers", "one-timers", "too few"


def bringing_campaigns(
    orders: pd.DataFrame, events: pd.DataFrame, *, as_of: str | pd.Timestamp, within_days: int = 30
) -> pd.DataFrame:
    """Find the e-mail campaign behind each first order: that of the last click before it, else of the last opening.

    Parameters
    ----------
    orders
        ``customer_id``, ``ordered_at``, ``revenue``.
    events
        ``customer_id``, ``occurred_at``, ``event`` and ``campaign``.
    as_of
        Only rows strictly before it are read.
    within_days
        How long before the first order a click or an opening counts.

    Returns
    -------
    DataFrame
        ``customer_id``, ``first_order_at`` and ``campaign`` (missing where no e-mail did), sorted.

    Raises
    ------
    DataContractError
        A column is missing, or nobody has ordered.
    """
    require(events, ("customer_id", "occurred_at", "event", "campaign"), name="events")
    bought = orders_before(orders, moment(as_of))
    firsts = bought[bought["is_order"]].drop_duplicates("customer_id").sort_values("customer_id", ignore_index=True)
    acquired = pd.DataFrame(
        {"customer_id": firsts["customer_id"].astype("str"), "first_order_at": firsts["ordered_at"]}
    )
    touches = events.assign(customer_id=events["customer_id"].astype("str"), event=events["event"].str.lower())
    touches = touches[touches["event"].isin(_TOUCHES)].dropna(subset="campaign").merge(acquired, on="customer_id")
    age = touches["first_order_at"] - touches["occurred_at"]
    touches = touches[(age >= pd.Timedelta(0)) & (age <= pd.Timedelta(days=within_days))]
    clicked = touches["event"] == "email_click"
    last = touches.assign(clicked=clicked).sort_values(["clicked", "occurred_at", "campaign"])
    campaign = last.drop_duplicates("customer_id", keep="last").set_index("customer_id")["campaign"].astype("str")
    return acquired.assign(campaign=acquired["customer_id"].map(campaign))


def attach(
    acquired: pd.DataFrame, orders: pd.DataFrame, *, as_of: str | pd.Timestamp, window_days: int = 90
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count who of a campaign's new customers ordered again, beside the other new customers of the same months.

    Parameters
    ----------
    acquired
        ``customer_id``, ``first_order_at``, ``campaign``; see `bringing_campaigns`.
    orders
        ``customer_id``, ``ordered_at``, ``revenue``; rows strictly before ``as_of``.
    as_of
        Customers count whose window after the first order has closed by then.
    window_days
        Days after the first order in which a second one makes a repeat customer.

    Returns
    -------
    campaigns, cohorts : DataFrame
        ``campaigns``, one row each: ``customers`` whose window has closed, ``open`` (the others), ``repeat`` of the
        former, their ``share`` with Wilson's 95 % interval, ``others_share`` (what the other new customers of the same
        months would give, weighted to these months), ``lift`` (Mantel and Haenszel's ratio over months of the first
        order) with its interval, ``revenue_per_customer`` (net, first order and window), ``p_value`` (Cochran, Mantel
        and Haenszel), ``p_adjusted`` (Benjamini and Hochberg's over campaigns) and ``verdict``: ``repeat customers``
        or ``one-timers`` where it is under .05, ``too few`` under 20 customers. ``cohorts``: ``campaign``, ``cohort``
        (month of the first order), ``customers``, ``repeat`` and ``share`` with its interval.

    Raises
    ------
    UsageError
        The window is not a day at least.
    DataContractError
        No campaign brought anybody, or a column is missing.
    """
    if window_days < 1:
        raise UsageError("A window is one day at least.", found=str(window_days))
    require(acquired, ("customer_id", "first_order_at", "campaign"), name="acquired")
    if acquired["campaign"].isna().all():
        raise DataContractError("No e-mail campaign came before a first order.", found=f"{len(acquired):,} customers")
    at = moment(as_of)
    people = _outcomes(acquired, orders_before(orders, at), at, window_days)
    closed = people[people["closed"]]
    waiting = people[~people["closed"]].groupby("campaign").size()
    names = sorted(people["campaign"].dropna().unique())
    rows = [_judge(closed, name, int(waiting.get(name, 0))) for name in names]
    campaigns = _add_verdicts(pd.DataFrame(rows))
    cells = closed.dropna(subset="campaign").groupby(["campaign", "cohort"], as_index=False)
    cohorts = cells.agg(customers=("repeat", "size"), repeat=("repeat", "sum"))
    return campaigns, _with_share(cohorts)


def _outcomes(acquired: pd.DataFrame, bought: pd.DataFrame, at: pd.Timestamp, days: int) -> pd.DataFrame:
    """Add the cohort, whether the window has closed, whether a second order came in it, and the money until its end."""
    window = pd.Timedelta(days=days)
    first = acquired.set_index("customer_id")["first_order_at"]
    start = bought["customer_id"].astype("str").map(first)
    inside = bought[(bought["ordered_at"] >= start) & (bought["ordered_at"] < start + window)]
    by_id = inside.groupby(inside["customer_id"].astype("str")).agg(n=("is_order", "sum"), revenue=("revenue", "sum"))
    mine = by_id.reindex(acquired["customer_id"])
    return acquired.assign(
        cohort=acquired["first_order_at"].dt.strftime("%Y-%m"),
        closed=acquired["first_order_at"] + window <= at,
        repeat=(mine["n"] >= 2).to_numpy(),
        revenue=mine["revenue"].fillna(0.0).to_numpy(),
    )


def _judge(closed: pd.DataFrame, name: str, waiting: int) -> dict[str, object]:
    ours = closed["campaign"] == name
    mine, others = closed[ours], closed[~ours]
    row: dict[str, object] = {
        "campaign": name,
        "customers": len(mine),
        "open": waiting,
        "repeat": int(mine["repeat"].sum()),
        "revenue_per_customer": float(mine["revenue"].mean()) if len(mine) else np.nan,
    }
    strata = sorted({*mine["cohort"]} & {*others["cohort"]})
    blank = dict.fromkeys(("others_share", "lift", "lift_low", "lift_high", "p_value"), np.nan)
    if len(mine) < _FEWEST or not strata:
        return row | blank
    x, n = _count(mine, strata)
    y, m = _count(others, strata)
    parts = (part.astype(np.float64) for part in (x, n, y, m))
    x_all, n_all, y_all, m_all = parts
    lift, low, high = mantel_haenszel(x_all, n_all, y_all, m_all, level=0.95)
    return row | {
        "others_share": float((n_all * y_all / m_all).sum() / n_all.sum()),
        "lift": lift, "lift_low": low, "lift_high": high,
        "p_value": cochran_mantel_haenszel(x_all, n_all, y_all, m_all),
    }  # fmt: skip


def _count(people: pd.DataFrame, strata: list[str]) -> tuple[Ints, Ints]:
    sums = people.groupby("cohort")["repeat"].agg(["sum", "size"]).reindex(strata, fill_value=0)
    return sums["sum"].to_numpy(np.int64), sums["size"].to_numpy(np.int64)


def _with_share(table: pd.DataFrame) -> pd.DataFrame:
    hits, number = (table[name].to_numpy(np.float64) for name in ("repeat", "customers"))
    low, high = share_interval(hits, number)
    return table.assign(share=hits / np.where(number > 0, number, np.nan), share_low=low, share_high=high)


def _add_verdicts(table: pd.DataFrame) -> pd.DataFrame:
    tested = table["p_value"].notna()
    adjusted = pd.Series(np.nan, index=table.index)
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(table.loc[tested, "p_value"].to_numpy(np.float64))
    kinds = np.where(table["lift"] > 1, REPEAT, ONE_TIMERS)
    verdict = np.where(adjusted < _FALSE_DISCOVERIES, kinds, np.where(tested, "", TOO_FEW))
    return _with_share(table).assign(p_adjusted=adjusted, verdict=verdict)
