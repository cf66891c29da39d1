"""The guard of the service: bodies and times are bounded before anything is parsed, and every request is counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from tenure_serving.http.problem import MEDIA_TYPE, encode_problem
from tenure_serving.http.telemetry import Telemetry

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_NO_ROUTE = "-"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one request may take.

    Attributes
    ----------
    body_bytes
        Of its body.
    rows
        Customers in it.
    seconds
        Until it is answered, the arrival of its body counted.
    """

    body_bytes: int = 32_000_000
    rows: int = 10_000
    seconds: float = 30.0


class _BodyTooLarge(Exception):  # noqa: N818  # it ends a request, it is no error of ours
    """The body is beyond the limit."""


class Guard:
    """An ASGI application around another one.

    Parameters
    ----------
    inner
        The application.
    limits
        See `Limits`.
    telemetry
        Told of every request.
    """

    def __init__(self, inner: Application, *, limits: Limits, telemetry: Telemetry) -> None:
        self._inner, self._limits, self._telemetry = inner, limits, telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        exchange, start = _Exchange(receive, send, self._limits.body_bytes), time.perf_counter()
        scope["received"] = start
        try:
            if _declared_length(scope) > self._limits.body_bytes:
                raise _BodyTooLarge
            async with asyncio.timeout(self._limits.seconds):
                await self._inner(scope, exchange.receive, exchange.send)
        except _BodyTooLarge:
            await exchange.refuse(413, f"A body may have {self._limits.body_bytes:,} bytes.")
        except TimeoutError:
            await exchange.refuse(503, f"It took more than {self._limits.seconds:g} seconds. Send fewer customers.")
        finally:
            self._telemetry.count_request(
                method=scope["method"] if scope["method"] in _METHODS else "OTHER",
                route=getattr(scope.get("route"), "path", _NO_ROUTE),
                status=exchange.status,
                seconds=time.perf_counter() - start,
                caller=scope.get("state", {}).get("caller", ""),
            )


_METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})


class _Exchange:
    """One request and its answer, counted on the way."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self._left = receive, send, most
        self.status = 0

    async def receive(self) -> Event:
        event = await self._receive()
        self._left -= len(event.get("body", b""))
        if self._left < 0:
            raise _BodyTooLarge
        return event

    async def send(self, event: Event) -> None:
        if event["type"] == "http.response.start":
            self.status = event["status"]
        await self._send(event)

    async def refuse(self, status: int, detail: str) -> None:
        """Answer with a problem, unless an answer has begun."""
        if self.status:
            return
        body = encode_problem(status, detail)
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode()),
                   (b"connection", b"close")]  # fmt: skip
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _declared_length(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
