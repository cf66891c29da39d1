"""The job behind ``tenure run``: from an order log to scores, a report and a model on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.costs import with_past_money
from tenure.jobs.customer_ids import identity_files, write_identities
from tenure.jobs.model_bundle import write_model
from tenure.jobs.profile_columns import with_profile
from tenure.jobs.purchases import purchases_so_far
from tenure.jobs.registration import record
from tenure.jobs.results import RunResult, ScoreResult
from tenure.jobs.score import customers_to_score
from tenure.jobs.training import TrainedShop, train_shop
from tenure.jobs.tuning import tuning_sections
from tenure.report.run_report import REPORT_FILES, Reported, rows_to_explain, write_report
from tenure.stages import Progress
from tenure_serving.batch import MANIFEST, SCORES, write_scores
from tenure_serving.language import load_language
from tenure_serving.report import Section
from tenure_serving.result_folder import replace_folder
from tenure_serving.score_tables import Scores, earlier_scores
from tenure_serving.scorer import Scorer
from tenure_training.backtest_tables import summarise_backtest, summarise_dates
from tenure_training.threads import one_blas_thread
from tenure_training.training import Training

MODEL_FOLDER = "model"


@one_blas_thread()
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
    trained = train_shop(config, progress=progress, previous=previous)
    shop, training = trained.shop, trained.training
    names = (MODEL_FOLDER, *REPORT_FILES, *identity_files(shop), SCORES, MANIFEST)
    language = load_language(config.report.language)
    with replace_folder(out, names=names) as draft:
        with progress.stage("Scoring the customers"):
            scorer = Scorer(write_model(config, trained, folder=draft / MODEL_FOLDER))
            present = _present(config, trained, scorer)
            scores = _score(config, trained, scorer, previous, snapshot=present, draft=draft)
            progress.count(len(scores))
        trained = replace(trained, notes=(*trained.notes, *scorer.notes))
        with progress.stage("Writing the report"):
            purchases = purchases_so_far(shop)
            present = rows_to_explain(present, scores, purchases)
            further = sections(training) if sections else ()
            reported = _describe_run(
                config, trained, scorer, scores, previous, purchases=purchases, explained=present, further=further
            )
            files = write_report(draft, reported, language=language)
    # what is recorded lies in its place by now, so that a store that cannot be reached leaves a whole result
    bundle = replace(scorer.bundle, folder=out / MODEL_FOLDER)
    report, *charts = (out / file.relative_to(draft) for file in files)  # the report names customers: it stays here
    with progress.stage("Recording the run in MLflow"):
        tracked, uri = record(
            training,
            bundle,
            snapshot=present,
            config=config.tracking,
            files=[out / MANIFEST, *charts],
            params={"orders": config.orders.uri, "customers": len(scores)},
        )
    gate = () if tracked.decision.promote else (f"Not promoted to champion. {tracked.decision.reason}",)
    result = ScoreResult.of(
        scores, out=out, bundle=bundle, currency=shop.currency, notes=(*trained.notes, *gate), report=report
    )
    return _run_result(result, trained, scores=scores, report=report, tracking_uri=uri)


def _present(config: Config, trained: TrainedShop, scorer: Scorer) -> pd.DataFrame:
    """Build the snapshot of everybody, with what they are scored with beside features."""
    present = customers_to_score(trained, scorer.bundle.info)
    priced = with_past_money(present, config.economics, trained.shop)
    return with_profile(priced, trained.shop, scorer.segmenter.playbook.columns)


def _describe_run(
    config: Config,
    trained: TrainedShop,
    scorer: Scorer,
    scores: pd.DataFrame,
    previous: Scores | None,
    *,
    purchases: pd.DataFrame,
    explained: pd.DataFrame,
    further: tuple[Section, ...],
) -> Reported:
    training = trained.training
    return Reported(
        shop=trained.shop,
        config=config,
        scorer=scorer,
        scores=scores,
        record=purchases,
        explained=explained,
        catalogue=training.frame.catalogue,
        previous=previous,
        notes=trained.notes,
        tuning=tuning_sections(training.tunings, language=load_language(config.report.language)),
        further=further,
        audit=trained.audit,
    )


def _score(
    config: Config,
    trained: TrainedShop,
    scorer: Scorer,
    previous: Scores | None,
    *,
    snapshot: pd.DataFrame,
    draft: Path,
) -> pd.DataFrame:
    """Score the customers of a training, and write what was said of them and who they are."""
    scores = scorer.score(
        snapshot,
        currency=trained.shop.currency,
        previous=previous.table if previous else None,
        language=load_language(config.report.language),
    )
    write_identities(trained.shop, draft)
    write_scores(
        scores,
        draft,
        bundle=scorer.bundle,
        input_fingerprint=trained.shop.fingerprint,
        previous=previous.fingerprint if previous else None,
    )
    return scores


def _run_result(
    result: ScoreResult, trained: TrainedShop, *, scores: pd.DataFrame, report: Path, tracking_uri: str
) -> RunResult:
    training = trained.training
    return RunResult(
        out=result.out,
        scores_path=result.scores_path,
        manifest_path=result.manifest_path,
        customers=result.customers,
        at_risk=result.at_risk,
        money_at_risk=result.money_at_risk,
        expected_value=result.expected_value,
        currency=result.currency,
        model_version=result.model_version,
        as_of=result.as_of,
        horizon_days=result.horizon_days,
        notes=result.notes,
        report_path=report,
        champion=training.choice.name,
        champion_reason=training.choice.reason,
        backtest=summarise_backtest(training.backtest) if training.backtest else pd.DataFrame(),
        tracking_uri=tracking_uri,
        scores=scores,
        audit=trained.audit,
        dates=summarise_dates(training.backtest),
    )
