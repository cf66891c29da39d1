"""What a shop knows of its customers, beside the features: for conditions of groups, not for models."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tenure_decisions.customers.attributes import age_band
from tenure_features import Shop
from tenure_features.reading.engine import fetch

AGE_BAND, _BIRTH_YEAR, _RECORDED = "age_band", "birth_year", "recorded_at"


def condition_columns(shop: Shop) -> tuple[str, ...]:
    """Name the columns of the customer table that conditions may ask for, and the age band where it can be told."""
    customers = shop.tables.get("customers")
    if customers is None:
        return ()
    names = tuple(name for name in customers.rows.columns if name not in {"customer_id", _RECORDED})
    return (*names, AGE_BAND) if _BIRTH_YEAR in names else names


def with_profile(snapshot: pd.DataFrame, shop: Shop, names: Iterable[str]) -> pd.DataFrame:
    """Add the columns of the customer table that are asked for and that the snapshot lacks.

    Parameters
    ----------
    snapshot
        One row per customer, ``customer_id`` and ``as_of``.
    shop
        Opened at the moment of the snapshot.
    names
        Any columns; those the customer table does not have are left out.
    """
    wanted = [name for name in names if name in condition_columns(shop) and name not in snapshot]
    if not wanted or snapshot.empty:
        return snapshot
    rows, ids = shop.tables["customers"].rows, snapshot["customer_id"]
    rows = rows.filter(rows.customer_id.between(str(ids.min()), str(ids.max())))  # most scorings are of some at a time
    plain = [_BIRTH_YEAR if name == AGE_BAND else name for name in wanted]
    order = [_RECORDED] if _RECORDED in rows.columns else []
    table = fetch(rows.select(*dict.fromkeys(["customer_id", *plain, *order]))).sort_values(order or ["customer_id"])
    latest = table.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    mine = latest.reindex(snapshot["customer_id"]).set_axis(snapshot.index, axis=0)
    if AGE_BAND in wanted:
        mine[AGE_BAND] = age_band(mine[_BIRTH_YEAR], shop.as_of)
    return snapshot.join(mine[wanted])
