"""One training in MLflow: a parent run, a child per candidate, three registered models, two aliases."""

from __future__ import annotations

import itertools
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tenure_features.errors import UsageError
from tenure_features.spreadsheets import write_csv
from tenure_training.models.bundle import Bundle
from tenure_training.tracking.champions import crown
from tenure_training.tracking.gate import Decision
from tenure_training.tracking.registering import ModelToRegister, register
from tenure_training.tracking.store import CHALLENGER, Store
from tenure_training.tracking.wheel import write_wheel

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENT = "tenure"
_BATCH = 1000  # metrics MLflow takes at a time


@dataclass(frozen=True, kw_only=True)
class CandidateRun:
    """What one candidate did in the backtest.

    Attributes
    ----------
    name
        Of the candidate.
    metrics
        Averages over the origins, by name; those that do not exist (NaN) are not logged.
    params
        Its settings.
    by_origin
        Metrics of each origin, oldest first; logged as steps 0, 1, ...
    tags
        Beyond the candidate's name and whether it was chosen.
    """

    name: str
    metrics: Mapping[str, float]
    params: Mapping[str, object] = field(default_factory=dict)
    by_origin: Sequence[Mapping[str, float]] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tracked:
    """A training as MLflow knows it.

    Attributes
    ----------
    run_id
        Of the parent run.
    versions
        Number of the new version by registered model.
    decision
        What the gate said.
    """

    run_id: str
    versions: Mapping[str, int]
    decision: Decision


def track_training(
    store: Store,
    bundle: Bundle,
    *,
    candidates: Sequence[CandidateRun],
    backtest: pd.DataFrame,
    models: Mapping[str, ModelToRegister],
    decision: Decision,
    example: pd.DataFrame | None = None,
    card: str = "",
    tags: Mapping[str, str] | None = None,
    files: Sequence[Path] = (),
    params: Mapping[str, object] | None = None,
    experiment: str = EXPERIMENT,
) -> Tracked:
    """Log a training and register its bundle.

    Parameters
    ----------
    store
        Where to.
    bundle
        The result of the training, as `write_bundle` or `read_bundle` returned it.
    candidates
        Everyone who took part in the backtest; the champion's metrics are logged on the parent run too.
    backtest
        The whole table; kept as ``backtest.csv`` and ``backtest.parquet``.
    models
        What to register, by name: ``tenure_serving.pyfunc.MODELS``.
    decision
        Of the gate, see `decide`; its reason becomes the tag ``gate`` of every version.
    example
        One row of nobody's with every column that the customers of this shop are scored with; by default the features
        of the bundle alone.
    card
        The model card: description of every version, and ``model_card.md``.
    tags
        Further tags of every version, such as the grade.
    files
        Charts, report: files, or folders that keep their name.
    params
        Settings of the training beyond what the bundle says.
    experiment
        Name of the MLflow experiment.

    Raises
    ------
    UsageError
        A file to log does not exist.
    DependencyUnavailableError
        The store does not answer.
    """
    absent = [path.name for path in files if not path.exists()]
    if absent:
        raise UsageError("Files to be logged do not exist.", found=", ".join(absent))
    with store.connect() as client:
        import mlflow

        where = store.experiment(client, experiment)
        title = f"{bundle.info.champion} {bundle.info.as_of:%Y-%m-%d} {bundle.version}"
        with mlflow.start_run(experiment_id=where, run_name=title, nested=mlflow.active_run() is not None) as run:
            _log_parent(bundle, candidates, backtest, params or {}, files)
            if card:
                mlflow.log_text(card, "model_card.md")
            mlflow.set_tag("gate", decision.reason)
            for candidate in candidates:
                _log_candidate(client, run, candidate, chosen=candidate.name == bundle.info.champion)
            row = invented_customer(bundle) if example is None else example
            labels = {**_tags(bundle, decision), **(tags or {})}
            versions = _register_all(client, models, bundle, example=row, tags=labels, card=card)
        for name, number in versions.items():
            client.set_registered_model_alias(name, CHALLENGER, str(number))
        if decision.promote and versions:
            crown(client, versions, model_version=bundle.version, how="training", reason=decision.reason)
        return Tracked(run.info.run_id, versions, decision)


