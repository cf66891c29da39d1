"""A campaign as it was randomised: who was assigned to which arm, and what they did before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.inputs import require
from tenure_features.errors import DataContractError, NothingToDoError, UsageError

CONTROL = "control"
TRIAL_METRICS = ("retention", "orders", "revenue", "margin", "profit")
"""What an arm is compared by; margin and profit only where costs are known. Later scores add CLV: `lifetime_value`."""
BEFORE_PREFIX = "before_"
"""Prefix of the same metric over as many days before the assignment."""
CAP = 0.99
"""Quantile, over all arms together, that capped money is cut off at: a single wholesale order decides no test."""
YEAR = 365
"""Days of the longer past: a lapsed customer has nothing in as many days before as the window has."""
PAST = ("year_orders", "year_revenue", "log_recency")
"""What is known of a customer besides the metric itself over the days before: over a year, and since the last order."""
_NEVER = 3650.0
_NAMES = ("customer_id", "campaign", "arm", "assigned_at")


@dataclass(frozen=True, kw_only=True)
class CampaignTrial:
    """The customers of a campaign by the arm they were assigned to, whatever happened to them afterwards.

    Attributes
    ----------
    campaign, control
        Its name, and the arm everything is compared with.
    horizon_days
        Length of the window ``[assigned_at, assigned_at + horizon)`` of every customer.
    as_of
        Until when orders were read: only windows that closed by then count.
    assigned
        Every customer in a single arm: ``customer_id, arm, assigned_at`` and costs, open windows included.
    customers
        Those of closed windows, with the metrics and, under ``before_``, those of the days before.
    metrics
        Which of `TRIAL_METRICS`, and of their capped versions, ``customers`` has.
    in_several
        Customers who were in more than one arm; they are in no table.
    rows
        All assignments of this campaign and of others, as they were given.
    """

    campaign: str
    control: str
    horizon_days: int
    as_of: pd.Timestamp
    assigned: pd.DataFrame = field(repr=False)
    customers: pd.DataFrame = field(repr=False)
    metrics: tuple[str, ...]
    in_several: int
    rows: pd.DataFrame = field(repr=False)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that are compared with control, by name."""
        return tuple(sorted(set(self.assigned["arm"]) - {self.control}))

    @property
    def still_open(self) -> int:
        """Customers whose window had not closed."""
        return len(self.assigned) - len(self.customers)


def open_trial(
    assignments: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    campaign: str,
    horizon_days: int,
    as_of: pd.Timestamp,
    control: str = CONTROL,
) -> CampaignTrial:
    """Lay a campaign out for analysis by intention to treat.

    Parameters
    ----------
    assignments
        Of the table contract: ``customer_id, campaign, arm, assigned_at``, and ``offer_cost, contact_cost`` if known.
    orders
        ``customer_id, ordered_at, revenue``, and ``cost`` and ``discount`` if known; returns have negative revenue.
    campaign, control
        Which one, and its arm of comparison.
    horizon_days
        Days of a customer's window.
    as_of
        Orders and assignments strictly before it are read.

    Raises
    ------
    UsageError
        There is no such campaign, or no such control, or nothing but control.
    NothingToDoError
        No window has closed yet.
    """
    require(assignments, _NAMES, name="assignments")
    require(orders, ("customer_id", "ordered_at", "revenue"), name="orders")
    rows = assignments[assignments["assigned_at"] < as_of]
    if rows.empty:
        raise DataContractError(f"Nobody was assigned to anything before {as_of:%Y-%m-%d}.")
    mine = _rows_of(rows, campaign, control)
    arms_each = mine.groupby("customer_id")["arm"].nunique()
    several = arms_each.index[arms_each > 1]
    single = mine[~mine["customer_id"].isin(several)]
    # a customer written twice for the same arm was assigned when it was written first
    assigned = single.sort_values("assigned_at", kind="stable").drop_duplicates("customer_id", ignore_index=True)
    horizon = pd.Timedelta(days=horizon_days)
    closed = assigned[assigned["assigned_at"] + horizon <= as_of].reset_index(drop=True)
    if closed.empty:
        raise NothingToDoError(
            f"No window of {horizon_days} days of {campaign} has closed by {as_of:%Y-%m-%d}.",
            found=f"{len(assigned):,} customers, the first assigned on {assigned['assigned_at'].min():%Y-%m-%d}",
            fix="Come back when it has, or ask for a shorter --horizon.",
        )
    customers = measure(closed, orders[orders["ordered_at"] < as_of], horizon_days=horizon_days)
    return CampaignTrial(
        campaign=campaign,
        control=control,
        horizon_days=horizon_days,
        as_of=as_of,
        assigned=assigned,
        customers=customers,
        metrics=tuple(
            name for name in map(str, customers) if f"{BEFORE_PREFIX}{name}" in customers or name == "profit"
        ),
        in_several=len(several),
        rows=rows,
    )


