"""``tenure keys``: who may ask the service."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tenure import options


class _Action(StrEnum):
    add = "add"
    revoke = "revoke"
    list = "list"


class _Role(StrEnum):
    read = "read"
    score = "score"
    admin = "admin"


def keys(
    action: Annotated[_Action, typer.Argument(help="What to do.")],
    name: Annotated[str | None, typer.Argument(help="Whose key.")] = None,
    role: Annotated[_Role, typer.Option("--role", help="What it lets do: read; read and score; everything.")] = (
        _Role.read
    ),
    file: Annotated[Path, typer.Option("--keys", metavar="FILE", help="Where the keys are kept, hashed.")] = Path(
        "tenure-keys.json"
    ),
    json: options.Json = False,
) -> None:
    """Make, revoke and list the keys of the HTTP service.

    The key is printed once and kept nowhere: the file holds its hash.

    Example: tenure keys add crm --role score
    """
    from tenure.output import emit
    from tenure_features.errors import UsageError
    from tenure_serving.http.keys import KeyRing, add_key, revoke_key

    if action is _Action.list:
        ring = [{"name": key.name, "role": key.role} for key in KeyRing.load(file).keys]
        emit(
            "keys", [f"{key['name']}: {key['role']}" for key in ring] or ["No keys yet."], {"keys": ring}, as_json=json
        )
        return
    if name is None:
        raise UsageError("Whose key?", fix=f"Say: tenure keys {action} NAME")
    if action is _Action.add:
        secret = add_key(file, name, role=role.value)
        emit("keys", [secret], {"name": name, "role": role.value, "key": secret}, as_json=json)
        return
    revoke_key(file, name)
    emit("keys", [f"The key of {name} is good no more."], {"revoked": name}, as_json=json)
