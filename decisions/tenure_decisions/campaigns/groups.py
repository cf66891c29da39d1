"""The effect in groups of customers, each estimate drawn to the common one by as much as it is noise."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.effects import Floats, MeasuredMetric, measure_outcome
from tenure_decisions.campaigns.trial import CampaignTrial

_FEWEST = 20
"""Customers that an arm needs in a group for the group to be estimated."""


def pool_partially(differences: Floats, errors: Floats) -> tuple[Floats, Floats, float]:
    """Draw estimates to their mean by a normal model of their spread.

    Parameters
    ----------
    differences, errors
        Of groups that share no customer, and their standard errors.

    Returns
    -------
    tuple
        The estimates, their standard errors, and the standard deviation of true effects between groups, by the moments
        of DerSimonian and Laird (1986). Where it is 0 the groups do not differ by more than chance, and all get the
        mean.

    Examples
    --------
    >>> pooled, errors, spread = pool_partially(np.array([0.0, 8.0]), np.array([1.0, 1.0]))
    >>> pooled.round(2).tolist(), round(spread, 2)
    ([0.12, 7.88], 5.57)
    """
    weights = errors**-2.0
    mean = float((weights * differences).sum() / weights.sum())
    excess = float((weights * (differences - mean) ** 2).sum()) - (len(differences) - 1)
    scale = float(weights.sum() - (weights**2).sum() / weights.sum())
    variance = max(excess / scale, 0.0) if scale > 0 else 0.0
    total = 1 / (errors**2 + variance)
    common = float((total * differences).sum() / total.sum())
    own = variance / (variance + errors**2)
    pooled = own * differences + (1 - own) * common
    # the common mean is estimated as well: the less an estimate counts itself, the more of that it takes over
    return pooled, np.sqrt(own * errors**2 + (1 - own) ** 2 / total.sum()), math.sqrt(variance)


def effects_by_group(
    trial: CampaignTrial,
    groups: pd.Series[str],
    *,
    metric: str,
    predictions: pd.DataFrame | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the effect of every arm in every group.

    Parameters
    ----------
    trial
        A campaign.
    groups
        By customer, known before the assignment; customers outside it are the group ``none``.
    metric
        One metric.
    predictions, level
        As in `tenure_decisions.campaigns.effects.estimate_effects`.

    Returns
    -------
    pd.DataFrame
        ``arm, group, customers``, the difference as it was seen (``seen``) and as it is believed (``difference``),
        each with its interval. Groups of fewer than 20 customers in an arm are left out.
    """
    from scipy.stats import norm

    outcome = measure_outcome(trial, metric, predictions)
    group = trial.customers["customer_id"].map(groups).astype("string").fillna("none").astype(str)
    reach = float(norm.ppf((1 + level) / 2))
    tables = []
    for arm in trial.arms:
        rows = [_group_row(outcome, arm, name, (group == name).to_numpy()) for name in sorted(group.unique())]
        table = pd.DataFrame([row for row in rows if row is not None])
        if len(table) < 2:
            continue
        pooled, errors, _ = pool_partially(table["seen"].to_numpy(), table["error"].to_numpy())
        tables.append(
            table.assign(
                seen_low=table["seen"] - reach * table["error"],
                seen_high=table["seen"] + reach * table["error"],
                difference=pooled,
                difference_low=pooled - reach * errors,
                difference_high=pooled + reach * errors,
            ).drop(columns="error")
        )
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _group_row(outcome: MeasuredMetric, arm: str, name: str, inside: np.ndarray) -> dict[str, object] | None:
    arms = outcome.trial.customers["arm"].to_numpy()[inside]
    counts = [int((arms == side).sum()) for side in (outcome.trial.control, arm)]
    effect = outcome.compare(arm, inside=inside) if min(counts) >= _FEWEST else None
    if effect is None or not effect.error > 0:
        return None
    return {"arm": arm, "group": name, "customers": sum(counts), "seen": effect.difference, "error": effect.error}
