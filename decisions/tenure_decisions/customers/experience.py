"""Experience: what customers answer, how their tickets fare, what they send back; in a period and the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from tenure_decisions.customers.service import RESOLVED, median_wait, pair_tickets
from tenure_decisions.inputs import ONE_DAY, Bools, Floats, Ints, moment, orders_before, require
from tenure_decisions.resampling import Resampler, divide, interval
from tenure_features.errors import UsageError

EXPERIENCE_KPIS: Mapping[str, tuple[str, bool]] = {
    "nps": ("points, -100 to 100", True),
    "promoters": ("% of answers", True),
    "detractors": ("% of answers", False),
    "ces": ("1 to 7", True),
    "csat": ("1 to 5", True),
    "review": ("1 to 5", True),
    "tickets_resolved": ("% of tickets", True),
    "days_to_resolve": ("days", False),
    "return_rate": ("% of money", False),
}
"""Unit of every KPI, and whether more of it is better."""
_SHOP, _EVERYBODY = "shop", "all"
"""The grouping of one group, and its name."""
_FEWEST = 20
"""Customers a figure rests on at least, or it has no interval and its movement is not judged."""
_CERTAIN = 0.05
_DAYS = "days_to_resolve"
_COLUMNS = ("grouping", "group", "kpi", "unit", "rows", "customers", "value", "low", "high", "rows_before",
            "before", "change", "change_low", "change_high", "p_value", "p_adjusted", "moved")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Period:
    """Sums of every KPI over one period: parts and wholes by customer, shape (n, K), and the tickets opened in it."""

    part: Floats
    whole: Floats
    rows: Floats
    waited: Floats
    resolved: Bools
    asked: Ints


def measure_experience(
    people: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    orders: pd.DataFrame | None = None,
    feedback: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    period_days: int = 90,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the KPIs of experience of a shop and its groups in the last period, and how they moved.

    Parameters
    ----------
    people
        ``customer_id``, and a column for every grouping; everybody who counts. Missing is no group.
    as_of
        Only rows strictly before it are read. The period is the ``period_days`` before it, the earlier one those
        before these.
    orders
        ``customer_id``, ``ordered_at``, ``revenue``: the return rate is the money of returns over that of orders.
    feedback
        ``customer_id``, ``answered_at``, ``kind``, ``score``: NPS is the share of promoters (9 and 10) less that of
        detractors (0 to 6), times 100; CES, CSAT and reviews are means.
    events
        ``customer_id``, ``occurred_at``, ``event``: of the tickets opened in a period the share resolved by its end,
        and the median days until then (Kaplan and Meier's: open ones have waited so long at least).
    period_days
        Days of a period.
    level
        Of the intervals: percentiles of a bootstrap over customers.
    seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        One row per grouping, group and KPI of `EXPERIENCE_KPIS` with any row behind it: ``grouping``, ``group``,
        ``kpi``, ``unit``, ``rows`` (answers, tickets or orders) and ``customers`` behind ``value`` with ``low`` and
        ``high``; ``before`` (the earlier period) with ``rows_before``; ``change`` with its interval, ``p_value``
        (normal, with the bootstrap's error), ``p_adjusted`` (Benjamini and Hochberg over all rows) and ``moved``:
        ``better`` or ``worse`` where it is under .05. Of fewer than 20 customers there is no interval and no change
        is judged.

    Raises
    ------
    UsageError
        The period is not a day at least.
    DataContractError
        A table lacks a column.
    """
    if period_days < 1:
        raise UsageError("A period is one day at least.", found=str(period_days))
    require(people, ("customer_id",), name="people")
    at, ids = moment(as_of), pd.Index(people["customer_id"].astype("str"))
    span = pd.Timedelta(days=period_days)
    tables = _tables(orders, feedback, events, at)
    now, before = (_sum_period(tables, ids, end - span, end) for end in (at, at - span))
    resampler = Resampler(len(ids), seed=seed)
    rows = [
        row
        for grouping, group, who in _groups(people)
        for row in _measure(grouping, group, who, now, before, resampler=resampler, level=level)
    ]
    return _mark(pd.DataFrame(rows, columns=[*_COLUMNS[:-2]]))


