"""The report of a run or of a scoring: which sections it has, and its files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.campaign import contact_findings
from tenure.jobs.campaign_results import known_results
from tenure.jobs.coverage import coverage_of
from tenure.jobs.studies import take_named_costs
from tenure.report.chart_files import write_charts
from tenure.report.coverage import coverage_findings
from tenure.report.economics import economics_sections
from tenure.report.explanation_sections import explanation_sections
from tenure.report.identity import identity_findings
from tenure.report.segments import segment_sections
from tenure.report.training import audit_findings, date_findings
from tenure_decisions.campaigns.results import find_results
from tenure_features import Shop
from tenure_features.families.catalogue import Catalogue
from tenure_features.spreadsheets import write_csv
from tenure_serving.findings import section
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report import ReportData, Section, render_report
from tenure_serving.report.page import group_words
from tenure_serving.report.sections import say_section
from tenure_serving.report.summary import call_list, first_to_call, with_money
from tenure_serving.score_tables import Scores
from tenure_serving.scorer import Scorer
from tenure_training.audit import Finding
from tenure_training.drivers import rank_drivers
from tenure_training.models.evidence import StoredEvidence
from tenure_training.models.season import LITTLE_UNSEEN, Z80, spread_of_total
from tenure_training.threads import one_blas_thread

REPORT, CALL_LIST, CHART_FOLDER = "report.html", "call_list.csv", "charts"
REPORT_FILES = (CHART_FOLDER, REPORT, CALL_LIST)
"""What a report leaves in a folder of results."""
_MOST_EXPLAINED = 20_000
"""Customers whose terms the sections on reasons are made of: enough for any mean over them."""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a report is of.

    Attributes
    ----------
    shop, config
        What was opened, and what was asked.
    scorer, scores
        The model, and what it said of the customers.
    record
        What everybody has bought so far (`tenure.jobs.purchases.purchases_so_far`).
    explained
        Rows of the snapshot whose terms are shown, see `rows_to_explain`: the whole one is not held until the end.
    catalogue
        The features that were computed.
    previous
        Scores of an earlier moment to tell movement from; None for none.
    notes
        Sentences a reader must know.
    tuning, further
        Sections on how settings were found, in front of those about segments, and of the caller, behind them.
    audit
        What was found when the training was looked over for leaks; empty where there was none.
    """

    shop: Shop
    config: Config
    scorer: Scorer
    scores: pd.DataFrame
    record: pd.DataFrame
    explained: pd.DataFrame
    catalogue: Catalogue
    previous: Scores | None = None
    notes: tuple[str, ...] = ()
    tuning: Sequence[Section] = ()
    further: Sequence[Section] = ()
    audit: Sequence[Finding] = ()

    @property
    def currency(self) -> str:
        """Unit of amounts: the model's, or the shop's where the model was not told; empty for none."""
        return self.scorer.bundle.info.currency or self.shop.currency or ""

    @property
    def evidence(self) -> StoredEvidence:
        """How the model did on past windows, from its bundle."""
        return self.scorer.evidence or StoredEvidence(reason="")


@one_blas_thread()
def write_report(folder: Path, reported: Reported, *, language: Language = ENGLISH) -> list[Path]:
    """Write the report, its charts and the call list, and return the paths of all but the list of customers.

    Parameters
    ----------
    folder
        Where they go.
    reported
        Whose report it is.
    language
        Of every word.
    """
    segmenter = reported.scorer.segmenter
    maps = (segmenter.group_map, segmenter.relationship_map)
    spoken = language.with_words(group_words(language, segmenter.playbook, *maps))
    record = reported.record
    data = _report_data(reported, language=spoken)
    report, calls = folder / REPORT, folder / CALL_LIST
    report.write_text(render_report(data, playbook=segmenter.playbook, maps=maps, language=language), encoding="utf-8")
    listed = reported.scores if reported.evidence.signal else reported.scores[:0]  # a list of anybody is none
    write_csv(call_list(with_money(listed, record), language=spoken), calls)
    return [report, *write_charts(data, folder / CHART_FOLDER, language=spoken)]


def _report_data(reported: Reported, *, language: Language) -> ReportData:
    info, evidence = reported.scorer.bundle.info, reported.evidence
    present, record = reported.explained, reported.record
    model = reported.scorer.bundle.candidate.looking_from(reported.shop.as_of)
    contributions = model.contributions(present.astype(dict.fromkeys(info.features, "float64")))
    reasons = explanation_sections(
        contributions,
        present,
        reported.scores,
        catalogue=info.catalogue,
        currency=reported.currency,
        language=language,
        record=record,
    )
    return ReportData(
        scores=reported.scores,
        definitions={**info.definitions, "currency": reported.currency},
        champion=info.champion,
        champion_reason=evidence.reason,
        readiness=reported.shop.log.readiness.to_dict(),
        drivers=rank_drivers(contributions, info.catalogue),
        record=record,
        notes=reported.notes,
        unseen=evidence.unseen if evidence.unseen > LITTLE_UNSEEN else 0.0,
        total_off=math.exp(Z80 * spread_of_total(evidence.unseen)),
        signal=evidence.signal,
        sections=_sections(reported, reasons, language=language),
        backtest=evidence.backtest,
        calibration=evidence.calibration,
        deciles=evidence.deciles,
        totals=evidence.totals,
    )


def _sections(reported: Reported, reasons: Sequence[Section], *, language: Language) -> tuple[Section, ...]:
    shop, scores, segmenter = reported.shop, reported.scores, reported.scorer.segmenter
    campaign = contact_findings(
        scores, reported.config.economics, economics=segmenter.if_buys.economics, currency=reported.currency
    )
    dates, linking = date_findings(reported.evidence.dates), identity_findings(shop, scores)
    audit = audit_findings(reported.audit) if reported.audit else None
    store = coverage_of(reported.config)
    sources = None if store is None else coverage_findings(store)
    taught = known_results(reported.config, as_of=shop.as_of)
    campaigns = find_results(taught, currency=reported.currency)
    return (
        *reported.tuning,
        *segment_sections(
            shop, reported.scorer, scores, reported.previous, catalogue=reported.catalogue, language=language
        ),
        *(section(findings, language=language) for findings in (campaign, campaigns, dates) if findings),
        *(say_section(added, language) for added in reported.further),
        *economics_sections(
            shop,
            scores,
            seed=reported.config.run.seed,
            costs=take_named_costs(reported.config.economics),
            language=language,
        ),
        *reasons,
        *(section(findings, language=language) for findings in (sources, linking, audit) if findings is not None),
    )


def rows_to_explain(present: pd.DataFrame, scores: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """Choose the rows of a snapshot whose terms are shown: evenly spaced ones, and the customer to call first."""
    urgent = first_to_call(with_money(scores, record), rows=1)["customer_id"]
    shown = present.iloc[:: max(1, -(-len(present) // _MOST_EXPLAINED))]
    missing = present[present["customer_id"].isin(urgent) & ~present["customer_id"].isin(shown["customer_id"])]
    return pd.concat([shown, missing], ignore_index=True)  # a copy: a part would hold the whole
