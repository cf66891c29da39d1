"""Channels: what customers of each acquisition channel cost, bring, and when they have paid back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tenure_decisions.economics.acquisition import ATTRIBUTION_RULES, NOT_THEIRS, UNATTRIBUTED
from tenure_decisions.economics.ages import LEAST, mean_cumulative
from tenure_decisions.economics.clv import Clv, lifetime_value
from tenure_decisions.economics.costs import sum_spend
from tenure_decisions.economics.payback import Payback, payback
from tenure_decisions.economics.response import Response, fit_response
from tenure_decisions.economics.scored_clv import CLV_PARTS, mean_scored_clv
from tenure_decisions.economics.study import RETENTION_DAYS, Study
from tenure_decisions.economics.weeks import count_weeks
from tenure_decisions.inputs import ONE_DAY, Floats, Ints, Numbers
from tenure_decisions.resampling import divide, interval

ALL = "all"
ENGAGEMENT_DAYS = 30
LEAST_WEEKS = 13
"""Weeks of spend from which a response curve, and with it a marginal cost, is fitted at all."""


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The economics of acquisition channels; columns are defined in `tenure_decisions.glossary`.

    Attributes
    ----------
    table
        One row per rule and channel.
    clv
        One row per rule, channel and horizon.
    measure
        What value means, in words.
    since, as_of
        The window in which customers came and money was spent.
    level
        Of every interval.
    notes
        What a reader must know.
    """

    table: pd.DataFrame
    clv: pd.DataFrame
    measure: str
    since: pd.Timestamp
    as_of: pd.Timestamp
    level: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ChannelGroup:
    """Customers one rule gives to one channel (all of them for `ALL`), and the money spent on it."""

    study: Study
    rule: str
    name: str

    @cached_property
    def who(self) -> Ints:
        """Positions of the customers."""
        if self.name == ALL:
            return np.arange(len(self.study.acquired))
        return np.flatnonzero((self.study.acquired[self.rule] == self.name).to_numpy())

    @cached_property
    def clv(self) -> Clv:
        """Lifetime value at the horizons."""
        study = self.study
        return lifetime_value(
            study.ages, self.who, horizons=study.horizons, resampler=study.resampler, shop=study.shop,
            scored=study.scored,
        )  # fmt: skip

    def money(self, *, until: pd.Timestamp | None = None) -> tuple[float, float]:
        """Return media money and other costs of the window, until a moment; NaN where they cannot be known."""
        study, costs = self.study, self.study.costs
        if costs.spend is None or self.name == UNATTRIBUTED:
            return float("nan"), float("nan")
        names = sorted({*costs.spend["channel"], *costs.other["channel"]}) if self.name == ALL else [self.name]
        limits = {"since": study.since, "until": until or study.as_of}
        media, other = (float(sum_spend(rows, names, **limits).sum()) for rows in (costs.spend, costs.other))
        return media, other + costs.overhead_rate * media

    def cac(self, *, until: pd.Timestamp | None = None, customers: Floats) -> Floats:
        """Return the cost of a customer that ratios use, the estimate and its draws."""
        media, other = self.money(until=until)
        return divide(np.full(len(customers), media + other), customers)

    def share(self, part: Numbers, whole: Numbers) -> Floats:
        """Return a ratio of sums over the customers, the estimate and its draws; both arrays aligned with ``who``."""
        draw, sums = self.study.resampler.draw, self.study.resampler.sums
        table = np.stack([part, whole], axis=1).astype(np.float64)
        both = draw(sums(table, self.who))
        return divide(both[:, 0], both[:, 1])


def estimate(name: str, draws: Floats, level: float) -> dict[str, float]:
    """Return an estimate and its interval as three columns."""
    low, high = interval(draws[1:], level) if np.isfinite(draws[0]) else (np.nan, np.nan)
    return {name: float(draws[0]), f"{name}_low": low, f"{name}_high": high}


