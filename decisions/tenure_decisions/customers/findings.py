"""What the Pareto share, profiles, early encounters and the ideal customer found, as findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from numpy.typing import ArrayLike

from tenure_decisions import glossary
from tenure_decisions.customers.encounters import CONFOUNDING
from tenure_decisions.customers.ideal import IdealProfile
from tenure_decisions.customers.pareto import compare_pareto, pareto, pareto_curve
from tenure_decisions.findings import Fact, Findings, FindingTable

_ENDS = ("low", "high")


def pareto_findings(
    values: ArrayLike,
    *,
    days: int,
    sides: Mapping[str, ArrayLike] | None = None,
    notes: Iterable[str] = (),
    currency: str = "",
) -> Findings:
    """Say what share of the value expected within some days the best customers bring.

    Parameters
    ----------
    values
        One per customer, see `tenure_decisions.customers.pareto.pareto`.
    days
        Of the horizon.
    sides
        Of the same customers, see `tenure_decisions.customers.pareto.compare_pareto`; None for no comparison.
    notes
        What cannot be compared, and why.
    currency
        Of every amount.
    """
    table, curve = pareto(values), pareto_curve(values)
    fifth = table.loc[table["share_of_customers"] == 0.2].iloc[0]
    return Findings(
        subject="pareto",
        title="Where value sits",
        lead="{customers} customers, the best 20 %, bring {share} of the value expected over {days} days: {value}.",
        facts=(
            Fact("customers", int(fifth["customers"]), "customers"),
            Fact("share", float(fifth["share_of_value"]), "share"),
            Fact("days", days, "days"),
            Fact("value", float(fifth["value"]), "money"),
        ),
        tables=(
            FindingTable(name="pareto", title="Customers by expected value", frame=table, terms=glossary.PARETO_TERMS),
            FindingTable(
                name="curve", title="The same in even steps", frame=curve, terms=glossary.PARETO_TERMS, only_drawn=True
            ),
            *_sides(sides),
        ),
        notes=tuple(notes),
        currency=currency,
    )


def _sides(sides: Mapping[str, ArrayLike] | None) -> tuple[FindingTable, ...]:
    if not sides:
        return ()
    return (
        FindingTable(
            name="pareto_sides",
            title="What the best bring, by revenue and by profit",
            frame=compare_pareto(sides),
            terms=glossary.PARETO_SIDE_TERMS,
        ),
    )


def study_findings(
    profile: pd.DataFrame,
    *,
    group: str,
    customers: int,
    met_early: Mapping[str, pd.DataFrame],
    ideal: IdealProfile | None,
    notes: Iterable[str] = (),
    currency: str = "",
) -> Findings:
    """Say what sets a group apart, what customers met early, and which rules find good customers.

    Parameters
    ----------
    profile
        From `tenure_decisions.customers.profiles.profile`.
    group
        Its name, such as "the high value tier".
    customers
        Who were studied.
    met_early
        By ``brand`` and ``category``: from `tenure_decisions.customers.encounters.encounters`.
    ideal
        From `tenure_decisions.customers.ideal.ideal_profile`; None where it could not be found.
    notes
        What was left out, and why.
    currency
        Of every amount.
    """
    lead = (
        "In {group}, {marked} of {attributes} attributes are more or less common for certain than among "
        "customers of as many orders outside it. {customers} customers were studied. What is common is no cause."
    )
    ends = {"lift": _ENDS}
    compared = any(len(table) for table in met_early.values())
    return Findings(
        subject="study",
        title="Who the best customers are",
        lead=lead,
        facts=(
            Fact("group", group),
            Fact("customers", customers, "customers"),
            Fact("marked", int((profile["represented"] != "").sum()), "attributes"),
            Fact("attributes", len(profile), "attributes"),
        ),
        tables=(
            FindingTable(
                name="profile", title="Attributes", frame=profile, terms=glossary.PROFILE_TERMS, intervals=ends
            ),
        ),
        parts={
            "met_early": _met_early(met_early, currency),
            "ideal": None if ideal is None else _ideal(ideal, currency),
        },
        notes=(*([CONFOUNDING] if compared else []), *notes),
        currency=currency,
    )


def _met_early(tables: Mapping[str, pd.DataFrame], currency: str) -> Findings:
    return Findings(
        subject="met_early",
        title="What customers met early",
        tables=tuple(
            FindingTable(
                name=by,
                title=f"Later value of customers who met a {by} in their first 30 days: {_toxic(table)}",
                frame=table,
                terms=glossary.MET_EARLY_TERMS,
                intervals={"adjusted": _ENDS},
            )
            for by, table in tables.items()
        ),
        currency=currency,
    )


def _toxic(table: pd.DataFrame) -> str:
    levels = table.loc[table["verdict"] == "toxic", "level"].tolist()
    return f"worth less after meeting {', '.join(map(str, levels))} early" if levels else "no toxic one is certain"


def _ideal(ideal: IdealProfile, currency: str) -> Findings:
    seeds = pd.DataFrame({"customer_id": pd.Series(ideal.seeds, dtype="str")})
    return Findings(
        subject="ideal",
        title="The ideal customer",
        facts=(
            Fact("base_share", ideal.base_share, "share", "of the high value tier among customers not learned from"),
            Fact("learned_from", ideal.learned_from, "customers", "who the rules were learned from"),
            Fact("judged_on", ideal.judged_on, "customers", "who they were judged on"),
        ),
        tables=(
            FindingTable(
                name="rules", title="Rules", frame=ideal.rules, terms=glossary.IDEAL_TERMS, intervals={"lift": _ENDS}
            ),
            FindingTable(
                name="seeds", title="Seeds for a look-alike audience", frame=seeds, terms=glossary.IDEAL_TERMS
            ),
        ),
        currency=currency,
    )


def experience_findings(measured: pd.DataFrame, *, days: int, notes: Iterable[str] = ()) -> Findings:
    """Say how customers fare: of the shop and of its groups, and what moved.

    Parameters
    ----------
    measured
        From `tenure_decisions.customers.experience.measure_experience`.
    days
        Of a period.
    notes
        What is not measured, and why.
    """
    return Findings(
        subject="experience",
        title="How customers fare",
        lead="{moved} of {judged} changes against the {days} days before are certain.",
        facts=(
            Fact("days", days, "days"),
            Fact("moved", int((measured["moved"] != "").sum()), "changes"),
            Fact("judged", int(measured["p_value"].notna().sum()), "changes"),
        ),
        tables=(
            FindingTable(
                name="experience", title="Experience by group", frame=measured, terms=glossary.EXPERIENCE_TERMS,
                intervals={"value": _ENDS},
            ),
        ),
        notes=tuple(notes),
    )  # fmt: skip


def matrix_findings(crossed: pd.DataFrame, *, by: str, currency: str = "") -> Findings:
    """Say where groups live and what they buy other than chance would have it.

    Parameters
    ----------
    crossed
        From `tenure_decisions.customers.matrix.cross_groups`.
    by
        What the groups are groups of.
    currency
        Of every amount.
    """
    counts = crossed["represented"].value_counts()
    return Findings(
        subject="matrix",
        title="Groups by region, category and brand",
        lead="{certain} of {tested} cells hold more or fewer customers than chance for certain; {small} are too "
        "small to tell.",
        facts=(
            Fact("by", by),
            Fact("certain", int(counts.get("over", 0) + counts.get("under", 0)), "cells"),
            Fact("tested", int(crossed["p_value"].notna().sum()), "cells"),
            Fact("small", int(crossed["p_value"].isna().sum()), "cells"),
        ),
        tables=(
            FindingTable(
                name="matrix",
                title="Groups by region, category and brand",
                frame=crossed,
                terms=glossary.MATRIX_TERMS,
                intervals={"share": _ENDS},
            ),
        ),
        currency=currency,
    )


def attachment_findings(campaigns: pd.DataFrame, cohorts: pd.DataFrame, *, days: int, currency: str = "") -> Findings:
    """Say which e-mail campaigns brought customers who order again, and which brought one-timers.

    Parameters
    ----------
    campaigns, cohorts
        From `tenure_decisions.customers.attachment.attach`.
    days
        Of the window after the first order.
    currency
        Of every amount.
    """
    verdicts = campaigns["verdict"].value_counts()
    return Findings(
        subject="attachment",
        title="E-mail campaigns that bring repeat customers",
        lead="Of {campaigns} campaigns, {more} brought more repeat customers than the other new customers of the same "
        "months for certain, {fewer} brought one-timers.",
        facts=(
            Fact("campaigns", len(campaigns), "campaigns"),
            Fact("more", int(verdicts.get("repeat customers", 0)), "campaigns"),
            Fact("fewer", int(verdicts.get("one-timers", 0)), "campaigns"),
            Fact("days", days, "days"),
        ),
        tables=(
            FindingTable(
                name="campaign_attachment",
                title="New customers by campaign",
                frame=campaigns,
                terms=glossary.ATTACHMENT_TERMS,
            ),
            FindingTable(
                name="campaign_cohorts",
                title="New customers by campaign and month of the first order",
                frame=cohorts,
                terms=glossary.ATTACHMENT_TERMS,
            ),
        ),
        notes=("Who opens an e-mail chose to: what a campaign causes, a test with a control group tells.",),
        currency=currency,
    )
