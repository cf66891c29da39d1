"""The report: one self-contained page that a marketer can read and a data scientist can check."""

from tenure_serving.report.data import ReportData
from tenure_serving.report.page import render_report
from tenure_serving.report.sections import ChartBlock, Paragraph, Section, TableBlock

__all__ = ["ChartBlock", "Paragraph", "ReportData", "Section", "TableBlock", "render_report"]
