"""One request of a list that is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """The contacts of one request, and where it stands among the others.

    Attributes
    ----------
    contacts
        Rows of the list, by its headers.
    settings
        What the system must be told.
    number, last, total
        Which request it is (from 1), whether none follows, and how many contacts all of them hold.
    started
        When sending began, in UTC.
    """

    contacts: Sequence[Mapping[str, str]] = field(repr=False)
    settings: Mapping[str, str]
    number: int
    last: bool
    total: int
    started: dt.datetime
