"""One training in MLflow: a parent run, a child per candidate, three registered models, two aliases."""

from __future__ import annotations

import io
import itertools
import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from tenure_features.errors import UsageError
from tenure_features.spreadsheets import write_csv
from tenure_training.models.after.money_to_date import ACQUISITION_COST, MONEY_TO_DATE
from tenure_training.models.bundle import Bundle, BundleInfo
from tenure_training.tracking.gate import Decision
from tenure_training.tracking.store import CHALLENGER, CHAMPION_ALIAS, Store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.models import ModelSignature

EXPERIMENT = "tenure"
_BATCH = 1000  # metrics MLflow takes at a time


class ServedModel(Protocol):
    """A model to register: the module MLflow loads it with, and the columns it returns with their types."""

    @property
    def loader(self) -> str:
        """Name of an installed module with ``_load_pyfunc(data_path)``."""

    @property
    def columns(self) -> Mapping[str, str]:
        """MLflow type by column; ``strings`` is a list of them."""


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
    models: Mapping[str, ServedModel],
    decision: Decision,
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
            mlflow.set_tag("gate", decision.reason)
            for candidate in candidates:
                _log_candidate(client, run, candidate, chosen=candidate.name == bundle.info.champion)
            tags = _tags(bundle, decision)
            versions = {name: _register(name, served, bundle, tags) for name, served in models.items()}
        for alias in [CHALLENGER, CHAMPION_ALIAS] if decision.promote else [CHALLENGER]:
            for name, number in versions.items():
                client.set_registered_model_alias(name, alias, str(number))
        return Tracked(run.info.run_id, versions, decision)


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


def _register(name: str, served: ServedModel, bundle: Bundle, tags: Mapping[str, str]) -> int:
    import mlflow

    logged = mlflow.pyfunc.log_model(
        name=name,
        loader_module=served.loader,
        data_path=str(bundle.folder),
        signature=_signature(bundle.info, served.columns),
        input_example=_example(bundle.info),
        pip_requirements=[f"tenure=={installed('tenure')}"],
        metadata=dict(tags),
    )
    with redirect_stderr(io.StringIO()):  # it prints what its answer says
        return int(mlflow.register_model(logged.model_uri, name, tags=dict(tags)).version)


def _signature(info: BundleInfo, columns: Mapping[str, str]) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import Array

    features = [ColSpec("double", name) for name in info.features]
    past = [ColSpec("double", name, required=False) for name in (*MONEY_TO_DATE, ACQUISITION_COST)]
    inputs = [ColSpec("string", "customer_id"), ColSpec("datetime", "as_of"), *features, *past]
    outputs = [
        ColSpec(Array(DataType.string) if kind == "strings" else kind, name, required=False)
        for name, kind in columns.items()
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _example(info: BundleInfo) -> pd.DataFrame:
    """Build one invented customer: an input to try the model with that is nobody's row."""
    features = {name: [1.0] for name in info.features}
    return pd.DataFrame({"customer_id": ["example"], "as_of": [info.as_of], **features})


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
    }


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
