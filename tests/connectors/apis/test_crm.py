"""CRMs: pages as each counts them, its limits, its tokens, what it says of deleted deals."""

from __future__ import annotations

import datetime as dt

import pytest

from tenure_connectors.apis.amocrm import AMOCRM_API
from tenure_connectors.apis.bitrix24 import BITRIX24_API
from tenure_connectors.apis.hubspot import HUBSPOT_API
from tenure_connectors.apis.salesforce import SALESFORCE_API
from tenure_features.errors import UsageError
from tests.connectors.api_server import api_server

ORDERS = "SELECT customer_id, order_id, ordered_at, revenue, recorded_at FROM tenure.orders ORDER BY 2, 4 DESC"


def day(number, hour=0):
    return dt.datetime(2026, 1, number, hour, tzinfo=dt.UTC)


def at(number, hour=0):
    return dt.datetime(2026, 1, number, hour)


def bitrix_deal(number, *, amount="100.00", semantic="S", changed=2):
    return {
        "ID": str(number), "TITLE": f"Deal {number}", "STAGE_ID": "WON" if semantic == "S" else "NEW",
        "STAGE_SEMANTIC_ID": semantic, "OPPORTUNITY": amount, "CURRENCY_ID": "RUB", "CONTACT_ID": str(number % 3),
        "COMPANY_ID": "5", "SOURCE_ID": "WEB", "DATE_CREATE": "2026-01-02T03:00:00+03:00",
        "CLOSEDATE": "2026-01-04T03:00:00+03:00", "DATE_MODIFY": f"2026-01-{changed:02d}T03:00:00+03:00",
    }  # fmt: skip


def test_bitrix24__pages_by_id_rests_and_finds_what_was_deleted(pull, rows):
    deals = [bitrix_deal(number) for number in range(1, 61)] + [bitrix_deal(61, semantic="P")]
    answers = [(503, {"error": "QUERY_LIMIT_EXCEEDED"}), (429, {"error": "OPERATION_TIME_LIMIT"})]

    def portal(asked):
        if answers:
            return answers.pop()
        assert asked.path == "/rest/1/c0de-c0de/crm.deal.list.json"
        assert (asked.body["start"], asked.body["order"]) == (-1, {"ID": "ASC"})
        since = asked.body["filter"].get(">=DATE_MODIFY", "")[:10]
        fitting = [one for one in deals if int(one["ID"]) > asked.body["filter"][">ID"] and one["DATE_MODIFY"] >= since]
        return 200, {"result": fitting[:50], "time": {"operating": 450.0, "finish": 100.0, "operating_reset_at": 101.0}}

    secrets = {"bitrix24_webhook": "https://portal.bitrix24.ru/rest/1/c0de-c0de/"}
    with api_server(portal) as server:
        first = pull(BITRIX24_API, server.url, at=day(10), secrets=secrets)
        assert (first.records, first.rows["orders"]) == (61, 60)
        assert "1 not sales yet: left out (NEW)." in first.account
        deals[60] = bitrix_deal(61, amount="70.00", changed=12)
        del deals[0]
        pull(BITRIX24_API, server.url, at=day(14), secrets=secrets, full=True)
    assert rows(ORDERS)[0] == ("bitrix24:1", "bitrix24:1", at(4), 100.0, None)
    assert rows(ORDERS)[1] == ("bitrix24:1", "bitrix24:1", at(4), -100.0, at(14))  # only now is it known to be gone
    assert rows("SELECT revenue, recorded_at FROM tenure.orders WHERE order_id = 'bitrix24:61'") == [(70.0, at(12))]


def test_bitrix24__tells_no_webhook(pull):
    secrets = {"bitrix24_webhook": "https://portal.bitrix24.ru/rest/1/c0de-c0de/"}
    with api_server(lambda _: (401, {"error": "INVALID_CREDENTIALS"})) as server, pytest.raises(UsageError) as refusal:
        pull(BITRIX24_API, server.url, at=day(10), secrets=secrets)
    assert "c0de" not in str(refusal.value)
    with pytest.raises(UsageError, match=r"looks like https://portal"):
        pull(BITRIX24_API, server.url, at=day(10), secrets={"bitrix24_webhook": "c0de-c0de"})


def lead(number, *, status=142, price=100, changed=2):
    moment = int(day(changed).timestamp())
    contacts = [{"id": 900 + number, "is_main": False}, {"id": 70, "is_main": True}]
    return {"id": number, "name": "L", "price": price, "status_id": status, "pipeline_id": 1, "created_at": moment,
            "updated_at": moment, "closed_at": moment, "is_deleted": False,
            "_embedded": {"contacts": contacts, "companies": []}}  # fmt: skip


def test_amocrm__follows_links_and_reads_deletions_from_events(pull, rows):
    leads, events = [lead(1), lead(2, status=143), lead(3)], []

    def account(asked):
        if asked.path == "/api/v4/events":
            assert asked.query["filter[type]"] == "lead_deleted"
            return (200, {"_embedded": {"events": events}}) if events else (204, "")
        since = int(asked.query.get("filter[updated_at][from]", 0))
        page = int(asked.query.get("page", 1))
        fitting = [one for one in leads if one["updated_at"] >= since]
        if not fitting:
            return 204, ""
        links = (
            {"next": {"href": f"https://mugs.amocrm.ru{asked.path}?page={page + 1}"}} if page * 2 < len(fitting) else {}
        )
        return 200, {"_embedded": {"leads": fitting[page * 2 - 2 : page * 2]}, "_links": links}

    settings = {"account": "mugs"}
    with api_server(account) as server:
        assert pull(AMOCRM_API, server.url, at=day(5), settings=settings).records == 3
        leads[0] = lead(1, price=80, changed=8)
        del leads[2]
        events.append({"type": "lead_deleted", "entity_id": 3, "created_at": int(day(9).timestamp())})
        pull(AMOCRM_API, server.url, at=day(10), settings=settings)
    assert rows("SELECT customer_id, order_id, revenue, recorded_at FROM tenure.orders ORDER BY 2, batch, 3") == [
        ("amocrm:70", "amocrm:1", 100.0, None), ("amocrm:70", "amocrm:1", -100.0, at(8)),
        ("amocrm:70", "amocrm:1", 80.0, at(8)),
        ("amocrm:70", "amocrm:3", 100.0, None), ("amocrm:70", "amocrm:3", -100.0, at(9)),
    ]  # fmt: skip


