"""Sections of the report on cohorts, channels, growth and budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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
from tenure_features.errors import TenureError, UsageError
from tenure_features.sample import narrow_to_sample
from tenure_serving.findings import section
from tenure_serving.language import ENGLISH, N_, Language
from tenure_serving.report.sections import Section

_LARGEST = 5_000_000
"""Rows of orders that these sections take whole. Of larger logs cohorts are followed in a sample of the customers, and
what wants everybody's costs is left to the commands, which have no limit of their own."""
_SAMPLED = 1_000_000
"""Rows of such a sample: 62,500 of a million customers with 16 orders each."""


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
    everybody, rows = shop.log.figures.customers, shop.log.readiness.rows_used
    some = shop if rows <= _LARGEST else narrow_to_sample(shop, most=max(1, everybody * _SAMPLED // rows))
    followed = follow_cohorts(some, scores_of_moment(scores, as_of=shop.as_of), seed=seed, costs=costs)
    studied = some.log.figures.customers
    if studied == everybody:
        return followed
    return replace(followed, notes=(f"{studied:,} of {everybody:,} customers were studied.", *followed.notes))


def _require_few(shop: Shop) -> None:
    rows = shop.log.readiness.rows_used
    if rows > _LARGEST:
        raise UsageError(
            "So many orders are left to the commands.",
            found=f"{rows:,} rows of orders",
            fix="Run 'tenure channels', 'tenure growth' and 'tenure budget'.",
        )


def _attachment(shop: Shop) -> tuple[Findings, ...]:
    _require_few(shop)
    attachment = find_attachment(shop)
    return () if attachment is None else (attachment,)


def _money(shop: Shop, scores: pd.DataFrame, costs: NamedCosts, seed: int) -> tuple[Findings, ...]:
    _require_few(shop)
    study = study_of(shop, scores_of_moment(scores, as_of=shop.as_of), settings=StudySettings(costs=costs), seed=seed)
    days, currency = study.horizons[-1], shop.currency or ""
    return (
        channel_findings(channels(study), days=days, currency=currency),
        growth_findings(growth(study), since=study.since, as_of=study.as_of, currency=currency),
        *_available(N_("Budget"), lambda: (_budget(study, currency, seed),)),
    )


def _budget(study: Study, currency: str, seed: int) -> Findings:
    return budget_findings(budget(study, currency=currency, seed=seed), as_of=study.as_of, currency=currency)
