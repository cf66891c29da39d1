"""Lists sent to advertising: members as hashes, to Google by the Data Manager API, to Meta by the Marketing API.

Written after developers.google.com/data-manager/api (audienceMembers.ingest: at most 10,000 members a request,
hexadecimal SHA-256, consent, terms of Customer Match) and developers.facebook.com/docs/marketing-api (users of a custom
audience: at most 10,000 a request, ``payload`` and ``session``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import Connection
from tenure_connectors.audiences.parcel import Parcel
from tenure_features.errors import UsageError

if TYPE_CHECKING:
    from requests import Response

META_VERSION = "v25.0"
_META_LIMITS = frozenset({4, 17, 32, 613, 80003})
"""Codes by which Meta says that too much is asked of it; its status is 400 or 403 then."""
_META_KEYS = {
    "email": "EMAIL", "phone": "PHONE", "fn": "FN", "ln": "LN", "country": "COUNTRY", "zip": "ZIP",
    "extern_id": "EXTERN_ID",
}  # fmt: skip
"""Column of the file to key of the API."""


@dataclass(frozen=True, kw_only=True)
class AdvertisingAccount:
    """An account that takes lists and gives no records.

    Attributes
    ----------
    title
        What people call it.
    settings, secrets, sign_on
        As those of `tenure_connectors.apis.source.ApiSource`.
    """

    title: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[tuple[str, ...], ...]
    sign_on: Callable[[Connection], ApiSession]


def send_to_google(session: ApiSession, parcel: Parcel) -> int:
    """Add members to a Customer Match list.

    Returns
    -------
    int
        How many were handed over: Google matches them later, and does not say whom it knows.
    """
    settings = parcel.settings
    body = {
        "destinations": [
            {
                "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": settings["account"].replace("-", "")},
                "productDestinationId": settings["audience"],
            }
        ],
        "audienceMembers": [
            {"userData": {"userIdentifiers": _google_identifiers(contact)}} for contact in parcel.contacts
        ],
        # Only those who agreed are on a list, see `tenure_connectors.audiences.audience`.
        "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"},
        "encoding": "HEX",
        "termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"},
    }
    session.post("/v1/audienceMembers:ingest", body)
    return len(parcel.contacts)


def _google_identifiers(contact: Mapping[str, str]) -> list[dict[str, Any]]:
    named = (("Email", "emailAddress"), ("Phone", "phoneNumber"))
    identifiers: list[dict[str, Any]] = [{key: contact[column]} for column, key in named if contact[column]]
    address = {"First Name": "givenName", "Last Name": "familyName", "Country": "regionCode", "Zip": "postalCode"}
    if all(contact[column] for column in address):  # Google takes an address whole or not at all
        identifiers.append({"address": {key: contact[column] for column, key in address.items()}})
    return identifiers


def _google_session(connection: Connection) -> ApiSession:
    if connection.settings["terms"].strip().lower() != "accepted":
        raise UsageError(
            "Google takes a list from those alone who have accepted the terms of Customer Match.",
            found=f"terms={connection.settings['terms']}",
            fix="Accept them in Google Ads, then say --set terms=accepted.",
        )
    token = connection.secrets["google_token"]
    return ApiSession(
        connection.base_url or "https://datamanager.googleapis.com",
        sign_in=lambda _: {
            "Authorization": f"Bearer {token}", "x-goog-user-project": connection.settings["project"],
        },
        secrets=(token,),
        pause_s=connection.pause_s,
    )  # fmt: skip


def send_to_meta(session: ApiSession, parcel: Parcel) -> int:
    """Add users to a custom audience.

    Returns
    -------
    int
        How many were received and were no invalid entries.
    """
    valued = all(contact["value"] for contact in parcel.contacts)
    payload = {
        "schema": [*_META_KEYS.values(), *(["LOOKALIKE_VALUE"] if valued else [])],
        "data": [
            [*(contact[column] for column in _META_KEYS), *([float(contact["value"])] if valued else [])]
            for contact in parcel.contacts
        ],
    }
    group = {
        "session_id": int(parcel.started.timestamp() * 1_000),
        "batch_seq": parcel.number,
        "last_batch_flag": parcel.last,
        "estimated_num_total": parcel.total,
    }
    path = f"/{META_VERSION}/{parcel.settings['audience']}/users"
    answer = session.post(path, {"payload": payload, "session": group})
    return int(answer.get("num_received", 0)) - int(answer.get("num_invalid_entries", 0))


def _meta_session(connection: Connection) -> ApiSession:
    if not connection.settings["audience"].isdigit():
        raise UsageError("A custom audience of Meta is a number.", found=connection.settings["audience"])
    token = connection.secrets["meta_token"]
    return ApiSession(
        connection.base_url or "https://graph.facebook.com",
        sign_in=lambda _: {"Authorization": f"Bearer {token}"},
        secrets=(token,),
        busy=_meta_is_busy,
        pause_s=connection.pause_s,
    )


def _meta_is_busy(answer: Response) -> bool:
    if answer.status_code not in {400, 403}:
        return False
    try:
        error = json.loads(answer.content).get("error") or {}
    except (ValueError, AttributeError):
        return False
    return isinstance(error, dict) and error.get("code") in _META_LIMITS


GOOGLE_ACCOUNT = AdvertisingAccount(
    title="Google (Data Manager API)",
    settings={
        "account": "the number of the Google Ads account",
        "audience": "the number of the Customer Match list",
        "project": "the Google Cloud project that the token belongs to",
        "terms": "the word accepted, once you have accepted the terms of Customer Match",
    },
    secrets=(("google_token",),),
    sign_on=_google_session,
)
META_ACCOUNT = AdvertisingAccount(
    title="Meta (Marketing API)",
    settings={"audience": "the number of the custom audience"},
    secrets=(("meta_token",),),
    sign_on=_meta_session,
)
