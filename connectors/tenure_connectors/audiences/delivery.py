"""Lists sent to systems of one's own through their APIs: the name of the list in a field of each contact.

Written after developers.hubspot.com (batch update of contacts by ``idProperty``), the documentation of Bitrix24
(crm.contact.update), amocrm.ru/developers (contacts and custom fields; at most 250 a request), and
developers.klaviyo.com (bulk import of profiles, which makes those that it does not find).
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
from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection
from tenure_features.errors import UsageError

type Contact = Mapping[str, str]
"""A row of the list, by its headers."""


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
    source: ApiSource
    settings: Mapping[str, str]
    fields: tuple[str, ...]
    most: int
    creates: bool = False
    send: Callable[[ApiSession, Sequence[Contact], Mapping[str, str]], int]

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
        named = " ".join(f"{name}={settings[name]}" for name in self.settings)
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
    return sum(delivery.send(session, part, connection.settings) for part in _parts(contacts, delivery.most))


def delivery_to(platform: str) -> Delivery:
    """Give the delivery to a platform; `UsageError` where lists are not sent to it."""
    for delivery in DELIVERIES:
        if delivery.platform == platform:
            return delivery
    listed = ", ".join(delivery.platform for delivery in DELIVERIES)
    raise UsageError(f"Nothing is sent to {platform}: upload its file.", found=f"sent to: {listed}")


def _parts(contacts: Sequence[Contact], most: int) -> Iterator[Sequence[Contact]]:
    for start in range(0, len(contacts), most):
        yield contacts[start : start + most]


def _to_hubspot(session: ApiSession, contacts: Sequence[Contact], settings: Mapping[str, str]) -> int:
    inputs = [
        {"idProperty": "email", "id": contact["email"], "properties": {settings["property"]: contact["tenure_list"]}}
        for contact in contacts
    ]
    answer = session.post("/crm/v3/objects/contacts/batch/update", {"inputs": inputs})
    return len(answer.get("results", ()))


def _to_bitrix24(session: ApiSession, contacts: Sequence[Contact], settings: Mapping[str, str]) -> int:
    quietly = {"REGISTER_SONET_EVENT": "N"}
    answers: list[dict[str, Any]] = [
        session.post(
            "/crm.contact.update.json",
            {"id": int(contact["id"]), "fields": {settings["field"]: contact["tenure_list"]}, "params": quietly},
        )
        for contact in contacts
    ]
    return sum(answer.get("result") is True for answer in answers)


def _to_amocrm(session: ApiSession, contacts: Sequence[Contact], settings: Mapping[str, str]) -> int:
    body = [
        {
            "id": int(contact["id"]),
            "custom_fields_values": [
                {"field_id": int(settings["field"]), "values": [{"value": contact["tenure_list"]}]}
            ],
        }
        for contact in contacts
    ]
    answer = session.patch("/api/v4/contacts", body)
    return len((answer.get("_embedded") or {}).get("contacts", ()))


def _to_klaviyo(session: ApiSession, contacts: Sequence[Contact], settings: Mapping[str, str]) -> int:  # noqa: ARG001
    profiles = [
        {
            "type": "profile",
            "attributes": {"email": contact["Email"], "properties": {"tenure_list": contact["tenure_list"]}},
        }
        for contact in contacts
        if contact["Email"]
    ]
    job = {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": profiles}}}
    if profiles:
        session.post("/api/profile-bulk-import-jobs", {"data": job})
    return len(profiles)


DELIVERIES = (
    Delivery(
        platform="hubspot", source=HUBSPOT_API, settings={"property": "the internal name of a property of contacts"},
        fields=("the e-mail, to find the contact", "the name of the list"), most=100, send=_to_hubspot,
    ),
    Delivery(
        platform="bitrix24", source=BITRIX24_API, settings={"field": "a field of contacts, such as UF_CRM_1720697698"},
        fields=("the number of the contact", "the name of the list"), most=1, send=_to_bitrix24,
    ),
    Delivery(
        platform="amocrm", source=AMOCRM_API, settings={"field": "the number of a field of contacts"},
        fields=("the number of the contact", "the name of the list"), most=250, send=_to_amocrm,
    ),
    Delivery(
        platform="klaviyo", source=KLAVIYO_API, settings={}, fields=("the e-mail", "the name of the list"),
        most=5_000, creates=True, send=_to_klaviyo,
    ),
)  # fmt: skip
"""Every system that a list can be sent to."""
