"""A campaign analysed: the checks, then the effects, the money and a verdict, as findings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.checks import TrialCheck, check_trial
from tenure_decisions.campaigns.effects import estimate_effects, half_width, measure_outcome
from tenure_decisions.campaigns.groups import effects_by_group
from tenure_decisions.campaigns.sequential import PLANNED, looks
from tenure_decisions.campaigns.trial import CampaignTrial
from tenure_decisions.campaigns.verdict import ArmEvidence, ArmVerdict, declare_broken, judge
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import CAMPAIGN_TERMS
from tenure_features.errors import UsageError

LOOKS = 20
"""Points of the picture of a running test."""
PRE_PERIOD = ("no order before", "one order before", "several orders before")
"""Groups of customers where no others are given: they need nothing but the orders."""


@dataclass(frozen=True, kw_only=True)
class AnalysisSettings:
    """How a campaign is analysed; to be fixed before its results are looked at.

    Attributes
    ----------
    metric
        The one the test was made for.
    level
        Of every interval.
    worth
        Smallest lift that is worth having, as a share of control.
    shares
        Planned share of every arm; None where nobody knows.
    sequential
        Whether the test is looked at more than once, or may be stopped early. It is so anyway while windows are open.
    planned
        Customers that an arm and control were planned to have, together.
    """

    metric: str = "retention"
    level: float = 0.95
    worth: float = 0.05
    shares: Mapping[str, float] | None = None
    sequential: bool = False
    planned: int = PLANNED


def analyse(
    trial: CampaignTrial,
    settings: AnalysisSettings,
    *,
    traits: pd.DataFrame | None = None,
    groups: pd.Series[str] | None = None,
    predictions: pd.DataFrame | None = None,
    currency: str = "",
    notes: Iterable[str] = (),
) -> Findings:
    """Analyse a campaign by intention to treat.

    Parameters
    ----------
    trial
        From `tenure_decisions.campaigns.trial.open_trial`.
    settings
        How.
    traits, groups
        What was known of customers before the assignment: texts to compare the arms by, and the groups to split the
        effect by (default: orders in the days before).
    predictions
        As in `tenure_decisions.campaigns.effects.estimate_effects`.
    currency
        Of every amount.
    notes
        What the reader must know besides.

    Raises
    ------
    UsageError
        The campaign has no such metric.
    """
    if settings.metric not in trial.metrics:
        raise UsageError(
            f"The effect on {settings.metric!r} cannot be computed.", fix=f"There are {', '.join(trial.metrics)}."
        )
    checks = check_trial(trial, shares=settings.shares, traits=traits)
    stopped = [f"{check.name} ({check.reading})" for check in checks if check.stops]
    always = settings.sequential or trial.still_open > 0
    if stopped:
        verdicts, tables = [declare_broken(arm, stopped) for arm in trial.arms], tuple[FindingTable, ...]()
    else:
        effects = estimate_effects(
            trial, primary=settings.metric, predictions=predictions, level=settings.level, planned=settings.planned
        )
        verdicts = _verdicts(trial, effects, settings, always=always)
        tables = _tables(trial, effects, settings, groups, predictions)
    return Findings(
        subject="experiment",
        title="What {campaign} did",
        lead="{verdict}",
        facts=_facts(trial, settings, verdicts, always=always),
        tables=(_verdict_table(verdicts), _check_table(checks), *tables),
        notes=(*_notes(trial, always=always), *notes),
        currency=currency,
    )


def _facts(
    trial: CampaignTrial, settings: AnalysisSettings, verdicts: list[ArmVerdict], *, always: bool
) -> tuple[Fact, ...]:
    broken = any(verdict.outcome == "broken test" for verdict in verdicts)
    sentence = verdicts[0].sentence if broken else " ".join(verdict.sentence for verdict in verdicts)
    return (
        Fact("campaign", trial.campaign),
        Fact("as_of", trial.as_of, "date"),
        Fact("horizon_days", trial.horizon_days, "days"),
        Fact("metric", settings.metric),
        Fact("level", settings.level, "share"),
        Fact("worth", settings.worth, "share"),
        Fact("control", trial.control),
        Fact("customers", len(trial.customers), "customers"),
        Fact("still_open", trial.still_open, "customers"),
        Fact("in_several", trial.in_several, "customers"),
        Fact("interval", "holds at every look" if always else "for a single look"),
        Fact("verdict", sentence),
        Fact("broken", broken),
    )


def _verdicts(
    trial: CampaignTrial, effects: pd.DataFrame, settings: AnalysisSettings, *, always: bool
) -> list[ArmVerdict]:
    rows = effects[effects["metric"] == settings.metric]
    conditions = (
        f"{settings.level:.0%} interval{' that holds at every look' if always else ''}, "
        f"{trial.horizon_days} days after assignment, everybody as assigned"
    )
    return [
        judge(
            ArmEvidence(
                arm=str(row["arm"]),
                metric=settings.metric,
                difference=float(row["difference"]),
                low=float(row["always_low" if always else "difference_low"]),
                high=float(row["always_high" if always else "difference_high"]),
                p_value=math.nan if always else float(row["adjusted_p"]),
                control=float(row["control"]),
                error=float(row["error"]),
                customers=int(row["customers"] + row["in_control"]),
            ),
            worth=settings.worth,
            level=settings.level,
            conditions=conditions,
        )
        for row in rows.to_dict("records")
    ]


def _tables(
    trial: CampaignTrial,
    effects: pd.DataFrame,
    settings: AnalysisSettings,
    groups: pd.Series[str] | None,
    predictions: pd.DataFrame | None,
) -> tuple[FindingTable, ...]:
    by = activity_before(trial) if groups is None else groups
    split = effects_by_group(trial, by, metric=settings.metric, predictions=predictions, level=settings.level)
    progress = follow(trial, settings, predictions)
    terms = CAMPAIGN_TERMS
    ends = {"difference": ("difference_low", "difference_high"), "unadjusted": ("unadjusted_low", "unadjusted_high")}
    tables = [
        FindingTable(
            name="effects", title="Effect on every metric", frame=effects, terms=terms, intervals=ends
        )
    ]  # fmt: skip
    if "profit" in trial.metrics:
        tables.append(
            FindingTable(name="money", title="Profit after contact and offer", frame=_money(effects), terms=terms)
        )
    if len(split):
        tables.append(FindingTable(name="groups", title="Effect by group", frame=split, terms=terms))
    if len(progress):
        tables.append(
            FindingTable(name="looks", title="The estimate as customers came in", frame=progress, terms=terms)
        )
    return tuple(tables)


def _money(effects: pd.DataFrame) -> pd.DataFrame:
    """Multiply the profit that a customer of the arm brings more than one of control by the customers of the arm."""
    rows = effects[effects["metric"] == "profit"].reset_index(drop=True)
    table = rows[["arm", "customers"]].copy()
    for end in ("", "_low", "_high"):
        table[f"profit_per_customer{end}"] = rows[f"difference{end}"]
    for end in ("", "_low", "_high"):
        table[f"incremental_profit{end}"] = rows[f"difference{end}"] * rows["customers"]
    return table


def activity_before(trial: CampaignTrial) -> pd.Series[str]:
    """Group customers by how often they ordered in the days before."""
    orders = trial.customers["before_orders"].clip(upper=2).astype(int)
    names = orders.map(dict(enumerate(PRE_PERIOD)))
    return names.set_axis(pd.Index(trial.customers["customer_id"]))


def follow(trial: CampaignTrial, settings: AnalysisSettings, predictions: pd.DataFrame | None = None) -> pd.DataFrame:
    """Estimate the effect as windows closed one after another; empty where all were assigned at one moment."""
    people = trial.customers
    if people["assigned_at"].nunique() < 2:
        return pd.DataFrame()
    outcome = measure_outcome(trial, settings.metric, predictions)
    order = np.argsort(people["assigned_at"].to_numpy(), kind="stable")
    rows = []
    for arm in trial.arms:
        mine = order[people["arm"].isin([trial.control, arm]).to_numpy()[order]]
        for number in looks(len(mine), LOOKS):
            inside = np.zeros(len(people), dtype=bool)
            inside[mine[:number]] = True
            effect = outcome.compare(arm, inside=inside, level=settings.level)
            if not effect.error > 0:
                continue
            half = half_width(effect, int(number), arms=len(trial.arms), level=settings.level, planned=settings.planned)
            rows.append(
                {
                    "arm": arm,
                    "until": people["assigned_at"].iloc[mine[number - 1]] + pd.Timedelta(days=trial.horizon_days),
                    "customers": int(number),
                    "difference": effect.difference,
                    "difference_low": effect.low,
                    "difference_high": effect.high,
                    "always_low": effect.difference - half,
                    "always_high": effect.difference + half,
                }
            )
    return pd.DataFrame(rows)


def _verdict_table(verdicts: list[ArmVerdict]) -> FindingTable:
    frame = pd.DataFrame([asdict(verdict) for verdict in verdicts])
    return FindingTable(name="verdicts", title="Verdict on every arm", frame=frame, terms=CAMPAIGN_TERMS)


def _check_table(checks: list[TrialCheck]) -> FindingTable:
    frame = pd.DataFrame([asdict(check) for check in checks]).rename(columns={"name": "check"})
    frame["stops"] = frame["stops"].map({True: "yes", False: "no"})
    return FindingTable(name="checks", title="Was it a fair test", frame=frame, terms=CAMPAIGN_TERMS)


def _notes(trial: CampaignTrial, *, always: bool) -> tuple[str, ...]:
    notes = []
    if trial.still_open:
        notes.append(
            f"{trial.still_open:,} customers whose window of {trial.horizon_days} days had not closed are left out."
        )
    if always and not trial.still_open:
        notes.append("The interval that holds at every look decides, as asked.")
    if "margin" not in trial.metrics:
        notes.append("The cost of goods of the orders is not known: money is revenue.")
    if "profit" in trial.metrics and "offer_cost" in trial.customers:
        notes.append(
            "An offer is charged to those who ordered within the window, unless the orders carry their discounts: then "
            "it is in their revenue."
        )
    return tuple(notes)
