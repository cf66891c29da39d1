"""How steady groups are: what a week without orders does to them, with and without hysteresis."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tenure.jobs.profile_columns import with_profile
from tenure_features import Shop, snapshots
from tenure_features.families.catalogue import BUILT_IN, Catalogue
from tenure_features.sample import narrow_to_sample
from tenure_serving.scorer import Scorer
from tenure_serving.segments.movement import GROUPINGS, stability

DAYS = 7
_MOST = 20_000
"""Customers the week is tried on; a share over so many is certain to a third of a point."""


def ageing(
    shop: Shop,
    scorer: Scorer,
    scores: pd.DataFrame,
    *,
    catalogue: Catalogue = BUILT_IN,
    days: int = DAYS,
    profile: Sequence[str] = (),
) -> pd.DataFrame:
    """Score the same customers again some days later as if nobody had ordered, and count who changed the group.

    Parameters
    ----------
    shop
        What the scores were made of; nothing at or after its ``as_of`` is read, so the days pass without an event.
    scorer
        The model, with its limits and its margin.
    scores
        What it gave at ``as_of``.
    catalogue
        The features that were computed.
    days
        Between the two scorings.
    profile
        What the playbook asks of customers beyond scores and features.

    Returns
    -------
    DataFrame
        One row per grouping: ``column``, ``customers``, ``changed`` and ``share`` by the borders alone, and
        ``changed_held`` and ``share_held`` when the scores now are given as the previous ones.
    """
    info = scorer.bundle.info
    later = pd.Timestamp(scores["as_of"].iloc[0]) + pd.Timedelta(days=days)
    aged = snapshots(
        narrow_to_sample(shop, most=_MOST).idle_until(later),
        [later],
        features=info.features,
        active_days=info.active_days,
        window_days=info.horizon_days,
        catalogue=catalogue,
    )
    before = scores[scores["customer_id"].isin(aged["customer_id"])]
    aged = with_profile(aged[aged["customer_id"].isin(before["customer_id"])].reset_index(drop=True), shop, profile)
    plain, steadied = scorer.score(aged), scorer.score(aged, previous=before)
    rows = []
    for column in GROUPINGS:
        alone, with_margin = (stability(before, table, column=column) for table in (plain, steadied))
        rows.append((column, alone.customers, alone.changed, alone.share, with_margin.changed, with_margin.share))
    return pd.DataFrame(rows, columns=["column", "customers", "changed", "share", "changed_held", "share_held"])
