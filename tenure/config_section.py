"""What every section of ``tenure.toml`` has in common: nothing unknown, nothing changed, moments that exist."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def parse_moment(value: object) -> dt.datetime:
    """Turn a date, a time or ISO 8601 text into a UTC-naive moment.

    Raises
    ------
    ValueError
        When it is none of these, or lies outside the years 1900 to 2200.

    Examples
    --------
    >>> parse_moment("2011-06-11")
    datetime.datetime(2011, 6, 11, 0, 0)
    >>> parse_moment("2011-06-11T02:00:00+02:00")
    datetime.datetime(2011, 6, 11, 0, 0)
    """
    moment: object = value
    if isinstance(value, str):
        try:
            moment = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{value!r} is not a date; write it as YYYY-MM-DD, such as 2011-06-11") from None
    if isinstance(moment, dt.date) and not isinstance(moment, dt.datetime):
        moment = dt.datetime.combine(moment, dt.time())
    if not isinstance(moment, dt.datetime):
        raise ValueError(f"{value!r} is not a date; write it as YYYY-MM-DD, such as 2011-06-11")
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    if not 1900 <= moment.year <= 2200:
        raise ValueError(f"the year {moment.year} is outside 1900 to 2200")
    return moment


ConfigMoment = Annotated[dt.datetime, BeforeValidator(parse_moment)]


class ConfigSection(BaseModel):
    """A table of the TOML file: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)