def _tables(
    orders: pd.DataFrame | None, feedback: pd.DataFrame | None, events: pd.DataFrame | None, at: pd.Timestamp
) -> dict[str, pd.DataFrame]:
    tables = {}
    if orders is not None:
        bought = orders_before(orders, at)
        if not bought["is_order"].all():
            tables["orders"] = bought.assign(at=bought["ordered_at"])
    if feedback is not None:
        require(feedback, ("customer_id", "answered_at", "kind", "score"), name="feedback")
        answered = feedback[feedback["answered_at"] < at]
        tables["feedback"] = answered.assign(at=answered["answered_at"], kind=answered["kind"].str.lower())
    if events is not None and (events["event"].str.lower() == RESOLVED).any():
        tickets = pair_tickets(events, as_of=at)
        tables["tickets"] = tickets.assign(at=tickets["opened_at"])
    return tables


def _sum_period(tables: Mapping[str, pd.DataFrame], ids: pd.Index, start: pd.Timestamp, end: pd.Timestamp) -> _Period:
    inside = {}
    for name, table in tables.items():
        rows = table[(table["at"] >= start) & (table["at"] < end)]
        rows = rows.assign(who=ids.get_indexer(pd.Index(rows["customer_id"].astype("str"))))
        inside[name] = rows[rows["who"] >= 0]
    part, whole, number = (np.zeros((len(ids), len(EXPERIENCE_KPIS))) for _ in range(3))
    place = {name: column for column, name in enumerate(EXPERIENCE_KPIS)}
    entries = [
        *(_answers(inside["feedback"]) if "feedback" in inside else ()),
        *(_returns(inside["orders"]) if "orders" in inside else ()),
        *(_resolutions(inside["tickets"], end) if "tickets" in inside else ()),
    ]
    for entry in entries:
        for sums, values in ((part, entry.part), (whole, entry.whole), (number, entry.rows)):
            np.add.at(sums[:, place[entry.kpi]], entry.who, values)
    tickets = inside.get("tickets", pd.DataFrame({"who": [], "opened_at": [], "resolved_at": []}, dtype="int64"))
    ended = (tickets["resolved_at"] < end).to_numpy(bool) if len(tickets) else np.zeros(0, dtype=bool)
    until = tickets["resolved_at"].where(ended, end)
    waited = [(last - first) / ONE_DAY for first, last in zip(tickets["opened_at"], until, strict=True)]
    return _Period(
        part=part,
        whole=whole,
        rows=number,
        waited=np.array(waited, dtype=np.float64),
        resolved=ended,
        asked=tickets["who"].to_numpy(np.int64),
    )


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """Rows of one KPI: who, and what each adds to the part, to the whole and to the number of rows; shape (r,)."""

    kpi: str
    who: Ints
    part: Floats
    whole: Floats
    rows: Floats


def _answers(table: pd.DataFrame) -> Iterable[_Entry]:
    for kind, answers in table.groupby("kind"):
        score, who = answers["score"].to_numpy(np.float64), answers["who"].to_numpy(np.int64)
        ones = np.ones(len(score))
        liked, hated = 100.0 * (score >= 9), 100.0 * (score <= 6)
        parts = {"nps": liked - hated, "promoters": liked, "detractors": hated} if kind == "nps" else {kind: score}
        for name, part in parts.items():
            if name in EXPERIENCE_KPIS:
                yield _Entry(kpi=str(name), who=who, part=np.asarray(part, dtype=np.float64), whole=ones, rows=ones)


