"""Klaviyo: what people did with e-mails, and everything else its events tell.

Written after developers.klaviyo.com/en/reference/get_events, revision 2026-10-15 (sorted by ``datetime``, up to 1,000 a
page, ``include`` of metric and profile, ``links.next``; 350 requests a second), and docs/filtering.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Pages, Record, utc
from tenure_connectors.presets.mail import KLAVIYO

KLAVIYO_REVISION = "2026-10-15"


def sign_on_klaviyo(connection: Connection) -> ApiSession:
    """Open a connection with the private key."""
    key = connection.secrets["klaviyo_key"]
    return ApiSession(
        connection.base_url or "https://a.klaviyo.com",
        sign_in=lambda _: {"Authorization": f"Klaviyo-API-Key {key}", "revision": KLAVIYO_REVISION},
        secrets=(key,),
        pause_s=connection.pause_s,
    )


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:  # noqa: ARG001
    query: dict[str, Any] = {
        "sort": "datetime", "page[size]": 1000, "include": "metric,profile",
        "fields[event]": "datetime,event_properties", "fields[metric]": "name", "fields[profile]": "email",
    }  # fmt: skip
    if since is not None:
        query["filter"] = f"greater-or-equal(datetime,{since:%Y-%m-%dT%H:%M:%SZ})"
    answer = session.get("/api/events", query)
    while True:
        beside = {(item["type"], item["id"]): item.get("attributes") or {} for item in answer.get("included", ())}
        yield [
            Record(key=event["id"], document=_flat(event, beside), changed_at=utc(event["attributes"].get("datetime")))
            for event in answer["data"]
        ]
        following = (answer.get("links") or {}).get("next")
        if not following:
            return
        answer = session.get(following)


def _flat(event: dict[str, Any], beside: dict[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    """Put the name of the metric, of the campaign and the e-mail of the profile into the event."""
    linked = {
        kind: ((event.get("relationships") or {}).get(kind) or {}).get("data") or {} for kind in ("metric", "profile")
    }
    metric, profile = (beside.get((kind, str(item.get("id"))), {}) for kind, item in linked.items())
    return {
        "id": event["id"],
        "attributes.datetime": event["attributes"].get("datetime"),
        "attributes.metric.name": metric.get("name"),
        "attributes.profile.email": profile.get("email"),
        "relationships.profile.data.id": linked["profile"].get("id"),
        "attributes.event_properties.Campaign Name": (event["attributes"].get("event_properties") or {}).get(
            "Campaign Name"
        ),
    }


KLAVIYO_API = ApiSource(
    name="klaviyo",
    title="Klaviyo (API)",
    preset=KLAVIYO,
    customer=("person", "email"),
    order="event",
    secrets=(("klaviyo_key",),),
    sign_on=sign_on_klaviyo,
    read=_read,
    reread=dt.timedelta(days=1),
    documentation=(
        "developers.klaviyo.com/en/reference/get_events",
        "developers.klaviyo.com/en/docs/filtering_",
    ),
    notes=("Customers are profiles of Klaviyo; [identity] links them to those of the shop.",),
)
