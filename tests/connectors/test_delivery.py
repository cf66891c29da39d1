"""Lists sent: what each system receives, what it takes, and what is said before."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from tenure_connectors.apis.source import Connection
from tenure_connectors.audiences.delivery import deliver, delivery_to
from tenure_connectors.audiences.platforms import platform_named
from tenure_features.errors import UsageError
from tests.connectors.api_server import api_server

CONTACTS = pd.DataFrame({
    "customer_id": ["bitrix24:7", "amocrm:8", "9", "ann@example.org"],
    "email": ["A@example.org", "b@example.org", None, "ann@example.org"], "phone": None, "first_name": None,
    "last_name": None, "country": None, "postal_code": None, "value": "", "label": "list-7",
})  # fmt: skip
SECRETS = {"hubspot_token": "s3cret-s3cret", "amocrm_token": "s3cret-s3cret", "klaviyo_key": "s3cret-s3cret",
           "bitrix24_webhook": "https://portal.bitrix24.ru/rest/1/c0de-c0de/"}  # fmt: skip


def send(platform, answer, **settings):
    rows = platform_named(platform).rows(CONTACTS, region=None)
    with api_server(answer) as server:
        now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        connection = Connection(settings=settings, secrets=SECRETS, base_url=server.url, now=now, pause_s=0.001)
        return deliver(delivery_to(platform), rows, connection), server.asked


def test_hubspot__updates_contacts_by_email():
    busy = [(429, {})]
    answer = lambda asked: busy.pop() if busy else (207, {"results": [{}, {}], "numErrors": 1})  # noqa: E731
    taken, asked = send("hubspot", answer, property="tenure_list")
    assert (taken, asked[-1].path) == (2, "/crm/v3/objects/contacts/batch/update")
    assert asked[-1].body["inputs"][0] == {
        "idProperty": "email", "id": "a@example.org", "properties": {"tenure_list": "list-7"},
    }  # fmt: skip


def test_bitrix24__updates_contacts_by_number():
    taken, asked = send("bitrix24", lambda _: (200, {"result": True}), field="UF_CRM_1")
    assert (taken, [one.body["id"] for one in asked]) == (3, [7, 8, 9])
    assert asked[0].path == "/rest/1/c0de-c0de/crm.contact.update.json"
    assert asked[0].body["fields"] == {"UF_CRM_1": "list-7"}


def test_amocrm__updates_contacts_in_one_request():
    answer = (200, {"_embedded": {"contacts": [{"id": 7}, {"id": 8}]}})
    taken, asked = send("amocrm", lambda _: answer, account="mugs", field="55")
    assert (taken, asked[0].method, len(asked)) == (2, "PATCH", 1)
    values = [{"field_id": 55, "values": [{"value": "list-7"}]}]
    assert asked[0].body[0] == {"id": 7, "custom_fields_values": values}


def test_klaviyo__imports_profiles():
    taken, asked = send("klaviyo", lambda _: (202, {"data": {"id": "job"}}))
    data = asked[0].body["data"]
    assert (taken, data["type"]) == (3, "profile-bulk-import-job")
    profile = {"email": "a@example.org", "properties": {"tenure_list": "list-7"}}
    assert data["attributes"]["profiles"]["data"][0] == {"type": "profile", "attributes": profile}


def test_plan__says_how_many_and_which_fields_and_no_value():
    rows = platform_named("hubspot").rows(CONTACTS, region=None)
    plan = " ".join(delivery_to("hubspot").plan(rows, {"property": "risk"}))
    assert "To HubSpot (CRM API): 3 contacts in 1 requests, property=risk. Of each goes: the e-mail" in plan
    assert "example.org" not in plan
    with pytest.raises(UsageError, match="must be told its property"):
        delivery_to("hubspot").plan(rows, {})
    with pytest.raises(UsageError, match="Nothing is sent to meta"):
        delivery_to("meta")
