"""The leak audit: small checks that nothing from the future reaches a feature, a label or a model."""

from tenure_training.audit.finding import Finding
from tenure_training.audit.suite import Advance, audit, quick_audit
from tenure_training.audit.tables import Build, Tables, order_lines, reopened, sampled, table_rows

__all__ = [
    "Advance",
    "Build",
    "Finding",
    "Tables",
    "audit",
    "order_lines",
    "quick_audit",
    "reopened",
    "sampled",
    "table_rows",
]
