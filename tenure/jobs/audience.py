"""From scores and contacts to a file that an advertising or mail system takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure_connectors.audiences.audience import CONTACTS, Audience, build_audience, neutral_name
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
    """A file of an audience: its neutral name, its rows, and what was done."""

    name: str
    rows: int
    lines: tuple[str, ...]


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
    out: Path,
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
    chosen = _choose(table, where)
    if value is not None and (value not in table or not pd.api.types.is_numeric_dtype(table[value])):
        raise UsageError(f"Scores have no number {value!r}.", fix="Name one such as expected_value or clv_to_come.")
    label = name or neutral_name(f"{where}|{value}")
    built = build_audience(
        table, _read_contacts(contacts, columns, encoding), target, chosen=chosen, without=_ids(without, encoding),
        value=value, label=label, region=region,
    )  # fmt: skip
    _require_size(built, target)
    _write(built, target, out)
    lines = (*built.account, f"{len(built.rows):,} rows for {target.title}, as {label}: {out}. Nothing was sent.")
    return WrittenAudience(name=label, rows=len(built.rows), lines=lines)


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
