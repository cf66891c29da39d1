"""The one place that shows findings: terminal text, the form for JSON, files and a section from one value."""

from tenure_serving.findings.files import write_files, write_svg
from tenure_serving.findings.payload import payload
from tenure_serving.findings.section import section
from tenure_serving.findings.text import text_lines

__all__ = ["payload", "section", "text_lines", "write_files", "write_svg"]
