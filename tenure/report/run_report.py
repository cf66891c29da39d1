"""The report of a run: which sections it has, and its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.campaign import contact_findings
from tenure.jobs.purchases import purchases_so_far
from tenure.jobs.training import TrainedShop
from tenure.jobs.tuning import tuning_sections
from tenure.report.chart_files import write_charts
from tenure.report.economics import economics_sections
from tenure.report.explanation_sections import explanation_sections
from tenure.report.identity import identity_findings
from tenure.report.segments import segment_sections
from tenure.report.training import audit_findings, date_findings
from tenure_features.spreadsheets import write_csv
from tenure_serving.findings import section
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report import ReportData, Section, render_report
from tenure_serving.report.page import group_words
from tenure_serving.report.sections import say_section
from tenure_serving.report.summary import call_list, with_money
from tenure_serving.score_tables import Scores
from tenure_serving.scorer import Scorer
from tenure_serving.segments import Segmenter
from tenure_training.backtest_tables import (
    sum_totals,
    summarise_calibration,
    summarise_dates,
    summarise_deciles,
)
from tenure_training.drivers import rank_drivers
from tenure_training.models.bundle import Bundle

REPORT, CALL_LIST, CHART_FOLDER = "report.html", "call_list.csv", "charts"


def write_report(
    folder: Path,
    config: Config,
    trained: TrainedShop,
    *,
    scorer: Scorer,
    scores: pd.DataFrame,
    previous: Scores | None,
    further: tuple[Section, ...],
    language: Language = ENGLISH,
) -> list[Path]:
    """Write the report of a run, its charts and the call list, and return the paths of all but the list of customers.

    Parameters
    ----------
    folder
        Where they go.
    config, trained
        What was asked, and the training that answered.
    scorer, scores
        The model, and what it said of the customers.
    previous
        Scores of an earlier moment to tell movement from; None for none.
    further
        Sections of the caller, behind those about segments and the backtest.
    language
        Of every word.
    """
    bundle, segmenter = scorer.bundle, scorer.segmenter
    maps = (segmenter.group_map, segmenter.relationship_map)
    spoken = language.with_words(group_words(language, segmenter.playbook, *maps))
    record = purchases_so_far(trained.shop)
    sections = (
        *segment_sections(
            trained.shop, scorer, scores, previous, catalogue=trained.training.frame.catalogue, language=spoken
        ),
        *_backtest_sections(trained, scores, segmenter, config, language=spoken),
        *(say_section(added, spoken) for added in further),
        *economics_sections(trained.shop, scores, seed=config.run.seed, language=spoken),
    )
    data = _report_data(trained, bundle, scores, record=record, further=sections, language=spoken)
    report, calls = folder / REPORT, folder / CALL_LIST
    report.write_text(render_report(data, playbook=segmenter.playbook, maps=maps, language=language), encoding="utf-8")
    write_csv(call_list(with_money(scores, record), language=spoken), calls)
    return [report, *write_charts(data, folder / CHART_FOLDER, language=spoken)]


def _backtest_sections(
    trained: TrainedShop, scores: pd.DataFrame, segmenter: Segmenter, config: Config, *, language: Language
) -> tuple[Section, ...]:
    campaign = contact_findings(
        scores, config.economics, economics=segmenter.if_buys.economics, currency=trained.shop.currency or ""
    )
    dates = date_findings(summarise_dates(trained.training.backtest))
    return tuple(section(findings, language=language) for findings in (campaign, dates) if findings is not None)


def _report_data(
    trained: TrainedShop,
    bundle: Bundle,
    scores: pd.DataFrame,
    *,
    record: pd.DataFrame,
    further: tuple[Section, ...],
    language: Language,
) -> ReportData:
    log, training = trained.shop.log, trained.training
    result, champion = training.backtest, training.choice.name
    contributions = training.champion.contributions(training.frame.present)
    linking = identity_findings(trained.shop, scores)
    data = ReportData(
        scores=scores,
        definitions={**bundle.info.definitions, "currency": bundle.info.currency or ""},
        champion=champion,
        champion_reason=training.choice.reason,
        readiness=log.readiness.to_dict(),
        drivers=rank_drivers(contributions, bundle.info.catalogue),
        record=record,
        notes=trained.notes,
        sections=(
            *tuning_sections(training.tunings, language=language),
            *further,
            *explanation_sections(
                contributions,
                training.frame.present,
                scores,
                catalogue=bundle.info.catalogue,
                currency=bundle.info.currency or "",
                language=language,
                record=record,
            ),
            *([] if linking is None else [section(linking, language=language)]),
            section(audit_findings(trained.audit), language=language),
        ),
    )
    if result is None:
        return data
    return replace(
        data,
        backtest=result.table(),
        calibration=summarise_calibration(result, champion),
        deciles=summarise_deciles(result, champion),
        totals=sum_totals(result, champion),
    )
