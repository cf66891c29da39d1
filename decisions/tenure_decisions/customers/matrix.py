"""The matrix of groups and where customers are or what they buy: counts, money, and what independence would give."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tenure_decisions.customers.attributes import lines_of, purchases
from tenure_decisions.customers.strata import share_interval
from tenure_decisions.inputs import moment, require
from tenure_features.errors import DataContractError

OTHER = "(other)"
SMALL = "too small"
_LEAST_EXPECTED = 5
"""Customers independence would give a cell at least, or it is no finding (Cochran 1954)."""
_MOST_LEVELS = 30
_FALSE_DISCOVERIES = 0.05
MATRIX_COLUMNS = (
    "attribute", "group", "level", "customers", "revenue", "share", "low", "high", "expected_share", "expected",
    "p_value", "p_adjusted", "represented",
)  # fmt: skip


def main_levels(
    orders: pd.DataFrame, order_lines: pd.DataFrame, *, as_of: str | pd.Timestamp, column: str
) -> pd.DataFrame:
    """Find the brand or category each customer spends most on.

    Parameters
    ----------
    orders
        ``customer_id``, ``ordered_at``, ``revenue``, ``order_id``; only rows strictly before ``as_of`` are read.
    order_lines
        ``order_id``, the column and, where known, ``quantity`` and ``unit_price``: without both, lines are counted.
    as_of, column
        The moment, and ``brand`` or ``category``.

    Returns
    -------
    DataFrame
        ``customer_id``, ``attribute`` (the column) and ``level``: the one with most money, of equals the first by name.

    Raises
    ------
    DataContractError
        A column is missing.
    """
    require(order_lines, ("order_id", column), name="order_lines")
    lines = lines_of(purchases(orders, moment(as_of)), order_lines).dropna(subset=column)
    priced = {"quantity", "unit_price"} <= set(lines)
    weight = lines["quantity"].astype("float64") * lines["unit_price"].astype("float64") if priced else 1.0
    by_level = lines.assign(weight=weight).groupby(["customer_id", column], observed=True)["weight"].sum()
    sums: pd.DataFrame = by_level.reset_index().sort_values(
        ["customer_id", "weight", column], ascending=[True, False, True]
    )
    first = sums.drop_duplicates("customer_id").rename(columns={column: "level"})
    return first.assign(attribute=column, level=first["level"].astype("str"))[["customer_id", "attribute", "level"]]


def cross_groups(groups: pd.Series, levels: pd.DataFrame, *, revenue: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """Cross groups of customers with levels of attributes, and compare every cell with independence.

    Parameters
    ----------
    groups
        Group by customer.
    levels
        ``customer_id``, ``attribute``, ``level``; a customer has one level of an attribute, or none.
    revenue
        Money by customer; nothing of customers that are not there.
    level
        Of the intervals.

    Returns
    -------
    DataFrame
        `MATRIX_COLUMNS`, one row per attribute, group and level. ``customers`` and their ``revenue``; ``share`` of the
        group's customers whose level is known, with Wilson's interval; ``expected_share`` and ``expected`` customers
        are what independence of group and level would give. ``p_value`` is Fisher's exact of the cell against the rest,
        ``p_adjusted`` Benjamini and Hochberg's over all cells tested, ``represented`` is ``over`` or ``under`` where it
        is under .05, and ``too small`` where fewer than five customers are expected: such a cell is not tested. Of an
        attribute the 30 most common levels are kept, the others are one.

    Raises
    ------
    DataContractError
        A customer has two levels of an attribute.
    """
    require(levels, ("customer_id", "attribute", "level"), name="levels")
    rows = levels.assign(customer_id=levels["customer_id"].astype("str"))
    if rows.duplicated(["customer_id", "attribute"]).any():
        raise DataContractError("A customer has one level of an attribute.", fix="Take the main one.")
    by_id = groups.set_axis(groups.index.astype("str"))
    rows = rows.assign(
        group=rows["customer_id"].map(by_id),
        revenue=rows["customer_id"].map(revenue.set_axis(revenue.index.astype("str"))).fillna(0.0),
    ).dropna(subset="group")
    parts = [_cross(str(name), part, level=level) for name, part in rows.groupby("attribute")]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*MATRIX_COLUMNS[:-2]])
    tested = table["p_value"].notna()
    adjusted = pd.Series(np.nan, index=table.index)
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(table.loc[tested, "p_value"].to_numpy(np.float64))
    over = np.where(table["customers"] > table["expected"], "over", "under")
    marks = np.where(adjusted < _FALSE_DISCOVERIES, over, np.where(tested, "", SMALL))
    return table.assign(p_adjusted=adjusted, represented=marks)[[*MATRIX_COLUMNS]]


def _cross(attribute: str, rows: pd.DataFrame, *, level: float) -> pd.DataFrame:
    sizes = rows["level"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    common = sizes.index[:_MOST_LEVELS]
    rows = rows.assign(level=rows["level"].where(rows["level"].isin(common), OTHER))
    cells = pd.MultiIndex.from_product([sorted(rows["group"].unique()), [*common, *({OTHER} & {*rows["level"]})]])
    sums = rows.groupby(["group", "level"])["revenue"].agg(["size", "sum"]).reindex(cells, fill_value=0)
    group_size, level_size = rows["group"].value_counts(), rows["level"].value_counts()
    count = np.asarray(sums["size"], dtype=np.float64)
    ours = np.asarray(group_size.reindex(cells.get_level_values(0)), dtype=np.float64)
    with_level = level_size.reindex(cells.get_level_values(1)).to_numpy(np.float64)
    expected, everybody = ours * with_level / len(rows), len(rows)
    # a group that is everybody, or a level that everybody has, leaves nothing to compare
    judged = (expected >= _LEAST_EXPECTED) & (ours < everybody) & (with_level < everybody)
    p = [
        float(stats.fisher_exact([[k, n - k], [m - k, everybody - n - m + k]]).pvalue) if test else np.nan
        for k, n, m, test in zip(count, ours, with_level, judged, strict=True)
    ]
    low, high = share_interval(count, ours, level=level)
    return pd.DataFrame(
        {
            "attribute": attribute, "group": cells.get_level_values(0), "level": cells.get_level_values(1),
            "customers": count.astype(np.int64), "revenue": sums["sum"].to_numpy(np.float64), "share": count / ours,
            "low": low, "high": high, "expected_share": with_level / everybody, "expected": expected, "p_value": p,
        }
    )  # fmt: skip
