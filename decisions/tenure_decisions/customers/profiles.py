"""Profiles: what is more and less common in a group of customers than among everybody else."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from tenure_decisions.customers.strata import cochran_mantel_haenszel, mantel_haenszel
from tenure_decisions.inputs import Floats, require
from tenure_features.errors import DataContractError, UsageError

_SMALLEST = 5
_ORDER_CLASSES = (1, 2, 3, 4, 5, 7, 10, 15, 25, 50)
"""Lower ends of the classes of customers of as many orders."""
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
    orders: pd.Series | None = None,
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
    orders
        Number of orders by customer: members are then compared with outsiders of as many orders, or what is "more
        common" among those who buy much is everything. None: with everybody outside.
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

        With ``orders``, strata are numbers of orders (from 5 on classes), those without a member or an outsider are
        left out, ``outside_share`` is what it would be if outsiders ordered as often as members (direct
        standardisation), ``lift`` is Mantel and Haenszel's ratio with the interval of Greenland and Robins (1985), and
        ``p_value`` that of Cochran, Mantel and Haenszel.

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
    if orders is not None:
        return _profile_of_as_many(attributes, inside, everybody, orders, smallest=smallest, level=level)
    counts = _counts(attributes, inside, everybody)
    counts = counts[counts["in_group"] + counts["outside"] >= smallest].reset_index(drop=True)
    group, outside = len(inside), len(everybody) - len(inside)
    x, y = (counts[name].to_numpy(dtype=np.float64) for name in ("in_group", "outside"))
    lift, low, high = lift_interval(x, group, y, outside, level=level)
    p = np.array(
        [_fisher(inside_count, group, outside_count, outside) for inside_count, outside_count in zip(x, y, strict=True)]
    )
    return _add_marks(
        counts.assign(group_share=x / group, outside_share=y / outside, lift=lift, low=low, high=high, p_value=p)
    )


def _add_marks(table: pd.DataFrame) -> pd.DataFrame:
    """Adjust the p-values over all rows, and mark what is certain."""
    p = table["p_value"].to_numpy(dtype=np.float64)
    adjusted = stats.false_discovery_control(p) if len(p) else p
    more = (table["group_share"] > table["outside_share"]).to_numpy()
    marks = np.where(adjusted >= _FALSE_DISCOVERIES, "", np.where(more, "over", "under"))
    table = table.assign(p_adjusted=adjusted, represented=marks)
    return table[list(PROFILE_COLUMNS)].sort_values(["p_adjusted", "p_value", "attribute", "level"], ignore_index=True)


def _profile_of_as_many(
    attributes: pd.DataFrame,
    inside: set[str],
    everybody: set[str],
    orders: pd.Series,
    *,
    smallest: int,
    level: float,
) -> pd.DataFrame:
    """Compare within classes of customers of as many orders."""
    people = pd.DataFrame({"customer_id": sorted(everybody)})
    count = people["customer_id"].map(orders.set_axis(orders.index.astype("str"))).fillna(0.0)
    people["stratum"] = np.searchsorted(_ORDER_CLASSES, count.to_numpy(dtype=np.float64), side="right")
    people["member"] = people["customer_id"].isin(inside)
    sizes = people.groupby("stratum")["member"].agg(n="sum", all="size")
    sizes = sizes.assign(m=sizes["all"] - sizes["n"])
    sizes = sizes[(sizes["n"] > 0) & (sizes["m"] > 0)]
    if sizes.empty:
        raise UsageError("Nobody outside the group has as many orders as a member.", fix="Profile a larger group.")
    comparable = people[people["stratum"].isin(sizes.index)]
    by_id = comparable.set_index("customer_id")
    rows = []
    for (attribute, name), ids in _rows_of(attributes, set(by_id.index)).groupby(["attribute", "level"])["customer_id"]:
        if len(ids) < smallest:
            continue
        hits = by_id.loc[ids].groupby("stratum")["member"].agg(x="sum", t="size").reindex(sizes.index, fill_value=0)
        x, n, m = hits["x"].to_numpy(float), sizes["n"].to_numpy(float), sizes["m"].to_numpy(float)
        y = hits["t"].to_numpy(float) - x
        lift, low, high = mantel_haenszel(x, n, y, m, level=level)
        shares = x.sum() / n.sum(), float((n * y / m).sum() / n.sum())
        counted = int(x.sum()), shares[0], int(y.sum()), shares[1]
        rows.append((attribute, name, *counted, lift, low, high, cochran_mantel_haenszel(x, n, y, m)))
    return _add_marks(pd.DataFrame(rows, columns=list(PROFILE_COLUMNS[:-2])))


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


def _rows_of(attributes: pd.DataFrame, everybody: set[str]) -> pd.DataFrame:
    """Take the attributes of these customers, each once."""
    require(attributes, ("customer_id", "attribute", "level"), name="attributes")
    customers = attributes["customer_id"].astype("str")
    rows = attributes.assign(customer_id=customers)[customers.isin(everybody)]
    twice = rows.duplicated(["customer_id", "attribute", "level"])
    if twice.any():
        example = " ".join(str(part) for part in rows[twice].iloc[0])
        raise DataContractError("An attribute is there twice.", found=example)
    return rows


def _counts(attributes: pd.DataFrame, inside: set[str], everybody: set[str]) -> pd.DataFrame:
    rows = _rows_of(attributes, everybody)
    rows = rows.assign(in_group=rows["customer_id"].isin(inside))
    counts = rows.groupby(["attribute", "level"], as_index=False).agg(
        in_group=("in_group", "sum"), all=("in_group", "size")
    )
    return counts.assign(outside=counts["all"] - counts["in_group"]).drop(columns="all")


def _fisher(x: float, n: int, y: float, m: int) -> float:
    return float(stats.fisher_exact([[x, n - x], [y, m - y]]).pvalue)
