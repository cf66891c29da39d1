"""What is known of customers: where they live, how they came, what they bought, one row per customer and level."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pandas as pd

from tenure_decisions.inputs import moment, require

NOT_KNOWN = "(unknown)"
AGE_FROM = (18, 25, 35, 45, 55, 65)
_CUSTOMER_ATTRIBUTES = ("region", "acquisition_channel", "gender")
LINE_ATTRIBUTES = ("category", "brand")
_ORDER_ATTRIBUTES = {"channel": "order_channel", "device": "device"}


def customer_attributes(
    population: Iterable[str],
    *,
    as_of: str | pd.Timestamp,
    customers: pd.DataFrame | None = None,
    orders: pd.DataFrame | None = None,
    order_lines: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List what is known of every customer before ``as_of``.

    Parameters
    ----------
    population
        The customers to describe.
    as_of
        Only orders strictly before it, and their lines, are read.
    customers
        ``customer_id`` and any of ``region``, ``acquisition_channel``, ``gender`` and ``birth_year``.
    orders
        ``customer_id``, ``ordered_at``, ``revenue`` and any of ``order_id``, ``channel``, ``device`` and ``region``
        (which stands in for the home region, where that is not known, with the latest order's).
    order_lines
        ``order_id`` and any of ``category`` and ``brand``; needs orders with ``order_id``.

    Returns
    -------
    DataFrame
        ``customer_id``, ``attribute`` and ``level``, sorted. Region, acquisition channel, gender and age band have
        one row per customer, `NOT_KNOWN` where nothing is known; brands, categories, order channels and devices one for
        each that the customer has bought or used, so their shares add up to more than one.

    Raises
    ------
    DataContractError
        A table lacks a column.
    """
    at = moment(as_of)
    people = pd.Index(sorted({str(customer) for customer in population}), name="customer_id")
    parts = [] if customers is None else _customer_levels(customers, people, at, region=_latest_region(orders, at))
    if orders is not None:
        bought = purchases(orders, at)
        parts += [
            _level_pairs(bought, people, column=column, attribute=attribute)
            for column, attribute in _ORDER_ATTRIBUTES.items()
            if column in bought
        ]
        if customers is None and "region" in bought:
            parts.append(_single(_latest_region(orders, at), people, "region"))
        if order_lines is not None:
            lines = lines_of(bought, order_lines)
            parts += [
                _level_pairs(lines, people, column=name, attribute=name) for name in LINE_ATTRIBUTES if name in lines
            ]
    if not parts:
        return pd.DataFrame({"customer_id": [], "attribute": [], "level": []}, dtype="str")
    table = pd.concat(parts, ignore_index=True).astype("str")
    return table.sort_values(["customer_id", "attribute", "level"], ignore_index=True)


def purchases(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the orders before ``as_of`` that are no returns, oldest first."""
    require(orders, ("customer_id", "ordered_at", "revenue"), name="orders")
    purchased = orders[(orders["ordered_at"] < as_of) & (orders["revenue"] >= 0)]
    if "is_return" in purchased:
        purchased = purchased[~purchased["is_return"].astype("boolean").fillna(False).astype(bool)]
    purchased = purchased.assign(customer_id=purchased["customer_id"].astype("str"))
    ties = [name for name in ("ordered_at", "customer_id", "order_id") if name in purchased]
    return purchased.sort_values(ties, ignore_index=True)


def lines_of(orders: pd.DataFrame, order_lines: pd.DataFrame) -> pd.DataFrame:
    """Join lines with the customer and the time of their order; returned pieces and lines of other orders are out."""
    require(orders, ("order_id",), name="orders")
    require(order_lines, ("order_id",), name="order_lines")
    sold = order_lines if "quantity" not in order_lines else order_lines[~(order_lines["quantity"] <= 0)]
    once = orders[["order_id", "customer_id", "ordered_at"]].dropna(subset="order_id")
    keys = once.assign(order_id=once["order_id"].astype("str")).drop_duplicates(["order_id", "customer_id"])
    return sold.assign(order_id=sold["order_id"].astype("str")).merge(keys, on="order_id", how="inner")


def age_band(birth_year: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    """Return age bands at ``as_of`` by year of birth: ``under 18``, ``18-24``, ..., ``65+``.

    Examples
    --------
    >>> age_band(pd.Series([2010.0, 1990, 1950, None]), pd.Timestamp("2025-06-01")).tolist()
    ['under 18', '35-44', '65+', '(unknown)']
    """
    ages = (as_of.year - birth_year).astype("float64")
    names = [f"under {AGE_FROM[0]}"]
    names += [f"{low}-{high - 1}" for low, high in pairwise(AGE_FROM)]
    names.append(f"{AGE_FROM[-1]}+")
    places = np.searchsorted(AGE_FROM, ages.fillna(0.0).to_numpy(), side="right")
    return pd.Series(np.where(ages.isna(), NOT_KNOWN, np.asarray(names)[places]), index=birth_year.index, dtype="str")


def _customer_levels(
    customers: pd.DataFrame, people: pd.Index, as_of: pd.Timestamp, *, region: pd.Series
) -> list[pd.DataFrame]:
    require(customers, ("customer_id",), name="customers")
    stated = customers.assign(customer_id=customers["customer_id"].astype("str")).drop_duplicates("customer_id")
    stated = stated.set_index("customer_id").reindex(people)
    if "region" in stated or len(region):
        home = stated["region"] if "region" in stated else pd.Series(None, index=people, dtype="object")
        stated = stated.assign(region=home.astype("object").where(home.notna(), region.reindex(people)))
    parts = [_single(stated[name], people, name) for name in _CUSTOMER_ATTRIBUTES if name in stated]
    if "birth_year" in stated:
        parts.append(_single(age_band(stated["birth_year"], as_of), people, "age_band"))
    return parts


def _latest_region(orders: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.Series:
    """Region of each customer's latest order that has one."""
    if orders is None or "region" not in orders:
        return pd.Series([], dtype="object")
    bought = purchases(orders, as_of).dropna(subset="region")
    return bought.groupby("customer_id")["region"].last().astype("object")


def _single(levels: pd.Series, people: pd.Index, attribute: str) -> pd.DataFrame:
    reindexed = levels.reindex(people).astype("object")
    plain = reindexed.where(reindexed.notna() & (reindexed != ""), NOT_KNOWN)
    return pd.DataFrame({"customer_id": people, "attribute": attribute, "level": plain.to_numpy()})


def _level_pairs(rows: pd.DataFrame, people: pd.Index, *, column: str, attribute: str) -> pd.DataFrame:
    used = rows.loc[rows[column].notna() & rows["customer_id"].isin(people), ["customer_id", column]]
    pairs = used.drop_duplicates().rename(columns={column: "level"})
    return pairs.assign(attribute=attribute)[["customer_id", "attribute", "level"]]
