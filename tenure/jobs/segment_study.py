"""What the tables say about groups of customers: profiles, toxic brands, and the ideal customer."""

from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa

from tenure_decisions.customers.attributes import LINE_ATTRIBUTES, customer_attributes, purchases
from tenure_decisions.customers.encounters import encounters
from tenure_decisions.customers.findings import study_findings
from tenure_decisions.customers.first_order import first_orders
from tenure_decisions.customers.ideal import IdealProfile, ideal_profile
from tenure_decisions.customers.profiles import profile
from tenure_decisions.findings import Findings
from tenure_features import Shop, orders
from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.engine import fetch

STUDY_TABLES = ("order_lines", "customers")
_MOST = 50_000
"""Customers studied at most; of more, evenly spaced by id."""
BEST = ("value_tier", "high")


def study(
    shop: Shop,
    scores: pd.DataFrame,
    *,
    column: str = BEST[0],
    level: str = BEST[1],
    name: str | None = None,
    horizon_days: float = 180,
    currency: str = "",
) -> Findings:
    """Profile a group of the scored customers, and compare what customers met early.

    Parameters
    ----------
    shop
        The orders and, of `STUDY_TABLES`, the tables there are; opened at the moment of the scores.
    scores
        A score table.
    column, level
        The group: customers whose column of the scores has this level.
    name
        What the group is called; None: the level of the column.
    horizon_days
        Length of the later window of `tenure_decisions.customers.encounters.encounters`.
    currency
        Of every amount.

    Raises
    ------
    UsageError
        The scores have no such column, or nobody or everybody is in the group.
    """
    if column not in scores:
        raise UsageError(f"The scores have no column '{column}'.", found=", ".join(map(str, scores.columns)))
    people = scores.sort_values("customer_id", ignore_index=True)
    people = people.iloc[:: max(1, -(-len(people) // _MOST))]
    ids, as_of = people["customer_id"].astype("str"), pd.Timestamp(people["as_of"].iloc[0])
    bought, beside = read_study_tables(shop, ids)
    notes = [] if len(people) == len(scores) else [f"{len(people):,} of {len(scores):,} customers were studied."]
    lines, customers = beside.get("order_lines"), beside.get("customers")
    attributes = customer_attributes(ids, as_of=as_of, orders=bought, order_lines=lines, customers=customers)
    members = ids[people[column].astype("str") == level]
    counts = purchases(bought, as_of).groupby("customer_id").size()
    try:
        table = profile(members, attributes, population=ids, orders=counts)
    except UsageError as error:
        if len(members) in {0, len(ids)}:
            raise
        notes.append(f"{error} The group is compared with everybody outside it.")
        table = profile(members, attributes, population=ids)
    met_early = {}
    for by in () if lines is None else [name for name in LINE_ATTRIBUTES if name in lines]:
        try:
            met_early[by] = encounters(
                bought, pd.DataFrame(lines), as_of=as_of, by=by, horizon_days=horizon_days, customers=customers
            )
        except DataContractError as error:
            notes.append(str(error))
    firsts = first_orders(bought, as_of=as_of, order_lines=lines, customers=customers)
    ideal = _ideal(people, firsts, notes)
    return study_findings(
        table,
        group=name or f"the {level} {column.replace('_', ' ')}",
        customers=len(people),
        met_early=met_early,
        ideal=ideal,
        notes=notes,
        currency=currency,
    )


def _ideal(people: pd.DataFrame, attributes: pd.DataFrame, notes: list[str]) -> IdealProfile | None:
    if BEST[0] not in people:
        return None
    by_id = people.set_index(people["customer_id"].astype("str"))
    try:
        return ideal_profile(attributes, by_id[BEST[0]] == BEST[1], value=by_id["expected_value"])
    except DataContractError as error:
        notes.append(str(error))
        return None


def read_study_tables(shop: Shop, ids: pd.Series) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Bring the orders of these customers, and what lies beside them of `STUDY_TABLES`, into pandas."""
    wanted = ibis.memtable(pa.table({"customer_id": pa.array(ids, type=pa.string())}))
    everybody = orders(shop)
    mine = everybody.filter(everybody.customer_id.isin(wanted.customer_id))
    beside = {}
    for name, table in shop.tables.items():
        if name == "customers":
            beside[name] = fetch(table.rows.filter(table.rows.customer_id.isin(wanted.customer_id)))
        elif name == "order_lines":
            beside[name] = fetch(table.rows.semi_join(mine, "order_id"))
    return fetch(mine), beside
