"""A campaign before it starts: what it could see, whether the lot is fair, who is in which arm."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.holdout import HoldoutDraw, HoldoutRules, draw_holdout, is_holdout
from tenure_decisions.campaigns.power import plan_metrics, replay
from tenure_decisions.campaigns.randomisation import join_strata, randomise, require_arms
from tenure_decisions.campaigns.shipped import LiftPrior
from tenure_decisions.campaigns.trial import CONTROL
from tenure_decisions.campaigns.verdict import TEST_POWER
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import DESIGN_TERMS
from tenure_features.errors import UsageError

REPLAYS = 500
FEWEST_IN_ARM = 10
"""Customers per arm below which there is nothing to plan."""
OVERLAPS = ("refuse", "exclude", "orthogonal")
"""What can be done about customers of tests that are still running."""


@dataclass(frozen=True, kw_only=True)
class DesignSettings:
    """How a campaign is designed.

    Attributes
    ----------
    campaign, control
        Its name, and the arm that is left alone.
    shares
        Planned share of every arm.
    metric
        What the test is made for.
    horizon_days
        Window of a customer.
    worth, level
        Smallest lift worth having, and the level of the test.
    replays, seed
        Of the A/A simulation and of the lot.
    holdout, refresh_days
        Share of newcomers that no campaign may reach, 0 for none; days after which others are held out, 0 for never.
    overlap
        What is done about customers of tests that are still running: ``refuse`` the design, ``exclude`` them, or make
        the new arms ``orthogonal`` to the old ones.
    """

    campaign: str
    shares: Mapping[str, float]
    metric: str = "retention"
    horizon_days: int = 30
    worth: float = 0.05
    level: float = 0.95
    control: str = CONTROL
    replays: int = REPLAYS
    seed: int = 0
    holdout: float = 0.0
    refresh_days: int = 0
    overlap: str = "refuse"


@dataclass(frozen=True, kw_only=True)
class Design:
    """A designed campaign: what to say of it, the assignments to keep to, and whom no campaign may reach."""

    findings: Findings
    assignments: pd.DataFrame = field(repr=False)
    held_out: frozenset[str] = field(repr=False)

    def left_alone(self, arm: str) -> pd.Series[str]:
        """Return the customers whom what is meant for an arm must not reach: those of other arms, and held out."""
        rows = self.assignments
        return pd.Series(sorted({*rows.loc[rows["arm"] != arm, "customer_id"], *self.held_out} - self._members(arm)))

    def _members(self, arm: str) -> set[str]:
        return set(self.assignments.loc[self.assignments["arm"] == arm, "customer_id"])


def design_campaign(
    population: pd.DataFrame,
    history: pd.DataFrame,
    settings: DesignSettings,
    *,
    start: pd.Timestamp,
    running: pd.DataFrame | None = None,
    newcomers_a_day: float = 0.0,
    predictions: pd.DataFrame | None = None,
    prior: LiftPrior | None = None,
    notes: Iterable[str] = (),
    currency: str = "",
) -> Design:
    """Design a campaign.

    Parameters
    ----------
    population
        ``customer_id`` and the columns to stratify by.
    history
        The population by the same rule one window ago, from `tenure_decisions.campaigns.trial.measure`.
    settings
        How.
    start
        When customers are assigned.
    running
        Assignments of other campaigns, as the table contract has them.
    newcomers_a_day
        How many customers join the population, for the run time.
    predictions
        Made one window ago, see `tenure_decisions.campaigns.effects.estimate_effects`.
    prior
        What campaigns before say of the lift; None where there were none.
    notes, currency
        Of the findings.

    Raises
    ------
    UsageError
        An arm is none, the name is taken, another test runs on the same customers, or hardly anybody is left.
    """
    if settings.overlap not in OVERLAPS:
        raise UsageError(f"--overlap {settings.overlap!r} is none.", fix=f"Choose one of {', '.join(OVERLAPS)}.")
    shares = require_arms(settings.shares, control=settings.control)
    others = _others(running, settings, start)
    apart = _hold_out(population, running, settings, start)
    left = population[~population["customer_id"].isin(apart.held_out)]
    left, strata, overlap_notes = _apart(left, others, settings)
    metrics = _require_enough(left, history, settings)
    rng = np.random.default_rng(settings.seed)
    arms = randomise(strata, shares, rng=rng)
    plan = plan_metrics(
        history, metrics, customers=len(left), shares=shares,
        control=settings.control, worth=settings.worth, level=settings.level, predictions=predictions,
    )  # fmt: skip
    p_values = replay(
        history, settings.metric, pd.Series("all", index=history.index), shares=shares, control=settings.control,
        replays=settings.replays, level=settings.level, rng=rng, predictions=predictions,
    )  # fmt: skip
    assigned = {"customer_id": left["customer_id"].to_numpy(), "campaign": settings.campaign, "arm": arms}
    assignments = pd.DataFrame(assigned).assign(assigned_at=start)
    facts = _facts(settings, plan, p_values, start=start, customers=len(left), newcomers_a_day=newcomers_a_day)
    sizes = assignments["arm"].value_counts().rename_axis("arm").reset_index(name="customers")
    findings = Findings(
        subject="design",
        title="The plan of {campaign}",
        lead="{conclusion}",
        facts=(*facts, *_expect(prior, plan, settings)),
        tables=(
            FindingTable(name="plan", title="What the test can see", frame=plan, terms=DESIGN_TERMS),
            FindingTable(name="arms", title="Customers by arm", frame=sizes, terms=DESIGN_TERMS),
        ),
        notes=(*overlap_notes, *apart.notes, *notes),
        currency=currency,
    )
    return Design(
        findings=findings,
        assignments=pd.concat([apart.drawn, assignments], ignore_index=True),
        held_out=apart.held_out,
    )


def _require_enough(left: pd.DataFrame, history: pd.DataFrame, settings: DesignSettings) -> list[str]:
    """Refuse a test of hardly anybody, and one for what was not measured; return the metrics, the test's own first."""
    if min(len(left), len(history)) < FEWEST_IN_ARM * len(settings.shares):
        raise UsageError(
            "There are too few customers for a test.",
            found=f"{len(left):,} now, {len(history):,} one window ago",
            fix="Widen --where.",
        )
    metrics = [name for name in map(str, history) if f"before_{name}" in history]
    if settings.metric not in metrics:
        raise UsageError(f"The metric {settings.metric!r} cannot be planned.", fix=f"There are {', '.join(metrics)}.")
    return sorted(metrics, key=lambda name: name != settings.metric)


