"""The charts beside a report, as files."""

from __future__ import annotations

from pathlib import Path

from tenure_features.spreadsheets import write_csv
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report import ReportData


def write_charts(data: ReportData, folder: Path, *, language: Language = ENGLISH) -> list[Path]:
    """Write calibration, lift of value and the SHAP summary as SVG, and the summary as CSV too; return the files.

    What there is no table for (no backtest, no additive form) is left out.
    """
    from tenure_serving import charts
    from tenure_serving.findings import write_svg

    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "calibration": charts.draw_calibration(data.calibration, language=language) if len(data.calibration) else None,
        "value_lift": charts.draw_deciles(data.deciles, currency=data.currency, language=language)
        if len(data.deciles)
        else None,
        "shap_summary": charts.draw_drivers(data.drivers, language=language) if len(data.drivers) else None,
    }
    files = []
    for name, chart in drawn.items():
        if chart is not None:
            files.append(folder / f"{name}.svg")
            write_svg(chart, files[-1], language=language)
    if len(data.drivers):
        files.append(folder / "shap_summary.csv")
        write_csv(data.drivers, files[-1])
    return files
