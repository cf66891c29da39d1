"""Analytics and mail: days that change, jobs that take a while, parts, events that come late."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tenure_connectors.apis.ga4 import GA4_API
from tenure_connectors.apis.klaviyo import KLAVIYO_API
from tenure_connectors.apis.metrica_logs import METRICA_API
from tenure_features.errors import DependencyUnavailableError
from tests.connectors.api_server import api_server


def day(number, hour=0):
    return dt.datetime(2026, 1, number, hour, tzinfo=dt.UTC)


def at(number, hour=0):
    return dt.datetime(2026, 1, number, hour)


def event(name, number, *, transaction=None, revenue=0.0, user="u1"):
    ecommerce = {"transaction_id": transaction, "purchase_revenue": revenue} if transaction else None
    return {"event_name": name, "event_timestamp": int(day(number, 12).timestamp() * 1_000_000), "user_pseudo_id": "b1",
            "user_id": user, "ecommerce": ecommerce, "items": [], "device": {"category": "mobile"},
            "traffic_source": {"source": "google"}, "geo": {"country": "Germany"}}  # fmt: skip


def test_ga4__reads_day_by_day_and_completes_late_days(pull, rows):
    days = {1: [event("purchase", 1, transaction="T1", revenue=50.0)], 2: [event("session_start", 2)], 3: []}
    jobs = {}

    def bigquery(asked):
        if asked.method == "POST":
            jobs[str(len(jobs))] = asked.body["query"]
            reference = {"jobId": str(len(jobs) - 1), "location": "EU"}
            return 200, {"jobComplete": False, "jobReference": reference}
        assert asked.query["location"] == "EU"
        query = jobs[asked.path.rpartition("/")[2]]
        if "MIN(" in query:
            return 200, {"jobComplete": True, "rows": [{"f": [{"v": "20260101"}]}]}
        suffix = query.partition("_TABLE_SUFFIX = '")[2][:8]
        number = int(suffix[6:]) if suffix.startswith("202601") else 0
        found = [{"f": [{"v": json.dumps(one)}]} for one in days.get(number, [])]
        if "pageToken" not in asked.query and len(found) > 1:
            return 200, {"jobComplete": True, "rows": found[:1], "pageToken": "p"}
        return 200, {"jobComplete": True, "rows": found[1:] if "pageToken" in asked.query else found}

    settings = {"project": "mugs-1", "dataset": "analytics_7"}
    with api_server(bigquery) as server:
        pull(GA4_API, server.url, at=day(4), settings=settings)
        days[2] += [
            event("purchase", 2, transaction="T1", revenue=50.0),
            event("purchase", 2, transaction="T2", revenue=9.0),
        ]
        days[4] = [event("session_start", 4)]
        pull(GA4_API, server.url, at=day(5), settings=settings)
    assert rows("SELECT order_id, sum(revenue), min(ordered_at) FROM tenure.orders GROUP BY 1 ORDER BY 1") == [
        ("ga4:T1", 50.0, at(1, 12)), ("ga4:T2", 9.0, at(2, 12)),
    ]  # fmt: skip
    assert rows("SELECT recorded_at FROM tenure.orders WHERE order_id = 'ga4:T2'") == [(at(5),)]
    assert rows("SELECT event, occurred_at, recorded_at FROM tenure.events ORDER BY 2") == [
        ("visit", at(2, 12), None), ("visit", at(4, 12), None),
    ]  # fmt: skip


HEADER = "ym:s:visitID\tym:s:clientID\tym:s:dateTimeUTC\tym:s:pageViews\tym:s:lastTrafficSource\tym:s:deviceCategory\n"


def visit(number, on):
    return f"{number}\t55{number}\t2026-01-{on:02d} 10:00:00\t3\torganic\t1\n"


def test_metrica__orders_logs_waits_downloads_parts_and_cleans_up(pull, rows):
    parts, waited = {0: [visit(1, 2)], 1: [visit(2, 3)]}, []

    def metrica(asked):
        assert asked.headers["Authorization"] == "OAuth s3cret-s3cret"
        if asked.path.endswith("/evaluate"):
            return 200, {"log_request_evaluation": {"possible": True, "max_possible_day_quantity": 400}}
        if asked.path.endswith("/logrequests"):
            return 200, {"log_request": {"request_id": 7, "status": "created"}}
        if asked.path.endswith("/download"):
            return 200, HEADER + "".join(parts[int(asked.path.split("/")[-2])])
        if asked.path.endswith("/clean"):
            return 200, {"log_request": {"request_id": 7, "status": "cleaned_by_user"}}
        waited.append(asked.path)
        status = "processed" if len(waited) % 3 == 0 else "created"
        return 200, {"log_request": {"request_id": 7, "status": status, "parts": [{"part_number": n} for n in parts]}}

    settings = {"counter": "123"}
    with api_server(metrica) as server:
        assert pull(METRICA_API, server.url, at=day(5), settings=settings).rows == {"events": 2}
        period = next(one.query for one in server.asked if one.path.endswith("/logrequests"))
        assert (period["date1"], period["date2"]) == ("2025-01-05", "2026-01-04")
        parts[1].append(visit(3, 4))
        pull(METRICA_API, server.url, at=day(6), settings=settings)
        period = [one.query for one in server.asked if one.path.endswith("/logrequests")][-1]
        assert (period["date1"], period["date2"]) == ("2025-12-31", "2026-01-05")
        assert sum(one.path.endswith("/clean") for one in server.asked) == 2
    assert rows("SELECT customer_id, occurred_at, value, recorded_at FROM tenure.events ORDER BY 2") == [
        ("metrica_logs:551", at(2, 10), 3.0, None), ("metrica_logs:552", at(3, 10), 3.0, None),
        ("metrica_logs:553", at(4, 10), 3.0, at(6)),
    ]  # fmt: skip


def test_metrica__says_that_a_request_is_impossible(pull):
    answer = {"log_request_evaluation": {"possible": False, "max_possible_day_quantity": 12}}
    with (
        api_server(lambda _: (200, answer)) as server,
        pytest.raises(DependencyUnavailableError, match="at most 12 days"),
    ):
        pull(METRICA_API, server.url, at=day(5), settings={"counter": "123"})


def klaviyo_event(number, on, metric="M1"):
    return {"type": "event", "id": f"e{number}", "attributes": {"datetime": f"2026-01-{on:02d}T00:00:00+00:00",
                           "event_properties": {"Campaign Name": "May"} if metric == "M1" else {}},
            "relationships": {"metric": {"data": {"type": "metric", "id": metric}},
                              "profile": {"data": {"type": "profile", "id": "P1"}}}}  # fmt: skip


INCLUDED = [
    {"type": "metric", "id": "M1", "attributes": {"name": "Opened Email"}},
    {"type": "metric", "id": "M2", "attributes": {"name": "Clicked Email"}},
    {"type": "profile", "id": "P1", "attributes": {"email": "ann@example.org"}},
]


def test_klaviyo__follows_cursors_and_names_events(pull, rows):
    events = [klaviyo_event(1, 2), klaviyo_event(2, 3, "M2"), klaviyo_event(3, 4)]
    busy = [(429, {"errors": [{"title": "Throttled"}]}, {"Retry-After": "0"})]

    def klaviyo(asked):
        if busy:
            return busy.pop()
        assert asked.headers["Authorization"] == "Klaviyo-API-Key s3cret-s3cret"
        assert asked.headers["revision"] == "2026-10-15"
        assert "page[cursor]" in asked.query or "event_properties" in asked.query["fields[event]"]
        start = int(asked.query.get("page[cursor]", 0))
        following = f"https://a.klaviyo.com/api/events?page[cursor]={start + 2}" if start + 2 < len(events) else None
        return 200, {"data": events[start : start + 2], "included": INCLUDED, "links": {"next": following}}

    with api_server(klaviyo) as server:
        pulled = pull(KLAVIYO_API, server.url, at=day(5))
    assert pulled.rows == {"events": 3, "identifiers": 1}
    assert rows("SELECT customer_id, event, occurred_at, campaign FROM tenure.events ORDER BY 3") == [
        ("klaviyo:P1", "email_open", at(2), "May"), ("klaviyo:P1", "email_click", at(3), None),
        ("klaviyo:P1", "email_open", at(4), "May"),
    ]  # fmt: skip
    assert rows("SELECT source_id, kind, value FROM tenure.identifiers") == [("klaviyo:P1", "email", "ann@example.org")]