def opportunity(number, *, won=True, deleted=False, changed=2):
    return {"attributes": {"type": "Opportunity"}, "Id": f"006{number}", "Name": "O", "StageName": "Closed Won" if won
            else "Prospecting", "Amount": 100.0, "CloseDate": "2026-01-02", "CreatedDate": "2026-01-01T00:00:00Z",
            "AccountId": "001A", "Account": {"Name": "A"}, "IsWon": won, "IsClosed": won, "LeadSource": "Web",
            "IsDeleted": deleted, "SystemModstamp": f"2026-01-{changed:02d}T00:00:00.000+0000"}  # fmt: skip


def test_salesforce__signs_in_again_and_takes_back_what_was_deleted(pull, rows):
    deals, tokens = [opportunity(1), opportunity(2), opportunity(3, won=False)], []

    def org(asked):
        if asked.path == "/services/oauth2/token":
            tokens.append(f"t0ken-{len(tokens)}")
            return 200, {"access_token": tokens[-1], "instance_url": "https://elsewhere.example.org"}
        if asked.headers["Authorization"] != f"Bearer {tokens[-1]}":
            return 401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
        if asked.path.endswith("queryAll"):
            assert "SystemModstamp" in asked.query["q"]
            tokens.append("ended")  # the session ends between the pages
            return 200, {"done": False, "records": deals[:2], "nextRecordsUrl": "/services/data/v65.0/query/01g-2000"}
        return 200, {"done": True, "records": deals[2:]}

    settings, secrets = {"domain": "acme"}, {"salesforce_client_id": "cl1ent", "salesforce_client_secret": "s3cret"}
    with api_server(org) as server:
        assert pull(SALESFORCE_API, server.url, at=day(5), settings=settings, secrets=secrets).records == 3
        deals[1] = opportunity(2, deleted=True, changed=7)
        pull(SALESFORCE_API, server.url, at=day(8), settings=settings, secrets=secrets)
    assert rows(ORDERS) == [
        ("salesforce:001A", "salesforce:0061", at(2), 100.0, None),
        ("salesforce:001A", "salesforce:0062", at(2), 100.0, None),
        ("salesforce:001A", "salesforce:0062", at(2), -100.0, at(7)),
    ]


def hubspot_deal(number, *, won="true", changed=2):
    properties = {"dealname": "D", "dealstage": "98765", "amount": "90", "amount_in_home_currency": "100",
                  "closedate": "2026-01-02T00:00:00Z", "createdate": "2026-01-01T00:00:00Z",
                  "deal_currency_code": "USD", "hs_is_closed_won": won, "hs_is_closed": "true"}  # fmt: skip
    return {"id": str(number), "properties": properties, "updatedAt": f"2026-01-{changed:02d}T00:00:00Z"}


def test_hubspot__searches_by_change_and_looks_up_contacts(pull, rows):
    deals, archive = [hubspot_deal(1), hubspot_deal(2, won="false"), hubspot_deal(3)], []

    def portal(asked):
        if asked.path == "/crm/v3/objects/deals/search":
            (condition,) = asked.body["filterGroups"][0]["filters"]
            assert (condition["propertyName"], condition["operator"]) == ("hs_lastmodifieddate", "GTE")
            start = int(asked.body.get("after", 0))
            paging = {"paging": {"next": {"after": str(start + 2)}}} if start + 2 < len(deals) else {}
            return 200, {"total": len(deals), "results": deals[start : start + 2], **paging}
        if asked.path.startswith("/crm/v4/associations/deals/contacts"):
            links = [{"from": {"id": one["id"]}, "to": [{"toObjectId": 700 + int(one["id"]) % 2}]}
                     for one in asked.body["inputs"]]  # fmt: skip
            return 200, {"status": "COMPLETE", "results": links}
        assert asked.query["archived"] == "true"
        return 200, {"results": archive}

    with api_server(portal) as server:
        pulled = pull(HUBSPOT_API, server.url, at=day(5))
        assert pulled.rows == {"orders": 2}
        archive.append({"id": "3", "archivedAt": "2026-01-07T00:00:00Z", "archived": True, "properties": {}})
        del deals[2]
        pull(HUBSPOT_API, server.url, at=day(8))
    assert rows(ORDERS) == [
        ("hubspot:701", "hubspot:1", at(2), 100.0, None),
        ("hubspot:701", "hubspot:3", at(2), 100.0, None),
        ("hubspot:701", "hubspot:3", at(2), -100.0, at(7)),
    ]


def test_full__is_refused_where_a_system_leaves_things_out(pull):
    with pytest.raises(UsageError, match="would count as deleted"):
        pull(SALESFORCE_API, "http://127.0.0.1:9", at=day(5), settings={"domain": "acme"}, full=True)
