"""CSV files that people open in a spreadsheet: a cell of text never runs as a formula."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula when it comes first (OWASP, CSV injection)."""


def defuse(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before every text, and every column's name, that a spreadsheet would run; numbers stay.

    Examples
    --------
    >>> table = pd.DataFrame({"brand": ["=HYPERLINK(1)", "plain"], "gain": [-1.5, 2.0]})
    >>> defuse(table).to_numpy().tolist()
    [["'=HYPERLINK(1)", -1.5], ['plain', 2.0]]
    """
    safe = table.copy()
    for place, kind in enumerate(table.dtypes):
        if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_string_dtype(kind) or kind.kind == "O":
            safe.isetitem(place, [_defuse(value) for value in table.iloc[:, place]])
    return safe.set_axis([_defuse(name) for name in table.columns], axis=1)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV without its index, cells defused."""
    defuse(table).to_csv(path, index=False)


def _defuse(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
