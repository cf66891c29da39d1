"""What cohorts, channels, growth and budget found, as `tenure_decisions.findings.Findings`."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tenure_decisions import glossary
from tenure_decisions.economics.bids import BID_TERMS, BidLimits, Bids
from tenure_decisions.economics.budget import Budget
from tenure_decisions.economics.channels import Channels
from tenure_decisions.economics.cohorts import BY_TIME, Cohorts
from tenure_decisions.economics.growth import CLV_SOURCES, GROWTH_FORMULAS, LEVERS, Growth
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_features.errors import TenureError


def cohort_findings(
    cohorts: Cohorts,
    completion: pd.DataFrame,
    *,
    until_age: int = 12,
    level: float = 0.8,
    currency: str = "",
    notes: Iterable[str] = (),
) -> Findings:
    """Say what cohorts found.

    Parameters
    ----------
    cohorts
        From `tenure_decisions.economics.cohorts.cohorts`.
    completion
        From `tenure_decisions.economics.completion.complete`; empty where cohorts are not by time.
    until_age, level
        The last age completed, and the level of its intervals.
    currency
        Of every amount.
    notes
        What the reader must know beside the notes of the cohorts.
    """
    terms = glossary.COHORT_TERMS
    whom = "Customers by {by} of their first order" if cohorts.by in BY_TIME else "Customers by {by}"
    ends = {"predicted": ("low", "high")}
    scored = [] if cohorts.clv is None else [_cohort_clv(cohorts.clv)]
    ahead = completion if len(completion.columns) else pd.DataFrame(columns=["cohort", "age", "customers", "predicted"])
    return Findings(
        subject="cohorts",
        title="Cohorts: who stays, and what they bring",
        lead=f"{whom}. Value is {{value}}, before the cost of acquisition.",
        facts=(
            Fact("as_of", cohorts.as_of, "date"),
            Fact("by", cohorts.by),
            Fact("period_days", cohorts.period_days, "days"),
            Fact("until_age", until_age, "periods"),
            Fact("level", level, "share"),
            Fact("value", cohorts.measure),
        ),
        tables=(
            FindingTable(name="cells", title="Each cohort at each age", frame=cohorts.cells, terms=terms),
            FindingTable(name="summary", title="Mean of mature cohorts by age", frame=cohorts.summary, terms=terms),
            FindingTable(
                name="completion", title="Predicted cumulative value", frame=ahead, terms=terms, intervals=ends
            ),
            *scored,
        ),
        notes=(*notes, *cohorts.notes),
        currency=currency,
    )


def _cohort_clv(clv: pd.DataFrame) -> FindingTable:
    terms = {**glossary.SCORED_CLV_TERMS, **{name: glossary.COHORT_TERMS[name] for name in ("cohort", "customers")}}
    return FindingTable(name="clv", title="Lifetime value of each cohort by its scores", frame=clv, terms=terms)


def channel_findings(channels: Channels, *, days: int, currency: str = "", notes: Iterable[str] = ()) -> Findings:
    """Say what `tenure_decisions.economics.channels.channels` found; ``days`` is the age at which value is shown."""
    back = {"payback_month": ("payback_low", "payback_high")}
    return Findings(
        subject="channels",
        title="Channels: what customers cost and bring",
        lead="Value is {value}. Credit goes to the first touch, on both sides of every ratio.",
        facts=(
            Fact("as_of", channels.as_of, "date"),
            Fact("since", channels.since, "date"),
            Fact("days", days, "days"),
            Fact("level", channels.level, "share"),
            Fact("value", channels.measure),
            Fact("formulas", {"ltv_cac": glossary.CLV_TERMS["ltv_cac"].meaning}),
        ),
        tables=(
            FindingTable(
                name="channels",
                title="What customers cost",
                frame=channels.table,
                terms=glossary.CHANNEL_TERMS,
                intervals=back,
            ),
            FindingTable(name="clv", title="What customers bring", frame=channels.clv, terms=glossary.CLV_TERMS),
        ),
        notes=(*notes, *channels.notes),
        currency=currency,
    )


def growth_findings(
    growth: Growth, *, since: pd.Timestamp, as_of: pd.Timestamp, currency: str = "", notes: Iterable[str] = ()
) -> Findings:
    """Say what `tenure_decisions.economics.growth.growth` found; ``since`` and ``as_of`` are those of the study."""
    terms = glossary.GROWTH_TERMS
    return Findings(
        subject="growth",
        title="Growth: C x CLV / CAC = G",
        lead="G says how many customers C new ones are worth. G before CAC takes CLV before the cost of acquisition, "
        "so that CAC is counted once: customers pay for themselves where it exceeds C. G net of CAC takes CLV after "
        "it, as the CVO literature does: they pay for themselves where it exceeds 0, and it is not to be held against "
        "the 3:1 rule. {clv}.",
        facts=(
            Fact("as_of", as_of, "date"),
            Fact("since", since, "date"),
            Fact("days", growth.days, "days"),
            Fact("level", growth.level, "share"),
            Fact("value", growth.measure),
            Fact("formulas", dict(GROWTH_FORMULAS)),
            Fact("clv", CLV_SOURCES[growth.scored]),
            Fact("levers", dict(LEVERS)),
        ),
        tables=(
            FindingTable(name="channels", title="G by channel (first touch)", frame=growth.channels, terms=terms),
            FindingTable(name="months", title="G by month of acquisition", frame=growth.months, terms=terms),
            FindingTable(name="what_if", title="What one more point would do", frame=growth.what_if, terms=terms),
        ),
        notes=(*notes, *growth.notes),
        currency=currency,
    )


def budget_findings(budget: Budget, *, as_of: pd.Timestamp, currency: str = "", notes: Iterable[str] = ()) -> Findings:
    """Say what `tenure_decisions.economics.budget.budget` found."""
    terms = glossary.BUDGET_TERMS
    numbers = ("total", "gain", "gain_low", "gain_high", "chance", "marginal_total", "best_total", "reading")
    owners = {name: glossary.BUDGET_TERMS.get(name.removesuffix("_low").removesuffix("_high")) for name in numbers}
    facts = [
        Fact(name, getattr(budget, name), term.unit if term else "money per week", term.meaning if term else "")
        for name, term in owners.items()
    ]
    return Findings(
        subject="budget",
        title="Budget: where the next unit of money brings most",
        lead="Nothing here is a promise before an experiment.",
        facts=(
            *facts,
            Fact("test", budget.test),
            Fact("as_of", as_of, "date"),
            Fact("days", budget.days, "days"),
            Fact("level", budget.level, "share"),
            Fact("value", budget.measure),
        ),
        tables=(
            FindingTable(name="channels", title="Spend now and proposed", frame=budget.table, terms=terms),
            FindingTable(name="curves", title="Response curves", frame=budget.curves, terms=terms),
            FindingTable(
                name="weeks", title="Weeks they were fitted on", frame=budget.weeks, terms=terms, only_drawn=True
            ),
        ),
        notes=(*notes, *budget.notes),
        currency=currency,
    )


def bid_findings(
    bids: Bids,
    *,
    limits: BidLimits,
    since: pd.Timestamp,
    as_of: pd.Timestamp,
    level: float,
    currency: str = "",
    notes: Iterable[str] = (),
) -> Findings:
    """Say what `tenure_decisions.economics.bids.bids` found; ``since`` and ``as_of`` are those of the study."""
    return Findings(
        subject="bids",
        title="Bids: what a new customer is worth by where they came from",
        lead="Worth is {value}, over that of the average new customer.",
        facts=(
            Fact("as_of", as_of, "date"),
            Fact("since", since, "date"),
            Fact("level", level, "share"),
            Fact("value", bids.measure),
            Fact("channel", bids.channel),
            Fact("least", limits.least, "ratio", "the least a bid is multiplied by"),
            Fact("most", limits.most, "ratio", "the most a bid is multiplied by"),
        ),
        tables=(
            FindingTable(name="bids", title="What to multiply bids by", frame=bids.table, terms=BID_TERMS),
            FindingTable(
                name="spread", title="How much worth varies beyond chance", frame=bids.spread, terms=BID_TERMS
            ),
        ),
        notes=(*notes, *bids.notes),
        currency=currency,
    )


def unavailable(subject: str, title: str, *, error: TenureError) -> Findings:
    """Say in the place of a subject why the data do not allow it."""
    return Findings(subject=subject, title=title, lead="{why}", facts=(Fact("why", str(error)),))
