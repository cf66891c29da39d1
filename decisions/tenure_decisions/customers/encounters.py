"""Toxic brands and categories: whether customers who met them early are worth less later than those who did not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from tenure_decisions.customers.attributes import NOT_KNOWN, lines_of, purchases
from tenure_decisions.inputs import Bools, Floats, moment, require
from tenure_features.errors import DataContractError, UsageError

CONFOUNDING = (
    "A comparison of customers, not an experiment: who chooses a brand or a category early may differ in other ways. "
    "The adjusted difference compares only customers who met equally many brands (or categories) in as many orders, of "
    "the same acquisition channel and the same third of early revenue, and who met none of those found before; taste, "
    "income and what else was bought stay mixed in. A reason to look closer, no more."
)
"""What must be said wherever these numbers are shown."""

_SMALLEST = 30
MOST_MET = 10
"""Customers are compared with those who met as many levels early: who buys more meets more of them. From here on up,
that is one class."""
_MOST_ORDERS = 3
"""Early orders from which on they are one class."""
_LEVEL, _FALSE_DISCOVERIES = 0.95, 0.05
ENCOUNTER_COLUMNS = (
    "level", "met", "others", "value_met", "value_others", "difference", "compared", "adjusted", "low", "high",
    "p_value", "p_adjusted", "verdict",
)  # fmt: skip


def encounters(
    orders: pd.DataFrame,
    order_lines: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    by: str = "brand",
    early_days: float = 30,
    horizon_days: float = 180,
    early_orders: int | None = None,
    customers: pd.DataFrame | None = None,
    smallest: int = _SMALLEST,
    level: float = _LEVEL,
) -> pd.DataFrame:
    """Compare the later value of customers who met a brand or category early with that of all others.

    Early is ``[first order, first order + early_days)``; later are the ``horizon_days`` after it. Only customers whose
    later window has closed by ``as_of`` (mature) and whose early orders have lines are compared, those who never came
    back as zero.

    Parameters
    ----------
    orders
        ``customer_id``, ``order_id``, ``ordered_at``, ``revenue`` (returns negative: value is net).
    order_lines
        ``order_id`` and the column ``by``.
    as_of
        Only rows strictly before it are read.
    by
        ``brand`` or ``category``, or another column of the lines.
    early_days, horizon_days
        Lengths of the two windows.
    early_orders
        Narrows early to the first so many orders of the early window.
    customers
        ``customer_id`` and ``acquisition_channel``, to compare customers of one channel; without it only early revenue
        and the number of levels met are held fixed.
    smallest
        Levels met by fewer customers, or not met by fewer, are left out before anything is tested.
    level
        Of the interval.

    Returns
    -------
    DataFrame
        `ENCOUNTER_COLUMNS`, the lowest adjusted difference first. ``met`` and ``others`` are customers, ``value_met``
        and ``value_others`` their mean later value in money, ``difference`` the difference of the two as it is.
        ``adjusted`` is the mean difference within strata (levels met x orders x third of early revenue x channel),
        weighted by the customers who met the level, over the ``compared`` of them whose stratum has two of each kind;
        ``low`` to ``high`` is its interval by Student's t with variances per stratum and kind, and Satterthwaite's
        (1946) degrees of freedom. One toxic level makes all others look good, since who met those had less room for it:
        a level that is found is set aside with everybody who met it, and the others are compared among those who did
        not, until nothing more is found. ``p_adjusted`` is Benjamini and Hochberg's over all rows;
        ``verdict`` is ``toxic`` (worth less) or ``good`` (worth more) where it is under .05, else empty. See
        `CONFOUNDING`.

    Raises
    ------
    DataContractError
        A column is missing, or no customer is mature.
    UsageError
        A window or a number of orders is not positive.
    """
    if early_days <= 0 or horizon_days <= 0 or (early_orders is not None and early_orders < 1):
        raise UsageError("Windows and numbers of orders must be positive.", found=f"{early_days:g}, {horizon_days:g}")
    require(order_lines, (by,), name="order_lines")
    at = moment(as_of)
    people = _mature(orders, at, early_days=early_days, horizon_days=horizon_days)
    met = _met_early(orders, order_lines, people, by=by, early_orders=early_orders)
    people = people.loc[people.index.isin(met["customer_id"])]
    if people.empty:
        raise DataContractError(
            "No customer has early order lines and a later window that has closed.",
            found=f"early {early_days:g} and later {horizon_days:g} days before {at:%Y-%m-%d}",
            fix="Shorten the windows, or check that order_id joins the two tables.",
        )
    people = people.assign(stratum=_strata(people, met, customers))
    who: dict[object, set[str]] = {name: set(group) for name, group in met.groupby(by, observed=True)["customer_id"]}
    enough = {name: group for name, group in who.items() if smallest <= len(group) <= len(people) - smallest}
    return _add_verdicts(_compare_levels(people, enough, level=level))


def _compare_levels(people: pd.DataFrame, who: Mapping[object, set[str]], *, level: float) -> pd.DataFrame:
    """Compare one level after another, each among customers who met none of those found before."""
    columns = list(ENCOUNTER_COLUMNS[:-2])
    earlier: list[tuple[object, ...]] = []
    left, clean = dict(who), people
    while True:
        rows = []
        for name, group in left.items():
            plain = _compare_level(name, people, people.index.isin(group), level=level)
            among = _compare_level(name, clean, clean.index.isin(group), level=level)
            rows.append((*plain[:6], *among[6:]))
        table = pd.DataFrame(rows, columns=columns)
        certain = _add_verdicts(table)
        certain = certain[certain["verdict"] != ""]
        if certain.empty:
            return pd.DataFrame([*earlier, *rows], columns=columns)
        # a toxic one first: it makes all others look good, while one good among many makes no other look toxic by much
        name = certain.sort_values(["verdict", "p_value", "level"], ascending=[False, True, True])["level"].iloc[0]
        earlier.append(next(row for row in rows if row[0] == name))
        clean = clean[~clean.index.isin(left.pop(name))]


def _mature(orders: pd.DataFrame, as_of: pd.Timestamp, *, early_days: float, horizon_days: float) -> pd.DataFrame:
    """Early and later net revenue of the customers whose later window has closed, by customer."""
    first = purchases(orders, as_of).groupby("customer_id")["ordered_at"].min()
    early_end = first + pd.Timedelta(days=early_days)
    late_end = early_end + pd.Timedelta(days=horizon_days)
    windows = pd.DataFrame({"first": first, "early_end": early_end, "late_end": late_end})
    windows = windows[windows["late_end"] <= as_of]
    rows = orders.assign(customer_id=orders["customer_id"].astype("str"))
    rows = rows[rows["ordered_at"] < as_of].join(windows, on="customer_id", how="inner")
    when = rows["ordered_at"]
    sums = {
        "early": rows["revenue"].where((when >= rows["first"]) & (when < rows["early_end"]), 0.0),
        "later": rows["revenue"].where((when >= rows["early_end"]) & (when < rows["late_end"]), 0.0),
    }
    value = pd.DataFrame(sums).groupby(rows["customer_id"]).sum().round(6)
    early = (when >= rows["first"]) & (when < rows["early_end"]) & (rows["revenue"] >= 0)
    return windows.join(value).assign(orders=early.groupby(rows["customer_id"]).sum())


def _met_early(
    orders: pd.DataFrame, order_lines: pd.DataFrame, people: pd.DataFrame, *, by: str, early_orders: int | None
) -> pd.DataFrame:
    """Pairs of customer and level met early."""
    if people.empty:
        return pd.DataFrame({"customer_id": [], by: []}, dtype="str")
    bought = purchases(orders, people["early_end"].max())
    bought = bought[bought["customer_id"].isin(people.index)]
    bought = bought[bought["ordered_at"] < bought["customer_id"].map(people["early_end"])]
    if early_orders is not None:
        require(bought, ("order_id",), name="orders")
        order = bought.groupby("customer_id")["order_id"].transform(lambda ids: pd.factorize(ids)[0])
        bought = bought[order < early_orders]
    lines = lines_of(bought, order_lines)
    return lines[["customer_id", by]].dropna().drop_duplicates()


def _strata(people: pd.DataFrame, met: pd.DataFrame, customers: pd.DataFrame | None) -> pd.Series:
    early = people["early"].to_numpy()
    thirds = np.searchsorted(np.quantile(early, [1 / 3, 2 / 3], method="inverted_cdf"), early, side="left")
    breadth = met.groupby("customer_id").size().reindex(people.index).clip(upper=MOST_MET)
    channel = pd.Series("", index=people.index)
    if customers is not None and "acquisition_channel" in customers:
        by_id = customers.assign(customer_id=customers["customer_id"].astype("str")).drop_duplicates("customer_id")
        channel = by_id.set_index("customer_id")["acquisition_channel"].reindex(people.index).astype("object")
    orders = people["orders"].clip(upper=_MOST_ORDERS)
    parts = zip(channel.fillna(NOT_KNOWN), thirds, breadth, orders, strict=True)
    return pd.Series(["|".join(map(str, part)) for part in parts], index=people.index)


def _compare_level(name: object, people: pd.DataFrame, met: Bools, *, level: float) -> tuple[object, ...]:
    """Compare those who met a level with the others, as they are and within strata."""
    later: Floats = people["later"].to_numpy(dtype=np.float64)
    means = tuple(float(later[side].mean()) if side.any() else float("nan") for side in (met, ~met))
    head = (name, int(met.sum()), int((~met).sum()), *means, means[0] - means[1])
    if met.all() or not met.any():
        return (*head, 0, np.nan, np.nan, np.nan, np.nan)
    sides = [_moments(people[side]).add_suffix(suffix) for side, suffix in ((met, "_met"), (~met, "_others"))]
    strata = sides[0].join(sides[1], how="inner")
    if strata.empty:
        return (*head, 0, np.nan, np.nan, np.nan, np.nan)
    size, other_size = (strata[column].to_numpy(dtype=np.float64) for column in ("size_met", "size_others"))
    weight = size / size.sum()
    adjusted = float((weight * (strata["mean_met"] - strata["mean_others"])).sum())
    variance = strata["var_met"].to_numpy() / size + strata["var_others"].to_numpy() / other_size
    error = float(np.sqrt((weight**2 * variance).sum()))
    if error == 0:
        return (*head, int(size.sum()), adjusted, adjusted, adjusted, float(adjusted == 0))
    # Satterthwaite (1946): small strata know their variances badly, and the interval widens for it
    parts = [(weight**2 * strata[f"var_{side}"] / n, n) for side, n in (("met", size), ("others", other_size))]
    degrees = error**4 / sum(float((part**2 / (n - 1)).sum()) for part, n in parts)
    half = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    p = float(2 * stats.t.sf(abs(adjusted) / error, degrees))
    return (*head, int(size.sum()), adjusted, adjusted - half, adjusted + half, p)


def _moments(people: pd.DataFrame) -> pd.DataFrame:
    """Count customers, and take mean and variance of later value in the strata that have two customers."""
    moments = people.groupby("stratum")["later"].agg(["size", "mean", "var"])
    return moments[moments["size"] >= 2]


def _add_verdicts(table: pd.DataFrame) -> pd.DataFrame:
    p = table["p_value"].to_numpy(dtype=np.float64)
    adjusted = np.full(len(p), np.nan)
    finite = np.isfinite(p)
    if finite.any():
        adjusted[finite] = stats.false_discovery_control(p[finite])
    signs = np.where(table["adjusted"].to_numpy(dtype=np.float64) < 0, "toxic", "good")
    table = table.assign(p_adjusted=adjusted, verdict=np.where(adjusted < _FALSE_DISCOVERIES, signs, ""))
    return table[list(ENCOUNTER_COLUMNS)].sort_values(["adjusted", "level"], ignore_index=True)
