"""Scores as a star for Power BI: a fact, its dimensions, and the file that opens their folder.

A data source file is written after learn.microsoft.com/power-bi/connect-data/desktop-data-sources (``.pbids``: version
0.1, one connection, protocol ``folder``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tenure_features.errors import DataContractError

STAR_FILE = "tenure.pbids"
_ABOUT_CUSTOMERS = (
    "lifecycle", "rfm_group", "rfm_relationship", "value_tier", "risk_tier", "next_step", "churn_reasons",
    "value_reasons",
)  # fmt: skip
_NEEDED = ("customer_id", "as_of", "horizon_days", "segment")
_NO_SEGMENT = "none"


def make_star(scores: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """Make the tables of a star of a score table.

    Parameters
    ----------
    scores
        ``customer_id``, ``as_of``, ``horizon_days``, ``segment`` and what else scores have.

    Returns
    -------
    Mapping
        ``fact_scores``: one row per customer and moment, with ``customer_key``, ``segment_key``, ``date_key``,
        ``next_order_key`` (missing where no date is) and every number of the scores. ``dim_customer``: what is said of
        each in words. ``dim_segment``. ``dim_date``: every day between the first and the last that the fact names. Keys
        of days are YYYYMMDD; keys of a dimension are unique, and every key of the fact is in its dimension.

    Raises
    ------
    DataContractError
        If a column is missing, or a customer has two rows of one moment.
    """
    lacking = [name for name in _NEEDED if name not in scores]
    if lacking:
        raise DataContractError("This is no score table.", found=f"no {', '.join(lacking)}")
    if scores.duplicated(["customer_id", "as_of"]).any():
        raise DataContractError("A customer has two rows of one moment.", fix="Give each moment once.")
    ordered = scores.sort_values(["as_of", "customer_id"], kind="stable", ignore_index=True)
    ids = sorted(ordered["customer_id"].astype("str").unique())
    segments = sorted(ordered["segment"].astype("str").fillna(_NO_SEGMENT).unique())
    numbers = [
        name for name in ordered.columns
        if pd.api.types.is_numeric_dtype(ordered[name]) and name not in {"customer_id", "segment"}
    ]  # fmt: skip
    next_order = ordered["next_order_at"] if "next_order_at" in ordered else pd.Series(pd.NaT, index=ordered.index)
    keys = {
        "customer_key": _key_of(ordered["customer_id"].astype("str"), ids),
        "segment_key": _key_of(ordered["segment"].astype("str").fillna(_NO_SEGMENT), segments),
        "date_key": _day_key(ordered["as_of"]),
        "next_order_key": _day_key(next_order),
    }
    words = [name for name in _ABOUT_CUSTOMERS if name in ordered]
    last = ordered.astype({"customer_id": "str"}).drop_duplicates("customer_id", keep="last")
    customers = last.set_index("customer_id").loc[ids, words].reset_index()
    return {
        "fact_scores": pd.DataFrame(keys).join(ordered[numbers]),
        "dim_customer": pd.DataFrame({"customer_key": range(1, len(ids) + 1)}).join(customers),
        "dim_segment": pd.DataFrame({"segment_key": range(1, len(segments) + 1), "segment": segments}),
        "dim_date": _days(pd.concat([ordered["as_of"], next_order])),
    }


def _key_of(values: pd.Series[str], order: list[str]) -> pd.Series[int]:
    keys: pd.Series[int] = values.map({value: number for number, value in enumerate(order, start=1)}).astype("int64")
    return keys


def _day_key(moments: pd.Series[pd.Timestamp]) -> pd.Series[int]:
    keys: pd.Series[int] = pd.to_datetime(moments).dt.strftime("%Y%m%d").astype("Int64")
    return keys


def _days(moments: pd.Series[pd.Timestamp]) -> pd.DataFrame:
    ends = pd.to_datetime(moments).dropna()
    days = pd.Series(pd.date_range(ends.min().normalize(), ends.max().normalize(), freq="D"))
    return pd.DataFrame(
        {
            "date_key": _day_key(days),
            "date": days.astype("datetime64[us]"),
            "year": days.dt.year,
            "quarter": days.dt.quarter,
            "month": days.dt.month,
            "week": days.dt.isocalendar().week.astype("int64"),
            "weekday": days.dt.day_of_week + 1,
        }
    )


def describe_source(folder: Path) -> str:
    """Write the data source file of a folder: Power BI Desktop opens it, and asks for nothing but consent."""
    connection = {"details": {"protocol": "folder", "address": {"path": str(folder.resolve())}}, "mode": "Import"}
    return json.dumps({"version": "0.1", "connections": [connection]}, indent=2, ensure_ascii=False) + "\n"
