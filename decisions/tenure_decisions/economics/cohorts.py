"""Cohorts: customers by when they first ordered, or by any column, followed by age; open periods stay apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.economics.acquisition import acquire
from tenure_decisions.economics.ages import Ages, measure_ages, month_edges
from tenure_decisions.economics.ledger import NOTHING_NAMED, NamedCosts, open_ledger
from tenure_decisions.economics.scored_clv import CLV_PARTS
from tenure_decisions.inputs import MONTH_DAYS, ONE_DAY, Ints, moment, require
from tenure_decisions.resampling import divide
from tenure_features.errors import UsageError

BY_TIME = {"week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
_UNKNOWN_COHORT = "unknown"


@dataclass(frozen=True, kw_only=True)
class Cohorts:
    """Cohorts followed by age.

    Attributes
    ----------
    cells
        One row per cohort and age, see `cohorts`.
    summary
        One row per age: the mean over mature cells, weighted by customers.
    by
        What makes a cohort.
    period_days
        Length of a period of age.
    measure
        What value means, in words.
    as_of
        Only what lies strictly before it was read.
    notes
        What a reader must know.
    clv
        One row per cohort: lifetime value as the scores of its customers state it; None without such scores.
    """

    cells: pd.DataFrame
    summary: pd.DataFrame
    by: str
    period_days: int
    measure: str
    as_of: pd.Timestamp
    notes: tuple[str, ...]
    clv: pd.DataFrame | None = None


def cohorts(
    orders: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    by: str = "month",
    customers: pd.DataFrame | None = None,
    service_costs: pd.DataFrame | None = None,
    named_costs: NamedCosts = NOTHING_NAMED,
    scores: pd.DataFrame | None = None,
    period_days: int = MONTH_DAYS,
) -> Cohorts:
    """Follow cohorts of customers by age.

    Age is counted for each customer from their own first order: age 0 is the first ``period_days`` days, first order
    included. A cell is *mature* when the period has closed for the whole cohort: for a cohort by time, when even
    somebody who came at the cohort's last moment has lived through it. Cells that are not are given for those
    customers who have, marked, and never enter the summary. A cohort by a column has no last moment; its cells are
    of the customers who have lived through the period, whose number shrinks with age.

    Parameters
    ----------
    orders
        ``customer_id, ordered_at, revenue`` and, where known, ``cost, is_return``.
    as_of
        Only rows strictly before it are read.
    by
        ``week``, ``month``, ``quarter`` or ``year`` of the first order, or a column of ``customers``.
    customers
        ``customer_id`` and the column.
    service_costs
        ``customer_id, incurred_at, amount``.
    named_costs
        A margin and a cost to serve that were said: they stand for those of ``orders`` and ``service_costs``.
    scores
        ``customer_id`` and, where they carry it, ``contribution_to_date``, ``clv_to_come``, ``clv_before_cac`` and
        ``clv_net``, made at ``as_of``: averaged by cohort.
    period_days
        Days of a period of age.

    Returns
    -------
    Cohorts
        Its ``cells`` hold ``cohort``, ``age`` (periods), ``customers`` (in the cohort), ``observed`` (of them lived
        through the period), ``mature``, ``active`` (customers with an order of positive revenue in the period),
        ``orders``, ``revenue`` and ``value`` (money; sums over the observed), ``retention`` (active / observed),
        ``orders_per_customer``, ``revenue_per_customer``, ``value_per_customer`` (all over observed), and
        ``cumulative_value`` (money per observed customer until the end of the period, before the cost of acquisition).

    Raises
    ------
    UsageError
        When ``by`` is neither a period nor a column of ``customers``, or the period is not a day at least.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "b", "a"], "revenue": [10.0, 20.0, 5.0],
    ...     "ordered_at": pd.to_datetime(["2024-01-05", "2024-01-20", "2024-02-10"])})
    >>> found = cohorts(orders, as_of="2024-04-01")
    >>> found.cells[["cohort", "age", "mature", "retention", "cumulative_value"]].values.tolist()
    [['2024-01', 0, True, 1.0, 15.0], ['2024-01', 1, True, 0.5, 17.5]]
    """
    at = moment(as_of)
    if period_days < 1:
        raise UsageError("A period of age is one day at least.", found=str(period_days))
    acquired = acquire(orders, as_of=at, customers=customers)
    label, ends = _labels(acquired, by, customers)
    ledger = open_ledger(orders, as_of=at, service_costs=service_costs, named=named_costs)
    oldest = (at - acquired["first_order_at"].min()) / ONE_DAY
    ages = measure_ages(ledger, acquired, as_of=at, edges=month_edges(oldest, period_days=period_days))
    cells = _cells(ages, label, ends, at)
    notes = [*ledger.notes]
    if len(set(cells["cohort"])) == 1:
        notes.append("There is one cohort: nothing to compare it with, and no completion to learn.")
    if not cells["mature"].any():
        notes.append(f"No period of {period_days} days has closed for a whole cohort yet.")
    return Cohorts(
        cells=cells,
        summary=_summary(cells),
        by=by,
        period_days=period_days,
        measure=ledger.definition,
        as_of=at,
        notes=tuple(notes),
        clv=None if scores is None else _average_clv(acquired["customer_id"], label, scores),
    )


def _average_clv(ids: pd.Series, label: pd.Series[str], scores: pd.DataFrame) -> pd.DataFrame | None:
    """Average what the scores say of each cohort's customers; None where they say nothing, net only where all do."""
    names = [name for name in (*CLV_PARTS, "clv_net") if name in scores]
    if not set(CLV_PARTS) <= set(names):
        return None
    by_id = scores.drop_duplicates("customer_id").set_index("customer_id")[names]
    rows = by_id.reindex(ids).assign(cohort=label.to_numpy())
    rows = rows[rows[[*CLV_PARTS]].notna().all(axis=1)]
    if rows.empty:
        return None
    groups = rows.groupby("cohort")
    means = groups[names].mean()
    if "clv_net" in names:
        means["clv_net"] = means["clv_net"].where(groups["clv_net"].count() == groups.size())
    return means.assign(customers=groups.size()).reset_index()[["cohort", "customers", *names]]


