"""What a table beside the orders holds, what was set aside and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from tenure_features.tables.readiness import READINESS_VERSION, SetAside, plain_values

_LABEL = 22


@dataclass(frozen=True)
class TableReadiness:
    """The account of a table beside the orders.

    Attributes
    ----------
    name, uri
        Which table, and what was read.
    as_of
        The moment it was opened for; None for the whole table.
    columns
        Source column or expression by contract column.
    rows_read, rows_used, rows_after_as_of
        Rows of the source; those that can be used; those that happened or were recorded at or after ``as_of``.
    set_aside
        The other rows, by reason.
    first_at, last_at
        Moments of the first and the last row; None for tables without moments.
    notes
        What was assumed or looks unusual.
    broken
        Breaches of the contract, one sentence each; the table cannot be used while there is one.
    """

    name: str
    uri: str
    as_of: pd.Timestamp | None
    columns: Mapping[str, str]
    rows_read: int
    rows_used: int
    rows_after_as_of: int
    set_aside: tuple[SetAside, ...]
    first_at: pd.Timestamp | None
    last_at: pd.Timestamp | None
    notes: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether the contract holds."""
        return not self.broken

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values: moments as ISO text."""
        return {"schema_version": READINESS_VERSION, "ready": self.ready, **plain_values(asdict(self))}

    def __str__(self) -> str:
        """Render the account as aligned plain text."""

        def line(label: str, value: object) -> str:
            return f"  {label:<{_LABEL}}{value}"

        lines = [f"{self.name} from {self.uri}"]
        lines += [line(contract, f"<- {source}") for contract, source in self.columns.items()]
        lines += ["", line("rows read", f"{self.rows_read:>12,}"), line("rows used", f"{self.rows_used:>12,}")]
        if self.as_of is not None:
            lines.append(line("after as_of, not read", f"{self.rows_after_as_of:>12,}   as_of {self.as_of}"))
        if self.first_at is not None:
            lines.append(line("first to last", f"{self.first_at} to {self.last_at}"))
        lines.append(line("rows set aside", f"{sum(aside.rows for aside in self.set_aside):>12,}"))
        for aside in self.set_aside:
            lines.append(f"    {aside.rows:>10,}  {aside.problem} (column {aside.column})")
            lines += [f"                e.g. {example}" for example in aside.examples]
            lines.append(f"                {aside.done}")
        lines += [f"  - {note}" for note in self.notes]
        return "\n".join([*lines, *(f"  x {breach}" for breach in self.broken)])
