"""The leak audit: small checks that nothing from the future reaches a feature, a label or a model."""

from tenure_training.audit.finding import Finding
from tenure_training.audit.suite import _Advance, audit_leaks, quick_audit
from tenure_training.audit.tables import BuildFrames, Tables, order_lines, reopen, sample_customers, table_rows

__all__ = [
    "BuildFrames",
    "Finding",
    "Tables",
    "_Advance",
    "audit_leaks",
    "order_lines",
    "quick_audit",
    "reopen",
    "sample_customers",
    "table_rows",
]
