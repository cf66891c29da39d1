"""Growth: C x CLV / CAC = G for the shop, per channel and per month, and what one more point of a lever would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tenure_decisions.economics.channels import ALL, ChannelGroup, estimate, names_of
from tenure_decisions.economics.clv import lifetime_value
from tenure_decisions.economics.costs import sum_spend
from tenure_decisions.economics.scored_clv import mean_scored_clv
from tenure_decisions.economics.study import Study
from tenure_decisions.inputs import MONTH_DAYS, Floats, Ints
from tenure_decisions.resampling import divide
from tenure_features.errors import UsageError

GROWTH_FORMULAS: Mapping[str, str] = {
    "g_before": "C x clv_before_cac / CAC: CLV before the cost of acquisition, so that CAC is counted once. "
    "Customers pay for themselves where it exceeds C",
    "g_net": "C x clv_net / CAC with clv_net = clv_before_cac - CAC, the convention of the CVO literature: it "
    "equals g_before - C, and customers pay for themselves where it exceeds 0. Not to be held against the 3:1 rule",
}
"""The two conventions of G; C is the number of new customers, all money is over the same customers."""

CLV_SOURCES: Mapping[bool, str] = {
    True: "CLV is that of the scores: what customers have brought and what is to come, the mean of the customers",
    False: "CLV is not known without scores that carry it: the value until the age stated stands in its place",
}
"""Where CLV comes from, by whether the scores carry it."""

LEVERS: Mapping[str, str] = {
    "retention": "one more point of customers active in each month of age after the first, worth what an active "
    "customer of that month brings",
    "order value": "every order is worth 1 % more, at the same margin rate",
    "frequency": "1 % more orders after the first",
    "cac": "a new customer costs 1 % less",
}


@dataclass(frozen=True, kw_only=True)
class Growth:
    """G in both conventions, see `GROWTH_FORMULAS`.

    Attributes
    ----------
    channels
        One row per channel and ``all``: ``customers`` (C), ``value_before_cac`` (predicted at ``days``), ``cac``,
        ``value_net``, where the scores carry them ``contribution_to_date``, ``clv_to_come``, ``clv_before_cac`` and
        ``clv_net`` (money per customer), ``g_before`` and ``g_net`` (customers), with intervals.
    months
        The same per calendar month of acquisition; ``complete`` where the whole month lies in the window.
    what_if
        One row per channel and lever, see `LEVERS`: what changes per customer, in all, and in G.
    days
        Age at which value is stated.
    scored
        Whether CLV is that of the scores, see `CLV_SOURCES`.
    measure, level, notes
        What value means, the level of the intervals, what a reader must know.
    """

    channels: pd.DataFrame
    months: pd.DataFrame
    what_if: pd.DataFrame
    days: int
    scored: bool
    measure: str
    level: float
    notes: tuple[str, ...]


def growth(study: Study, *, days: int | None = None, rule: str = "first_touch") -> Growth:
    """Compute G = C x CLV / CAC in both conventions, and what one more point of each lever would do.

    Parameters
    ----------
    study
        From `tenure_decisions.economics.study.open_study`.
    days
        Age at which value is stated, one of the study's horizons; default the longest.
    rule
        How credit is given, on both sides of every ratio.

    Raises
    ------
    UsageError
        When the age is not a horizon of the study.
    """
    age = study.horizons[-1] if days is None else days
    if age not in study.horizons:
        raise UsageError(f"Value is not stated at {age} days.", found=f"horizons {list(study.horizons)}")
    groups = [ChannelGroup(study, rule, name) for name in names_of(study, rule)]
    position = study.horizons.index(age)
    rows, levers = [], []
    for group in groups:
        before, count = group.clv.predicted[:, position], group.clv.customers
        cac = group.cac(customers=count)
        clv = mean_scored_clv(study, group.who, cac=cac)
        rows.append({"channel": group.name, **_row(len(group.who), count, before, cac, clv=clv, level=study.level)})
        levers += [{"channel": group.name, **row} for row in _what_if(group, age, before, cac)]
    return Growth(
        channels=pd.DataFrame(rows),
        months=pd.DataFrame(list(_months(study, age))),
        what_if=pd.DataFrame(levers),
        days=age,
        scored=any("clv_net" in row for row in rows),
        measure=study.ledger.definition,
        level=study.level,
        notes=study.notes,
    )


def _row(
    customers: int, count: Floats, before: Floats, cac: Floats, *, clv: Mapping[str, Floats], level: float
) -> dict[str, Any]:
    worth = clv.get("clv_before_cac", before)
    columns = {"value_before_cac": before, "cac": cac, "value_net": before - cac, **clv}
    columns |= {"g_before": _g(count, worth, cac), "g_net": _g(count, worth - cac, cac)}
    named = {key: cell for name, draws in columns.items() for key, cell in estimate(name, draws, level).items()}
    return {"customers": customers, **named}


def _g(count: Floats, clv: Floats, cac: Floats) -> Floats:
    """Return C x CLV / CAC; not defined where customers cost nothing."""
    return divide(count * clv, cac)


def _months(study: Study, days: int) -> Iterator[dict[str, Any]]:
    month = study.acquired["first_order_at"].dt.to_period("M")
    costs = study.costs
    names = [] if costs.spend is None else sorted({*costs.spend["channel"], *costs.other["channel"]})
    for period in sorted(month.unique()):
        who: Ints = np.flatnonzero((month == period).to_numpy())
        value = lifetime_value(
            study.ages, who, horizons=(days,), resampler=study.resampler, shop=study.shop, scored=study.scored
        )
        since = max(period.start_time, study.since)
        until = min((period + 1).start_time, study.as_of)
        media = sum_spend(costs.spend, names, since=since, until=until).sum(min_count=1)
        other = float(sum_spend(costs.other, names, since=since, until=until).sum())
        money = np.full(len(value.customers), media * (1 + costs.overhead_rate) + other)
        cac = divide(money, value.customers)
        yield {
            "month": str(period),
            "complete": bool(since == period.start_time and until == (period + 1).start_time),
            "spend": float(media),
            **_row(
                len(who),
                value.customers,
                value.predicted[:, 0],
                cac,
                clv=mean_scored_clv(study, who, cac=cac),
                level=study.level,
            ),
        }


def _what_if(group: ChannelGroup, days: int, before: Floats, cac: Floats) -> Iterator[dict[str, Any]]:
    """Change one lever by a point at a time; everything else stays as it is."""
    study, count = group.study, group.clv.customers
    retained, first = _parts(group, days)
    changed = {
        "retention": (before + retained, cac),
        "order value": (before * 1.01, cac),
        "frequency": (before + 0.01 * (before - first), cac),
        "cac": (before, cac * 0.99),
    }
    for lever, (clv, cost) in changed.items():
        net = (clv - np.nan_to_num(cost)) - (before - np.nan_to_num(cac))
        yield {
            "lever": lever,
            "change": "+1 point" if lever == "retention" else "-1 %" if lever == "cac" else "+1 %",
            **estimate(
                "gain_per_customer", net if lever != "cac" else np.where(np.isnan(cac), np.nan, net), study.level
            ),
            **estimate(
                "gain", count * net if lever != "cac" else divide(count * net, ~np.isnan(cac) * 1.0), study.level
            ),
            **estimate("g_before_gain", _g(count, clv, cost) - _g(count, before, cac), study.level),
            **estimate("g_net_gain", _g(count, clv - cost, cost) - _g(count, before - cac, cac), study.level),
        }


def _parts(group: ChannelGroup, days: int) -> tuple[Floats, Floats]:
    """Return what a point of retention is worth per customer until an age, and the value of a first order."""
    study, who = group.study, group.who
    ages, draw, sums = study.ages, study.resampler.draw, study.resampler.sums
    width = ages.position(days)
    closed = ages.closed[who][:, :width]
    value = draw(sums(ages.value[who][:, :width] * closed, who))
    active = draw(sums(1.0 * (ages.active[who][:, :width] & closed), who))
    orders = draw(sums(ages.orders[who][:, :1] * closed[:, :1], who))[:, 0]
    months = np.diff(ages.edges[: width + 1]) / MONTH_DAYS
    # value / active is what one active customer of the interval brings; nobody active there: worth nothing known
    each = np.nan_to_num(divide(value, active)) * months
    return 0.01 * each[:, ages.edges[:width] >= MONTH_DAYS].sum(axis=1), divide(value[:, 0], orders)


__all__ = ["ALL", "CLV_SOURCES", "GROWTH_FORMULAS", "LEVERS", "Growth", "growth"]
