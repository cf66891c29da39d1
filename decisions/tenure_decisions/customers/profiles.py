"""Profiles: what is more and less common in a group of customers than among everybody else."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from tenure_decisions.inputs import Floats, require
from tenure_features.errors import DataContractError, UsageError

_SMALLEST = 5
INTERVAL_SHARE = 0.95
_FALSE_DISCOVERIES = 0.05
PROFILE_COLUMNS = (
    "attribute", "level", "in_group", "group_share", "outside", "outside_share", "lift", "low", "high", "p_value",
    "p_adjusted", "represented",
)  # fmt: skip


def profile(
    members: Iterable[str],
    attributes: pd.DataFrame,
    *,
    population: Iterable[str],
    smallest: int = _SMALLEST,
    level: float = INTERVAL_SHARE,
) -> pd.DataFrame:
    """Compare a group with the customers outside it, level by level of every attribute.

    Parameters
    ----------
    members
        Customers in the group; those outside the population are ignored.
    attributes
        ``customer_id``, ``attribute``, ``level``, at most one row for each three; see
        `tenure_decisions.customers.attributes.customer_attributes`.
    population
        Everybody to compare.
    smallest
        Levels with fewer customers in all are left out, before anything is tested.
    level
        Of the interval of the lift.

    Returns
    -------
    DataFrame
        `PROFILE_COLUMNS`, the smallest adjusted p first. ``in_group`` and ``outside`` are customers with the level,
        ``group_share`` and ``outside_share`` their shares of the group and of everybody outside it. ``lift`` is the
        ratio of the two with half a customer added to every count, so that it has an answer at zero, and ``low`` to
        ``high`` its log interval (Walter 1975; "adjusted log" in Fagerland, Lydersen and Laake 2015). ``p_value`` is
        Fisher's exact two-sided, ``p_adjusted`` Benjamini and Hochberg's (1995) over all rows. ``represented`` is
        ``over`` or ``under`` where ``p_adjusted`` is under .05, else empty.

    Raises
    ------
    UsageError
        The group is empty, or everybody: then there is nothing to compare.
    DataContractError
        The attributes lack a column or hold a row twice.

    Examples
    --------
    >>> table = pd.DataFrame({"customer_id": list("abcdefgh"), "attribute": "region", "level": list("nnnnssss")})
    >>> found = profile("abc", table, population="abcdefgh", smallest=1)
    >>> found[["level", "in_group", "outside", "lift"]].round(2).to_numpy().tolist()
    [['n', 3, 1, 3.67], ['s', 0, 4, 0.17]]
    """
    everybody = {str(customer) for customer in population}
    inside = {str(customer) for customer in members} & everybody
    if not inside or inside == everybody:
        raise UsageError(
            "A profile compares a group with the customers outside it.",
            found=f"{len(inside):,} of {len(everybody):,} customers in the group",
        )
    counts = _counts(attributes, inside, everybody)
    counts = counts[counts["in_group"] + counts["outside"] >= smallest].reset_index(drop=True)
    group, outside = len(inside), len(everybody) - len(inside)
    x, y = (counts[name].to_numpy(dtype=np.float64) for name in ("in_group", "outside"))
    lift, low, high = lift_interval(x, group, y, outside, level=level)
    p = np.array(
        [_fisher(inside_count, group, outside_count, outside) for inside_count, outside_count in zip(x, y, strict=True)]
    )
    adjusted = stats.false_discovery_control(p) if len(p) else p
    table = counts.assign(
        group_share=x / group,
        outside_share=y / outside,
        lift=lift,
        low=low,
        high=high,
        p_value=p,
        p_adjusted=adjusted,
        represented=np.where(adjusted >= _FALSE_DISCOVERIES, "", np.where(x / group > y / outside, "over", "under")),
    )
    return table[list(PROFILE_COLUMNS)].sort_values(["p_adjusted", "p_value", "attribute", "level"], ignore_index=True)


def lift_interval(
    hits: Floats, customers: float, other_hits: Floats, others: float, *, level: float = INTERVAL_SHARE
) -> tuple[Floats, Floats, Floats]:
    """Return the ratio of two shares with its interval: ln ratio +- z * sqrt(1/x - 1/n + 1/y - 1/m), counts + 1/2.

    Parameters
    ----------
    hits, customers
        Successes (shape (n,)) of so many customers in the group.
    other_hits, others
        The same outside.
    level
        Of the interval.

    Returns
    -------
    tuple of ndarray
        Lift, low and high, shape (n,).

    Examples
    --------
    >>> [float(part[0].round(3)) for part in lift_interval(np.array([30.0]), 100, np.array([15.0]), 100)]
    [1.968, 1.141, 3.395]
    """
    x, n, y, m = np.asarray(hits) + 0.5, customers + 0.5, np.asarray(other_hits) + 0.5, others + 0.5
    ratio = (x / n) / (y / m)
    spread = stats.norm.ppf((1 + level) / 2) * np.sqrt(np.maximum(1 / x - 1 / n + 1 / y - 1 / m, 0.0))
    return ratio, ratio * np.exp(-spread), ratio * np.exp(spread)


def _counts(attributes: pd.DataFrame, inside: set[str], everybody: set[str]) -> pd.DataFrame:
    require(attributes, ("customer_id", "attribute", "level"), name="attributes")
    customers = attributes["customer_id"].astype("str")
    rows = attributes.assign(customer_id=customers)[customers.isin(everybody)]
    twice = rows.duplicated(["customer_id", "attribute", "level"])
    if twice.any():
        example = " ".join(str(part) for part in rows[twice].iloc[0])
        raise DataContractError("An attribute is there twice.", found=example)
    rows = rows.assign(in_group=rows["customer_id"].isin(inside))
    counts = rows.groupby(["attribute", "level"], as_index=False).agg(
        in_group=("in_group", "sum"), all=("in_group", "size")
    )
    return counts.assign(outside=counts["all"] - counts["in_group"]).drop(columns="all")


def _fisher(x: float, n: int, y: float, m: int) -> float:
    return float(stats.fisher_exact([[x, n - x], [y, m - y]]).pvalue)