def _returns(table: pd.DataFrame) -> Iterable[_Entry]:
    sold, money = table["is_order"].to_numpy(bool), table["revenue"].to_numpy(np.float64)
    back, paid = np.where(sold, 0.0, np.abs(money)), np.where(sold, money, 0.0)
    yield _Entry(kpi="return_rate", who=table["who"].to_numpy(np.int64), part=100.0 * back, whole=paid, rows=1.0 * sold)


def _resolutions(table: pd.DataFrame, end: pd.Timestamp) -> Iterable[_Entry]:
    who, ones = table["who"].to_numpy(np.int64), np.ones(len(table))
    ended = np.asarray(100.0 * (table["resolved_at"] < end), dtype=np.float64)
    yield _Entry(kpi="tickets_resolved", who=who, part=ended, whole=ones, rows=ones)
    yield _Entry(kpi=_DAYS, who=who, part=0.0 * ones, whole=ones, rows=ones)  # the days themselves are no sum


def _groups(people: pd.DataFrame) -> Iterable[tuple[str, str, Ints]]:
    yield _SHOP, _EVERYBODY, np.arange(len(people))
    for grouping in (str(name) for name in people if name != "customer_id"):
        groups = people[grouping].astype("object")
        for group in sorted(groups.dropna().unique(), key=str):
            yield grouping, str(group), np.flatnonzero(groups == group)


def _measure(
    grouping: str,
    group: str,
    who: Ints,
    now: _Period,
    before: _Period,
    *,
    resampler: Resampler,
    level: float,
) -> Iterable[tuple[object, ...]]:
    """Yield the KPIs of one group, without what compares them with others."""
    draws = [_draw(period, who, resampler) for period in (now, before)]
    for column, (name, (unit, _)) in enumerate(EXPERIENCE_KPIS.items()):
        counts = [int(period.rows[who, column].sum()) for period in (now, before)]
        people = [int((period.whole[who, column] > 0).sum()) for period in (now, before)]
        value, past = (drawn[:, column] for drawn in draws)
        if not np.isfinite(value[0]):
            continue
        ends = interval(value[1:], level) if people[0] >= _FEWEST else (np.nan, np.nan)
        change = value - past
        moved, p = (np.nan, np.nan), np.nan
        if min(people) >= _FEWEST and np.isfinite(change[0]):
            moved = interval(change[1:], level)
            error = float(np.nanstd(change[1:])) if np.isfinite(change[1:]).any() else 0.0
            p = 2 * float(stats.norm.sf(abs(change[0]) / error)) if error > 0 else np.nan
        yield (grouping, group, name, unit, counts[0], people[0], value[0], *ends, counts[1], past[0], change[0],
               *moved, p)  # fmt: skip


def _draw(period: _Period, who: Ints, resampler: Resampler) -> Floats:
    """Return every KPI of some customers, then those of each draw, shape (1 + draws, K)."""
    sums = [resampler.draw(resampler.sums(values[who], who)) for values in (period.part, period.whole)]
    drawn = divide(*sums)
    mine = np.isin(period.asked, who)
    if mine.any():
        weights = np.vstack([np.ones(mine.sum()), resampler.weights[:, resampler.group[period.asked[mine]]]])
        drawn[:, list(EXPERIENCE_KPIS).index(_DAYS)] = median_wait(period.waited[mine], period.resolved[mine], weights)
    else:
        drawn[:, list(EXPERIENCE_KPIS).index(_DAYS)] = np.nan
    return drawn


def _mark(table: pd.DataFrame) -> pd.DataFrame:
    """Adjust the p-values over all rows, and say what moved for certain, and whether for the better."""
    tested = table["p_value"].notna()
    adjusted = pd.Series(np.nan, index=table.index)
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(table.loc[tested, "p_value"].to_numpy(np.float64))
    better = table["kpi"].map({name: up for name, (_, up) in EXPERIENCE_KPIS.items()}) == (table["change"] > 0)
    moved = np.where(adjusted < _CERTAIN, np.where(better, "better", "worse"), "")
    return table.assign(p_adjusted=adjusted, moved=moved)[[*_COLUMNS]]
