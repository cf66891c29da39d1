"""Was it a fair test? What must hold of a campaign before its effect means anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.effects import compare_arms
from tenure_decisions.campaigns.trial import BEFORE_PREFIX, CampaignTrial
from tenure_features.errors import UsageError

STOP = 0.001
"""A check stops the analysis below this: a fair test is stopped once in a thousand, a broken one nearly always.

Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch in Online Controlled Experiments, use the same order.
"""
MOST_IN_SEVERAL = 0.01
"""Share of customers in several arms from which on they cannot be left out any more."""
_RARE = 20
"""Levels of a trait with fewer customers are taken together: the chi-square distribution is rough below."""


@dataclass(frozen=True, kw_only=True)
class TrialCheck:
    """What a check came to.

    Attributes
    ----------
    name, reading
        Of the check, and what it saw.
    p_value
        How likely that is in a fair test; NaN where nothing is tested.
    limit
        Below which the analysis stops.
    stops
        Whether it does.
    """

    name: str
    reading: str
    p_value: float = math.nan
    limit: float = STOP
    stops: bool = False


def check_trial(
    trial: CampaignTrial, *, shares: Mapping[str, float] | None = None, traits: pd.DataFrame | None = None
) -> list[TrialCheck]:
    """TrialCheck a campaign.

    Parameters
    ----------
    trial
        A campaign; its effects are not looked at.
    shares
        Planned share of every arm; None where nobody knows, and then the ratio can only be compared between groups.
    traits
        ``customer_id`` and columns of text that were known before the assignment, such as the device.

    Raises
    ------
    UsageError
        Shares do not name the arms, or are no shares.
    """
    checks = [_sample_ratio(trial, shares), *_balance(trial, traits), _several(trial), _timing(trial)]
    return [*checks, *_contamination(trial), *_strangers(trial)]


def _make_check(name: str, reading: str, p_value: float, *, limit: float = STOP) -> TrialCheck:
    return TrialCheck(name=name, reading=reading, p_value=p_value, limit=limit, stops=bool(p_value < limit))


def _sample_ratio(trial: CampaignTrial, shares: Mapping[str, float] | None) -> TrialCheck:
    from scipy.stats import chisquare

    counts = trial.assigned["arm"].value_counts().sort_index()
    seen = ", ".join(f"{arm} {count:,}" for arm, count in counts.items())
    if shares is None:
        return TrialCheck(
            name="sample ratio", reading=f"{seen}; the planned shares were not given, so it was not tested"
        )
    planned = np.array([shares.get(str(arm), math.nan) for arm in counts.index])
    if set(shares) != set(map(str, counts.index)) or not (planned > 0).all():
        raise UsageError(
            "The planned shares do not fit the arms.",
            found=f"shares of {', '.join(shares)}; arms {', '.join(map(str, counts.index))}",
            fix="Give one --share ARM=SHARE above 0 for every arm, such as --share control=0.5 --share email=0.5.",
        )
    expected = planned / planned.sum() * counts.sum()
    wanted = ", ".join(f"{arm} {count:,.0f}" for arm, count in zip(counts.index, expected, strict=True))
    return _make_check("sample ratio", f"{seen}; planned {wanted}", float(chisquare(counts, expected).pvalue))


def _balance(trial: CampaignTrial, traits: pd.DataFrame | None) -> Iterator[TrialCheck]:
    """Compare what was known before: it cannot depend on the arm; the limit is shared by all these comparisons."""
    columns = [] if traits is None else [str(name) for name in traits if name != "customer_id"]
    before = [name for name in ("retention", "orders", "revenue") if f"{BEFORE_PREFIX}{name}" in trial.customers]
    tests = len(columns) + len(before) * len(trial.arms)
    limit = STOP / max(tests, 1)
    people = trial.customers
    for name in before:
        for arm in trial.arms:
            sides = [
                people.loc[people["arm"] == side, f"{BEFORE_PREFIX}{name}"].to_numpy() for side in (trial.control, arm)
            ]
            effect = compare_arms(*sides)
            reading = f"{arm} {effect.treatment:,.3g}, {trial.control} {effect.control:,.3g}"
            yield _make_check(f"{name} in the days before", reading, effect.p_value, limit=limit)
    for trait in columns:
        table = _by_trait(trial, traits, trait)
        if table is not None:
            yield _make_check(f"arms by {trait}", _widest(table, trial), _independence(table), limit=limit)


def _by_trait(trial: CampaignTrial, traits: pd.DataFrame | None, name: str) -> pd.DataFrame | None:
    if traits is None:
        return None
    levels = trial.assigned["customer_id"].map(traits.set_index("customer_id")[name]).fillna("unknown").astype(str)
    counts = levels.value_counts()
    levels = levels.where(~levels.isin(counts.index[counts < _RARE]), "others")
    table = pd.crosstab(levels, trial.assigned["arm"])
    return table if len(table) > 1 else None


def _independence(table: pd.DataFrame) -> float:
    from scipy.stats import chi2_contingency

    return float(chi2_contingency(table.to_numpy(), correction=False).pvalue)


def _widest(table: pd.DataFrame, trial: CampaignTrial) -> str:
    """Name the two levels whose share of control differs most."""
    share = (table[trial.control] / table.sum(axis=1)).sort_values()
    return f"{trial.control} is {share.iloc[0]:.1%} of {share.index[0]}, {share.iloc[-1]:.1%} of {share.index[-1]}"


def _several(trial: CampaignTrial) -> TrialCheck:
    everybody = trial.in_several + len(trial.assigned)
    share = trial.in_several / everybody
    reading = f"{trial.in_several:,} of {everybody:,} customers"
    left_out = "" if not trial.in_several else "; they are left out"
    return TrialCheck(name="in several arms", reading=reading + left_out, stops=share > MOST_IN_SEVERAL)


def _timing(trial: CampaignTrial) -> TrialCheck:
    """Compare when the arms were assigned: one that was written later has seen another season and another past."""
    from scipy.stats import kruskal

    moments = trial.assigned["assigned_at"]
    first, last = moments.min(), moments.max()
    if first == last:
        return TrialCheck(name="late assignments", reading=f"all on {first:%Y-%m-%d}")
    days = (moments - first).dt.total_seconds()
    groups = [days[trial.assigned["arm"] == arm].to_numpy() for arm in (trial.control, *trial.arms)]
    late = int((days > trial.horizon_days * 86_400).sum())
    reading = f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}, {late:,} customers later than the first window closed"
    return _make_check("late assignments", reading, float(kruskal(*groups).pvalue))


def _contamination(trial: CampaignTrial) -> Iterator[TrialCheck]:
    """Look for contacts in control, and for other campaigns that reached the arms unequally."""
    assigned, horizon = trial.assigned, pd.Timedelta(days=trial.horizon_days)
    if "contact_cost" in assigned:
        control = assigned[assigned["arm"] == trial.control]
        contacted = int((control["contact_cost"].fillna(0) > 0).sum())
        reading = f"{contacted:,} of {len(control):,} customers in {trial.control} have a cost of contact"
        yield TrialCheck(name="contacts in control", reading=reading, stops=contacted > MOST_IN_SEVERAL * len(control))
    others = trial.rows[trial.rows["campaign"] != trial.campaign][["customer_id", "campaign", "assigned_at"]]
    both = assigned.merge(others, on="customer_id", suffixes=("", "_other"))
    near = both[(both["assigned_at_other"] - both["assigned_at"]).abs() < horizon]
    for campaign, rows in near.groupby("campaign_other" if "campaign_other" in near else "campaign"):
        inside = assigned["customer_id"].isin(set(rows["customer_id"]))
        table = pd.crosstab(inside, assigned["arm"])
        if len(table) < 2:
            yield TrialCheck(name=f"also in {campaign}", reading="every customer: it is the same for all arms")
            continue
        share = (table.loc[True] / table.sum()).map("{:.1%}".format)
        reading = ", ".join(f"{arm} {text}" for arm, text in share.items())
        yield _make_check(f"also in {campaign}", reading, _independence(table))


def _strangers(trial: CampaignTrial) -> Iterator[TrialCheck]:
    if f"{BEFORE_PREFIX}orders" in trial.customers:
        quiet = (trial.customers[[f"{BEFORE_PREFIX}orders", "orders"]] == 0).all(axis=1)
        if quiet.all():
            yield TrialCheck(
                name="customers known",
                reading="nobody ordered before or after: are the customers of both tables named alike?",
                stops=True,
            )
