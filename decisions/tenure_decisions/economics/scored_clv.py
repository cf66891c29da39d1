"""Lifetime value of customers as their scores state it, averaged over a channel or a month."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tenure_decisions.economics.study import Study
from tenure_decisions.inputs import Floats, Ints
from tenure_decisions.resampling import divide

CLV_PARTS: tuple[str, ...] = ("contribution_to_date", "clv_to_come", "clv_before_cac")
"""Columns of scores that economics average; the first two add up to the third."""


def mean_scored_clv(study: Study, who: Ints, *, cac: Floats) -> Mapping[str, Floats]:
    """Average what scores say of some customers, the estimate and its draws.

    Parameters
    ----------
    study
        With scores that carry `CLV_PARTS`.
    who
        Positions of the customers in the study.
    cac
        Cost of acquiring one of them, shape (1 + B,).

    Returns
    -------
    Mapping
        `CLV_PARTS`, and ``clv_net`` = ``clv_before_cac`` - CAC, each of shape (1 + B,) and per customer; customers
        without a score do not count. Empty where the scores do not carry all of them, or leave them out.
    """
    if study.scores is None or not set(CLV_PARTS) <= set(study.scores.columns):
        return {}
    by_id = study.scores.drop_duplicates("customer_id").set_index("customer_id")
    columns = by_id.reindex(study.acquired["customer_id"].iloc[who])[list(CLV_PARTS)].to_numpy(np.float64)
    if not np.isfinite(by_id["clv_before_cac"].to_numpy(np.float64)).any():
        return {}
    complete = np.isfinite(columns).all(axis=1)
    table = np.column_stack([np.where(complete[:, None], columns, 0.0), complete])
    draws = study.resampler.draw(study.resampler.sums(table, who))
    means = {name: divide(draws[:, at], draws[:, -1]) for at, name in enumerate(CLV_PARTS)}
    return {**means, "clv_net": means["clv_before_cac"] - cac}
