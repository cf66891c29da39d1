"""amoCRM: leads (deals), and those that were deleted.

Written after www.amocrm.ru/developers/content/crm_platform: leads-api (``with=contacts``, at most 250 a page, order by
``updated_at``), filters-api (``filter[updated_at][from]``), events-and-notes (204 where there are none, at most 100 a
page). Which event says that a lead was deleted is taken from its list of kinds of events, ``lead_deleted``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Document, Pages, Record, utc
from tenure_connectors.presets.amocrm import AMOCRM
from tenure_features.errors import UsageError


def _sign_on(connection: Connection) -> ApiSession:
    account = connection.settings["account"].removesuffix(".amocrm.ru")
    if not account.replace("-", "").isalnum():
        raise UsageError("The account is named by the part before .amocrm.ru.", found=account)
    token = connection.secrets["amocrm_token"]
    return ApiSession(
        connection.base_url or f"https://{account}.amocrm.ru",
        sign_in=lambda _: {"Authorization": f"Bearer {token}"},
        secrets=(token,),
        pause_s=connection.pause_s,
    )


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:  # noqa: ARG001
    query: dict[str, Any] = {"with": "contacts", "limit": 250, "order[updated_at]": "asc"}
    if since is not None:
        query["filter[updated_at][from]"] = int(since.timestamp())
    for leads in _pages(session, "/api/v4/leads", query, "leads"):
        yield [
            Record(
                key=str(lead["id"]),
                document=None if lead.get("is_deleted") else lead,
                changed_at=utc(lead.get("updated_at")),
            )
            for lead in leads
        ]
    if since is not None:
        asked = {"filter[type]": "lead_deleted", "filter[created_at][from]": int(since.timestamp()), "limit": 100}
        for events in _pages(session, "/api/v4/events", asked, "events"):
            yield [
                Record(key=str(event["entity_id"]), document=None, changed_at=utc(event.get("created_at")))
                for event in events
                if event.get("type") == "lead_deleted"
            ]


def _pages(session: ApiSession, path: str, query: dict[str, Any], kind: str) -> Iterator[list[dict[str, Any]]]:
    answer = session.get(path, query)
    while answer:
        yield answer["_embedded"][kind]
        following = (answer.get("_links") or {}).get("next")
        answer = session.get(following["href"]) if following else {}


def _expand(lead: Document) -> Iterator[Document]:
    """Put the main contact where the preset looks for the contact."""
    contacts = (lead.get("_embedded") or {}).get("contacts") or []
    main = next((contact for contact in contacts if contact.get("is_main")), contacts[0] if contacts else {})
    yield {**lead, "contact_id": main.get("id")}


AMOCRM_API = ApiSource(
    name="amocrm",
    title="amoCRM (API v4)",
    preset=AMOCRM,
    fields={
        "id": ("id",), "name": ("name",), "budget": ("price",), "stage": ("status_id",), "created_at": ("created_at",),
        "closed_at": ("closed_at",), "contact_id": ("contact_id",), "company": ("_embedded.companies.0.id",),
        "pipeline": ("pipeline_id",),
    },
    customer=("contact_id", "email", "phone", "contact", "company"),
    settings={"account": "the part before .amocrm.ru"},
    secrets=(("amocrm_token",),),
    sign_on=_sign_on,
    read=_read,
    expand=_expand,
    complete=True,
    documentation=(
        "www.amocrm.ru/developers/content/crm_platform/leads-api",
        "www.amocrm.ru/developers/content/crm_platform/filters-api",
        "www.amocrm.ru/developers/content/crm_platform/events-and-notes",
    ),
    notes=("A customer is the main contact of a deal, else its company.",),
)  # fmt: skip
