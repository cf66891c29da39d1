"""Findings as lines for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.layouts import layout_of
from tenure_serving.findings.parts import Sentence, View, view_rows
from tenure_serving.findings.wording import column_kind, say_part, write_cell
from tenure_serving.language import ENGLISH, NO_CURRENCY, Language
from tenure_serving.report.sections import Unit

NUMERIC = re.compile(r"[\d(-]|$")
"""How a text begins that stands to the right, as a number does: it is one, or nothing."""


def text_lines(findings: Findings, *, files: Iterable[Path] = (), language: Language = ENGLISH) -> list[str]:
    """Tell findings to people at a terminal: sentences, tables, the notes, and what was written.

    Parameters
    ----------
    findings
        Of any subject; the layout follows from it.
    files
        What was written of them.
    language
        Of every word.
    """
    lines = [*_body(findings, language)]
    notes = _notes(findings, language)
    if _has_amounts(findings) and not findings.currency:
        notes.append(language.gettext("Note: {note}", note=language.gettext(NO_CURRENCY)))
    written = [language.gettext("Written: {path}", path=path) for path in files]
    return [*lines, *(["", *notes] if notes else []), *(["", *written] if written else [])]


def _body(findings: Findings, language: Language) -> list[str]:
    lines: list[str] = []
    after_table = False
    for part in layout_of(findings):
        if isinstance(part, Sentence) and part.only != "section":
            lines += [""] if after_table else []
            lines.append(say_part(part, findings, place="terminal", language=language))
            after_table = False
        elif isinstance(part, View) and part.only != "section":
            title = say_part(part, findings, place="terminal", language=language)
            lines += ["", f"{title}:"] if lines else [f"{title}:"]
            lines += [f"  {line}".rstrip() for line in table_lines(part, findings, language=language)]
            after_table = True
    for inner in findings.parts.values():
        body = [] if inner is None else _body(inner, language)
        lines += ["", *body] if body else []
    return lines


def _has_amounts(findings: Findings) -> bool:
    units = [fact.unit for fact in findings.facts]
    units += [term.unit for table in findings.tables for term in table.terms.values()]
    within = any(_has_amounts(part) for part in findings.parts.values() if part is not None)
    return within or any(unit.startswith("money") for unit in units)


def _notes(findings: Findings, language: Language) -> list[str]:
    own = [language.gettext("Note: {note}", note=language.translate(note)) for note in findings.notes]
    return [*own, *(note for part in findings.parts.values() if part is not None for note in _notes(part, language))]


def table_lines(view: View, findings: Findings, *, language: Language = ENGLISH) -> list[str]:
    """Write a view as aligned columns, texts to the left and numbers to the right."""
    frame, table = view_rows(view, findings), findings.table(view.table)
    if frame.empty:
        return [language.gettext("nothing")]
    kinds = [column_kind(table, str(name), frame[name]) for name in frame]
    columns = [_column(str(name), frame[name], kind, language) for name, kind in zip(frame, kinds, strict=True)]
    return ["  ".join(cells) for cells in zip(*columns, strict=True)]


def _column(name: str, cells: pd.Series, kind: Unit, language: Language) -> Sequence[str]:
    texts = [language.column(name), *(write_cell(value, kind, language) for value in cells)]
    width = max(map(len, texts))
    words = kind in {"text", "date"} and not all(NUMERIC.match(text) for text in texts[1:])
    return [text.ljust(width) if words else text.rjust(width) for text in texts]
