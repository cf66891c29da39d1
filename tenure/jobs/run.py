"""The jobs behind the commands: run, score, backtest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config
from tenure.jobs.audit import AuditResult, audit_section, audit_training, audited, leak_notes
from tenure.jobs.calendars import definition, for_models, require_same
from tenure.jobs.campaign import CampaignResult, campaign_of, campaign_sections, costs_of
from tenure.jobs.costs import NOTHING_KNOWN, economics_of, with_acquisition
from tenure.jobs.customer_ids import identity_files, identity_notes, write_identities
from tenure.jobs.extras import extras
from tenure.jobs.opening import catalogue_of, open_configured_shop, table_notes
from tenure.jobs.registration import record, store_of
from tenure.jobs.results import BacktestResult, RunResult, ScoreResult
from tenure.jobs.segmenter import fit_segmenter
from tenure.jobs.settings import require_settings
from tenure.jobs.tuning import Question, chosen_settings, tuned, tuning_notes, tuning_sections
from tenure.jobs.window import choose_window
from tenure.progress import Progress
from tenure.report import evidence
from tenure.report.economics import economics_sections
from tenure.report.explanation_sections import explanation_sections
from tenure.report.identity_sections import identity_sections
from tenure.report.next_order import dates_sections
from tenure.report.segment_sections import segment_sections
from tenure_features import Shop, snapshots
from tenure_features.errors import DataContractError
from tenure_features.families.catalogue import Catalogue
from tenure_features.user_features import require_defined
from tenure_serving.batch import MANIFEST, SCORES, write_scores
from tenure_serving.report import ReportData, Section, render_report
from tenure_serving.result_folder import replace_folder
from tenure_serving.score_tables import Scores, earlier_scores
from tenure_serving.scorer import Scorer
from tenure_training.audit import Finding
from tenure_training.frame import Frames
from tenure_training.models.bundle import Bundle, BundleInfo, definitions, package_versions, write_bundle
from tenure_training.models.registry import candidate_class
from tenure_training.models.user_file import own_candidates
from tenure_training.train import Training, train

MODEL_FOLDER, CHART_FOLDER, REPORT = "model", "charts", "report.html"


@dataclass(frozen=True)
class _Trained:
    """A training, what it was made from, and what its audit found."""

    shop: Shop
    frames: Frames
    training: Training
    notes: tuple[str, ...]
    audit: tuple[Finding, ...]
    campaign: CampaignResult | None


def run_job(
    config: Config,
    out: Path,
    *,
    progress: Progress,
    sections: Callable[[Training], tuple[Section, ...]] | None = None,
) -> RunResult:
    """Check, build features, backtest, train, register, score and report.

    Parameters
    ----------
    config, out, progress
        What is asked, the folder of the results, and who is told what happens.
    sections
        Makes further sections of the report from the training.

    Raises
    ------
    TenureError
        With the exit code of its kind: the data, the call, a dependency.
    """
    previous = earlier_scores(config.run.previous)
    trained = _trained(config, progress, previous=previous)
    shop, training, notes = trained.shop, trained.training, trained.notes
    with replace_folder(
        out, names=(MODEL_FOLDER, CHART_FOLDER, REPORT, *identity_files(shop), SCORES, MANIFEST)
    ) as draft:
        with progress.stage("Scoring the customers"):
            bundle = _bundle(shop, training, config, draft / MODEL_FOLDER)
            scorer = Scorer(bundle)
            scores = _scored(scorer, trained, config, previous)
            _write(scores, draft, bundle, shop, previous)
        with progress.stage("Writing the report"):
            of_groups = segment_sections(shop, scorer, scores, previous, catalogue=training.frame.catalogue)
            further = of_groups + _backtested(trained, bundle, config)
            further += sections(training) if sections else ()
            further += economics_sections(shop, scores, seed=config.run.seed)
            data = _report(trained, bundle, scores, further)
            (draft / REPORT).write_text(rendered(data, scorer), encoding="utf-8")
            charts = [out / chart.relative_to(draft) for chart in evidence.write_charts(data, draft / CHART_FOLDER)]
    # what is recorded lies in its place by now, so that a store that cannot be reached leaves a whole result
    bundle, report = replace(bundle, folder=out / MODEL_FOLDER), out / REPORT
    with progress.stage("Recording the run in MLflow"):
        tracked, uri = record(
            training,
            bundle,
            config=config.tracking,
            files=[report, out / MANIFEST, *charts],
            params={"orders": config.orders.uri, "customers": len(scores)},
        )
    gate = () if tracked.decision.promote else (f"Not promoted to champion. {tracked.decision.reason}",)
    return RunResult(
        **_findings(scores, out, bundle, (*notes, *_unpriced(scores), *gate)),
        scores_path=out / SCORES,
        manifest_path=out / MANIFEST,
        report_path=report,
        champion=training.choice.name,
        champion_reason=training.choice.reason,
        backtest=evidence.summary(training.backtest) if training.backtest else pd.DataFrame(),
        tracking_uri=uri,
        scores=scores,
        audit=trained.audit,
        campaign=trained.campaign,
        dates=evidence.dates(training.backtest),
    )


def score_job(config: Config, model: str, out: Path, *, progress: Progress) -> ScoreResult:
    """Score newer orders with a model trained before, by the limits and definitions it carries.

    Raises
    ------
    TenureError
        The model does not fit the data: missing columns, another currency, an ``as_of`` before its training.
    """
    require_settings(config)
    previous = earlier_scores(config.run.previous)
    with progress.stage("Loading the model"):
        folder = Path(model)
        tracking = None if folder.exists() else store_of(config.tracking).tracking_uri
        own = own_candidates(config.run.candidates or ())
        scorer = Scorer.load(folder if folder.exists() else model, tracking_uri=tracking, candidates=own)
        info = scorer.bundle.info
    with progress.stage("Reading the orders"):
        needed, catalogue = {feature.table for feature in info.catalogue}, catalogue_of(config)
        shop = open_configured_shop(config, only=needed | _priced(config), progress=progress)
        require_defined(info.catalogue, catalogue)
        require_same(shop.calendar, info.definitions.get("calendar"))
    notes = (*identity_notes(shop), *shop.notes)
    with (
        progress.stage("Scoring the customers"),
        replace_folder(out, names=(*identity_files(shop), SCORES, MANIFEST)) as draft,
    ):
        scores = scorer.score(
            with_acquisition(_present(shop, info, catalogue), config.economics, shop),
            currency=shop.currency,
            previous=previous.table if previous else None,
        )
        write_identities(shop, draft)
        write_scores(
            scores,
            draft,
            bundle=scorer.bundle,
            input_fingerprint=shop.fingerprint,
            previous=previous.fingerprint if previous else None,
            unless_in=out,
        )
    return ScoreResult(
        **_findings(scores, out, scorer.bundle, notes), scores_path=out / SCORES, manifest_path=out / MANIFEST
    )


def _priced(config: Config) -> set[str]:
    """Name the tables that the cost of acquiring a customer is measured in, where none is said."""
    return set() if config.economics.cac is not None else {"customers", "spend"}


def _present(shop: Shop, info: BundleInfo, catalogue: Catalogue) -> pd.DataFrame:
    """Build the snapshot a model reads, with the tables and the calendar it learnt from."""
    present = snapshots(
        shop,
        shop.as_of,
        features=info.features,
        active_days=info.active_days,
        window_days=info.horizon_days,
        catalogue=catalogue,
    )
    if present.empty:
        raise DataContractError(
            "Nobody ordered before as_of, so there is nobody to score.",
            found=f"as_of {shop.as_of:%Y-%m-%d}",
            fix="Choose a later --as-of, or check the orders.",
        )
    return present


def backtest_job(config: Config, *, progress: Progress) -> BacktestResult:
    """Compare every candidate with every baseline on closed windows; nothing is written."""
    trained = _trained(config, progress)
    training = trained.training
    if training.backtest is None:
        raise DataContractError(
            "No window has closed, so there is nothing to compare.", fix="Wait, or choose a shorter --horizon."
        )
    return BacktestResult(
        evidence.summary(training.backtest),
        training.choice.name,
        training.choice.reason,
        training.frame.as_of.to_pydatetime(),
        training.frame.horizon_days,
        trained.notes,
        trained.audit,
        trained.campaign,
        evidence.dates(training.backtest),
    )


def audit_job(config: Config, *, progress: Progress) -> AuditResult:
    """Train, doctor the future and train again: does anything leak? Nothing is written."""
    trained = _trained(config, progress)
    with progress.stage("Auditing: training again on doctored rows"):
        return audit_training(
            trained.shop,
            trained.training,
            trained.frames,
            seed=config.run.seed,
            notes=trained.notes,
            advance=progress.advance,
        )


def _unpriced(scores: pd.DataFrame) -> tuple[str, ...]:
    return () if "clv_before_cac" in scores else (NOTHING_KNOWN,)


def _backtested(trained: _Trained, bundle: Bundle, config: Config) -> tuple[Section, ...]:
    shown = campaign_sections(trained.campaign, currency=bundle.info.currency, said=config.economics)
    return shown + dates_sections(evidence.dates(trained.training.backtest))


def rendered(data: ReportData, scorer: Scorer) -> str:
    """Render the report with the maps and the playbook of the model."""
    segmenter = scorer.segmenter
    return render_report(data, playbook=segmenter.playbook, maps=(segmenter.group_map, segmenter.relationship_map))


def _trained(config: Config, progress: Progress, *, previous: Scores | None = None) -> _Trained:
    require_settings(config)
    with progress.stage("Reading and checking the orders"):
        catalogue = catalogue_of(config)
        shop = open_configured_shop(config, catalogue=catalogue, progress=progress)
        log = shop.log
        window = choose_window(
            as_of=shop.as_of.to_pydatetime(),
            horizon_days=config.run.horizon_days,
            first_order_at=log.first_order_at.to_pydatetime(),
            suggested_horizon_days=log.readiness.suggested_horizon_days,
        )
    if previous:
        previous.require_earlier(pd.Timestamp(window.as_of), horizon_days=window.horizon_days)
    calendar, unlearnt = for_models(
        shop.calendar,
        config.calendar,
        history_days=(shop.as_of - log.first_order_at) / pd.Timedelta(days=1),
        horizon_days=window.horizon_days,
    )
    for note in (*table_notes(shop, catalogue), *shop.notes, *window.notes, *unlearnt):
        progress.note(note)
    frames = Frames(replace(shop, calendar=calendar), active_days=config.run.active_days, catalogue=catalogue)
    asked = Question(shop.as_of, window.horizon_days, shop.fingerprint)
    training = _tuned_and_trained(config, frames, asked, progress)
    with progress.stage("Looking for leaks"):
        findings = audited(shop, training, frames, seed=config.run.seed)
    notes = (*identity_notes(shop), *shop.notes, *window.notes, *training.notes, *leak_notes(findings))
    if training.backtest is not None:
        training = replace(training, backtest=replace(training.backtest, costs=costs_of(config.economics)))
    return _Trained(shop, frames, training, notes, findings, campaign_of(training.backtest, training.choice.name))


def _tuned_and_trained(config: Config, frames: Frames, asked: Question, progress: Progress) -> Training:
    tunings = tuned(config, frames, asked, progress=progress)
    with progress.stage("Training and backtesting the models"):
        training = train(
            frames,
            as_of=asked.as_of,
            horizon_days=asked.horizon_days,
            seed=config.run.seed,
            candidates=config.run.candidates,
            settings=chosen_settings(tunings),
            advance=progress.advance,
        )
    return replace(training, tunings=tunings, notes=(*tuning_notes(tunings), *training.notes))


def _bundle(shop: Shop, training: Training, config: Config, folder: Path) -> Bundle:
    """Write the champion, the limits of its segments and its definitions."""
    frame, currency = training.frame, shop.currency
    prediction = training.champion.predict(frame.present)
    predictions = pd.DataFrame(
        {"churn_probability": 1 - prediction.buy_probability, "expected_value": prediction.expected_value}
    )
    catalogue = frame.catalogue.describe(frame.features)
    more, said = extras(frame, economics_of(config.economics, shop))
    info = BundleInfo(
        champion=candidate_class(training.choice.name).name,
        as_of=frame.as_of,
        horizon_days=frame.horizon_days,
        label_days=frame.label_days,
        definitions=definitions(
            horizon_days=frame.horizon_days,
            returns=config.orders.returns,
            active_days=config.run.active_days,
            currency=currency,
        )
        | definition(shop.calendar, catalogue)
        | said,
        returns=config.orders.returns,
        currency=currency,
        catalogue=catalogue,
        active_days=config.run.active_days,
        fingerprint=shop.fingerprint,
        seed=config.run.seed,
        versions=package_versions(),
    )
    segments = fit_segmenter(config.segments, frame.present, predictions).to_dict()
    return write_bundle(folder, training.champion, info, segments, extras=more)


def _scored(scorer: Scorer, trained: _Trained, config: Config, previous: Scores | None) -> pd.DataFrame:
    return scorer.score(
        with_acquisition(trained.training.frame.present, config.economics, trained.shop),
        currency=trained.shop.currency,
        previous=previous.table if previous else None,
    )


def _write(scores: pd.DataFrame, draft: Path, bundle: Bundle, shop: Shop, previous: Scores | None) -> None:
    write_identities(shop, draft)
    held = previous.fingerprint if previous else None
    write_scores(scores, draft, bundle=bundle, input_fingerprint=shop.fingerprint, previous=held)


def _report(trained: _Trained, bundle: Bundle, scores: pd.DataFrame, further: tuple[Section, ...] = ()) -> ReportData:
    log, training = trained.shop.log, trained.training
    result, champion = training.backtest, training.choice.name
    contributions = training.champion.contributions(training.frame.present)
    tables: dict[str, Any] = {}
    if result is not None:
        tables = {
            "backtest": result.table(),
            "calibration": evidence.calibration(result, champion),
            "deciles": evidence.deciles(result, champion),
            "totals": evidence.totals(result, champion),
        }
    return ReportData(
        scores=scores,
        definitions={**bundle.info.definitions, "currency": bundle.info.currency or ""},
        champion=champion,
        champion_reason=training.choice.reason,
        readiness=log.readiness.to_dict(),
        drivers=evidence.drivers(contributions, bundle.info.catalogue),
        notes=trained.notes,
        sections=(
            *tuning_sections(training.tunings),
            *further,
            *explanation_sections(
                contributions,
                training.frame.present,
                scores,
                catalogue=bundle.info.catalogue,
                currency=bundle.info.currency or "",
            ),
            *identity_sections(trained.shop, scores),
            audit_section(trained.audit),
        ),
        **tables,
    )


def _findings(scores: pd.DataFrame, out: Path, bundle: Bundle, notes: tuple[str, ...]) -> dict[str, Any]:
    from tenure_serving.report.summary import headline, with_money

    head = headline(with_money(scores))
    return {
        "out": out,
        "customers": len(scores),
        "at_risk": head.at_risk,
        "money_at_risk": head.money_at_risk,
        "expected_value": head.expected_value,
        "currency": bundle.info.currency,
        "model_version": bundle.version,
        "as_of": pd.Timestamp(scores["as_of"].iloc[0]).to_pydatetime(),
        "horizon_days": bundle.info.horizon_days,
        "notes": notes,
    }
