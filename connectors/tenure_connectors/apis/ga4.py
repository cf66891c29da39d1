"""GA4: purchases, refunds, visits and carts from its export to BigQuery, day by day.

Written after developers.google.com/analytics/bigquery/event-schema (``events_YYYYMMDD``; a day is completed for up to
three days; intraday tables are another thing) and cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults
(``jobComplete``, ``pageToken``).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Pages, Record, look_up
from tenure_connectors.presets.analytics import GA4
from tenure_features.errors import DependencyUnavailableError, UsageError

_EVENTS = "purchase", "refund", "session_start", "add_to_cart", "begin_checkout", "sign_up", "login"
_COLUMNS = "event_name, event_timestamp, user_pseudo_id, user_id, ecommerce, items, traffic_source, device, geo"
_ROWS_A_PAGE, _LONGEST_WAIT = 5_000, 600


def _sign_on(connection: Connection) -> ApiSession:
    for name in ("project", "dataset"):
        if not connection.settings[name].replace("-", "").replace("_", "").isalnum():
            raise UsageError(f"The {name} is no name of BigQuery.", found=connection.settings[name])
    token = connection.secrets["ga4_token"]
    return ApiSession(
        connection.base_url or "https://bigquery.googleapis.com",
        sign_in=lambda _: {"Authorization": f"Bearer {token}"},
        secrets=(token,),
        pause_s=connection.pause_s,
    )


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:
    table = f"`{connection.settings['project']}.{connection.settings['dataset']}.events_*`"
    if since is None:
        first = list(_query(session, connection, f"SELECT MIN(_TABLE_SUFFIX) FROM {table}"))  # noqa: S608  # checked
        text = first[0][0] if first and first[0] else None
        is_day = text is not None and text.isdigit()
        day = dt.datetime.strptime(str(text), "%Y%m%d").replace(tzinfo=dt.UTC).date() if is_day else None
    else:
        day = since.date()
    names = ", ".join(f"'{name}'" for name in _EVENTS)
    while day is not None and day < connection.now.date():
        sql = (
            f"SELECT TO_JSON_STRING(STRUCT({_COLUMNS})) FROM {table} "  # noqa: S608  # names are ours or checked
            f"WHERE _TABLE_SUFFIX = '{day:%Y%m%d}' AND event_name IN ({names})"
        )
        for rows in _query(session, connection, sql):
            yield [_record(json.loads(row)) for row in rows if row is not None]
        day += dt.timedelta(days=1)


def _query(session: ApiSession, connection: Connection, sql: str) -> Iterator[list[str | None]]:
    """Run a query of one column, and give its values page by page."""
    place = f"/bigquery/v2/projects/{connection.settings['project']}/queries"
    answer = session.post(place, {"query": sql, "useLegacySql": False, "maxResults": _ROWS_A_PAGE})
    job = answer["jobReference"]
    query: dict[str, Any] = {"maxResults": _ROWS_A_PAGE} | ({"location": job["location"]} if "location" in job else {})
    for _ in range(_LONGEST_WAIT):
        if answer.get("jobComplete"):
            break
        connection.wait(1)
        answer = session.get(f"{place}/{job['jobId']}", query)
    else:
        raise DependencyUnavailableError("BigQuery has not answered a query in time.", fix="Try again later.")
    while True:
        yield [row["f"][0]["v"] for row in answer.get("rows", ())]
        if not answer.get("pageToken"):
            return
        answer = session.get(f"{place}/{job['jobId']}", query | {"pageToken": answer["pageToken"]})


def _record(event: dict[str, Any]) -> Record:
    """Know a purchase by its transaction, so that one that is sent again is the same, and another event by itself."""
    transaction = look_up(event, "ecommerce.transaction_id")
    parts = [event["event_name"], transaction]
    if event["event_name"] != "purchase" or transaction is None:
        parts += [event["event_timestamp"], event["user_pseudo_id"]]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    changed = dt.datetime.fromtimestamp(int(event["event_timestamp"]) / 1_000_000, dt.UTC)
    return Record(key=key, document=event, changed_at=changed)


GA4_API = ApiSource(
    name="ga4",
    title="GA4 (BigQuery export)",
    preset=GA4,
    customer=("user", "client"),
    order="transaction",
    settings={"project": "the project of Google Cloud", "dataset": "the dataset, such as analytics_123456"},
    secrets=(("ga4_token",),),
    sign_on=_sign_on,
    read=_read,
    reread=dt.timedelta(days=3),
    documentation=(
        "developers.google.com/analytics/bigquery/event-schema",
        "cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults",
    ),
    notes=("Of events other than purchases and refunds only visits, carts, checkouts, sign-ups and log-ins are read.",),
)
