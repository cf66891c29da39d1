"""One registered model: its signature, its example, its card, and the wheel it is loaded with."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from tenure_training.models.bundle import Bundle

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

WHEELS = "wheels"
_MOST_DESCRIPTION = 5_000  # characters a registry takes


class ModelToRegister(Protocol):
    """A model to register: the module MLflow loads it with, what it is for, and what it returns."""

    @property
    def loader(self) -> str:
        """Name of an installed module with ``_load_pyfunc(data_path)``."""

    @property
    def purpose(self) -> str:
        """What it answers, in a sentence."""

    def returns(self, bundle: Bundle, example: pd.DataFrame) -> Mapping[str, str]:
        """MLflow type by column of the answer to an example; ``strings`` is a list of them."""


def register(
    client: MlflowClient,
    name: str,
    served: ModelToRegister,
    bundle: Bundle,
    *,
    example: pd.DataFrame,
    tags: Mapping[str, str],
    card: str,
    wheel: Path,
) -> int:
    """Register a bundle under a name in the run that is open; return the number of the version.

    The signature is what the model takes and gives, exactly: inputs are the columns of the example, outputs those of
    its answer. What it is loaded with lies beside it in ``wheels/``, so that its requirements can be installed where
    no index has this package.
    """
    import mlflow

    logged = mlflow.pyfunc.log_model(
        name=name,
        loader_module=served.loader,
        data_path=str(bundle.folder),
        signature=_signature(example, served.returns(bundle, example)),
        input_example=example,
        pip_requirements=[f"{WHEELS}/{wheel.name}"],
        metadata=dict(tags),
    )
    client.log_model_artifact(logged.model_id, str(wheel), WHEELS)
    with redirect_stderr(io.StringIO()):  # it prints what its answer says
        version = mlflow.register_model(logged.model_uri, name, tags=dict(tags)).version
    client.update_registered_model(name, description=served.purpose)
    client.update_model_version(name, version, description=f"{served.purpose}\n\n{card}"[:_MOST_DESCRIPTION])
    return int(version)


def _signature(example: pd.DataFrame, columns: Mapping[str, str]) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import Array

    inputs = [ColSpec(_kind(example[name]), str(name)) for name in example]
    outputs = [
        ColSpec(Array(DataType.string) if kind == "strings" else kind, name, required=False)
        for name, kind in columns.items()
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "datetime"
    return "double" if pd.api.types.is_numeric_dtype(column) else "string"
