"""Tables in, snapshots out: order logs are checked, cleaned and turned into point-in-time features."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported on first use: Ibis takes most of a second, and the command line starts without it
    from tenure_features.families.arithmetic import ratio
    from tenure_features.families.catalogue import Catalogue
    from tenure_features.families.feature import Feature, feature
    from tenure_features.history import OrderHistory
    from tenure_features.identities import Linking
    from tenure_features.identity.kinds import IdentitySettings
    from tenure_features.outcome import outcomes
    from tenure_features.reading.engine import Engine
    from tenure_features.reading.sources import OrderSource, TableSource
    from tenure_features.rfm import rfm_summary
    from tenure_features.shop import Shop, open_shop, orders
    from tenure_features.snapshot import snapshots, write_snapshots
    from tenure_features.tables.log import OrderLog, check, open_orders
    from tenure_features.tables.readiness import OrderFigures, Readiness, SetAside, Verdict
    from tenure_features.tables.shop_table import ShopTable, check_table, open_table

__all__ = [
    "Catalogue",
    "Engine",
    "Feature",
    "IdentitySettings",
    "Linking",
    "OrderFigures",
    "OrderHistory",
    "OrderLog",
    "OrderSource",
    "Readiness",
    "SetAside",
    "Shop",
    "ShopTable",
    "TableSource",
    "Verdict",
    "check",
    "check_table",
    "feature",
    "open_orders",
    "open_shop",
    "open_table",
    "orders",
    "outcomes",
    "ratio",
    "rfm_summary",
    "snapshots",
    "write_snapshots",
]

_HOME = {
    "Catalogue": "families.catalogue",
    "Engine": "reading.engine",
    "Feature": "families.feature",
    "IdentitySettings": "identity.kinds",
    "Linking": "identities",
    "OrderFigures": "tables.readiness",
    "OrderHistory": "history",
    "OrderLog": "tables.log",
    "OrderSource": "reading.sources",
    "Readiness": "tables.readiness",
    "SetAside": "tables.readiness",
    "Shop": "shop",
    "ShopTable": "tables.shop_table",
    "TableSource": "reading.sources",
    "Verdict": "tables.readiness",
    "check": "tables.log",
    "check_table": "tables.shop_table",
    "feature": "families.feature",
    "open_orders": "tables.log",
    "open_shop": "shop",
    "open_table": "tables.shop_table",
    "orders": "shop",
    "outcomes": "outcome",
    "ratio": "families.arithmetic",
    "rfm_summary": "rfm",
    "snapshots": "snapshot",
    "write_snapshots": "snapshot",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
