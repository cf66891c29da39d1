"""Who was champion when: every change of the alias is an event on the registered model, and can be taken back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tenure_features.errors import NothingToDoError, UsageError
from tenure_training.tracking.store import CHAMPION_ALIAS, SCORER, Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

How = Literal["training", "promote", "rollback"]
_EVENT = "champion."
_MOST_REASON = 2_000


@dataclass(frozen=True, kw_only=True)
class Reign:
    """A change of champion.

    Attributes
    ----------
    version
        Of `SCORER`.
    model_version
        Of its scores.
    at
        When, by the clock of whoever moved the alias; UTC.
    how
        By a training, by ``tenure promote``, or back by ``tenure rollback``.
    reason
        In one sentence.
    """

    version: int
    model_version: str
    at: dt.datetime
    how: How
    reason: str


@dataclass(frozen=True, kw_only=True)
class RegisteredVersion:
    """One version of the scorer: its number, its tags, its aliases, and when it was champion (from, until)."""

    version: int
    tags: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    reigns: tuple[tuple[dt.datetime, dt.datetime | None], ...] = field(default=())


def crown(client: MlflowClient, versions: Mapping[str, int], *, model_version: str, how: How, reason: str) -> None:
    """Let versions of the registered models be the champions, and write down that they are.

    Parameters
    ----------
    client
        Of the store.
    versions
        Number by registered model; all of one bundle.
    model_version
        Of that bundle.
    how, reason
        See `Reign`.
    """
    for name, number in versions.items():
        client.set_registered_model_alias(name, CHAMPION_ALIAS, str(number))
    if SCORER not in versions:
        return
    event = {
        "version": versions[SCORER],
        "model_version": model_version,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "how": how,
        "reason": reason[:_MOST_REASON],
    }
    number = len(_events(client)) + 1
    client.set_registered_model_tag(SCORER, f"{_EVENT}{number:05d}", json.dumps(event, ensure_ascii=False))


def list_reigns(store: Store) -> tuple[Reign, ...]:
    """List every change of champion, oldest first; empty where nothing is registered."""
    with store.connect() as client:
        return _events(client) if _is_registered(client) else ()


def list_versions(store: Store) -> tuple[RegisteredVersion, ...]:
    """List every version of the scorer, newest first, with its tags, its aliases and when it was champion."""
    with store.connect() as client:
        if not _is_registered(client):
            return ()
        aliases: dict[int, list[str]] = {}
        for alias, number in client.get_registered_model(SCORER).aliases.items():
            aliases.setdefault(int(number), []).append(alias)
        events = _events(client)
        versions = client.search_model_versions(f"name = '{SCORER}'")
    ends = [event.at for event in events[1:]]
    reigns: dict[int, list[tuple[dt.datetime, dt.datetime | None]]] = {}
    for number, event in enumerate(events):
        reigns.setdefault(event.version, []).append((event.at, ends[number] if number < len(ends) else None))
    return tuple(
        RegisteredVersion(
            version=int(version.version),
            tags=dict(version.tags),
            aliases=tuple(sorted(aliases.get(int(version.version), ()))),
            reigns=tuple(reigns.get(int(version.version), ())),
        )
        for version in sorted(versions, key=lambda version: -int(version.version))
    )


def promote(store: Store, model_version: str, *, reason: str, tags: Mapping[str, str]) -> None:
    """Let the registered models of a bundle be the champions; reasons go to its tags."""
    with store.connect() as client:
        versions = _versions_of(client, model_version)
        _tag(client, versions, {**tags, "gate": reason, "promoted": "true"})
        crown(client, versions, model_version=model_version, how="promote", reason=reason)


def refuse(store: Store, model_version: str, *, reason: str, tags: Mapping[str, str]) -> None:
    """Write down why the models of a bundle did not become the champions."""
    with store.connect() as client:
        _tag(client, _versions_of(client, model_version), {**tags, "gate": reason, "promoted": "false"})


def roll_back(store: Store, *, reason: str) -> tuple[Reign, Reign]:
    """Let the champion before the present one be the champion again; return the one that went and the one that came.

    A second call goes one further back.

    Raises
    ------
    UsageError
        Nothing is registered yet.
    NothingToDoError
        The present champion is the first there was.
    """
    with store.connect() as client:
        if not _is_registered(client):
            raise UsageError("No model is registered, so there is no champion.", fix="Run: tenure run --orders ...")
        succession = _succession(_events(client))
        if len(succession) < 2:
            raise NothingToDoError("There was no champion before the present one.", fix="See: tenure models")
        gone, back = succession[-1], succession[-2]
        versions = _versions_of(client, back.model_version)
        crown(client, versions, model_version=back.model_version, how="rollback", reason=reason)
        return gone, back


def _succession(events: tuple[Reign, ...]) -> list[Reign]:
    """Replay the changes: a promotion comes on top, a rollback takes the topmost away."""
    stack: list[Reign] = []
    for event in events:
        if event.how == "rollback" and len(stack) > 1:
            stack.pop()
        elif not stack or stack[-1].version != event.version:
            stack.append(event)
    return stack


def _is_registered(client: MlflowClient) -> bool:
    return bool(client.search_registered_models(f"name = '{SCORER}'"))


def _events(client: MlflowClient) -> tuple[Reign, ...]:
    tags = client.get_registered_model(SCORER).tags
    events = [json.loads(tags[name]) for name in sorted(tags) if name.startswith(_EVENT)]
    return tuple(
        Reign(
            version=int(event["version"]),
            model_version=str(event["model_version"]),
            at=dt.datetime.fromisoformat(event["at"]),
            how=event["how"],
            reason=str(event["reason"]),
        )
        for event in events
    )


def _versions_of(client: MlflowClient, model_version: str) -> dict[str, int]:
    """Find the newest version of every registered model that holds a bundle."""
    numbers: dict[str, int] = {}
    for version in client.search_model_versions(f"tags.model_version = '{model_version}'"):
        numbers[version.name] = max(int(version.version), numbers.get(version.name, 0))
    if SCORER not in numbers:
        raise UsageError(f"No version of {SCORER} holds model {model_version} any more.", fix="See: tenure models")
    return numbers


def _tag(client: MlflowClient, versions: Mapping[str, int], tags: Mapping[str, str]) -> None:
    for name, number in versions.items():
        for key, value in tags.items():
            client.set_model_version_tag(name, str(number), key, value[:_MOST_REASON])
