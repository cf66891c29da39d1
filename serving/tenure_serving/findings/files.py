"""Findings as files: a CSV for every table, an SVG for every chart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tenure_decisions.findings import Findings
from tenure_features.spreadsheets import write_csv
from tenure_serving.findings.layouts import layout_of
from tenure_serving.findings.parts import Drawing
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report.sections import Drawable

STEMS: Mapping[tuple[str, str], str] = {
    ("segments", "groups"): "segments",
    ("segments", "pareto"): "pareto",
    ("segments", "pareto_sides"): "pareto_sides",
    ("attachment", "campaign_attachment"): "campaign_attachment",
    ("attachment", "campaign_cohorts"): "campaign_cohorts",
    ("movement", "flows"): "movement",
    ("study", "profile"): "profile",
    ("ideal", "seeds"): "lookalike_seeds",
}
"""Names of files by subject and table; the others are ``<subject>_<table>``, or the subject where both are one."""


def write_files(findings: Findings, folder: Path, *, language: Language = ENGLISH) -> tuple[Path, ...]:
    """Write every table as CSV and every chart as SVG, those of the parts too.

    Cells that a spreadsheet would run as a formula are defused, see `tenure_features.spreadsheets.defuse`.

    Parameters
    ----------
    findings
        Of any subject.
    folder
        Made where it does not exist.
    language
        Of the charts; the columns of tables keep their names.

    Returns
    -------
    tuple of Path
        What was written, tables first. A table without rows is a file with its header.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for table in findings.tables:
        if not table.only_drawn:
            stem = table.name if table.name == findings.subject else f"{findings.subject}_{table.name}"
            files.append(folder / f"{STEMS.get((findings.subject, table.name), stem)}.csv")
            write_csv(table.frame, files[-1])
    for part in layout_of(findings):
        if isinstance(part, Drawing):
            files.append(folder / f"{part.name}.svg")
            write_svg(part.draw(findings, language), files[-1], language=language)
    inner = [part for part in findings.parts.values() if part is not None]
    return (*files, *(path for part in inner for path in write_files(part, folder, language=language)))


def write_svg(chart: Drawable, path: Path, *, language: Language = ENGLISH) -> None:
    """Write a chart in the house style as SVG."""
    from tenure_serving.charts.style import to_svg

    path.write_text(to_svg(chart.to_dict(), language=language), encoding="utf-8")
