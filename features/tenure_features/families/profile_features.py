# ruff: noqa: PD004  # Ibis has no isna and notna
"""Features made of what a shop's own customer table holds: one per frequent level of a text, one per further number.

Which levels there are is decided by the customers known before a moment and stored with the model as the names of its
features, ``region=north``. A level never seen in training is 0 in all of them, so a model is not surprised by it.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir
import pandas as pd

from tenure_features.families.calendar import Calendar, CalendarWindow
from tenure_features.families.feature import Feature
from tenure_features.histories import CustomerProfile
from tenure_features.reading.engine import fetch
from tenure_features.table_history import pair_known
from tenure_features.tables.contracts import CALENDAR
from tenure_features.tables.regrouping import table_known_at
from tenure_features.tables.shop_table import ShopTable

MOST_LEVELS, LEAST_SHARE = 12, 0.01
"""Per column, the most frequent levels, and those of at least one customer in a hundred."""

_NOT_TEXTS = frozenset({"customer_id"})
_FURTHER, _BY_DAY = "customers.", "calendar."
_UNSPEAKABLE = frozenset("\t\r\n")
"""Signs that set names apart in stored models; levels with one of them count as none."""


def profile_feature(name: str) -> Feature | None:
    """Make the feature that a name of this module stands for; None for any other name.

    Examples
    --------
    >>> profile_feature("region=north").meaning, profile_feature("customers.children").meaning
    ('1 where region of customers is north, else 0.', 'The column children of customers.')
    >>> level = profile_feature("acquisition_channel=paid_search")
    >>> level.say(1.0), level.say(0.0)
    ('acquisition channel: paid_search', 'acquisition channel is not paid_search')
    >>> profile_feature("recency_days") is None
    True
    """
    column, equals, level = name.partition("=")
    if equals:
        return _level_feature(name, column, level)
    if name.startswith(_BY_DAY):
        return _day_total_feature(name, name.removeprefix(_BY_DAY))
    if name.startswith(_FURTHER):
        return _number_feature(name, name.removeprefix(_FURTHER))
    return None


def _level_feature(name: str, column: str, level: str) -> Feature:
    """1 where a text column has a level, else 0."""

    def is_level(profile: CustomerProfile) -> ir.Value:
        return profile.is_level(column, level)

    words, value = _literal(column.replace("_", " ")), _literal(level)
    return Feature(
        name=name,
        unit="flag",
        family="profile",
        meaning=f"1 where {column} of customers is {level}, else 0.",
        reason=f"{words}: {value}",
        reason_if_zero=f"{words} is not {value}",
        build=is_level,
        table="customers",
        columns=(column,),
    )


def _day_total_feature(name: str, by_day: str) -> Feature:
    def total(window: CalendarWindow) -> float:
        return window.total(by_day)

    return Feature(
        name=name,
        unit="number",
        family="calendar",
        meaning=f"Sum of the calendar's column {by_day} over the window to predict.",
        reason=_literal(by_day) + " is {value:,.2f}",
        build=total,
        table=CALENDAR,
        columns=(by_day,),
    )


def _number_feature(name: str, further: str) -> Feature:
    def value(profile: CustomerProfile) -> ir.Value:
        return profile[further].cast("float64")

    return Feature(
        name=name,
        unit="number",
        family="profile",
        meaning=f"The column {further} of customers.",
        reason=_literal(further.replace("_", " ")) + " is {value:,.2f}",
        build=value,
        table="customers",
        columns=(further,),
    )


def _literal(text: str) -> str:
    """Write a shop's own word so that a reason holds it as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def profile_names(customers: ShopTable, as_of: pd.Timestamp) -> tuple[str, ...]:
    """Name the features of a customer table at a moment, from the customers known strictly before it."""
    schema, contract = customers.rows.schema(), customers.contract.columns
    with table_known_at(customers, as_of) as then:
        profiles = pair_known(then.rows, [as_of], when="signed_up_at")
        texts = [name for name in schema.names if schema[name].is_string() and name not in _NOT_TEXTS]
        names = [f"{text}={level}" for text in texts for level in _levels(profiles, text)]
    further = [name for name in schema.names if name not in contract]
    numbers = [name for name in further if schema[name].is_numeric() or schema[name].is_boolean()]
    return (*names, *(_FURTHER + name for name in numbers))


def calendar_names(calendar: Calendar, catalogue: Iterable[Feature]) -> tuple[str, ...]:
    """Name the features of a calendar: the catalogue's, and one per column of the user's table."""
    listed = tuple(feature.name for feature in catalogue if feature.table == CALENDAR)
    return (*listed, *(_BY_DAY + name for name in sorted(calendar.columns)))


def _levels(profiles: ir.Table, text: str) -> list[str]:
    total = int(fetch(profiles.aggregate(rows=profiles.count()))["rows"].iloc[0])
    counted = profiles.filter(profiles[text].notnull()).group_by(level=profiles[text]).aggregate(rows=ibis._.count())
    frequent = fetch(counted.filter(counted.rows >= LEAST_SHARE * total).order_by([ibis.desc("rows"), "level"]))
    levels = [str(level) for level in frequent["level"] if not _UNSPEAKABLE & set(str(level))]
    return sorted(levels[:MOST_LEVELS])