def _others(running: pd.DataFrame | None, settings: DesignSettings, start: pd.Timestamp) -> pd.DataFrame:
    """Return the assignments of tests whose windows are open when this one starts."""
    empty = pd.DataFrame(columns=["customer_id", "campaign", "arm", "assigned_at"])
    if running is None:
        return empty
    if settings.campaign in set(running["campaign"]):
        raise UsageError(f"There is a campaign {settings.campaign!r} already.", fix="Give this one a name of its own.")
    horizon = pd.Timedelta(days=settings.horizon_days)
    near = (running["assigned_at"] - start).abs() < horizon
    return running[near & ~is_holdout(running["campaign"].astype(str))]


def _hold_out(
    population: pd.DataFrame, running: pd.DataFrame | None, settings: DesignSettings, start: pd.Timestamp
) -> HoldoutDraw:
    rules = HoldoutRules(
        share=settings.holdout, refresh_days=settings.refresh_days, washout_days=settings.horizon_days,
        seed=settings.seed,
    )  # fmt: skip
    nobody = pd.DataFrame(
        {"customer_id": [], "campaign": pd.Series(dtype="str"), "arm": [], "assigned_at": pd.Series(dtype="M8[us]")}
    )
    return draw_holdout(population["customer_id"], nobody if running is None else running, rules, at=start)


def _apart(
    population: pd.DataFrame, others: pd.DataFrame, settings: DesignSettings
) -> tuple[pd.DataFrame, pd.Series[str], list[str]]:
    """Keep the test apart from others on the same customers, and return the strata."""
    traits = population.drop(columns="customer_id")
    inside = others[others["customer_id"].isin(set(population["customer_id"]))]
    if inside.empty:
        return population, join_strata(traits), []
    names = ", ".join(sorted(map(str, inside["campaign"].unique())))
    count = inside["customer_id"].nunique()
    if settings.overlap == "exclude":
        left = population[~population["customer_id"].isin(set(inside["customer_id"]))]
        note = f"{count:,} customers of tests that are still running ({names}) are not in this one."
        return left, join_strata(left.drop(columns="customer_id")), [note]
    if settings.overlap == "orthogonal":
        arm = inside.groupby("customer_id")[["campaign", "arm"]].agg(_join_names)
        elsewhere = population["customer_id"].map(arm["campaign"] + ": " + arm["arm"]).fillna("in no other test")
        strata = join_strata(pd.concat([elsewhere.rename("elsewhere"), traits], axis=1))
        note = (
            f"{count:,} customers are in tests that are still running ({names}): the arms of this one are spread "
            "evenly over those. Its effect is that beside the others."
        )
        return population, strata, [note]
    raise UsageError(
        f"{count:,} of these customers are in a test that is still running: {names}.",
        fix="One change at a time: start later, or say --overlap exclude or --overlap orthogonal.",
    )


