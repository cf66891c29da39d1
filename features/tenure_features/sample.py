"""A shop of some of its customers: what is learnt from ten thousand hardly changes with a million more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from tenure_features.reading.engine import keep, reader
from tenure_features.shop import Shop

MANY_ORDERS = 1_000_000
"""From so many orders on, those of a sample are set apart once: to look for them in every query would take longer than
to compute anything from them."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How many customers stand for how many.

    Examples
    --------
    >>> print(Sample(customers=50_000, of=1_000_000))
    50,000 of 1,000,000 customers, those with the smallest hash of their id
    """

    customers: int
    of: int

    def __str__(self) -> str:
        """Say the rule in words."""
        return f"{self.customers:,} of {self.of:,} customers, those with the smallest hash of their id"


def narrow_to_sample(shop: Shop, *, most: int) -> Shop:
    """Give the shop of at most so many of its customers, with everything they did.

    Who is taken is decided by a hash of the id alone: the same customers on every engine and at every moment, whatever
    they did. Where ids become customers in the course of time there is no such choice: the shop is given back whole.

    Parameters
    ----------
    shop
        An opened shop.
    most
        Customers wanted; a shop of no more is given back as it is.
    """
    log = shop.log
    if log.figures.customers <= most or log.accounts is not None:
        return shop
    customers = reader(log.orders.select("customer_id").distinct()).read_all()
    ids = customers["customer_id"].to_numpy(zero_copy_only=False).astype(object)
    if len(ids) <= most:
        return shop
    rank = pd.util.hash_array(ids, categorize=False)
    last = np.partition(rank, most - 1)[most - 1]
    chosen = ibis.memtable(pa.table({"customer_id": sorted(ids[rank <= last])}))
    orders, details = log.orders.semi_join(chosen, "customer_id"), log.details  # these lie in the backend once
    if log.figures.orders > MANY_ORDERS:
        orders = _set_apart(log.backend, "orders", orders)
        details = _set_apart(log.backend, "details", details.semi_join(chosen, "customer_id"))
    share = most / len(ids)
    figures = replace(
        log.figures,
        customers=most,
        orders=round(log.figures.orders * share),
        returns=round(log.figures.returns * share),
    )
    sampled = replace(log, orders=orders, readiness=replace(log.readiness, figures=figures))
    vars(sampled)["details"] = details
    return replace(shop, log=sampled)


def _set_apart(backend: Any, what: str, rows: ir.Table) -> ir.Table:  # noqa: ANN401
    """Keep rows under a name of their own: one shop may be sampled several times, at several moments."""
    return keep(backend, ibis.util.gen_name(f"{what}_of_sample"), rows)
