"""How steady groups are: what a week without orders does to them, with and without hysteresis."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from tenure.jobs.inputs import Inputs
from tenure_features import snapshots
from tenure_serving.scorer import Scorer
from tenure_serving.segments.movement import GROUPINGS, stability

DAYS = 7
MOST = 20_000
"""Customers the week is tried on; a share over so many is certain to a third of a point."""


def ageing(inputs: Inputs, scorer: Scorer, scores: pd.DataFrame, *, days: int = DAYS) -> pd.DataFrame:
    """Score the same customers again some days later as if nobody had ordered, and count who changed the group.

    Parameters
    ----------
    inputs
        What the scores were made of; nothing at or after its ``as_of`` is read, so the days pass without an event.
    scorer
        The model, with its limits and its margin.
    scores
        What it gave at ``as_of``.
    days
        Between the two scorings.

    Returns
    -------
    DataFrame
        One row per grouping: ``column``, ``customers``, ``changed`` and ``share`` by the borders alone, and
        ``changed_held`` and ``share_held`` when the scores now are given as the previous ones.
    """
    info = scorer.bundle.info
    later = pd.Timestamp(scores["as_of"].iloc[0]) + pd.Timedelta(days=days)
    log = replace(inputs.log, as_of=later)
    vars(log)["details"] = inputs.log.details  # they lie in the backend once, under one name
    tables = {name: replace(table, as_of=later) for name, table in inputs.tables.items()}
    aged = snapshots(
        log,
        [later],
        tables=tables,
        calendar=inputs.calendar,
        window_days=info.horizon_days,
        features=info.features,
        active_days=info.active_days,
    )
    aged = aged[aged["customer_id"].isin(scores["customer_id"])]
    aged = aged.iloc[:: max(1, -(-len(aged) // MOST))].reset_index(drop=True)
    plain, held = scorer.score(aged), scorer.score(aged, previous=scores)
    rows = []
    for column in GROUPINGS:
        alone, kept = (stability(scores, table, column=column) for table in (plain, held))
        rows.append((column, alone.customers, alone.changed, alone.share, kept.changed, kept.share))
    return pd.DataFrame(rows, columns=["column", "customers", "changed", "share", "changed_held", "share_held"])
