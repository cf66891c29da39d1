"""Patience with those who connect: headers that do not come to an end are waited for so long and no longer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0


class PatientProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, which closes connections whose headers take too long.

    uvicorn waits for the first byte, and for the last one of the headers, as long as a caller likes: whoever opens
    hundreds of connections and sends a byte a minute keeps everybody else out. Bodies are bounded by `Guard`.
    """

    seconds = HEADER_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for headers."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes; with the end of the headers the waiting ends."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Keep the deadline that headers already have; none while a request is being answered."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            self.transport.close()


def make_patient(seconds: float) -> type[asyncio.Protocol]:
    """Make the protocol with another patience, in seconds."""
    attributes: dict[str, Any] = {"seconds": seconds}
    return type("PatientProtocol", (PatientProtocol,), attributes)