def _labels(
    acquired: pd.DataFrame, by: str, customers: pd.DataFrame | None
) -> tuple[pd.Series[str], pd.Series[pd.Timestamp] | None]:
    """Return the cohort of each customer, and the last moment of their cohort where it has one."""
    if by in BY_TIME:
        period = acquired["first_order_at"].dt.to_period(BY_TIME[by])
        text = period.dt.start_time.dt.strftime("%Y-%m-%d") if by == "week" else period.astype("str")
        return text, period.dt.end_time.dt.ceil("D")
    if customers is None or by not in customers:
        columns = "no table of customers" if customers is None else ", ".join(map(str, customers.columns))
        raise UsageError(
            f"There is no cohort by {by!r}.",
            found=columns,
            fix=f"Choose {', '.join(BY_TIME)}, or a column of customers.",
        )
    require(customers, ("customer_id",), name="customers")
    by_id = customers.drop_duplicates("customer_id").set_index("customer_id")[by]
    stated = acquired["customer_id"].map(by_id)
    return stated.astype("object").where(stated.notna(), _UNKNOWN_COHORT).astype("str"), None


def _cells(
    ages: Ages, label: pd.Series[str], ends: pd.Series[pd.Timestamp] | None, as_of: pd.Timestamp
) -> pd.DataFrame:
    names, code = np.unique(label.to_numpy(dtype=object).astype(str), return_inverse=True)
    closed, count = ages.closed, np.bincount(code)

    def total(values: np.ndarray) -> np.ndarray:
        table = np.zeros((len(names), values.shape[1]))
        np.add.at(table, code, values)
        return table

    observed = total(1.0 * closed)
    last = None if ends is None else _days_since(ends, code, as_of)
    mature = observed > 0 if last is None else last[:, None] >= ages.edges[1:]
    # a cohort nobody of whom has lived through a period is there, too: one open cell without a rate
    row, column = np.nonzero((observed > 0) | (np.arange(observed.shape[1]) == 0))
    cumulative = total(np.cumsum(ages.value, axis=1) * closed)
    frame = pd.DataFrame(
        {
            "cohort": names[row], "age": column, "customers": count[row],
            "observed": observed[row, column].astype(np.int64), "mature": mature[row, column],
            "active": total(1.0 * (ages.active & closed))[row, column].astype(np.int64),
            "orders": total(ages.orders * closed)[row, column],
            "revenue": total(ages.revenue * closed)[row, column], "value": total(ages.value * closed)[row, column],
        }
    )  # fmt: skip
    return frame.assign(
        retention=frame["active"] / frame["observed"],
        **{f"{name}_per_customer": frame[name] / frame["observed"] for name in ("orders", "revenue", "value")},
        cumulative_value=divide(cumulative, observed)[row, column],
    )


def _days_since(ends: pd.Series[pd.Timestamp], code: Ints, as_of: pd.Timestamp) -> np.ndarray:
    """Days from the last moment of each cohort to ``as_of``."""
    return np.asarray(((as_of - ends) / ONE_DAY).groupby(code).first(), dtype=np.float64)


def _summary(cells: pd.DataFrame) -> pd.DataFrame:
    """Average the mature cells of each age, weighted by customers."""
    mature = cells[cells["mature"]]
    sums = mature.groupby("age", as_index=False).agg(
        cohorts=("cohort", "nunique"), customers=("observed", "sum"), active=("active", "sum"),
        orders=("orders", "sum"), revenue=("revenue", "sum"), value=("value", "sum"),
    )  # fmt: skip
    sums["retention"] = sums["active"] / sums["customers"]
    for name in ("orders", "revenue", "value"):
        sums[f"{name}_per_customer"] = sums[name] / sums["customers"]
    # each age is averaged over its own mature cohorts, so the total is the sum of these means
    sums["cumulative_value"] = sums["value_per_customer"].cumsum()
    return sums
