"""Groups of the scores crossed with region, category and brand."""

from __future__ import annotations

import pandas as pd

from tenure.jobs.purchases import purchases_so_far
from tenure.jobs.segment_study import read_study_tables
from tenure_decisions.customers.attributes import LINE_ATTRIBUTES, NOT_KNOWN, customer_attributes
from tenure_decisions.customers.findings import matrix_findings
from tenure_decisions.customers.matrix import cross_groups, main_levels
from tenure_decisions.findings import Findings
from tenure_features import Shop, orders

REGION = "region"


def find_matrix(shop: Shop, scores: pd.DataFrame, *, by: str = "segment", currency: str = "") -> Findings | None:
    """Cross the groups of a score table with region, main category and main brand; None where none of them is known.

    Parameters
    ----------
    shop
        Opened at the moment of the scores.
    scores
        A score table.
    by
        Its column that groups customers.
    currency
        Of every amount.
    """
    if "order_lines" not in shop.tables and not _knows_regions(shop):
        return None
    ids = scores["customer_id"].astype("str")
    bought, beside = read_study_tables(shop, ids)
    customers, lines = beside.get("customers"), beside.get("order_lines")
    levels = []
    if (customers is not None and REGION in customers) or REGION in bought:
        named = (
            None if customers is None else customers[[name for name in ("customer_id", REGION) if name in customers]]
        )
        where = customer_attributes(ids, as_of=shop.as_of, customers=named, orders=bought)
        levels.append(where[(where["attribute"] == REGION) & (where["level"] != NOT_KNOWN)])
    if lines is not None and "order_id" in bought:
        levels += [
            main_levels(bought, lines, as_of=shop.as_of, column=name) for name in LINE_ATTRIBUTES if name in lines
        ]
    rows = pd.concat(levels, ignore_index=True) if levels else pd.DataFrame()
    if rows.empty:
        return None
    past = purchases_so_far(shop).set_index("customer_id")["revenue_so_far"]
    crossed = cross_groups(scores[by].set_axis(ids), rows, revenue=past)
    return matrix_findings(crossed, by=by, currency=currency)


def _knows_regions(shop: Shop) -> bool:
    of_customers = shop.tables["customers"].rows.columns if "customers" in shop.tables else ()
    return REGION in of_customers or REGION in orders(shop).columns
