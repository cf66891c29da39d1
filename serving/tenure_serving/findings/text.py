"""Findings as lines for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.layouts import layout_of
from tenure_serving.findings.parts import Sentence, View, view_rows
from tenure_serving.findings.wording import column_kind, say, write_cell
from tenure_serving.report.sections import Unit

NUMERIC = re.compile(r"[\d(-]|$")
"""How a text begins that stands to the right, as a number does: it is one, or nothing."""


def text_lines(findings: Findings, *, files: Iterable[Path] = ()) -> list[str]:
    """Tell findings to people at a terminal: sentences, tables, the notes, and what was written.

    Parameters
    ----------
    findings
        Of any subject; the layout follows from it.
    files
        What was written of them.
    """
    lines = [*_body(findings)]
    notes = [*_notes(findings)]
    written = [f"Written: {path}" for path in files]
    return [*lines, *(["", *notes] if notes else []), *(["", *written] if written else [])]


def _body(findings: Findings) -> list[str]:
    lines: list[str] = []
    after_table = False
    for part in layout_of(findings):
        if isinstance(part, Sentence) and part.only != "section":
            lines += [""] if after_table else []
            lines.append(say(part.text, findings, place="terminal", values=part.values))
            after_table = False
        elif isinstance(part, View) and part.only != "section":
            title = say(part.title, findings, place="terminal") or findings.table(part.table).title
            lines += ["", f"{title}:"] if lines else [f"{title}:"]
            lines += [f"  {line}".rstrip() for line in table_lines(part, findings)]
            after_table = True
    for inner in findings.parts.values():
        body = [] if inner is None else _body(inner)
        lines += ["", *body] if body else []
    return lines


def _notes(findings: Findings) -> list[str]:
    own = [f"Note: {note}" for note in findings.notes]
    return [*own, *(note for part in findings.parts.values() if part is not None for note in _notes(part))]


def table_lines(view: View, findings: Findings) -> list[str]:
    """Write a view as aligned columns, texts to the left and numbers to the right."""
    frame, table = view_rows(view, findings), findings.table(view.table)
    if frame.empty:
        return ["nothing"]
    kinds = [column_kind(table, str(name), frame[name]) for name in frame]
    columns = [_column(str(name), frame[name], kind) for name, kind in zip(frame, kinds, strict=True)]
    return ["  ".join(cells) for cells in zip(*columns, strict=True)]


def _column(name: str, cells: pd.Series, kind: Unit) -> Sequence[str]:
    texts = [name, *(write_cell(value, kind) for value in cells)]
    width = max(map(len, texts))
    words = kind in {"text", "date"} and not all(NUMERIC.match(text) for text in texts[1:])
    return [text.ljust(width) if words else text.rjust(width) for text in texts]
