"""Requests to an API: repeated while it is busy, signed in again once a token expires, told without secrets."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tenure_connectors.apis.secret import hide_secrets
from tenure_features.errors import DependencyUnavailableError, UsageError

if TYPE_CHECKING:
    from requests import Response
    from tenacity import RetryCallState, Retrying

_ATTEMPTS = 8
_LONGEST_PAUSE_S = 300.0
_TIMEOUT_S = 120
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_REFUSED = (401, 403)

SignIn = Callable[["ApiSession"], Mapping[str, str]]
"""Gives the headers that say who asks; called again once, when the API no longer takes them."""


class ApiSession:
    """A connection to one API.

    Parameters
    ----------
    base_url
        Where it is; ``https``, or a server on this machine.
    sign_in
        Gives the headers of every request.
    secrets
        What no message may hold.
    busy
        Says of an answer that looks fine whether the API was too busy to give it (`429` and `5xx` always mean that).
    pause_s
        Seconds before the first repetition where the API does not say how long to wait; each further one waits twice
        as long.

    Raises
    ------
    UsageError
        If secrets would travel unencrypted.
    DependencyUnavailableError
        If the extra ``connect`` is not installed.
    """

    def __init__(
        self,
        base_url: str,
        *,
        sign_in: SignIn,
        secrets: Iterable[str] = (),
        busy: Callable[[Response], bool] | None = None,
        pause_s: float = 1.0,
    ) -> None:
        _require_encryption(base_url, secrets)
        self._base, self._sign_in, self._secrets = base_url.rstrip("/"), sign_in, tuple(secrets)
        self._headers: Mapping[str, str] | None = None
        self._http, self._repeating = _client(busy, pause_s)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401  # JSON
        """Ask for JSON; of a whole address only path and query count, so that no answer sends secrets elsewhere."""
        return self._json(self._send("GET", path, query=query), path)

    def get_text(self, path: str) -> str:
        """Ask for text."""
        return self._send("GET", path).text

    def post(self, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        """Send JSON, and receive some."""
        return self._json(self._send("POST", path, body=body, query=query), path)

    def patch(self, path: str, body: Any) -> Any:  # noqa: ANN401
        """Change something by JSON."""
        return self._json(self._send("PATCH", path, body=body), path)

    def exchange(self, path: str, form: Mapping[str, str]) -> str:
        """Exchange credentials for an access token (RFC 6749, section 4.4); it is kept out of messages, too."""
        token = self._json(self._send("POST", path, form=form), path).get("access_token")
        if not isinstance(token, str) or not token:
            raise DependencyUnavailableError(f"{self._describe('POST', path)} gave no access token.")
        self._secrets = (*self._secrets, token)
        return token

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,  # noqa: ANN401
        form: Mapping[str, str] | None = None,
    ) -> Response:
        # Signing in is itself a request, of a form and without the headers that it is to give.
        url = self._base + _local(path)
        for last in (False, True):
            if self._headers is None and form is None:
                self._headers = self._sign_in(self)
            headers = {} if form is not None else self._headers or {}
            try:
                answer: Response = self._repeating(
                    self._http.request, method, url, params=query, json=body, data=form, headers=headers,
                    allow_redirects=False, timeout=_TIMEOUT_S,
                )  # fmt: skip
            except OSError as problem:  # every failure of requests is one; its text holds the address
                raise DependencyUnavailableError(
                    f"{self._describe(method, path)} was not answered.",
                    found=type(problem).__name__,
                    fix="Try again later: what has been pulled is kept, and the next pull goes on from there.",
                ) from None
            if answer.status_code != 401 or form is not None or last:
                break
            self._headers = None
        self._require_answer(answer, method, path)
        return answer

    def _require_answer(self, answer: Response, method: str, path: str) -> None:
        status = answer.status_code
        if 200 <= status < 300:
            return
        reason = hide_secrets(f"{status} {_reason(answer)}".strip(), self._secrets)
        if status in _REFUSED:
            raise UsageError(
                f"{self._describe(method, path)} was refused.",
                found=reason,
                fix="Check the secret and what it may read; it may have expired.",
            )
        later = status == 429 or status >= 500
        raise DependencyUnavailableError(
            f"{self._describe(method, path)} failed.",
            found=reason,
            fix="Try again later: what has been pulled is kept, and the next pull goes on from there."
            if later
            else "Check the address and the settings of the source.",
        )

    def _json(self, answer: Response, path: str) -> Any:  # noqa: ANN401
        if answer.status_code == 204 or not answer.content:
            return {}
        try:
            return json.loads(answer.content)
        except ValueError:
            raise DependencyUnavailableError(
                f"{self._describe('The answer of', path)} is no JSON.",
                found=answer.headers.get("Content-Type", "nothing that says what it is"),
                fix="Check the address: a page for people may have answered.",
            ) from None

    def _describe(self, method: str, path: str) -> str:
        return hide_secrets(f"{method} {urlsplit(self._base).netloc}{urlsplit(_local(path)).path}", self._secrets)


def _client(busy: Callable[[Response], bool] | None, pause_s: float) -> tuple[Any, Retrying]:
    """Open a client, and say how often and how patiently what was not answered is asked again."""
    try:
        import requests
        import tenacity
    except ImportError as problem:
        raise DependencyUnavailableError(
            "APIs cannot be read.", found=str(problem), fix="Install what it takes with: pip install 'tenure[connect]'."
        ) from problem

    def is_busy(answer: Response) -> bool:
        return answer.status_code == 429 or answer.status_code >= 500 or (busy is not None and busy(answer))

    growing = tenacity.wait_exponential(multiplier=pause_s, max=_LONGEST_PAUSE_S)

    def wait(state: RetryCallState) -> float:
        asked = None if state.outcome is None or state.outcome.failed else _read_pause(state.outcome.result())
        return growing(state) if asked is None else asked

    repeating = tenacity.Retrying(
        retry=tenacity.retry_if_result(is_busy)
        | tenacity.retry_if_exception_type((requests.ConnectionError, requests.Timeout)),
        wait=wait,
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        reraise=True,
        retry_error_callback=_last_answer,
    )
    return requests.Session(), repeating


def _last_answer(state: RetryCallState) -> Any:  # noqa: ANN401
    """Give what came of the last attempt, to be told as what it is."""
    return None if state.outcome is None else state.outcome.result()


def _read_pause(answer: Response) -> float | None:
    """Read how many seconds an API asks to wait, as a number or as a moment (RFC 9110, section 10.2.3)."""
    text = answer.headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - dt.datetime.now(dt.UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE_S)


def _local(path: str) -> str:
    parts = urlsplit(path)
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")


def _reason(answer: Response) -> str:
    """Take what the API says went wrong: its code, never the records it may repeat."""
    try:
        content = json.loads(answer.content)
    except ValueError:
        return str(answer.reason or "")
    content = content[0] if isinstance(content, list) and content else content
    for name in ("error_description", "error", "errorCode", "message", "title", "detail"):
        value = content.get(name) if isinstance(content, dict) else None
        if isinstance(value, dict):  # Google and Meta say more of an error; of that its kind and code
            value = " ".join(str(value[key]) for key in ("status", "type", "code") if key in value)
        if isinstance(value, str) and value:
            return value[:200]
    return str(answer.reason or "")


def _require_encryption(base_url: str, secrets: Iterable[str]) -> None:
    parts = urlsplit(base_url)
    if parts.scheme == "https" or (parts.scheme == "http" and (parts.hostname or "") in _LOOPBACK):
        return
    raise UsageError(
        "Secrets travel by https only.",
        found=hide_secrets(base_url, secrets),
        fix="Give an address that begins with https://.",
    )
