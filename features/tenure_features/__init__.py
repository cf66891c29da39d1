"""Tables in, snapshots out: order logs are checked, cleaned and turned into point-in-time features."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported on first use: Ibis takes most of a second, and the command line starts without it
    from tenure_features.engine import Engine
    from tenure_features.families import catalogue
    from tenure_features.history import OrderHistory
    from tenure_features.log import OrderLog, check, open_orders
    from tenure_features.outcome import outcomes
    from tenure_features.readiness import Readiness, SetAside, Verdict
    from tenure_features.registry import Feature, feature
    from tenure_features.rfm import rfm_summary
    from tenure_features.side_readiness import TableReadiness
    from tenure_features.side_tables import SideTable, TableSource, check_table, open_table
    from tenure_features.snapshot import snapshots, write_snapshots
    from tenure_features.sources import OrderSource
    from tenure_features.user_features import load_features

__all__ = [
    "Engine",
    "Feature",
    "OrderHistory",
    "OrderLog",
    "OrderSource",
    "Readiness",
    "SetAside",
    "SideTable",
    "TableReadiness",
    "TableSource",
    "Verdict",
    "catalogue",
    "check",
    "check_table",
    "feature",
    "load_features",
    "open_orders",
    "open_table",
    "outcomes",
    "rfm_summary",
    "snapshots",
    "write_snapshots",
]

_HOME = {
    "Engine": "engine",
    "Feature": "registry",
    "OrderHistory": "history",
    "OrderLog": "log",
    "OrderSource": "sources",
    "Readiness": "readiness",
    "SetAside": "readiness",
    "SideTable": "side_tables",
    "TableReadiness": "side_readiness",
    "TableSource": "side_tables",
    "Verdict": "readiness",
    "catalogue": "families",
    "check": "log",
    "check_table": "side_tables",
    "feature": "registry",
    "load_features": "user_features",
    "open_orders": "log",
    "open_table": "side_tables",
    "outcomes": "outcome",
    "rfm_summary": "rfm",
    "snapshots": "snapshot",
    "write_snapshots": "snapshot",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
