"""A result as people see it: text in a terminal, a page's part in a notebook, tables in pandas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_features.html_view import render_view
from tenure_serving.findings import payload, section, text_lines, write_files


@dataclass(frozen=True)
class Result:
    """What a subject found, ready to be looked at.

    Attributes
    ----------
    findings
        Facts, tables with units and meanings, notes.
    """

    findings: Findings

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables by name; those of parts are called ``part.table``."""
        return dict(_tables(self.findings))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know."""
        return self.findings.notes

    def to_pandas(self, table: str | None = None) -> pd.DataFrame:
        """Return a table by name; the first one by default."""
        tables = self.tables
        return tables[next(iter(tables)) if table is None else table]

    def to_dict(self) -> dict[str, object]:
        """Return what ``--json`` prints: facts, tables, definitions, notes."""
        return payload(self.findings)

    def write(self, folder: str | Path) -> tuple[Path, ...]:
        """Write every table as CSV and every chart as SVG, and return the files."""
        return write_files(self.findings, Path(folder))

    def __str__(self) -> str:
        """Return what the command prints."""
        return "\n".join(text_lines(self.findings))

    def _repr_html_(self) -> str:
        """Show title, lead, tables and notes in a notebook."""
        shown = section(self.findings)
        tables = {name.replace("_", " "): frame for name, frame in self.tables.items()}
        return render_view(shown.title, lead=shown.lead, tables=tables, notes=self.notes)


def _tables(findings: Findings, before: str = "") -> list[tuple[str, pd.DataFrame]]:
    own = [(f"{before}{table.name}", table.frame) for table in findings.tables if not table.only_drawn]
    inner = [(name, part) for name, part in findings.parts.items() if part is not None]
    return own + [row for name, part in inner for row in _tables(part, f"{before}{name}.")]
