"""Sections of the report on cohorts, channels, growth and budget."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tenure.jobs.attachment import find_attachment
from tenure.jobs.economics import follow_cohorts
from tenure.jobs.studies import StudySettings, scores_of_moment, study_of
from tenure_decisions.economics.budget import budget
from tenure_decisions.economics.channels import channels
from tenure_decisions.economics.findings import (
    budget_findings,
    channel_findings,
    growth_findings,
    unavailable,
)
from tenure_decisions.economics.growth import growth
from tenure_decisions.economics.ledger import NOTHING_NAMED, NamedCosts
from tenure_decisions.economics.study import Study
from tenure_decisions.findings import Findings
from tenure_features import Shop
from tenure_features.errors import TenureError
from tenure_serving.findings import section
from tenure_serving.language import ENGLISH, N_, Language
from tenure_serving.report.sections import Section

_LARGEST = 5_000_000
"""Rows of orders up to which the report holds these sections; the commands have no limit of their own."""


def economics_sections(
    shop: Shop,
    scores: pd.DataFrame,
    *,
    seed: int,
    costs: NamedCosts = NOTHING_NAMED,
    language: Language = ENGLISH,
) -> tuple[Section, ...]:
    """Build the sections the tables of a shop allow: cohorts always, the others where there is a table of spend.

    Parameters
    ----------
    shop
        What the job has opened.
    scores
        Made at the same moment; they set the level of predicted value.
    costs
        A margin and a cost to serve that were said.
    seed
        Of every bootstrap.
    language
        Of every word.
    """
    if shop.log.readiness.rows_used > _LARGEST:
        return ()
    findings = [_available(N_("Cohorts"), lambda: (_cohorts(shop, scores, costs, seed),))]
    if "events" in shop.tables:
        findings.append(_available(N_("E-mail campaigns that bring repeat customers"), lambda: _attachment(shop)))
    if "spend" in shop.tables:
        findings.append(_available(N_("Channels, growth and budget"), lambda: _money(shop, scores, costs, seed)))
    return tuple(section(subject, language=language) for subjects in findings for subject in subjects)


def _available(title: str, build: Callable[[], tuple[Findings, ...]]) -> tuple[Findings, ...]:
    """Build findings; what the data do not allow is said in their place and does not stop a report."""
    try:
        return build()
    except TenureError as error:
        return (unavailable("unavailable", title, error=error),)


def _cohorts(shop: Shop, scores: pd.DataFrame, costs: NamedCosts, seed: int) -> Findings:
    return follow_cohorts(shop, scores_of_moment(scores, as_of=shop.as_of), seed=seed, costs=costs)


def _attachment(shop: Shop) -> tuple[Findings, ...]:
    attachment = find_attachment(shop)
    return () if attachment is None else (attachment,)


def _money(shop: Shop, scores: pd.DataFrame, costs: NamedCosts, seed: int) -> tuple[Findings, ...]:
    study = study_of(shop, scores_of_moment(scores, as_of=shop.as_of), settings=StudySettings(costs=costs), seed=seed)
    days, currency = study.horizons[-1], shop.currency or ""
    return (
        channel_findings(channels(study), days=days, currency=currency),
        growth_findings(growth(study), since=study.since, as_of=study.as_of, currency=currency),
        *_available(N_("Budget"), lambda: (_budget(study, currency, seed),)),
    )


def _budget(study: Study, currency: str, seed: int) -> Findings:
    return budget_findings(budget(study, currency=currency, seed=seed), as_of=study.as_of, currency=currency)
