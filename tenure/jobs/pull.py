"""From the API of a system, or a file, to the store."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path
from typing import Any

from tenure.names import require_known
from tenure_connectors.apis import API_SOURCES
from tenure_connectors.apis.secret import require_secrets
from tenure_connectors.apis.source import ApiSource, Connection
from tenure_connectors.store.database import as_uri
from tenure_connectors.store.files import FileSource
from tenure_connectors.store.pull import Pulled, land_file, pull_source
from tenure_features.errors import UsageError
from tenure_features.reading.databases import hide_password


@dataclass(frozen=True, kw_only=True)
class PullResult:
    """What a pull brought, for people and for programs, and the command that comes next."""

    lines: tuple[str, ...]
    payload: Mapping[str, Any]
    next_command: str


def pull_job(
    name: str, *, into: str, settings: Mapping[str, str], url: str | None, full: bool, now: dt.datetime
) -> PullResult:
    """Pull from the source of a name, or land a file.

    Raises
    ------
    UsageError
        If there is no such source, it is not told what it needs, or the secret is missing or refused.
    DataContractError
        If the API no longer gives what the source lives by.
    DependencyUnavailableError
        If the API or the store does not answer.
    """
    if _is_file(name):
        return _land(name, into=into, settings=settings, now=now)
    source = _source_named(name)
    _require_settings(source, settings)
    secrets = require_secrets(source.secrets, of=source.title)
    connection = Connection(settings=settings, secrets=secrets, base_url=url, now=now)
    pulled = pull_source(source, connection, into=into, full=full)
    return _result(source.title, pulled, into, source.notes)


def _is_file(name: str) -> bool:
    return has_magic(name) or Path(name).suffix != "" or Path(name).is_file()


def _land(place: str, *, into: str, settings: Mapping[str, str], now: dt.datetime) -> PullResult:
    require_known(settings, ("source", "table", "encoding"), what="setting of a file")
    source = FileSource(
        name=settings.get("source") or Path(place).stem,
        place=place,
        table=settings.get("table", "orders"),
        encoding=settings.get("encoding"),
    )
    return _result(place, land_file(source, into=into, now=now), into, ())


def _result(title: str, pulled: Pulled, into: str, notes: Sequence[str]) -> PullResult:
    following = shlex.join(["tenure", "check", "--orders", hide_password(as_uri(into, "tenure", "orders"))])
    payload = dict(vars(pulled)) | {"into": hide_password(into), "next": following}
    return PullResult(lines=(*_lines(title, pulled, into), *notes), payload=payload, next_command=following)


def _source_named(name: str) -> ApiSource:
    for source in API_SOURCES:
        if source.name == name:
            return source
    raise UsageError(
        f"There is no source {name!r}.",
        found=", ".join(source.name for source in API_SOURCES),
        fix="Name one of those.",
    )


def _require_settings(source: ApiSource, settings: Mapping[str, str]) -> None:
    require_known(settings, tuple(source.settings), what=f"setting of {source.name}")
    for name, meaning in source.settings.items():
        if not settings.get(name):
            raise UsageError(f"{source.title} must be told its {name}.", found=meaning, fix=f"Say --set {name}=....")


def _lines(title: str, pulled: Pulled, into: str) -> tuple[str, ...]:
    rows = ", ".join(f"{number:,} of {table}" for table, number in pulled.rows.items()) or "no rows"
    return (
        f"{title}: {pulled.records:,} records read, {pulled.changes:,} new or changed.",
        *pulled.account,
        *pulled.drift,
        f"Added to {hide_password(into)}: {rows}.",
    )
