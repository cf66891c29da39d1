"""HubSpot: deals with their contacts, and archived ones.

Written after developers.hubspot.com: the reference of searching deals (``filterGroups``, ``sorts``, ``after``, at most
200 at a time), its guide (no search beyond 10,000 records), and the guide of deals (``archived``, ``archivedAt``). The
page on reading associations in batches could not be read: its request and answer are those of the official client.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Document, Pages, Record, utc
from tenure_connectors.presets.crm import HUBSPOT

_A_PAGE, _MOST_OF_A_SEARCH = 100, 10_000
_PROPERTIES = [
    "dealname", "dealstage", "amount", "amount_in_home_currency", "deal_currency_code", "closedate", "createdate",
    "hs_analytics_source", "hs_is_closed_won", "hs_is_closed", "hs_lastmodifieddate",
]  # fmt: skip


def _sign_on(connection: Connection) -> ApiSession:
    token = connection.secrets["hubspot_token"]
    return ApiSession(
        connection.base_url or "https://api.hubapi.com",
        sign_in=lambda _: {"Authorization": f"Bearer {token}"},
        secrets=(token,),
        pause_s=connection.pause_s,
    )


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:  # noqa: ARG001
    start, after, seen = since or dt.datetime.fromtimestamp(0, dt.UTC), None, 0
    while True:
        answer = session.post("/crm/v3/objects/deals/search", _search(start, after))
        deals = answer["results"]
        yield _records(session, deals)
        seen += len(deals)
        after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            break
        changed = utc(deals[-1].get("updatedAt"))
        if seen + _A_PAGE > _MOST_OF_A_SEARCH and changed is not None and changed > start:
            start, after, seen = changed, None, 0  # a search ends at 10,000: the next one begins at its last change
    if since is not None:
        yield from _read_archive(session)


def _search(start: dt.datetime, after: str | None) -> dict[str, Any]:
    changed = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": str(int(start.timestamp() * 1000))}
    body: dict[str, Any] = {
        "filterGroups": [{"filters": [changed]}],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
        "properties": _PROPERTIES,
        "limit": _A_PAGE,
    }
    return body if after is None else body | {"after": after}


def _records(session: ApiSession, deals: list[dict[str, Any]]) -> list[Record]:
    contacts: dict[str, str] = {}
    if deals:
        inputs = {"inputs": [{"id": deal["id"]} for deal in deals]}
        linked = session.post("/crm/v4/associations/deals/contacts/batch/read", inputs)
        for link in linked.get("results", ()):
            contacts[str(link["from"]["id"])] = str(min(int(to["toObjectId"]) for to in link["to"]))
    return [
        Record(
            key=str(deal["id"]),
            document={**deal, "contact_id": contacts.get(str(deal["id"]))},
            changed_at=utc(deal.get("updatedAt")),
        )
        for deal in deals
    ]


def _read_archive(session: ApiSession) -> Pages:
    after: str | None = None
    while True:
        query = {"archived": "true", "limit": _A_PAGE} | ({} if after is None else {"after": after})
        answer = session.get("/crm/v3/objects/deals", query)
        yield [
            Record(key=str(deal["id"]), document=None, changed_at=utc(deal.get("archivedAt")))
            for deal in answer["results"]
        ]
        after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            return


def _expand(deal: Document) -> Iterator[Document]:
    """Say of stages of one's own whether they are won or lost."""
    properties = deal.get("properties") or {}
    won, closed = (properties.get(name) == "true" for name in ("hs_is_closed_won", "hs_is_closed"))
    stage = "closedwon" if won else "closedlost" if closed else properties.get("dealstage")
    yield {**deal, "properties": {**properties, "dealstage": stage}}


HUBSPOT_API = ApiSource(
    name="hubspot",
    title="HubSpot (CRM API)",
    preset=HUBSPOT,
    fields={
        "id": ("id",), "stage": ("properties.dealstage",), "amount": ("properties.amount",),
        "own_amount": ("properties.amount_in_home_currency",), "closed_at": ("properties.closedate",),
        "created_at": ("properties.createdate",), "name": ("properties.dealname",), "contact_id": ("contact_id",),
        "currency": ("properties.deal_currency_code",), "source": ("properties.hs_analytics_source",),
    },
    customer=("contact_id", "company_id"),
    secrets=(("hubspot_token",),),
    sign_on=_sign_on,
    read=_read,
    expand=_expand,
    complete=True,
    documentation=(
        "developers.hubspot.com/docs/api-reference/latest/crm/objects/deals/search-deals",
        "developers.hubspot.com/docs/api-reference/latest/crm/objects/deals/guide",
    ),
    notes=("Amounts are those of the company's currency where HubSpot gives them.",),
)  # fmt: skip
