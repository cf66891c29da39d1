"""Where runs and models are kept."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self
from urllib.parse import unquote

from tenure_features.errors import DependencyUnavailableError
from tenure_training.mlflow_session import mlflow_session

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCORER = "tenure-scorer"
CHAMPION_ALIAS, CHALLENGER = "champion", "challenger"

_SQLITE = "sqlite:///"
_LOCK = ".lock"
_PATIENCE_S = 5.0
_OUR_FAULT = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_DOES_NOT_EXIST"}


@dataclass(frozen=True)
class Store:
    """Where runs and models are kept.

    Attributes
    ----------
    tracking_uri
        Of the tracking store and the model registry.
    artifacts
        Folder of the artifacts; None where a server decides.
    """

    tracking_uri: str
    artifacts: Path | None = None

    @classmethod
    def local(cls, root: Path) -> Self:
        """Use ``MLFLOW_TRACKING_URI`` where it is set, else SQLite and a folder in ``root/mlruns``; see `at`."""
        database = root.absolute() / "mlruns" / "mlflow.db"
        return cls.at(os.environ.get("MLFLOW_TRACKING_URI") or f"{_SQLITE}{database.as_posix()}")

    @classmethod
    def at(cls, uri: str) -> Self:
        """Use the store at a URI.

        A SQLite file is created and migrated once, under a file lock: processes that start together wait for the
        first one. Its artifacts lie beside it, never in the working directory.

        Raises
        ------
        DependencyUnavailableError
            The SQLite file was written by another version of mlflow, or somebody has locked it.
        """
        if not uri.startswith(_SQLITE):
            return cls(uri)
        folder = Path(unquote(uri.removeprefix(_SQLITE))).absolute().parent
        folder.mkdir(parents=True, exist_ok=True)
        store = cls(uri, folder / "artifacts")
        with _lock_file(folder / _LOCK):
            _require_readable(Path(unquote(uri.removeprefix(_SQLITE))))
            store._initialise(folder / "artifacts")
        return store

    def _initialise(self, artifacts: Path) -> None:
        with mlflow_session(self.tracking_uri):
            from mlflow.exceptions import MlflowException
            from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

            try:
                SqlAlchemyStore(self.tracking_uri, artifacts.as_uri()).engine.dispose()
            except MlflowException as error:
                raise DependencyUnavailableError(
                    "The local MLflow store cannot be opened.",
                    found=str(error.message),
                    fix=f"If another version wrote it, run: mlflow db upgrade {self.tracking_uri}",
                ) from error

    @contextmanager
    def connect(self) -> Iterator[MlflowClient]:
        """Point mlflow at this store for a while, without autologging, and put its settings back.

        Raises
        ------
        DependencyUnavailableError
            The store does not answer, or does not let us in.
        """
        with mlflow_session(self.tracking_uri) as mlflow:
            from mlflow.exceptions import MlflowException

            mlflow.autolog(disable=True, silent=True)
            try:
                yield mlflow.MlflowClient()
            except MlflowException as error:
                if error.error_code in _OUR_FAULT:
                    raise
                raise DependencyUnavailableError("MLflow did not answer.", found=str(error.message)) from error

    def experiment(self, client: MlflowClient, name: str) -> str:
        """Find an experiment by name or create it; return its id."""
        if self.artifacts is None:
            return _experiment_id(client, name, None)
        with _lock_file(self.artifacts.parent / _LOCK):
            return _experiment_id(client, name, (self.artifacts / name).as_uri())

    def find_registered(self, name: str = SCORER, *, alias: str = CHAMPION_ALIAS) -> Registered | None:
        """Look up what an alias of a registered model points to; None where there is no such alias yet."""
        with self.connect() as client:
            models = [model for model in client.search_registered_models(f"name = '{name}'") if alias in model.aliases]
            if not models:
                return None
            version = client.get_model_version_by_alias(name, alias)
            return Registered(name, int(version.version), version.tags.get("model_version", ""), version.run_id or "")


@dataclass(frozen=True)
class Registered:
    """One version of a registered model: its name, its number, the ``model_version`` of its scores, its run."""

    name: str
    version: int
    model_version: str
    run_id: str


def _experiment_id(client: MlflowClient, name: str, location: str | None) -> str:
    experiment = client.get_experiment_by_name(name)
    return str(
        client.create_experiment(name, artifact_location=location) if experiment is None else experiment.experiment_id
    )


def _require_readable(database: Path) -> None:
    """Refuse a database that stays locked: mlflow asks again and again, for more than a minute."""
    if not database.is_file():
        return
    with closing(sqlite3.connect(database, timeout=_PATIENCE_S)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            raise DependencyUnavailableError(
                "The local MLflow store does not let us in.",
                found=f"{database.name}: {error}",
                fix="Wait until whoever writes to it is done, and try again.",
            ) from error
        except sqlite3.DatabaseError:
            return  # no database at all: mlflow says so


@contextmanager
def _lock_file(path: Path) -> Iterator[None]:
    """Hold a file lock; closing the file releases it, so does the death of the process."""
    with path.open("a+b") as handle:
        _lock(handle)
        yield


def _lock(handle: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
