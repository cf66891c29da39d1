"""Secrets of APIs: from the environment or the keyring of the system, and never in what is written or said."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from tenure_features.errors import UsageError

SERVICE = "tenure"
"""What the entries of the keyring belong to."""
_SHORTEST = 4
"""A shorter text stands in too many places to be taken for a secret."""


def read_secret(name: str) -> str | None:
    """Look a secret up: ``TENURE_NAME`` of the environment, else ``name`` of the service ``tenure`` in the keyring."""
    value = os.environ.get(f"TENURE_{name.upper()}")
    return value.strip() or None if value else _in_keyring(name)


def require_secrets(names: Iterable[Collection[str]], *, of: str) -> dict[str, str]:
    """Look up the first of several sets of secrets that is there whole.

    Raises
    ------
    UsageError
        If none is; it names the variables, and no value.
    """
    asked = [tuple(group) for group in names]
    for group in asked:
        values = {name: read_secret(name) for name in group}
        usable = {name: value for name, value in values.items() if value is not None}
        if len(usable) == len(group):
            return usable
    ways = ", or ".join(" and ".join(f"TENURE_{name.upper()}" for name in group) for group in asked)
    raise UsageError(
        f"The secret of {of} is not known.",
        fix=f"Set {ways} in the environment, or store it with: keyring set {SERVICE} {asked[0][0]}.",
    )


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """Write a text without the secrets in it.

    Examples
    --------
    >>> hide_secrets("GET /rest/1/k3yk3y/crm.deal.list", ["k3yk3y"])
    'GET /rest/1/***/crm.deal.list'
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "***")
    return text


def _in_keyring(name: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:  # without the extra `connect` the environment is the only place
        return None
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError:  # a machine without a keyring, such as a container
        return None
