"""Findings as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.layouts import layout_of
from tenure_serving.findings.parts import Drawing, Sentence, View, view_rows
from tenure_serving.findings.wording import column_kind, say, say_part
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report.sections import Chapter, ChartBlock, Paragraph, Section, SectionBlock, TableBlock, Unit

_CHAPTERS: Mapping[str, Chapter] = {
    **dict.fromkeys(("cohorts", "channels", "growth", "budget", "attachment", "unavailable"), "money"),
    **dict.fromkeys(
        ("pareto", "movement", "steadiness", "study", "experience", "matrix", "campaign_results"), "customers"
    ),
}
"""Where subjects stand in a report; the others are evidence."""


def section(findings: Findings, *, language: Language = ENGLISH) -> Section:
    """Lay findings out as a section: title, lead, then sentences, tables and charts, then the notes.

    Parameters
    ----------
    findings
        Of any subject; those of its parts follow its own blocks.
    language
        Of every word.
    """
    texts = (findings.title, findings.lead)
    title, lead = (say(text, findings, place="section", language=language) for text in texts)
    return Section(title, lead, tuple(_blocks(findings, language)), _CHAPTERS.get(findings.subject, "evidence"))


def _blocks(findings: Findings, language: Language) -> list[SectionBlock]:
    blocks: list[SectionBlock] = []
    for part in layout_of(findings):
        if isinstance(part, Drawing):
            label = language.gettext(part.label)
            blocks.append(ChartBlock(part.draw(findings, language), label, wide=part.wide))
        elif part.only == "terminal":
            continue
        elif isinstance(part, Sentence):
            blocks.append(Paragraph(say_part(part, findings, place="section", language=language), part.style))
        else:
            blocks.append(_table(part, findings, language))
    for inner in findings.parts.values():
        blocks += _blocks(inner, language) if inner is not None else []
    return [*blocks, *(Paragraph(language.translate(note), "note") for note in findings.notes)]


def _table(view: View, findings: Findings, language: Language) -> TableBlock:
    frame, table = view_rows(view, findings), findings.table(view.table)
    caption = say_part(view, findings, place="section", language=language)
    units: Mapping[str, Unit] = {str(name): column_kind(table, str(name), frame[name]) for name in frame}
    shown: pd.DataFrame = frame
    headings: Mapping[str, Any] = {
        name: language.translate(words) for name, words in view.headings.items() if name in frame
    }
    return TableBlock(shown, caption, units, headings)
