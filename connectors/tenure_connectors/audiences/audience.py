"""Who is on a list: chosen by their scores, with a contact and a consent, nobody who has to stay out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field

import pandas as pd

from tenure_connectors.audiences.contacts import consents
from tenure_connectors.audiences.platforms import Platform
from tenure_features.errors import DataContractError, UsageError

CONTACTS = ("email", "phone", "first_name", "last_name", "country", "postal_code")
"""What a platform may be told of a customer; what is not there stays empty."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The rows of a file, and how many customers fell away on the way to it.

    Attributes
    ----------
    rows
        As the platform wants them.
    account
        What was done, in sentences.
    too_small
        Whether the platform would not use so few.
    """

    rows: pd.DataFrame = field(repr=False)
    account: tuple[str, ...]
    too_small: bool


def build_audience(
    scores: pd.DataFrame,
    contacts: pd.DataFrame,
    platform: Platform,
    *,
    chosen: pd.Series[bool],
    without: Collection[str] = (),
    value: str | None = None,
    label: str,
    written: str | None = None,
    region: str | None = None,
) -> Audience:
    """Write a list of customers as a platform takes it.

    Parameters
    ----------
    scores
        One row per customer, ``customer_id`` among the columns.
    contacts
        Columns ``customer_id``, ``email`` or ``phone`` and, where it is asked for, ``consent``.
    platform
        What takes the list.
    chosen
        Who is on it, in the rows of ``scores``.
    without
        Customers who must not be on it: a hold-out, those who asked to be forgotten.
    value
        Column of scores that says what a customer is worth, for look-alikes by value; customers without a positive
        one are left out.
    label
        The neutral name the list has there.
    written
        Column of scores whose text stands in the field of each contact instead of the name: for systems of one's own.
    region
        Region of phones without a country code.

    Raises
    ------
    DataContractError
        If the contacts have no ``customer_id``, no e-mail and no phone, or no ``consent``.
    UsageError
        If what scores say of a customer would go to a platform that is not one's own.
    """
    if written is not None and not platform.own:
        raise UsageError(
            f"{platform.title} is told who is on a list, not why.",
            found=f"--write {written}",
            fix="Leave --write out, or choose by --where.",
        )
    _require_contacts(contacts)
    people = scores.loc[chosen.to_numpy(dtype=bool)].assign(
        label=label if written is None else scores[written].astype("str").fillna("")
    )
    sentences = [f"{len(people):,} of {len(scores):,} customers are chosen."]
    people = _without(people, people["customer_id"].astype("str").isin(set(without)), "must stay out", sentences)
    if value is not None:
        people = _without(people, ~(people[value].astype("float64") > 0), f"have no positive {value}", sentences)
    agreed = contacts.loc[consents(contacts["consent"])].drop_duplicates("customer_id", keep="last")
    merged = people.astype({"customer_id": "str"}).merge(
        agreed.astype({"customer_id": "str"}), on="customer_id", how="left", suffixes=("_score", ""), indicator=True
    )
    merged = _without(merged, merged["_merge"] != "both", "did not agree to it, or have no contact", sentences)
    merged = merged.assign(
        **{name: pd.Series(pd.NA, index=merged.index, dtype="str") for name in CONTACTS if name not in merged},
        value=merged[value].astype("float64").round(2).astype("str") if value is not None else "",
    )
    rows = platform.rows(merged, region=region)
    if len(rows) < len(merged):
        sentences.append(f"{len(merged) - len(rows):,} have no usable contact, or that of another: left out.")
    return Audience(rows=rows, account=tuple(sentences), too_small=len(rows) < platform.smallest)


def _without(people: pd.DataFrame, out: pd.Series[bool], why: str, sentences: list[str]) -> pd.DataFrame:
    if out.any():
        sentences.append(f"{int(out.sum()):,} {why}: left out.")
    return people.loc[~out]


def _require_contacts(contacts: pd.DataFrame) -> None:
    lacking = [name for name in ("customer_id", "consent") if name not in contacts]
    if not {"email", "phone"} & set(contacts.columns):
        lacking.append("email or phone")
    if lacking:
        raise DataContractError(
            f"The contacts lack {', '.join(lacking)}.",
            found=", ".join(map(str, contacts.columns)),
            fix="A row per customer: customer_id, email, phone and consent (yes where the customer agreed).",
        )


def neutral_name(purpose: str) -> str:
    """Name a list so that it tells a platform, and whoever looks there, nothing of the people on it.

    Examples
    --------
    >>> neutral_name("High value, leaving") == neutral_name("High value, leaving")
    True
    >>> neutral_name("High value, leaving")
    'list-c0e2d2'
    """
    return f"list-{hashlib.sha256(purpose.encode()).hexdigest()[:6]}"
