"""Findings as values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tenure_decisions.findings import Findings, FindingTable


def payload(findings: Findings, *, files: Iterable[Path] = ()) -> dict[str, object]:
    """Return what ``--json`` prints: facts, tables and parts by name, then definitions, notes, currency and files.

    Parameters
    ----------
    findings
        Of any subject.
    files
        What was written of them.

    Examples
    --------
    >>> from tenure_decisions.findings import Fact
    >>> found = Findings(subject="x", title="", facts=(Fact("gain", 3.0, "money"),), parts={"study": None})
    >>> payload(found)
    {'gain': 3.0, 'study': None, 'definitions': {}, 'notes': (), 'currency': '', 'files': []}
    """
    return {
        **_content(findings),
        "definitions": {
            name: {"unit": term.unit, "meaning": term.meaning} for name, term in findings.definitions().items()
        },
        "notes": findings.notes,
        "currency": findings.currency,
        "files": list(files),
    }


def _content(findings: Findings) -> Mapping[str, object]:
    inner = {
        name: None if part is None else {**_content(part), **({"notes": part.notes} if part.notes else {})}
        for name, part in findings.parts.items()
    }
    tables = {table.name: _rows(table) for table in findings.tables if not table.only_drawn}
    return {**{fact.name: fact.value for fact in findings.facts}, **tables, **inner}


def _rows(table: FindingTable) -> object:
    """Return the rows; a table of one column is a list."""
    return table.frame if len(table.frame.columns) != 1 else table.frame.iloc[:, 0].tolist()
