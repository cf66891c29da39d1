"""How mlflow is held while it is used.

It takes seconds to import and keeps its settings in globals and in the environment: here it is imported late, pointed
at one store for as long as a block lasts, kept quiet, and put back as it was.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from tenure_features.errors import DependencyUnavailableError
from tenure_features.reading.databases import hide_password

_URI = "MLFLOW_TRACKING_URI"
_PATIENCE_S = 4.0
_IMPATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "4", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
"""For reading a model: mlflow itself would wait for two minutes, eight times. What the user has set stands."""
_LOGGERS = ("mlflow", "alembic")
_THEIRS = r"(mlflow|sqlalchemy|alembic)(\.|$)"  # mlflow's own imports warn of its own code
_ENVIRONMENT = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # a uv.lock in the working directory would be copied into the model, registry hosts and all
    "MLFLOW_UV_AUTO_DETECT": "false",
}


@contextmanager
def mlflow_session(tracking_uri: str | None, *, impatient: bool = False) -> Iterator[Any]:
    """Yield the mlflow module, pointed at a store and quiet.

    Parameters
    ----------
    tracking_uri
        Of the store; None leaves mlflow's own setting. The model registry follows it unless the user set another.
    impatient
        Give a server that stops answering up after four seconds: for a short reading that somebody waits for.

    Raises
    ------
    DependencyUnavailableError
        A server is named, and nothing answers there within four seconds; mlflow itself would try for minutes.
    """
    require_answer(tracking_uri or os.environ.get(_URI) or "")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read when mlflow is first imported
    hurried = {name: value for name, value in _IMPATIENT.items() if name not in os.environ} if impatient else {}
    with _environment(_ENVIRONMENT | hurried), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=_THEIRS)
        import mlflow  # sets up its own logging, so that is turned down afterwards

        with _errors_only(), _point_at(mlflow, tracking_uri):
            yield mlflow


def require_answer(uri: str) -> None:
    """Refuse a tracking server that is not there; any answer of a server, a refusal too, is one."""
    if not uri.startswith(("http://", "https://")):
        return
    try:
        with urlopen(f"{uri.rstrip('/')}/health", timeout=_PATIENCE_S):  # noqa: S310  # http or https, see above
            return
    except HTTPError:
        return
    except (OSError, ValueError, HTTPException) as error:
        raise DependencyUnavailableError(
            f"The MLflow server at {hide_password(uri)} does not answer.",
            found=str(error),
            fix="Start it, or name another store with --tracking-uri.",
        ) from error


@contextmanager
def _point_at(mlflow: Any, tracking_uri: str | None) -> Iterator[None]:  # noqa: ANN401 - mlflow is not typed
    if tracking_uri is None:
        yield
        return
    before = mlflow.get_tracking_uri()
    with _environment({_URI: os.environ.get(_URI)}):  # setting the URI sets the variable too
        mlflow.set_tracking_uri(tracking_uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(None)
    if mlflow.get_tracking_uri() != before:
        mlflow.set_tracking_uri(before)


@contextmanager
def _environment(changes: dict[str, str] | dict[str, str | None]) -> Iterator[None]:
    """Set variables for a while; whatever the block does to them is undone."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update({name: value for name, value in changes.items() if value is not None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _errors_only() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