def invented_customer(bundle: Bundle) -> pd.DataFrame:
    """Build one row that is nobody's: an input to try the model with."""
    features = {name: [1.0] for name in bundle.info.features}
    return pd.DataFrame({"customer_id": ["example"], "as_of": [bundle.info.as_of], **features})


def _register_all(
    client: MlflowClient,
    models: Mapping[str, ModelToRegister],
    bundle: Bundle,
    *,
    example: pd.DataFrame,
    tags: Mapping[str, str],
    card: str,
) -> dict[str, int]:
    if not models:
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        wheel = write_wheel(Path(scratch))
        return {
            name: register(client, name, served, bundle, example=example, tags=tags, card=card, wheel=wheel)
            for name, served in models.items()
        }


def _log_parent(
    bundle: Bundle,
    candidates: Sequence[CandidateRun],
    backtest: pd.DataFrame,
    params: Mapping[str, object],
    files: Sequence[Path],
) -> None:
    import mlflow

    info = bundle.info.to_dict()
    parameters = {name: info[name] for name in info if name not in {"definitions", "features", "versions"}}
    mlflow.log_params({**params, **parameters, "features": len(bundle.info.features)})
    mlflow.set_tags({"model_version": bundle.version, "data_fingerprint": bundle.info.fingerprint})
    mlflow.log_dict(dict(bundle.info.definitions), "definitions.json")
    mlflow.log_dict(info, "bundle.json")
    for candidate in candidates:
        if candidate.name == bundle.info.champion:
            mlflow.log_metrics(_finite(candidate.metrics))
    with tempfile.TemporaryDirectory() as scratch:
        write_csv(backtest, Path(scratch) / "backtest.csv")
        backtest.to_parquet(Path(scratch) / "backtest.parquet", index=False)
        mlflow.log_artifacts(scratch)
    for path in files:
        if path.is_dir():
            mlflow.log_artifacts(str(path), artifact_path=path.name)
        else:
            mlflow.log_artifact(str(path))


def _log_candidate(client: MlflowClient, parent: Run, candidate: CandidateRun, *, chosen: bool) -> None:
    """Log a child run in few, large writes: one for each number takes seconds on SQLite."""
    from mlflow.entities import Metric, Param

    tags = {"mlflow.parentRunId": parent.info.run_id, "candidate": candidate.name, "chosen": str(chosen).lower()}
    tags |= candidate.tags
    run = client.create_run(parent.info.experiment_id, run_name=candidate.name, tags=tags)
    at = run.info.start_time
    metrics = [Metric(name, value, at, 0) for name, value in _finite(candidate.metrics).items()]
    for step, numbers in enumerate(candidate.by_origin):
        metrics += [Metric(f"origin/{name}", value, at, step) for name, value in _finite(numbers).items()]
    params = [Param(name, _text(value)) for name, value in candidate.params.items()]
    client.log_batch(run.info.run_id, params=params)
    for batch in itertools.batched(metrics, _BATCH):
        client.log_batch(run.info.run_id, metrics=batch)
    client.set_terminated(run.info.run_id)


def _tags(bundle: Bundle, decision: Decision) -> dict[str, str]:
    info = bundle.info
    return {
        "model_version": bundle.version,
        "candidate": info.champion,
        "as_of": info.as_of.isoformat(),
        "horizon_days": str(info.horizon_days),
        "currency": info.currency or "",
        "gate": decision.reason,
        "promoted": str(decision.promote).lower(),
        **{f"gate_{name}": verdict for name, verdict in decision.checks.items()},
    }


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
