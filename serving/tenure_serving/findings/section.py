"""Findings as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.layouts import layout_of
from tenure_serving.findings.parts import Drawing, Sentence, View, view_rows
from tenure_serving.findings.wording import column_kind, say
from tenure_serving.report.sections import ChartBlock, Paragraph, Section, SectionBlock, TableBlock, Unit


def section(findings: Findings) -> Section:
    """Lay findings out as a section: title, lead, then sentences, tables and charts, then the notes.

    Parameters
    ----------
    findings
        Of any subject; those of its parts follow its own blocks.
    """
    title, lead = (say(text, findings, place="section") for text in (findings.title, findings.lead))
    return Section(title, lead, tuple(_blocks(findings)))


def _blocks(findings: Findings) -> list[SectionBlock]:
    blocks: list[SectionBlock] = []
    for part in layout_of(findings):
        if isinstance(part, Drawing):
            blocks.append(ChartBlock(part.draw(findings), part.label, wide=part.wide))
        elif part.only == "terminal":
            continue
        elif isinstance(part, Sentence):
            blocks.append(Paragraph(say(part.text, findings, place="section", values=part.values), part.style))
        else:
            blocks.append(_table(part, findings))
    for inner in findings.parts.values():
        blocks += _blocks(inner) if inner is not None else []
    return [*blocks, *(Paragraph(note, "note") for note in findings.notes)]


def _table(view: View, findings: Findings) -> TableBlock:
    frame, table = view_rows(view, findings), findings.table(view.table)
    caption = say(view.title, findings, place="section") or table.title
    units: Mapping[str, Unit] = {str(name): column_kind(table, str(name), frame[name]) for name in frame}
    shown: pd.DataFrame = frame
    headings: Mapping[str, Any] = {name: words for name, words in view.headings.items() if name in frame}
    return TableBlock(shown, caption, units, headings)