def channels(study: Study, *, seed: int = 0) -> Channels:
    """Tell what customers of each channel cost and bring, by first and by last touch.

    Parameters
    ----------
    study
        From `tenure_decisions.economics.study.open_study`.
    seed
        Of the draws behind the marginal cost.

    Returns
    -------
    Channels
        A channel with spend and without customers has a row, whose cost per customer is not defined; a channel with
        customers and without spend has a cost of zero, and no ratio; customers without a channel are a row of their
        own, to which no spend can belong.
    """
    rows: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    notes = list(study.notes)
    for rule in ATTRIBUTION_RULES:
        marginal, whole = _marginal(study, rule, seed), ChannelGroup(study, rule, ALL)
        blended = divide(np.full(len(whole.clv.customers), whole.money()[0]), whole.clv.customers)
        for name in names_of(study, rule):
            group = whole if name == ALL else ChannelGroup(study, rule, name)
            rows.append(_row(group, blended, marginal.get(name)))
            values.extend(_values(group))
        notes += _odd(study, rule)
    return Channels(
        table=pd.DataFrame(rows),
        clv=pd.DataFrame(values),
        measure=study.ledger.definition,
        since=study.since,
        as_of=study.as_of,
        level=study.level,
        notes=tuple(dict.fromkeys(notes)),
    )


def names_of(study: Study, rule: str) -> list[str]:
    """Return the channels with customers or spend, most customers first; unattributed and all come last."""
    counts = study.acquired[rule].value_counts()
    spent_on = [] if study.costs.spend is None else list(study.costs.spend["channel"].unique())
    named = sorted({*counts.index, *spent_on} - {UNATTRIBUTED}, key=lambda name: (-counts.get(name, 0), name))
    return [*named, *([UNATTRIBUTED] if UNATTRIBUTED in counts else []), ALL]


def _row(group: ChannelGroup, blended: Floats, marginal: Floats | None) -> dict[str, Any]:
    level = group.study.level
    count, (media, other) = group.clv.customers, group.money()
    cac = group.cac(customers=count)
    attributed = _count_attributed(group) if group.name == ALL else count
    back = _payback(group, cac)
    return {
        "rule": group.rule,
        "channel": group.name,
        "new_customers": len(group.who),
        "spend": media,
        "other_costs": other,
        **estimate("paid_cac", divide(np.full(len(count), media), attributed), level),
        **estimate("blended_cac", blended, level),
        **estimate("loaded_cac", divide(np.full(len(count), media + other), attributed), level),
        **estimate("cac", cac, level),
        **estimate("marginal_cac", np.full(1, np.nan) if marginal is None else marginal, level),
        "payback": str(back),
        "payback_status": back.status,
        "payback_month": back.month,
        "payback_low": back.low,
        "payback_high": back.high,
        "observed_months": back.observed_months,
        **_mean_clv(group, cac),
        **_behaviour(group),
    }


def _mean_clv(group: ChannelGroup, cac: Floats) -> dict[str, float]:
    """Average the CLV that scores carry; missing where they do not."""
    clv = mean_scored_clv(group.study, group.who, cac=cac)
    nothing = np.full(1, np.nan)
    names = (*CLV_PARTS, "clv_net")
    return {
        key: cell for name in names for key, cell in estimate(name, clv.get(name, nothing), group.study.level).items()
    }


def _count_attributed(group: ChannelGroup) -> Floats:
    """Count the customers of the channels that have spend, the estimate and its draws."""
    study = group.study
    spent_on = set() if study.costs.spend is None else set(study.costs.spend["channel"])
    paid = study.acquired[group.rule].isin(spent_on).to_numpy(np.float64)
    return study.resampler.draw(study.resampler.sums(paid[:, None]))[:, 0]


def _values(group: ChannelGroup) -> Iterator[dict[str, Any]]:
    study, clv = group.study, group.clv
    cac = group.cac(customers=clv.customers)
    for k, days in enumerate(study.horizons):
        until = study.as_of - days * ONE_DAY
        ready = study.ages.age[group.who] >= days
        came = study.resampler.draw(study.resampler.sums(1.0 * ready[:, None], group.who))[:, 0]
        then = group.cac(until=until, customers=came) if until > study.since else np.full(len(cac), np.nan)
        yield {
            "rule": group.rule,
            "channel": group.name,
            "days": days,
            "mature": int(clv.mature[k]),
            **estimate("observed", clv.observed[:, k], study.level),
            **estimate("observed_cac", then, study.level),
            **estimate("observed_net", clv.observed[:, k] - then, study.level),
            **estimate("predicted", clv.predicted[:, k], study.level),
            **estimate("predicted_net", clv.predicted[:, k] - cac, study.level),
            **estimate("ltv_cac", divide(clv.predicted[:, k], cac), study.level),
        }


