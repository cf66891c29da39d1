"""Models of the MLflow registry: fetched, and refused unless they are nothing but a bundle that tenure logged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tenure_features.errors import DataContractError, DependencyUnavailableError, UsageError
from tenure_features.stored import Stored
from tenure_serving.result_folder import recover_folder
from tenure_training.mlflow_session import mlflow_session

LOADERS = ("tenure_serving.pyfunc", "tenure_serving.pyfunc.churn", "tenure_serving.pyfunc.clv")
"""Modules that a registered model of tenure may be loaded with; no other is ever imported for it."""

_CODE = ("code", "python_model", "model_code_path", "artifacts", "cloudpickle_version")
"""What a model of MLflow's carries that runs code, or may."""


def bundle_folder(source: str | Path, tracking_uri: str | None = None) -> Path:
    """Find the folder of a bundle, fetched from the registry where it is named by URI; see `Scorer.load`."""
    registered = isinstance(source, str) and source.startswith(("models:/", "runs:/", "mlflow-artifacts:/"))
    if registered:
        return _download(str(source), tracking_uri)
    recover_folder(Path(source).parent)
    return Path(source)


def _download(uri: str, tracking_uri: str | None) -> Path:
    with mlflow_session(tracking_uri, impatient=True) as mlflow:
        from mlflow.exceptions import MlflowException

        try:
            local = mlflow.artifacts.download_artifacts(artifact_uri=uri)
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                raise UsageError(f"MLflow has no model {uri}.", found=str(error.message)) from error
            raise DependencyUnavailableError("The MLflow registry did not answer.", found=str(error.message)) from error
        return bundle_of(Path(local), uri=uri)


def bundle_of(model: Path, *, uri: str) -> Path:
    """Find the bundle in the folder of an MLflow model.

    Parameters
    ----------
    model
        The folder that ``MLmodel`` lies in.
    uri
        What the caller calls it, for messages.

    Raises
    ------
    UsageError
        It is somebody else's model: another module would have to be imported to load it.
    DataContractError
        It carries code, other flavours, or a bundle that lies elsewhere; or ``MLmodel`` cannot be read.
    """
    flavors = _flavors(model, uri)
    python = flavors["python_function"].read_named(most=50) if "python_function" in flavors else {}
    loader = python["loader_module"].value if "loader_module" in python else "no loader"
    if loader not in LOADERS:
        raise UsageError(f"{uri} is not a model of tenure.", found=str(loader)[:200])
    carried = [name for name in _CODE if name in python and python[name].value]
    carried += [name for name in flavors if name != "python_function"]
    if carried:
        raise DataContractError(
            f"{uri} carries more than a bundle.", found=", ".join(carried)[:200], fix="Register it again with tenure."
        )
    name = python["data"].text(most=200, least=1) if "data" in python else "."
    folder, inside = (model / name).resolve(), model.resolve()
    if folder == inside or not folder.is_relative_to(inside):
        raise DataContractError(
            f"{uri} keeps its bundle outside itself.", found=repr(name), fix="Register it again with tenure."
        )
    return folder


def _flavors(model: Path, uri: str) -> Mapping[str, Stored]:
    from mlflow.models import Model

    try:
        flavors = Model.load(str(model)).flavors
    except Exception as problem:  # whatever MLflow makes of a file that may hold anything
        raise DataContractError(f"The MLmodel file of {uri} cannot be read.", found=str(problem)[:200]) from problem
    return Stored(flavors, f"MLmodel of {uri}").read_named(most=20)
