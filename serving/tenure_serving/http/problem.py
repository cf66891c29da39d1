"""Failures as ``application/problem+json`` (RFC 9457): what is wrong and what to do, never what was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from tenure_features.errors import DataContractError, DependencyUnavailableError, TenureError, UsageError

MEDIA_TYPE = "application/problem+json"

_STATUS: Mapping[type[TenureError], int] = {
    DataContractError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UsageError: HTTPStatus.BAD_REQUEST,
    DependencyUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def describe_problem(status: int, detail: str, **more: object) -> dict[str, Any]:
    """Describe a failure.

    Examples
    --------
    >>> describe_problem(404, "There is no such customer.")["title"]
    'Not Found'
    """
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}


def status_of(error: TenureError) -> int:
    """Return the status of an error that a caller caused or must act on."""
    return next((int(code) for kind, code in _STATUS.items() if isinstance(error, kind)), 500)


def encode_problem(status: int, detail: str) -> bytes:
    """Write a failure as JSON."""
    return json.dumps(describe_problem(status, detail), ensure_ascii=False).encode()