def _payback(group: ChannelGroup, cac: Floats) -> Payback:
    study, closed = group.study, group.study.ages.closed[group.who]
    draw, sums = study.resampler.draw, study.resampler.sums
    at_risk = draw(sums(1.0 * closed, group.who))
    curve = mean_cumulative(draw(sums(study.ages.value[group.who] * closed, group.who)), at_risk)
    least = min(LEAST, max(1, len(group.who)))
    return payback(curve, study.ages.edges, cac, at_risk=at_risk[0], least=least, level=study.level)


def _behaviour(group: ChannelGroup) -> dict[str, float]:
    """Retention, repeat buying, engagement and predicted churn of the channel's customers."""
    study, who = group.study, group.who
    ages, level = study.ages, study.level
    first, second = (ages.position(days) for days in (RETENTION_DAYS, 2 * RETENTION_DAYS))
    old, older = ages.age[who] >= RETENTION_DAYS, ages.age[who] >= 2 * RETENTION_DAYS
    stayed = ages.active[who][:, first:second].any(axis=1)
    again = ages.orders[who][:, :first].sum(axis=1) >= 2
    shares = {"retention": group.share(stayed & older, older), "repeat": group.share(again & old, old)}
    nothing = np.full(1, np.nan)
    ones = np.ones(len(who))
    shares["engagement"] = nothing if study.events is None else group.share(_did(study)[who], ones)
    shares["churn"] = nothing
    if study.scores is not None and "churn_probability" in study.scores:
        by_id = study.scores.drop_duplicates("customer_id").set_index("customer_id")["churn_probability"]
        leaves = study.acquired["customer_id"].map(by_id).to_numpy(np.float64)[who]
        shares["churn"] = group.share(np.nan_to_num(leaves), np.isfinite(leaves))
    return {key: value for name, draws in shares.items() for key, value in estimate(name, draws, level).items()}


def _did(study: Study) -> Floats:
    """Count what each customer did in the days before ``as_of``."""
    assert study.events is not None  # noqa: S101  # told to the type checker; the caller has looked
    events = study.events
    late = (events["occurred_at"] < study.as_of) & (events["occurred_at"] >= study.as_of - ENGAGEMENT_DAYS * ONE_DAY)
    if "event" in events:
        late &= ~events["event"].isin(NOT_THEIRS)
    counts = events.loc[late, "customer_id"].value_counts()
    return np.asarray(study.acquired["customer_id"].map(counts).fillna(0), dtype=np.float64)


def response_of(study: Study, rule: str, *, seed: int) -> Response | None:
    """Fit the response curves of a study by one rule; None where spend is not known for long enough."""
    if study.costs.spend is None or study.costs.spend.empty:
        return None
    weeks = count_weeks(study.acquired, study.costs.spend, rule=rule, as_of=study.as_of)
    return fit_response(weeks, seed=seed) if weeks.number >= LEAST_WEEKS and weeks.paid.any() else None


def _marginal(study: Study, rule: str, seed: int) -> dict[str, Floats]:
    response = response_of(study, rule, seed=seed)
    if response is None:
        return {}
    return dict(zip(response.channels, (1 / response.slope(response.scale)).T, strict=True))


def _odd(study: Study, rule: str) -> list[str]:
    """Say where customers and money do not meet."""
    if study.costs.spend is None:
        return []
    count, notes = study.acquired[rule].value_counts(), list[str]()
    words = rule.replace("_", " ")
    notes += [
        f"{name} has spend and no customer by {words}: its cost per customer is not defined."
        for name in sorted(study.costs.spend["channel"].unique())
        if count.get(name, 0) == 0
    ]
    if lost := int(count.get(UNATTRIBUTED, 0)):
        notes.append(f"{lost:,} of {len(study.acquired):,} new customers have no channel by {words}.")
    return notes
