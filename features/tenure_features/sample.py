"""A shop of some of its customers: what is learnt from ten thousand hardly changes with a million more."""

from __future__ import annotations

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from tenure_features.reading.engine import reader
from tenure_features.shop import Shop


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
    readiness = replace(log.readiness, figures=replace(log.figures, customers=most))
    sampled = replace(log, orders=log.orders.semi_join(chosen, "customer_id"), readiness=readiness)
    vars(sampled)["details"] = log.details  # they lie in the backend once, under one name
    return replace(shop, log=sampled)
