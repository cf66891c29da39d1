"""What is known of a customer after the first order: where an ideal-customer profile may look."""

from __future__ import annotations

import pandas as pd

from tenure_decisions.customers.attributes import NOT_KNOWN, age_band, lines_of, purchases
from tenure_decisions.inputs import moment, require

_CUSTOMER_ATTRIBUTES = ("acquisition_channel", "region", "gender")
_FIRST_ORDER_ATTRIBUTES = {"channel": "order_channel", "device": "device"}
_FIRST_LINE_ATTRIBUTES = ("category", "brand")


def first_orders(
    orders: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    order_lines: pd.DataFrame | None = None,
    customers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Describe every customer by the first order and what was known then.

    Parameters
    ----------
    orders
        ``customer_id``, ``ordered_at``, ``revenue`` and any of ``order_id``, ``discount``, ``channel``, ``device`` and
        ``region``; rows of one ``order_id`` are one order.
    as_of
        Only orders strictly before it are read.
    order_lines
        ``order_id`` and any of ``category`` and ``brand``.
    customers
        ``customer_id`` and any of ``acquisition_channel``, ``region``, ``gender`` and ``birth_year``.

    Returns
    -------
    DataFrame
        Indexed by ``customer_id``, sorted: ``first_value`` (money), ``first_lines`` (lines of the order),
        ``first_discount`` (share of the price before it), and as text, `NOT_KNOWN` where nothing is known,
        ``acquisition_channel``, ``region``, ``gender``, ``age_band`` (at the first order), ``order_channel``,
        ``device``, ``first_category`` and ``first_brand`` (with the most lines; the first by name among equals).
        Only columns there is a source for.

    Raises
    ------
    DataContractError
        A table lacks a column.
    """
    first = _first_rows(orders, moment(as_of))
    value = first.groupby("customer_id")["revenue"].sum()
    table = pd.DataFrame({"first_value": value})
    if "discount" in first:
        off = first["discount"].fillna(0.0).groupby(first["customer_id"]).sum()
        table["first_discount"] = (off / (value + off).where(value + off > 0)).fillna(0.0)
    for column, name in _FIRST_ORDER_ATTRIBUTES.items():
        if column in first:
            table[name] = _text(first.groupby("customer_id")[column].first(), table.index)
    if order_lines is not None:
        lines = lines_of(first, order_lines)
        table["first_lines"] = lines.groupby("customer_id").size().reindex(table.index).fillna(0.0).astype("float64")
        for column in _FIRST_LINE_ATTRIBUTES:
            if column in lines:
                table[f"first_{column}"] = _text(_most(lines, column), table.index)
    return _with_statements(table, first, customers)


def _first_rows(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Rows of each customer's first order: the earliest row, and the rows that share its order_id."""
    bought = purchases(orders, as_of)
    first = bought.drop_duplicates("customer_id")
    if "order_id" not in bought:
        return first
    keys = bought["order_id"].astype("object").where(bought["order_id"].notna(), bought.index.to_series())
    firsts = keys.loc[first.index].set_axis(first["customer_id"], axis=0)
    return bought[(keys == bought["customer_id"].map(firsts))]


def _most(lines: pd.DataFrame, column: str) -> pd.Series:
    counts = lines.groupby(["customer_id", column], as_index=False, observed=True).size()
    counts = counts.sort_values(["customer_id", "size", column], ascending=[True, False, True])
    return counts.drop_duplicates("customer_id").set_index("customer_id")[column]


def _with_statements(table: pd.DataFrame, first: pd.DataFrame, customers: pd.DataFrame | None) -> pd.DataFrame:
    if customers is None:
        if "region" in first:
            table["region"] = _text(first.groupby("customer_id")["region"].first(), table.index)
        return table.sort_index()
    require(customers, ("customer_id",), name="customers")
    by_id = customers.assign(customer_id=customers["customer_id"].astype("str")).drop_duplicates("customer_id")
    by_id = by_id.set_index("customer_id").reindex(table.index)
    for name in _CUSTOMER_ATTRIBUTES:
        if name in by_id:
            table[name] = _text(by_id[name], table.index)
    if "birth_year" in by_id:
        years = first.groupby("customer_id")["ordered_at"].min().dt.year
        # the band at the first order: nobody is put into one by what happened since
        shifted = by_id["birth_year"] + (years.max() - years)
        table["age_band"] = age_band(shifted, pd.Timestamp(year=int(years.max()), month=1, day=1))
    return table.sort_index()


def _text(levels: pd.Series, people: pd.Index) -> pd.Series:
    reindexed = levels.reindex(people).astype("object")
    return reindexed.where(reindexed.notna() & (reindexed != ""), NOT_KNOWN).astype("str")
