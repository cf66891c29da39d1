"""Putting a training on record: runs, registered models, and the gate a new model passes to become champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from tenure.config import TrackingConfig
from tenure.jobs.tuning import trial_runs
from tenure_features.errors import TenureError
from tenure_serving.model_card import Evaluation, write_card
from tenure_serving.pyfunc import MODELS
from tenure_serving.scorer import Scorer
from tenure_training.backtest import Backtest
from tenure_training.metrics import METRICS, paired_bootstrap
from tenure_training.models.after.money_to_date import ACQUISITION_COST, MONEY_TO_DATE
from tenure_training.models.bundle import Bundle
from tenure_training.tracking import (
    LIMITS,
    CandidateRun,
    Decision,
    Registered,
    Store,
    Tracked,
    decide,
    invented_customer,
    track_training,
)
from tenure_training.training import Training

CHAMPION_URI = "models:/tenure-scorer@champion"


def store_of(config: TrackingConfig) -> Store:
    """Open the store a configuration names: its uri, else MLFLOW_TRACKING_URI, else mlruns/ here."""
    return Store.at(config.uri) if config.uri else Store.local(Path.cwd())


def record(
    training: Training,
    bundle: Bundle,
    *,
    snapshot: pd.DataFrame,
    config: TrackingConfig,
    files: Sequence[Path],
    params: Mapping[str, object],
) -> tuple[Tracked, str]:
    """Track a training, with the trials of its tuning, and register its bundle; return what was written and where.

    Parameters
    ----------
    training, bundle
        What was trained, and what was written of it.
    snapshot
        What was scored: its columns, not its rows, are what the registered models ask for.
    config
        Where to, and whether models are registered.
    files
        Charts and the like: nothing of single customers.
    params
        Settings of the training beyond what the bundle says.
    """
    store = store_of(config)
    evaluation = Evaluation.in_bundle(bundle)
    result = training.backtest
    table = result.table() if result else pd.DataFrame()
    tracked = track_training(
        store,
        bundle,
        candidates=[*_candidate_runs(table), *trial_runs(training.tunings)],
        backtest=table,
        models=MODELS if config.register_model else {},
        decision=_decision(store, training),
        example=_example(bundle, snapshot),
        card=write_card(bundle),
        tags={"grade": evaluation.grade} if evaluation else {},
        files=files,
        params=params,
        experiment=config.experiment,
    )
    return tracked, store.tracking_uri


def _candidate_runs(table: pd.DataFrame) -> list[CandidateRun]:
    if table.empty:
        return []
    names = [*METRICS, "empc"]
    return [
        CandidateRun(
            name=str(candidate),
            metrics=_numbers(rows[names].mean()),
            by_origin=[_numbers(row) for _, row in rows.sort_values("origin")[names].iterrows()],
        )
        for candidate, rows in table.groupby("candidate", sort=False)
    ]


def _numbers(row: pd.Series[float]) -> dict[str, float]:
    return {str(name): float(value) for name, value in row.items()}


def _decision(store: Store, training: Training) -> Decision:
    """Compare the new model with the present champion on the windows of the backtest.

    The champion as it stands may have learnt from those windows, so its kind of model, refitted at each window's
    origin like every other candidate, stands in for it.
    """
    present = store.find_registered()
    if present is None or training.backtest is None:
        return decide(present, {})
    try:
        champion = Scorer.load(CHAMPION_URI, tracking_uri=store.tracking_uri, candidates=training.competitors).bundle
    except (
        TenureError
    ):  # damaged, of an older format, or of a class that nobody gives any more: it can hold nobody back
        return Decision(promote=True, reason="The present champion cannot be loaded any more.")
    return compare_models(training.backtest, training.choice.name, champion.info.champion, present=present)


def compare_models(backtest: Backtest, challenger: str, champion: str, *, present: Registered) -> Decision:
    """Let the gate decide between two candidates of one backtest; the champion's kind stands in for the champion."""
    if champion not in backtest.predictions or challenger not in backtest.predictions or not backtest.windows:
        return decide(present, {})
    differences = paired_bootstrap(
        backtest.predictions[challenger], backtest.predictions[champion], backtest.outcomes, seed=0
    )
    table = backtest.table().groupby("candidate")[list(LIMITS)].mean()
    means = {name: (float(table[name][challenger]), float(table[name][champion])) for name in LIMITS}
    return decide(present, differences, means={name: pair for name, pair in means.items() if pd.notna(pair[0])})


def _example(bundle: Bundle, snapshot: pd.DataFrame) -> pd.DataFrame:
    """Build one row of nobody's, with the columns that the customers of this shop are scored with."""
    row = invented_customer(bundle)
    asked = (ACQUISITION_COST, *MONEY_TO_DATE, *Scorer(bundle).segmenter.playbook.columns)
    for name in dict.fromkeys(name for name in asked if name in snapshot and name not in row):
        if pd.api.types.is_datetime64_any_dtype(snapshot[name]):
            row[name] = row["as_of"]
        else:
            row[name] = 1.0 if pd.api.types.is_numeric_dtype(snapshot[name]) else "example"
    return row
