"""How the date of the next order did on windows that have closed, beside the last order plus ADBT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tenure_training.metrics.waiting import concordance, median_error
from tenure_training.models.after.next_order import NextOrder

DATE_MEASURES = (
    "customers",
    "ordered",
    "concordance",
    "adbt_concordance",
    "error_days",
    "adbt_error_days",
    "coverage_80",
)


def judge_dates(snapshot: pd.DataFrame, outcome: pd.DataFrame, *, days: int) -> dict[str, float]:
    """Hold dates given at an origin against what happened, for customers with two orders or more.

    Parameters
    ----------
    snapshot
        Features at the origin.
    outcome
        Aligned with it: ``bought`` and ``wait_days``.
    days
        Length of the window; who did not order in it is censored at its end.

    Returns
    -------
    dict
        ``customers`` with two orders or more, how many of them ``ordered``, ``concordance`` and median absolute error
        of the date (``error_days``, of those who ordered), both for the last order plus ADBT (``adbt_...``), and
        ``coverage_80``: the share of those who ordered that did so within the 80 % interval.
    """
    adbt = snapshot["adbt_days"].to_numpy(dtype=np.float64, na_value=np.nan)
    rhythmic = np.isfinite(adbt)
    repeat, did = snapshot[rhythmic], outcome[rhythmic]
    came = did["bought"].to_numpy(dtype=bool)
    wait = np.where(came, did["wait_days"].to_numpy(dtype=np.float64, na_value=np.nan), float(days))
    if not len(repeat):
        return dict.fromkeys(DATE_MEASURES, float("nan")) | {"customers": 0.0, "ordered": 0.0}
    low, middle, high = NextOrder.fit(snapshot, horizon_days=days).quantiles(repeat, horizon_days=days).T
    overdue = np.maximum(adbt[rhythmic] - repeat["recency_days"].to_numpy(dtype=np.float64), 0.0)
    inside = (low <= wait) & (wait <= high)
    return {
        "customers": float(len(repeat)),
        "ordered": float(came.sum()),
        "concordance": concordance(middle, wait, came),
        "adbt_concordance": concordance(overdue, wait, came),
        "error_days": median_error(middle, wait, came),
        "adbt_error_days": median_error(overdue, wait, came),
        "coverage_80": float(inside[came].mean()) if came.any() else float("nan"),
    }


def dates_table(rows: Sequence[dict[str, float]], origins: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Put the figures of several origins into a table: ``origin`` and `DATE_MEASURES`."""
    table = pd.DataFrame(rows, columns=list(DATE_MEASURES))
    table.insert(0, "origin", list(origins))
    return table
