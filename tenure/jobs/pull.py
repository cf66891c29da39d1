"""From the API of a system to the store."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenure.names import require_known
from tenure_connectors.apis import API_SOURCES
from tenure_connectors.apis.secret import require_secrets
from tenure_connectors.apis.source import ApiSource, Connection
from tenure_connectors.store.database import as_uri
from tenure_connectors.store.pull import Pulled, pull_source
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
    """Pull from the source of a name.

    Raises
    ------
    UsageError
        If there is no such source, it is not told what it needs, or the secret is missing or refused.
    DataContractError
        If the API no longer gives what the source lives by.
    DependencyUnavailableError
        If the API or the store does not answer.
    """
    source = _source_named(name)
    _require_settings(source, settings)
    secrets = require_secrets(source.secrets, of=source.title)
    connection = Connection(settings=settings, secrets=secrets, base_url=url, now=now)
    pulled = pull_source(source, connection, into=into, full=full)
    following = shlex.join(["tenure", "check", "--orders", hide_password(as_uri(into, "tenure", "orders"))])
    payload = dict(vars(pulled)) | {"into": hide_password(into), "next": following}
    return PullResult(lines=(*_lines(source, pulled, into), *source.notes), payload=payload, next_command=following)


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


def _lines(source: ApiSource, pulled: Pulled, into: str) -> tuple[str, ...]:
    rows = ", ".join(f"{number:,} of {table}" for table, number in pulled.rows.items()) or "no rows"
    return (
        f"{source.title}: {pulled.records:,} records read, {pulled.changes:,} new or changed.",
        *pulled.account,
        *pulled.drift,
        f"Added to {hide_password(into)}: {rows}.",
    )
