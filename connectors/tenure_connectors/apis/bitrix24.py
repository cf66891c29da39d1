"""Bitrix24: deals of the CRM, through an inbound webhook.

Written after the documentation of its REST API (github.com/bitrix-tools/b24-rest-docs): crm.deal.list, limits.md (503
QUERY_LIMIT_EXCEEDED, 429 OPERATION_TIME_LIMIT, ``time.operating`` and ``operating_reset_at``), and the page on large
selections (order by ID, ``>ID``, ``start`` -1, the end is a page of fewer than 50). The method is no longer developed
and keeps working; its successor ``crm.item.list`` does not say whether a stage is won or lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Pages, Record, utc
from tenure_connectors.presets.bitrix24 import BITRIX24
from tenure_features.errors import UsageError

_PAGE = 50
_MOST_OPERATING_S = 400.0
"""Of the 480 seconds that a method may work in ten minutes; an installation of one's own allows 420."""


def _sign_on(connection: Connection) -> ApiSession:
    webhook = connection.secrets["bitrix24_webhook"].rstrip("/")
    parts = urlsplit(webhook)
    place = parts.path.split("/")
    if len(place) != 4 or place[1] != "rest":
        raise UsageError("The webhook of Bitrix24 looks like https://portal.bitrix24.ru/rest/1/code/.")
    base = webhook
    if connection.base_url is not None:
        there = urlsplit(connection.base_url)
        base = urlunsplit(parts._replace(scheme=there.scheme, netloc=there.netloc))
    return ApiSession(base, sign_in=lambda _: {}, secrets=(webhook, place[3]), pause_s=connection.pause_s)


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:
    last = 0
    while True:
        asked: dict[str, Any] = {">ID": last} | ({} if since is None else {">=DATE_MODIFY": since.isoformat()})
        body = {"order": {"ID": "ASC"}, "filter": asked, "select": ["*"], "start": -1}
        answer = session.post("/crm.deal.list.json", body)
        deals = answer["result"]
        yield [Record(key=str(deal["ID"]), document=deal, changed_at=utc(deal.get("DATE_MODIFY"))) for deal in deals]
        if len(deals) < _PAGE:
            return
        last = int(deals[-1]["ID"])
        _rest(connection, answer.get("time") or {})


def _rest(connection: Connection, time: Mapping[str, Any]) -> None:
    """Wait until part of the time that a method may work is given back, before it is refused."""
    if float(time.get("operating") or 0.0) > _MOST_OPERATING_S:
        finished, reset = float(time.get("finish") or 0.0), float(time.get("operating_reset_at") or 0.0)
        connection.wait(min(reset - finished, 600.0))


BITRIX24_API = ApiSource(
    name="bitrix24",
    title="Bitrix24 (REST API)",
    preset=BITRIX24,
    fields={"contact": ("CONTACT_ID",)},
    customer=("contact_id", "email", "phone", "company_id"),
    secrets=(("bitrix24_webhook",),),
    sign_on=_sign_on,
    read=_read,
    ordered=False,
    complete=True,
    documentation=(
        "apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-list.html",
        "apidocs.bitrix24.com/settings/performance/limits.html",
        "dev.1c-bitrix.ru/rest_help/rest_sum/start.php",
    ),
    notes=("Bitrix24 does not say which deals were deleted: tenure pull bitrix24 --full finds out.",),
)