def _join_names(values: pd.Series[str]) -> str:
    return " + ".join(sorted(values))


def _facts(
    settings: DesignSettings,
    plan: pd.DataFrame,
    p_values: np.ndarray,
    *,
    start: pd.Timestamp,
    customers: int,
    newcomers_a_day: float,
) -> tuple[Fact, ...]:
    first = plan.iloc[0]
    needed, lift = float(first["needed"]), float(first["detectable_lift"])
    days = run_days(needed, customers, settings.horizon_days, newcomers_a_day)
    rate = float(np.mean(p_values < 1 - settings.level)) if len(p_values) else math.nan
    return (
        Fact("campaign", settings.campaign),
        Fact("control", settings.control),
        Fact("start", start, "date"),
        Fact("horizon_days", settings.horizon_days, "days"),
        Fact("metric", settings.metric),
        Fact("level", settings.level, "share"),
        Fact("worth", settings.worth, "share"),
        Fact("customers", customers, "customers"),
        Fact("needed", needed, "customers"),
        Fact("detectable_lift", lift, "share"),
        Fact("run_days", days, "days"),
        Fact("replays", len(p_values), "replays"),
        Fact("false_positives", rate, "share"),
        Fact("seed", settings.seed),
        Fact("conclusion", _conclude(settings, needed=needed, lift=lift, customers=customers, days=days)),
    )


def _expect(prior: LiftPrior | None, plan: pd.DataFrame, settings: DesignSettings) -> tuple[Fact, ...]:
    """Say how likely the test is to show an effect, given what campaigns before brought."""
    lift = float(plan.iloc[0]["detectable_lift"])
    if prior is None or math.isnan(lift):
        return ()
    arms = len(settings.shares) - 1
    chance = prior.chance_to_see(lift, level=1 - (1 - settings.level) / arms, power=TEST_POWER)
    return (
        Fact("believed_lift", prior.mean, "share"),
        Fact("believed_deviation", prior.deviation, "share"),
        Fact("believed_from", prior.arms, "arms"),
        Fact("chance_to_see", chance, "probability"),
    )


def run_days(needed: float, customers: int, horizon_days: int, newcomers_a_day: float) -> float:
    """Return the days until the last window closes: one window, and as long as it takes for enough customers to join.

    Examples
    --------
    >>> run_days(500, 800, 30, 2.0), run_days(1000, 800, 30, 2.0), run_days(1000, 800, 30, 0.0)
    (30.0, 130.0, inf)
    """
    lacking = max(needed - customers, 0.0)
    if not lacking:
        return float(horizon_days)
    return horizon_days + lacking / newcomers_a_day if newcomers_a_day > 0 else math.inf


def _conclude(settings: DesignSettings, *, needed: float, lift: float, customers: int, days: float) -> str:
    if math.isnan(needed) or math.isnan(lift):
        return (
            f"Nobody of these customers did anything within {settings.horizon_days} days: the test could see nothing."
        )
    if needed <= customers:
        return (
            f"{customers:,} customers are enough: a lift of {settings.worth:.1%} in {settings.metric} takes "
            f"{needed:,.0f} of them, and the smallest that {customers:,} would show is {lift:.1%} (power 80 %). "
            f"Run it {settings.horizon_days} days."
        )
    wait = f"enough will have joined and been watched after {days:,.0f} days" if math.isfinite(days) else "none join"
    return (
        f"Too few customers: a lift of {settings.worth:.1%} in {settings.metric} takes {needed:,.0f} of them and there "
        f"are {customers:,}; {wait}. What {customers:,} would show is a lift of {lift:.1%} or more (power 80 %)."
    )
