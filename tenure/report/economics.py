"""Sections of the report on cohorts, channels, growth and budget."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tenure.config import Config
from tenure.jobs.customer_ids import Resolved
from tenure.jobs.inputs import Inputs
from tenure.jobs.shop_tables import SCORED, ShopTables, read_shop
from tenure.progress import SilentProgress
from tenure_decisions.economics.budget import budget
from tenure_decisions.economics.channels import channels
from tenure_decisions.economics.cohorts import cohorts
from tenure_decisions.economics.completion import complete
from tenure_decisions.economics.findings import (
    budget_findings,
    channel_findings,
    cohort_findings,
    growth_findings,
    unavailable,
)
from tenure_decisions.economics.growth import growth
from tenure_decisions.economics.study import Study, open_study
from tenure_decisions.findings import Findings
from tenure_features.errors import TenureError
from tenure_serving.findings import section
from tenure_serving.report.sections import Section

LARGEST = 5_000_000
"""Rows of orders up to which the report holds these sections; the commands have no limit of their own."""


def economics_sections(config: Config, inputs: Inputs, scores: pd.DataFrame) -> tuple[Section, ...]:
    """Build the sections the configured tables allow: cohorts always, the others where there is a table of spend.

    Parameters
    ----------
    config
        Names the tables beside the orders.
    inputs
        What the job has opened: the orders, the customers their ids became, and tables beside them.
    scores
        Made at the same moment; they set the level of predicted value.
    """
    if inputs.log.readiness.rows_used > LARGEST:
        return ()
    shop = read_shop(
        config,
        progress=SilentProgress(),
        resolved=inputs.resolved or Resolved(inputs.log),
        opened=inputs.tables if config.run.as_of else {},  # without a moment they hold rows after the last order
    )
    seed = config.run.seed
    findings = [_available("Cohorts", lambda: (_cohorts(shop, seed),))]
    if "spend" in shop.beside:
        findings.append(_available("Channels, growth and budget", lambda: _money(shop, scores, seed)))
    return tuple(section(subject) for subjects in findings for subject in subjects)


def _available(title: str, build: Callable[[], tuple[Findings, ...]]) -> tuple[Findings, ...]:
    """Build findings; what the data do not allow is said in their place and does not stop a report."""
    try:
        return build()
    except TenureError as error:
        return (unavailable("unavailable", title, error=error),)


def _cohorts(shop: ShopTables, seed: int) -> Findings:
    followed = cohorts(shop.orders, as_of=shop.as_of, service_costs=shop.beside.get("service_costs"))
    return cohort_findings(followed, complete(followed, seed=seed), currency=shop.currency)


def _money(shop: ShopTables, scores: pd.DataFrame, seed: int) -> tuple[Findings, ...]:
    study = open_study(
        shop.orders,
        as_of=shop.as_of,
        customers=shop.beside.get("customers"),
        events=shop.beside.get("events"),
        spend=shop.beside["spend"],
        service_costs=shop.beside.get("service_costs"),
        scores=scores[list(SCORED)],
        seed=seed,
    )
    days, currency = study.horizons[-1], shop.currency
    return (
        channel_findings(channels(study), days=days, currency=currency),
        growth_findings(growth(study), since=study.since, as_of=study.as_of, currency=currency),
        *_available("Budget", lambda: (_budget(study, currency, seed),)),
    )


def _budget(study: Study, currency: str, seed: int) -> Findings:
    return budget_findings(budget(study, currency=currency, seed=seed), as_of=study.as_of, currency=currency)
