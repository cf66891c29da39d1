"""Yandex.Metrica: visits through the Logs API.

Written after yandex.ru/dev/metrika/en/logs/practice/quick-start: estimate, order, wait for ``processed``, download the
parts, clean up; at most a year a request. The present day is left out, and the last three are read again.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Pages, Record, utc
from tenure_connectors.presets.analytics import METRICA_LOGS
from tenure_features.errors import DependencyUnavailableError, UsageError

_FIELDS = "ym:s:visitID,ym:s:clientID,ym:s:dateTimeUTC,ym:s:pageViews,ym:s:lastTrafficSource,ym:s:deviceCategory"
_MOST_DAYS, _WAITS, _WAIT_S = 365, 360, 10


def _sign_on(connection: Connection) -> ApiSession:
    if not connection.settings["counter"].isdigit():
        raise UsageError("The counter is a number.", found=connection.settings["counter"])
    token = connection.secrets["metrica_token"]
    return ApiSession(
        connection.base_url or "https://api-metrika.yandex.net",
        sign_in=lambda _: {"Authorization": f"OAuth {token}"},
        secrets=(token,),
        pause_s=connection.pause_s,
    )


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:
    yesterday = connection.now.date() - dt.timedelta(days=1)
    first = yesterday - dt.timedelta(days=_MOST_DAYS - 1)
    day = first if since is None else since.date()
    while day <= yesterday:
        last = min(day + dt.timedelta(days=_MOST_DAYS - 1), yesterday)
        yield from _read_period(session, connection, day, last)
        day = last + dt.timedelta(days=1)


def _read_period(session: ApiSession, connection: Connection, first: dt.date, last: dt.date) -> Pages:
    place = f"/management/v1/counter/{connection.settings['counter']}"
    query = {"date1": f"{first}", "date2": f"{last}", "source": "visits", "fields": _FIELDS}
    estimate = session.get(f"{place}/logrequests/evaluate", query)["log_request_evaluation"]
    if not estimate.get("possible"):
        raise DependencyUnavailableError(
            f"Metrica cannot give the visits of {first} to {last}.",
            found=f"at most {estimate.get('max_possible_day_quantity', 0)} days",
            fix="Clean up earlier requests of logs, or pull more often.",
        )
    number = session.post(f"{place}/logrequests", query=query)["log_request"]["request_id"]
    try:
        for part in _await(session, connection, f"{place}/logrequest/{number}"):
            text = session.get_text(f"{place}/logrequest/{number}/part/{part['part_number']}/download")
            rows = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
            yield [
                Record(key=row["ym:s:visitID"], document=row, changed_at=utc(row.get("ym:s:dateTimeUTC")))
                for row in rows
            ]
    finally:
        session.post(f"{place}/logrequest/{number}/clean")


def _await(session: ApiSession, connection: Connection, place: str) -> list[dict[str, Any]]:
    for _ in range(_WAITS):
        request = session.get(place)["log_request"]
        if request["status"] == "processed":
            parts: list[dict[str, Any]] = request.get("parts") or []
            return parts
        if request["status"] != "created":
            break
        connection.wait(_WAIT_S)
    raise DependencyUnavailableError(
        "Metrica has not prepared the visits.",
        found=request["status"],
        fix="Try again later; requests wait in a queue.",
    )


METRICA_API = ApiSource(
    name="metrica_logs",
    title="Yandex.Metrica (Logs API)",
    preset=METRICA_LOGS,
    customer=("user", "client"),
    order="visit",
    settings={"counter": "the number of the counter"},
    secrets=(("metrica_token",),),
    sign_on=_sign_on,
    read=_read,
    ordered=False,
    reread=dt.timedelta(days=3),
    documentation=("yandex.ru/dev/metrika/en/logs/practice/quick-start",),
    notes=("The first pull reads one year; the present day is never read.",),
)