def _rows_of(rows: pd.DataFrame, campaign: str, control: str) -> pd.DataFrame:
    names = ", ".join(sorted(map(str, rows["campaign"].unique())))
    mine = rows[rows["campaign"] == campaign]
    if mine.empty:
        raise UsageError(f"There is no campaign {campaign!r}.", fix=f"There are {names}.")
    arms = sorted(map(str, mine["arm"].unique()))
    if control not in arms:
        raise UsageError(
            f"{campaign} has no arm {control!r} to compare with.",
            found=f"its arms are {', '.join(arms)}",
            fix="Name the arm that was left alone with --control.",
        )
    if len(arms) < 2:
        raise UsageError(f"{campaign} has nobody outside {control!r}: there is nothing to compare.")
    return mine


def measure(assigned: pd.DataFrame, orders: pd.DataFrame, *, horizon_days: int) -> pd.DataFrame:
    """Add what each customer did in the window and in as many days before it; nobody is left out.

    ``retention`` is 1 with an order of positive revenue, ``orders`` counts these, ``revenue`` is net of returns,
    ``margin`` is revenue less the cost of goods, ``profit`` less contact and offer as well. Money is also capped.

    Examples
    --------
    >>> at = pd.Timestamp(2024, 1, 11)
    >>> assigned = pd.DataFrame({"customer_id": ["a", "b"], "assigned_at": [at, at]})
    >>> orders = pd.DataFrame({"customer_id": ["a", "a"], "ordered_at": [at, at - pd.Timedelta("1h")],
    ...                        "revenue": [5.0, 7.0]})
    >>> measure(assigned, orders, horizon_days=10)[["retention", "revenue", "before_revenue"]].values.tolist()
    [[1.0, 5.0, 7.0], [0.0, 0.0, 0.0]]
    """
    people = assigned[["customer_id", "assigned_at"]].reset_index(names="place")
    days = orders.merge(people, on="customer_id").reset_index(drop=True)
    since = (days["ordered_at"] - days["assigned_at"]).dt.total_seconds() / 86_400
    after, before = days[(since >= 0) & (since < horizon_days)], days[(since < 0) & (since >= -horizon_days)]
    names = ["retention", "orders", "revenue", *(["margin"] if has_costs(orders) else [])]
    columns = {
        f"{prefix}{name}": values
        for prefix, window in (("", after), (BEFORE_PREFIX, before))
        for name, values in _sums(window, len(assigned), names).items()
    }
    table = assigned.assign(**columns, **_past(days, since, len(assigned)))
    for name in ("revenue", "margin"):
        if name in table:
            for prefix in ("", BEFORE_PREFIX):
                table[f"{prefix}{name}_capped"] = cap_money(table[f"{prefix}{name}"])
    if "contact_cost" in table or "offer_cost" in table:
        table["profit"] = table["margin" if "margin" in table else "revenue"] - contact_costs(table, orders)
    return table


def has_costs(orders: pd.DataFrame) -> bool:
    """Return whether the cost of goods of every order is known."""
    return "cost" in orders and bool(orders.loc[orders["revenue"] > 0, "cost"].notna().all())


def contact_costs(customers: pd.DataFrame, orders: pd.DataFrame) -> pd.Series[float]:
    """Return what contact and offer cost for each customer.

    An offer costs those who ordered within the window; where orders carry their discounts it is in the revenue already.
    """
    zero = pd.Series(0.0, index=customers.index)
    contact = customers["contact_cost"].fillna(0.0) if "contact_cost" in customers else zero
    offer = customers["offer_cost"].fillna(0.0) if "offer_cost" in customers else zero
    in_revenue = "discount" in orders and bool(orders["discount"].notna().any())
    return contact + (zero if in_revenue else offer * customers["retention"])


def _sums(window: pd.DataFrame, customers: int, names: Sequence[str]) -> dict[str, np.ndarray]:
    place = window["place"].to_numpy(dtype=np.int64)
    bought = (window["revenue"] > 0).to_numpy(dtype=np.float64)
    revenue = window["revenue"].to_numpy(dtype=np.float64)
    orders = np.bincount(place, bought, customers)
    sums = {"retention": (orders > 0).astype(np.float64), "orders": orders}
    sums["revenue"] = np.bincount(place, revenue, customers)
    if "margin" in names:
        sums["margin"] = np.bincount(place, revenue - window["cost"].fillna(0).to_numpy(dtype=np.float64), customers)
    return sums


def _past(days: pd.DataFrame, since: pd.Series[float], customers: int) -> dict[str, np.ndarray]:
    year = _sums(days[(since < 0) & (since >= -YEAR)], customers, ("orders", "revenue"))
    bought = days[(since < 0) & (days["revenue"] > 0)]
    recency = (-since[bought.index]).groupby(bought["place"]).min().reindex(range(customers)).fillna(_NEVER)
    return dict(zip(PAST, (year["orders"], year["revenue"], np.log1p(recency.to_numpy())), strict=True))


def cap_money(values: pd.Series[float]) -> pd.Series[float]:
    """Cut the largest hundredth off; where hardly anybody bought, the limit is that of the buyers.

    Examples
    --------
    >>> cap_money(pd.Series([0.0, 1.0, 101.0])).round(2).tolist()
    [0.0, 1.0, 99.0]
    """
    limit = float(values.quantile(CAP))
    limit = limit if limit > 0 else float(values[values > 0].quantile(CAP)) if (values > 0).any() else 0.0
    return values.clip(upper=limit)
