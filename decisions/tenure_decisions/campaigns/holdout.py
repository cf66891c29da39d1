"""The customers whom no campaign may reach, for months at a time: drawn once, refreshed without contamination."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from tenure_decisions.campaigns.allocation import draw_arms_of
from tenure_features.errors import UsageError

HOLDOUT = "global_holdout"
"""Campaign of the customers whom no campaign may reach, ``global_holdout 2024-07-01`` once it was refreshed."""
HOLDOUT_ARM, REACHED = "holdout", "reached"
_COLUMNS = ("customer_id", "campaign", "arm", "assigned_at")


@dataclass(frozen=True, kw_only=True)
class HoldoutRules:
    """How many are held out, and how long.

    Attributes
    ----------
    share
        Of newcomers; 0 for none.
    refresh_days
        After so many days those held out are let go and others are drawn; 0: never.
    washout_days
        Whoever a campaign reached in so many days before a refresh is not drawn: what it did may still go on.
    seed
        Of the draw.
    """

    share: float
    refresh_days: int = 0
    washout_days: int = 30
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class HoldoutDraw:
    """Who is held out now, and the rows that were drawn for it.

    Attributes
    ----------
    campaign
        The one that is open.
    drawn
        New rows of it, as the table of assignments has them.
    held_out
        Everybody whom no campaign may reach now.
    notes
        What was done.
    """

    campaign: str
    drawn: pd.DataFrame = field(repr=False)
    held_out: frozenset[str] = field(repr=False)
    notes: tuple[str, ...] = ()


def is_holdout(campaigns: pd.Series[str]) -> pd.Series[bool]:
    """Say which campaigns are a global hold-out."""
    return (campaigns == HOLDOUT) | campaigns.str.startswith(f"{HOLDOUT} ")


def draw_holdout(
    population: pd.Series[str], running: pd.DataFrame, rules: HoldoutRules, *, at: pd.Timestamp
) -> HoldoutDraw:
    """Draw newcomers into the hold-out that is open, or refresh it.

    Whoever was drawn stays what they are until a refresh, so that nobody who was reached gets into it. A refresh is a
    campaign of its own: those held out before may be reached from then on, and the new ones come from customers whom
    nothing reached in the days before, so that neither carries over.

    Parameters
    ----------
    population
        Customers who may be drawn.
    running
        All assignments before ``at``, as the table contract has them.
    rules
        How.
    at
        The moment of the draw.

    Raises
    ------
    UsageError
        The share is none.
    """
    if not 0 <= rules.share < 1:
        raise UsageError("The share held out lies between 0 and 1.", found=f"{rules.share:g}")
    earlier = running[is_holdout(running["campaign"].astype(str))]
    opened = earlier.groupby("campaign")["assigned_at"].min().sort_values()
    campaign = str(opened.index[-1]) if len(opened) else HOLDOUT
    mine, notes = earlier[earlier["campaign"] == campaign], []
    reached_lately: set[str] = set()
    if rules.refresh_days and len(opened) and at >= opened.iloc[-1] + pd.Timedelta(days=rules.refresh_days):
        let_go = int((mine["arm"] == HOLDOUT_ARM).sum())
        campaign, mine = f"{HOLDOUT} {at:%Y-%m-%d}", mine[:0]
        reached_lately = _find_reached(running, since=at - pd.Timedelta(days=rules.washout_days))
        notes.append(
            f"The hold-out was refreshed: {let_go:,} customers may be reached again, and {len(reached_lately):,} whom "
            f"a campaign reached in the last {rules.washout_days} days were not drawn."
        )
    outside = set(mine["customer_id"]) | reached_lately
    new = population[~population.isin(outside)].to_numpy() if rules.share else population[:0].to_numpy()
    shares = {HOLDOUT_ARM: rules.share, REACHED: 1 - rules.share}
    arms = draw_arms_of(new, shares, key=f"{rules.seed}:{campaign}")
    drawn = pd.DataFrame({"customer_id": new, "campaign": campaign, "arm": arms, "assigned_at": at}, columns=_COLUMNS)
    held_out = {*mine.loc[mine["arm"] == HOLDOUT_ARM, "customer_id"], *new[arms == HOLDOUT_ARM]}
    if held_out:
        notes.append(
            f"{len(held_out):,} customers are held out from every campaign ({campaign}): they stay so, and newcomers "
            "are drawn once."
        )
    return HoldoutDraw(campaign=campaign, drawn=drawn, held_out=frozenset(held_out), notes=tuple(notes))


def _find_reached(running: pd.DataFrame, *, since: pd.Timestamp) -> set[str]:
    """Find the customers whom a campaign was to reach lately: all but those of a control and of a hold-out."""
    lately = running[(running["assigned_at"] >= since) & ~is_holdout(running["campaign"].astype(str))]
    return set(lately.loc[lately["arm"] != "control", "customer_id"])
