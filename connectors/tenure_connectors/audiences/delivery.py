"""Lists sent through APIs: to systems of one's own as a field of each contact, to advertising as hashed members.

Written after developers.hubspot.com (batch update of contacts by ``idProperty``), the documentation of Bitrix24
(crm.contact.update), amocrm.ru/developers (contacts and custom fields; at most 250 a request), developers.klaviyo.com
(bulk import of profiles, which makes those that it does not find), and developer.salesforce.com (sObject collections;
at most 200 a request). Advertising is in `tenure_connectors.audiences.advertising`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tenure_connectors.apis.amocrm import AMOCRM_API
from tenure_connectors.apis.bitrix24 import BITRIX24_API
from tenure_connectors.apis.hubspot import HUBSPOT_API
from tenure_connectors.apis.klaviyo import KLAVIYO_API
from tenure_connectors.apis.salesforce import SALESFORCE_API, SALESFORCE_VERSION
from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection
from tenure_connectors.audiences.advertising import (
    GOOGLE_ACCOUNT,
    META_ACCOUNT,
    AdvertisingAccount,
    send_to_google,
    send_to_meta,
)
from tenure_connectors.audiences.parcel import Parcel
from tenure_features.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How a list goes to one system.

    Attributes
    ----------
    platform
        Whose file it is.
    source
        Whose connection and secrets are used.
    settings
        What it must be told, beside what the connection needs.
    fields
        What goes of each contact, in words; never a value.
    most
        Contacts of one request.
    creates
        Whether contacts that the system does not have are made: then those to be forgotten must be named.
    send
        Sends one request of contacts and gives how many the system took.
    """

    platform: str
    source: ApiSource | AdvertisingAccount
    settings: Mapping[str, str]
    fields: tuple[str, ...]
    most: int
    creates: bool = False
    send: Callable[[ApiSession, Parcel], int]

    def plan(self, rows: pd.DataFrame, settings: Mapping[str, str]) -> tuple[str, ...]:
        """Say what would go: how many, which fields, in how many requests.

        Raises
        ------
        UsageError
            If a setting is missing.
        """
        for name, meaning in {**self.source.settings, **self.settings}.items():
            if not settings.get(name):
                raise UsageError(f"{self.source.title} must be told its {name}.", found=meaning,
                                 fix=f"Say --set {name}=....")  # fmt: skip
        named = " ".join(f"{name}={settings[name]}" for name in (*self.source.settings, *self.settings))
        requests = -(-len(rows) // self.most)
        return (
            f"To {self.source.title}: {len(rows):,} contacts in {requests:,} requests, {named}.".replace(", .", "."),
            f"Of each goes: {', '.join(self.fields)}.",
            "Contacts that are not there are made." if self.creates else "Contacts that are not there are left out.",
        )


def deliver(delivery: Delivery, rows: pd.DataFrame, connection: Connection) -> int:
    """Send a list, and give how many contacts the system took.

    Parameters
    ----------
    delivery
        To which system.
    rows
        The list, as its file has it.
    connection
        Where the system is, and who sends.

    Raises
    ------
    UsageError
        If the system refuses the secret.
    DependencyUnavailableError
        If it does not answer; sending again changes nothing for those who have it already.
    """
    session = delivery.source.sign_on(connection)
    contacts = [{str(name): str(value) for name, value in row.items()} for row in rows.to_dict("records")]
    return sum(delivery.send(session, parcel) for parcel in _parcels(contacts, delivery.most, connection))


def delivery_to(platform: str) -> Delivery:
    """Give the delivery to a platform; `UsageError` where lists are not sent to it."""
    for delivery in DELIVERIES:
        if delivery.platform == platform:
            return delivery
    listed = ", ".join(delivery.platform for delivery in DELIVERIES)
    raise UsageError(f"Nothing is sent to {platform}: upload its file.", found=f"sent to: {listed}")


def _parcels(contacts: Sequence[Mapping[str, str]], most: int, connection: Connection) -> Iterator[Parcel]:
    for start in range(0, len(contacts), most):
        yield Parcel(
            contacts=contacts[start : start + most],
            settings=connection.settings,
            number=start // most + 1,
            last=start + most >= len(contacts),
            total=len(contacts),
            started=connection.now,
        )


def _to_hubspot(session: ApiSession, parcel: Parcel) -> int:
    name = parcel.settings["property"]
    inputs = [
        {"idProperty": "email", "id": contact["email"], "properties": {name: contact["tenure_list"]}}
        for contact in parcel.contacts
    ]
    answer = session.post("/crm/v3/objects/contacts/batch/update", {"inputs": inputs})
    return len(answer.get("results", ()))


def _to_bitrix24(session: ApiSession, parcel: Parcel) -> int:
    quietly = {"REGISTER_SONET_EVENT": "N"}
    answers: list[dict[str, Any]] = [
        session.post(
            "/crm.contact.update.json",
            {"id": int(contact["id"]), "fields": {parcel.settings["field"]: contact["tenure_list"]}, "params": quietly},
        )
        for contact in parcel.contacts
    ]
    return sum(answer.get("result") is True for answer in answers)


def _to_amocrm(session: ApiSession, parcel: Parcel) -> int:
    body = [
        {
            "id": int(contact["id"]),
            "custom_fields_values": [
                {"field_id": int(parcel.settings["field"]), "values": [{"value": contact["tenure_list"]}]}
            ],
        }
        for contact in parcel.contacts
    ]
    answer = session.patch("/api/v4/contacts", body)
    return len((answer.get("_embedded") or {}).get("contacts", ()))


def _to_salesforce(session: ApiSession, parcel: Parcel) -> int:
    kinds = {"001": "Account", "003": "Contact"}  # the first three characters of an id say whose it is
    records = [
        {
            "attributes": {"type": kinds[contact["Id"][:3]]},
            "id": contact["Id"],
            parcel.settings["field"]: contact["tenure_list"],
        }
        for contact in parcel.contacts
    ]
    path = f"/services/data/{SALESFORCE_VERSION}/composite/sobjects"
    answers: list[dict[str, Any]] = session.patch(path, {"allOrNone": False, "records": records})
    return sum(answer.get("success") is True for answer in answers)


def _to_klaviyo(session: ApiSession, parcel: Parcel) -> int:
    profiles = [
        {
            "type": "profile",
            "attributes": {"email": contact["Email"], "properties": {"tenure_list": contact["tenure_list"]}},
        }
        for contact in parcel.contacts
        if contact["Email"]
    ]
    job = {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": profiles}}}
    if profiles:
        session.post("/api/profile-bulk-import-jobs", {"data": job})
    return len(profiles)


DELIVERIES = (
    Delivery(
        platform="hubspot", source=HUBSPOT_API, settings={"property": "the internal name of a property of contacts"},
        fields=("the e-mail, to find the contact", "what stands in the field"), most=100, send=_to_hubspot,
    ),
    Delivery(
        platform="bitrix24", source=BITRIX24_API, settings={"field": "a field of contacts, such as UF_CRM_1720697698"},
        fields=("the number of the contact", "what stands in the field"), most=1, send=_to_bitrix24,
    ),
    Delivery(
        platform="amocrm", source=AMOCRM_API, settings={"field": "the number of a field of contacts"},
        fields=("the number of the contact", "what stands in the field"), most=250, send=_to_amocrm,
    ),
    Delivery(
        platform="salesforce", source=SALESFORCE_API, settings={"field": "a field of accounts, such as Tenure__c"},
        fields=("the id of the account or contact", "what stands in the field"), most=200, send=_to_salesforce,
    ),
    Delivery(
        platform="klaviyo", source=KLAVIYO_API, settings={}, fields=("the e-mail", "what stands in the field"),
        most=5_000, creates=True, send=_to_klaviyo,
    ),
    Delivery(
        platform="google", source=GOOGLE_ACCOUNT, settings={},
        fields=("the e-mail, phone and names, hashed", "country and postal code"), most=10_000, send=send_to_google,
    ),
    Delivery(
        platform="meta", source=META_ACCOUNT, settings={},
        fields=("the e-mail, phone, names, country and postal code, hashed", "the id of the customer", "the value"),
        most=10_000, send=send_to_meta,
    ),
)  # fmt: skip
"""Every system that a list can be sent to."""
