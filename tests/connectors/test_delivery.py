"""Lists sent: what each system receives, what it takes, and what is said before."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib

import pandas as pd
import pytest

from tenure_connectors.apis.source import Connection
from tenure_connectors.audiences.delivery import deliver, delivery_to
from tenure_connectors.audiences.platforms import platform_named
from tenure_features.errors import UsageError
from tests.connectors.api_server import api_server

CONTACTS = pd.DataFrame({
    "customer_id": ["bitrix24:7", "amocrm:8", "9", "salesforce:0015g00000AbCdE"],
    "email": ["A@example.org", "b@example.org", None, "ann@example.org"],
    "phone": ["+1 650 555 1212", None, None, None], "first_name": ["Mary", None, None, None],
    "last_name": ["Poppins", None, None, None], "country": ["us", None, None, None],
    "postal_code": ["94043", None, None, None], "value": "", "label": "list-7",
})  # fmt: skip
NAMES = ("hubspot_token", "amocrm_token", "klaviyo_key", "google_token", "meta_token", "salesforce_client_secret")
SECRETS = dict.fromkeys(NAMES, "s3cret-s3cret") | {
    "salesforce_client_id": "s3cret-id", "bitrix24_webhook": "https://portal.bitrix24.ru/rest/1/c0de-c0de/",
}  # fmt: skip


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def send(platform, answer, *, contacts=CONTACTS, delivery=None, **settings):
    rows = platform_named(platform).rows(contacts, region=None)
    with api_server(answer) as server:
        now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        connection = Connection(settings=settings, secrets=SECRETS, base_url=server.url, now=now, pause_s=0.001)
        return deliver(delivery or delivery_to(platform), rows, connection), server.asked


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


def test_salesforce__updates_accounts_in_one_request():
    def answer(asked):
        token = asked.path == "/services/oauth2/token"
        return (200, {"access_token": "t0ken-t0ken"}) if token else (200, [{"id": "001", "success": True}])

    taken, asked = send("salesforce", answer, domain="mugs", field="Tenure__c")
    assert (taken, asked[-1].method) == (1, "PATCH")
    assert asked[-1].path == "/services/data/v65.0/composite/sobjects"
    record = {"attributes": {"type": "Account"}, "id": "0015g00000AbCdE", "Tenure__c": "list-7"}
    assert asked[-1].body == {"allOrNone": False, "records": [record]}


GOOGLE = {"account": "123-456-7890", "audience": "77", "project": "mugs", "terms": "accepted"}


def test_google__receives_members_as_the_data_manager_api_takes_them():
    taken, asked = send("google", lambda _: (200, {"requestId": "r"}), **GOOGLE)
    assert (taken, asked[0].method, asked[0].path) == (3, "POST", "/v1/audienceMembers:ingest")
    assert asked[0].headers["x-goog-user-project"] == "mugs"
    body = asked[0].body
    account = {"accountType": "GOOGLE_ADS", "accountId": "1234567890"}
    assert body["destinations"] == [{"operatingAccount": account, "productDestinationId": "77"}]
    address = {"givenName": sha("mary"), "familyName": sha("poppins"), "regionCode": "US", "postalCode": "94043"}
    identifiers = [{"emailAddress": sha("a@example.org")}, {"phoneNumber": sha("+16505551212")}, {"address": address}]
    assert body["audienceMembers"][0] == {"userData": {"userIdentifiers": identifiers}}
    assert body["audienceMembers"][1] == {"userData": {"userIdentifiers": [{"emailAddress": sha("b@example.org")}]}}
    assert (body["encoding"], body["consent"]["adUserData"]) == ("HEX", "CONSENT_GRANTED")
    assert "example.org" not in asked[0].text


def test_google__receives_nothing_before_its_terms_are_accepted():
    with pytest.raises(UsageError, match=r"accepted the terms.*terms=no"):
        send("google", lambda _: (200, {}), **GOOGLE | {"terms": "no"})


def test_google__that_refuses_is_told_by_kind_and_code_without_the_secret():
    refused = {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "a@example.org s3cret-s3cret"}}
    with pytest.raises(UsageError, match="PERMISSION_DENIED 403") as failed:
        send("google", lambda _: (403, refused), **GOOGLE)
    assert "s3cret" not in str(failed.value)


def test_meta__receives_users_in_one_session_and_is_asked_again_when_it_is_busy():
    busy = [(400, {"error": {"code": 80003, "type": "OAuthException"}})]

    def answer(asked):
        return busy.pop() if busy else (200, {"num_received": 3, "num_invalid_entries": 1, "session_id": "1"})

    taken, asked = send("meta", answer, audience="23850000000000")
    assert (taken, len(asked), asked[1].path) == (2, 2, "/v25.0/23850000000000/users")
    assert asked[1].headers["Authorization"] == "Bearer s3cret-s3cret"
    payload, session = asked[1].body["payload"], asked[1].body["session"]
    assert payload["schema"] == ["EMAIL", "PHONE", "FN", "LN", "COUNTRY", "ZIP", "EXTERN_ID"]
    assert payload["data"][1] == [sha("b@example.org"), "", "", "", "", "", "amocrm:8"]
    assert session == {
        "session_id": 1767225600000, "batch_seq": 1, "last_batch_flag": True, "estimated_num_total": 3,
    }  # fmt: skip


def test_meta__receives_what_each_is_worth_where_the_list_says_it():
    _, asked = send("meta", lambda _: (200, {}), contacts=CONTACTS.assign(value="9.5"), audience="7")
    payload = asked[0].body["payload"]
    assert (payload["schema"][-1], payload["data"][0][-1]) == ("LOOKALIKE_VALUE", 9.5)


def test_deliver__numbers_the_requests_of_a_long_list():
    small = dataclasses.replace(delivery_to("meta"), most=2)
    _, asked = send("meta", lambda _: (200, {"num_received": 2}), delivery=small, audience="7")
    sessions = [(one.body["session"]["batch_seq"], one.body["session"]["last_batch_flag"]) for one in asked]
    assert sessions == [(1, False), (2, True)]


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
    with pytest.raises(UsageError, match="Nothing is sent to tiktok"):
        delivery_to("tiktok")
