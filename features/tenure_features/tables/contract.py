"""What a table promises: its columns, what can be wrong with their values, and the rules its rows follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ContractKind = Literal["id", "time", "date", "number", "text", "flag"]

RECORDED_AT = "recorded_at"
"""Column of the moment a row became known; at an earlier one it was not, although it may have happened before."""


@dataclass(frozen=True)
class Fault:
    """Something that can be wrong with a row, in the words of its account.

    Attributes
    ----------
    problem
        What is wrong.
    done
        What was done, and what would mend it.
    blames_mapping
        Whether the column mapping is wrong where most rows have it.
    """

    problem: str
    done: str
    blames_mapping: bool = True


USUAL_FAULTS: Mapping[str, Fault] = {
    "missing": Fault("value missing", "Left out: the row says nothing without it."),
    "bad date": Fault(
        "date missing or unreadable",
        "Left out. Write dates as YYYY-MM-DD HH:MM:SS, or map strptime(column, format).",
    ),
    "no clock": Fault("date before 1970-01-02 or after 2099", "Left out: such dates are defaults or typing errors."),
    "no number": Fault("number missing or unreadable", "Left out. Write numbers as plain numbers such as 1234.50."),
    "infinite": Fault("number infinite", "Left out. Look for divisions by zero upstream."),
    "too large": Fault(
        "number beyond 1e15",
        "Left out: no shop has such amounts, and sums of them drown all others. Look for a wrong unit.",
    ),
    "repeated": Fault(
        "row repeated in every column", "Kept once: the same moment in every column is one row exported twice."
    ),
}
"""What can be wrong in any table; a column or a table that names a fault of the same kind says it in its own words."""


@dataclass(frozen=True)
class Scale:
    """The values a number may take, where another column says what it measures.

    Attributes
    ----------
    by
        Column of what is measured.
    limits
        Lowest and highest value by what is measured, in lower case; anything else is taken as it is.
    """

    by: str
    limits: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table contract.

    Attributes
    ----------
    kind
        ``id`` and ``text`` are strings, ``time`` a UTC-naive timestamp in microseconds, ``date`` a calendar day,
        ``number`` a finite float64, ``flag`` a boolean.
    meaning
        One line for people.
    required
        Whether the table is unusable without it.
    signed_by
        Flag that makes a number negative, whatever its sign.
    scale
        The values a number may take; a row with another has the fault ``off scale``.
    void
        Texts, in lower case, of rows that stand for nothing: they have the fault ``void``.
    faults
        What can be wrong with a value, by kind, where it is not as in any table (`USUAL_FAULTS`).
    """

    kind: ContractKind
    meaning: str
    required: bool = False
    signed_by: str | None = None
    scale: Scale | None = None
    void: tuple[str, ...] = ()
    faults: Mapping[str, Fault] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The contract of one table: its name, what a row is, its columns and its rules.

    Attributes
    ----------
    name
        What it is called in ``tenure.toml``.
    row
        What one row is.
    columns
        By name.
    open
        Whether columns beyond the contract may be mapped.
    may_be_empty
        Whether a table without rows is fine.
    rows_may_repeat
        Whether rows that are equal in every column are several; else they are one that was exported twice.
    one_row_per
        Column that names what a row stands for: only the first of each is kept, unless rows say when they were recorded
        and are versions.
    lines_of
        Column that lines of one thing share; missing in every row of a table that does not have it.
    names_guests
        Whether a guest may stand where a customer's id is expected (`tenure_features.tables.guests`).
    stray_dates
        Whether few rows that a long silence cuts off from all others are typing errors.
    faults
        What can be wrong with a row as a whole (``repeated``, ``several``), where it is not as in any table.
    """

    name: str
    row: str
    columns: Mapping[str, Column]
    open: bool = False
    may_be_empty: bool = True
    rows_may_repeat: bool = False
    one_row_per: str | None = None
    lines_of: str | None = None
    names_guests: bool = False
    stray_dates: bool = False
    faults: Mapping[str, Fault] = field(default_factory=dict)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns the table cannot do without."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def dated_by(self) -> str | None:
        """Column that says when a row happened; None for lines, which are dated by their order."""
        dates = (name for name, column in self.columns.items() if column.kind in {"time", "date"})
        return next((name for name in dates if name != RECORDED_AT), None)

    def fault(self, kind: str, column: str | None = None) -> Fault:
        """Say what is wrong with a row, or with its value in a column, in the words of this table.

        Examples
        --------
        >>> Contract(name="visits", row="a visit", columns={}).fault("infinite").problem
        'number infinite'
        """
        faults = self.faults if column is None else self.columns[column].faults
        return faults[kind] if kind in faults else USUAL_FAULTS[kind]
