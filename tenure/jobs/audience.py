"""From scores and contacts to a file that an advertising or mail system takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure.names import require_known
from tenure_connectors.apis.secret import require_secrets
from tenure_connectors.apis.source import Connection
from tenure_connectors.audiences.audience import CONTACTS, Audience, build_audience, neutral_name
from tenure_connectors.audiences.delivery import Delivery, deliver, delivery_to
from tenure_connectors.audiences.platforms import Platform, platform_named
from tenure_features.errors import DataContractError, QualityGateError, UsageError
from tenure_features.reading.engine import Engine, fetch
from tenure_features.reading.files import replacing
from tenure_features.reading.sources import read_table
from tenure_features.spreadsheets import defuse
from tenure_features.tables.aliases import ALIASES, EMAILS, find_column
from tenure_serving.score_tables import read_scores
from tenure_serving.segments.condition import Condition

NAMES_OF_CONTACTS: Mapping[str, tuple[str, ...]] = {
    "customer_id": ("customer_id", *(name for name in ALIASES["customer_id"] if "email" not in name)),
    "email": EMAILS,
    "phone": ("phone", "phone_number", "mobile", "mobile_phone", "телефон", "мобильный телефон"),
    "first_name": ("first_name", "firstname", "given_name", "имя"),
    "last_name": ("last_name", "lastname", "surname", "family_name", "фамилия"),
    "country": ("country", "country_code", "страна"),
    "postal_code": ("postal_code", "zip", "postcode", "индекс"),
    "consent": ("consent", "marketing_consent", "accepts_marketing", "email_consent", "opt_in", "согласие"),
}
"""How columns of contacts may be called."""


@dataclass(frozen=True, kw_only=True)
class WrittenAudience:
    """A file of an audience: its neutral name, its rows, what was done, and how many were taken where it was sent."""

    name: str
    rows: int
    lines: tuple[str, ...]
    sent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sending:
    """How a list is to be sent.

    Attributes
    ----------
    confirmed
        Whether it goes; else it is only said what would.
    settings, url
        What the system must be told, and where it is if not at its usual place.
    now
        The moment, in UTC.
    tell
        Is told what goes, before it does.
    """

    confirmed: bool
    settings: Mapping[str, str]
    url: str | None
    now: dt.datetime
    tell: Callable[[tuple[str, ...]], None]


def audience_job(
    platform: str,
    scores: Path,
    contacts: str,
    *,
    where: str | None,
    without: Sequence[str],
    value: str | None,
    region: str | None,
    columns: Mapping[str, str],
    encoding: str | None,
    name: str | None,
    written: str | None = None,
    out: Path,
    sending: Sending | None = None,
) -> WrittenAudience:
    """Choose customers by their scores and write them as a platform takes them.

    Raises
    ------
    UsageError
        If the platform, a column or a condition is unknown.
    DataContractError
        If the contacts cannot be read, or lack an id, a contact or a consent.
    QualityGateError
        If the platform would not use so short a list.
    """
    target = platform_named(platform)
    table = read_scores(scores).table
    delivery = _delivery(platform, sending, without)
    chosen = _choose(table, where)
    if value is not None and (value not in table or not pd.api.types.is_numeric_dtype(table[value])):
        raise UsageError(f"Scores have no number {value!r}.", fix="Name one such as expected_value or clv_to_come.")
    if written is not None:
        require_known([written], tuple(map(str, table.columns)), what="column of scores")
    label = name or neutral_name(f"{where}|{value}")
    built = build_audience(
        table, _read_contacts(contacts, columns, encoding), target, chosen=chosen, without=_ids(without, encoding),
        value=value, label=label, written=written, region=region,
    )  # fmt: skip
    _require_size(built, target)
    _write(built, target, out)
    lines = (*built.account, f"{len(built.rows):,} rows for {target.title}, as {label}: {out}.")
    taken, outcome = (
        (None, ("Nothing was sent.",)) if delivery is None or sending is None else _send(delivery, built, sending)
    )
    return WrittenAudience(name=label, rows=len(built.rows), lines=(*lines, *outcome), sent=taken)


def _send(delivery: Delivery, built: Audience, sending: Sending) -> tuple[int | None, tuple[str, ...]]:
    """Say what would go, and send it where that is confirmed."""
    plan = delivery.plan(built.rows, sending.settings)
    if not sending.confirmed:
        return None, (*plan, "Nothing was sent: say --confirm with --send.")
    sending.tell(plan)
    secrets = require_secrets(delivery.source.secrets, of=delivery.source.title)
    connection = Connection(settings=sending.settings, secrets=secrets, base_url=sending.url, now=sending.now)
    taken = deliver(delivery, built.rows, connection)
    return taken, (*plan, f"Sent: {taken:,} of {len(built.rows):,} were taken.")


def _delivery(platform: str, sending: Sending | None, without: Sequence[str]) -> Delivery | None:
    if sending is None:
        return None
    delivery = delivery_to(platform)
    require_known(sending.settings, (*delivery.source.settings, *delivery.settings), what=f"setting of {platform}")
    if delivery.creates and not without:
        raise UsageError(
            f"{delivery.source.title} makes contacts that it does not have, those who were forgotten among them.",
            fix="Name those who must stay out by --without FILE; it may hold nobody.",
        )
    return delivery


def _choose(table: pd.DataFrame, where: str | None) -> pd.Series[bool]:
    if where is None:
        return pd.Series(True, index=table.index)
    condition = Condition(where)
    condition.require(table.columns)
    fulfilled: pd.Series[bool] = condition.holds(table, check_levels=True)
    return fulfilled


def _read_contacts(place: str, columns: Mapping[str, str], encoding: str | None) -> pd.DataFrame:
    unknown = sorted(set(columns) - set(NAMES_OF_CONTACTS))
    if unknown:
        raise UsageError(f"Contacts have no {', '.join(unknown)}.", found=", ".join(NAMES_OF_CONTACTS))
    raw = fetch(read_table(place, Engine().connect(), encoding=encoding).table)
    lacking = [source for source in columns.values() if source not in raw]
    if lacking:
        raise DataContractError(f"{place} has no column {lacking[0]}.", found=", ".join(map(str, raw.columns)))
    places = {key: find_column(names, list(raw.columns)) for key, names in NAMES_OF_CONTACTS.items()}
    places |= dict(columns)
    usable = {key: raw[source].astype("str") for key, source in places.items() if source is not None}
    return pd.DataFrame({key: usable[key] for key in ("customer_id", "consent", *CONTACTS) if key in usable})


def _ids(files: Sequence[str], encoding: str | None) -> set[str]:
    stay_out: set[str] = set()
    for place in files:
        rows = fetch(read_table(place, Engine().connect(), empty=True, encoding=encoding).table)
        column = find_column(NAMES_OF_CONTACTS["customer_id"], list(rows.columns))
        if column is None:
            listed = ", ".join(map(str, rows.columns))
            raise DataContractError(f"{place} names no customers.", found=listed, fix="Give it a column customer_id.")
        stay_out |= set(rows[column].astype("str"))
    return stay_out


def _require_size(built: Audience, target: Platform) -> None:
    if built.too_small:
        raise QualityGateError(
            f"The list has {len(built.rows):,} rows; {target.title} uses none under {target.smallest:,}.",
            found=" ".join(built.account),
            fix="Widen --where, or ask more customers for their consent. No file was written.",
        )


def _write(built: Audience, target: Platform, out: Path) -> None:
    """Write the rows for the owner alone to read; only what people typed is kept from running in a spreadsheet."""
    typed = [name for name in built.rows.columns if name not in target.identifying]
    safe = defuse(built.rows[typed])
    rows = built.rows.assign(**{name: safe[name] for name in typed})
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as draft:
        draft.touch(mode=0o600)
        rows.to_csv(draft, index=False, encoding="utf-8")
