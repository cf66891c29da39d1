"""What a test can see: smallest effect and customers needed, from what the shop's own customers did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.effects import Floats, adjust, compare_arms, fit_past, past_of
from tenure_decisions.campaigns.randomisation import randomise
from tenure_decisions.campaigns.verdict import TEST_POWER


def plan_metrics(
    history: pd.DataFrame,
    metrics: list[str],
    *,
    customers: int,
    shares: Mapping[str, float],
    control: str,
    worth: float,
    level: float = 0.95,
    power: float = TEST_POWER,
    predictions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say for every metric what a test of so many customers could see, and how many a lift worth having takes.

    Parameters
    ----------
    history
        From `tenure_decisions.campaigns.trial.measure`: the population as it was one window ago, and what it did since.
    metrics
        Columns of it.
    customers
        In the population now.
    shares, control
        Planned share of every arm, summing to 1.
    worth
        Smallest lift worth having.
    level, power
        Of the test; the level is shared by the arms that are compared with control.
    predictions
        As in `tenure_decisions.campaigns.effects.estimate_effects`.

    Returns
    -------
    pd.DataFrame
        One row per metric; the smallest arm decides.
    """
    smallest = min(share for arm, share in shares.items() if arm != control)
    ratio, pair = smallest / shares[control], smallest + shares[control]
    alpha = (1 - level) / (len(shares) - 1)
    rows = []
    for metric in metrics:
        values = history[metric].to_numpy(dtype=np.float64)
        left = values - fit_past(values, past_of(history, metric, predictions))
        mean, plain, adjusted = float(values.mean()), float(np.var(values, ddof=1)), float(np.var(left, ddof=1))
        solve = partial(_solve, mean, alpha=alpha, power=power, ratio=ratio)
        needed = solve(adjusted, lift=worth)
        rows.append(
            {
                "metric": metric,
                "mean": mean,
                "deviation": math.sqrt(plain),
                "variance_saved": 1 - adjusted / plain if plain > 0 else 0.0,
                "detectable_lift": solve(adjusted, customers=pair * customers),
                "detectable_lift_unadjusted": solve(plain, customers=pair * customers),
                "needed": needed / pair,
                "needed_unadjusted": solve(plain, lift=worth) / pair,
                "needed_in_smallest_arm": needed / pair * smallest,
            }
        )
    return pd.DataFrame(rows)


def _solve(
    mean: float,
    variance: float,
    *,
    alpha: float,
    power: float,
    ratio: float,
    customers: float = 0.0,
    lift: float | None = None,
) -> float:
    """Solve for the lift or the customers of two arms by `tea_tasting`; NaN where nobody did anything."""
    if not (mean > 0 and variance > 0) or (lift is None and customers < 4):
        return math.nan
    from tea_tasting.aggr import Aggregates
    from tea_tasting.metrics import Mean

    # the search for a number of customers begins at 3, which leaves no degrees of freedom: there it is normal
    metric = Mean("value", alpha=alpha, power=power, ratio=ratio, rel_effect_size=lift, use_t=lift is None)
    seen = Aggregates(max(int(customers), 4), {"value": mean}, {"value": variance})
    result = metric.solve_power_from_aggregates(seen, "rel_effect_size" if lift is None else "n_obs")[0]
    return float(result.rel_effect_size if lift is None else result.n_obs)


def replay(
    history: pd.DataFrame,
    metric: str,
    strata: pd.Series[str],
    *,
    shares: Mapping[str, float],
    control: str,
    replays: int,
    level: float,
    rng: np.random.Generator,
    predictions: pd.DataFrame | None = None,
) -> Floats:
    """Randomise the past again and again, where nothing was done; return the smallest adjusted p-value of each time.

    Parameters
    ----------
    history, metric, shares, control, predictions
        As in `plan_metrics`.
    strata
        Of every customer of the history.
    replays
        How often.
    level
        Of the intervals.
    rng
        Seeded.
    """
    values = history[metric].to_numpy(dtype=np.float64)
    before = fit_past(values, past_of(history, metric, predictions))
    useful = float(np.ptp(before)) > 0
    smallest = np.full(replays, np.nan)
    for turn in range(replays):
        arms = randomise(strata, shares, rng=rng)
        p_values = []
        for arm in shares:
            if arm != control:
                sides = [arms == control, arms == arm]
                past = [before[side] for side in sides] if useful else []
                effect = compare_arms(values[sides[0]], values[sides[1]], *past, level=level)
                p_values.append(effect.p_value)
        smallest[turn] = np.min(adjust(np.array(p_values)))
    return smallest
