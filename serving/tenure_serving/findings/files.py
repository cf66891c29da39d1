"""Findings as files: a CSV for every table, an SVG for every chart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tenure_decisions.findings import Findings
from tenure_features.spreadsheets import write_csv
from tenure_serving.findings.layouts import layout_of
from tenure_serving.findings.parts import Drawing
from tenure_serving.report.sections import Drawable

STEMS: Mapping[tuple[str, str], str] = {
    ("segments", "groups"): "segments",
    ("segments", "pareto"): "pareto",
    ("movement", "flows"): "movement",
    ("study", "profile"): "profile",
    ("ideal", "seeds"): "lookalike_seeds",
}
"""Names of files by subject and table; the others are ``<subject>_<table>``, or the subject where both are one."""


def write_files(findings: Findings, folder: Path) -> tuple[Path, ...]:
    """Write every table as CSV and every chart as SVG, those of the parts too.

    Cells that a spreadsheet would run as a formula are defused, see `tenure_features.spreadsheets.defuse`.

    Parameters
    ----------
    findings
        Of any subject.
    folder
        Made where it does not exist.

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
            write_svg(part.draw(findings), files[-1])
    inner = [part for part in findings.parts.values() if part is not None]
    return (*files, *(path for part in inner for path in write_files(part, folder)))


def write_svg(chart: Drawable, path: Path) -> None:
    """Write a chart in the house style as SVG."""
    import vl_convert

    from tenure_serving.charts.style import CONFIG

    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict(), config=dict(CONFIG)), encoding="utf-8")
