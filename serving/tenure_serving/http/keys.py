"""API keys: made once, kept as hashes, told apart in constant time, and taken back."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from tenure_features.errors import UsageError
from tenure_features.reading.files import replacing
from tenure_features.stored import read_stored

KeyRole = Literal["read", "score", "admin"]
ROLES: tuple[KeyRole, ...] = get_args(KeyRole)
"""What a key lets do; each one what those before it do, too."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}", re.ASCII)
_PREFIX = "tenure"
_MOST_KEYS = 1_000


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key as it is kept: who has it, what it lets do, and the SHA-256 of its secret, which is 256 random bits."""

    name: str
    role: KeyRole
    sha256: str


@dataclass(frozen=True)
class KeyRing:
    """The keys that are good at one moment."""

    keys: tuple[ApiKey, ...] = ()

    def find(self, secret: str) -> ApiKey | None:
        """Find the key of a secret; every key is compared, each in constant time, so that time tells nothing."""
        digest, match = _digest(secret), None
        for key in self.keys:
            if hmac.compare_digest(key.sha256, digest):
                match = key
        return match

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read the keys of a file; none where there is no file.

        Raises
        ------
        DataContractError
            The file is not what `add_key` writes.
        """
        if not path.exists():
            return cls()
        saved = read_stored(path).fields("keys")["keys"].items(most=_MOST_KEYS)
        entries = [item.fields("name", "role", "sha256") for item in saved]
        return cls(
            tuple(
                ApiKey(
                    name=entry["name"].text(most=60, least=1),
                    role=_role(entry["role"].one_of(ROLES)),
                    sha256=entry["sha256"].text(most=64, least=64),
                )
                for entry in entries
            )
        )


def allows(key: ApiKey, role: KeyRole) -> bool:
    """Tell whether a key lets do what a role does.

    Examples
    --------
    >>> allows(ApiKey(name="crm", role="score", sha256=""), "read")
    True
    """
    return ROLES.index(key.role) >= ROLES.index(role)


def add_key(path: Path, name: str, *, role: KeyRole) -> str:
    """Make a key, keep its hash in a file, and return its secret, which is nowhere else.

    Raises
    ------
    UsageError
        The name is taken, or has other characters than letters, digits, ``_``, ``.`` and ``-``.
    """
    ring = KeyRing.load(path)
    if _NAME.fullmatch(name) is None:
        raise UsageError("A key is named by letters, digits, dots, dashes and underscores.", found=repr(name)[:80])
    if any(key.name == name for key in ring.keys):
        raise UsageError(f"There is a key called {name} already.", fix="Revoke it first, or choose another name.")
    secret = f"{_PREFIX}_{secrets.token_urlsafe(32)}"
    _write(path, (*ring.keys, ApiKey(name=name, role=role, sha256=_digest(secret))))
    return secret


def revoke_key(path: Path, name: str) -> None:
    """Take a key out of a file; a service that runs reads the file again within a second.

    Raises
    ------
    UsageError
        There is no key of that name.
    """
    ring = KeyRing.load(path)
    left = tuple(key for key in ring.keys if key.name != name)
    if len(left) == len(ring.keys):
        raise UsageError(f"There is no key called {name}.", fix="See: tenure keys list")
    _write(path, left)


def _write(path: Path, keys: Sequence[ApiKey]) -> None:
    with replacing(path) as draft:
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"keys": [asdict(key) for key in keys]}, indent=1) + "\n", encoding="utf-8")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _role(text: str) -> KeyRole:
    return next(role for role in ROLES if role == text)
