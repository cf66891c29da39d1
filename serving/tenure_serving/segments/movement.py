"""Movement: who changed the group between two runs, and the value they gained or lost with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError, UsageError

NEWCOMERS, ABSENT = "(newcomers)", "(no longer scored)"
GROUPINGS = ("segment", "rfm_group", "rfm_relationship", "value_tier", "risk_tier", "lifecycle")
"""Columns of a score table by which customers can be grouped."""

FLOW_SUMS = ("customers", "value_before", "value_after", "gained", "lost")


@dataclass(frozen=True, kw_only=True)
class Movement:
    """Customers and expected value that moved between the groups of two score tables.

    Value is ``expected_value`` over the horizon of each run. Newcomers had none before, who is no longer scored has
    none after, so the totals add up: value before + gained - lost = value after, in every row and over all.

    Attributes
    ----------
    column
        What the groups are groups of.
    previous_as_of, as_of
        The moments of the two runs.
    horizon_days
        Of both.
    flows
        One row per pair of groups with customers, largest first: ``from_group``, ``to_group``, ``customers``,
        ``value_before``, ``value_after`` (sums of expected value), ``gained`` and ``lost`` (sums of the customers'
        rises and falls, both >= 0).
    groups
        One row per group, in the given order: ``group``, ``before``, ``stayed``, ``arrived``, ``left``, ``after``
        (customers), ``value_before`` (of those in it before), ``value_after`` (of those in it now).
    """

    column: str
    previous_as_of: pd.Timestamp
    as_of: pd.Timestamp
    horizon_days: int
    flows: pd.DataFrame
    groups: pd.DataFrame

    @property
    def moved(self) -> pd.DataFrame:
        """The flows between different groups, newcomers and customers no longer scored included."""
        return self.flows[self.flows["from_group"] != self.flows["to_group"]].reset_index(drop=True)

    @property
    def changed_share(self) -> float:
        """Share of the customers scored both times whose group changed; 0 where nobody was."""
        both = self.flows[(self.flows["from_group"] != NEWCOMERS) & (self.flows["to_group"] != ABSENT)]
        changed = both.loc[both["from_group"] != both["to_group"], "customers"].sum()
        return float(changed / both["customers"].sum()) if len(both) else 0.0

    @property
    def totals(self) -> dict[str, float]:
        """Sums over all flows: ``customers`` seen at either time, and the money of each column."""
        return {name: float(self.flows[name].sum()) for name in FLOW_SUMS}


def count_movement(
    previous: pd.DataFrame, current: pd.DataFrame, *, column: str = "segment", order: Sequence[str] = ()
) -> Movement:
    """Compare the groups of two score tables customer by customer.

    Parameters
    ----------
    previous, current
        Score tables of one shop: ``customer_id``, ``as_of``, ``horizon_days``, ``expected_value`` and the column.
    column
        One of `GROUPINGS`, or any column of labels in both.
    order
        Groups in the order to show them; others follow by name.

    Raises
    ------
    DataContractError
        A column is missing, a customer is there twice, or a table has no or several ``as_of``.
    UsageError
        ``previous`` is not the earlier one, or the horizons differ, so that values cannot be compared.

    Examples
    --------
    >>> then = pd.DataFrame({"customer_id": ["a", "b"], "as_of": pd.Timestamp("2025-01-01"), "horizon_days": 90,
    ...                      "segment": ["New", "VIP"], "expected_value": [10.0, 50.0]})
    >>> now = then.assign(as_of=pd.Timestamp("2025-02-01"), segment="VIP", expected_value=[30.0, 45.0])
    >>> found = count_movement(then, now)
    >>> found.moved[["from_group", "to_group", "customers", "gained"]].to_numpy().tolist()
    [['New', 'VIP', 1, 20.0]]
    >>> found.totals["value_before"] + found.totals["gained"] - found.totals["lost"]
    75.0
    """
    before, after = (
        _check_groups(table, column, which) for table, which in ((previous, "earlier"), (current, "later"))
    )
    _check_comparable(previous, current)
    both = _both(before, after)
    change = both["value_after"].fillna(0.0) - both["value_before"].fillna(0.0)
    people = pd.DataFrame(
        {
            "from_group": both["group_before"].astype(object).fillna(NEWCOMERS),
            "to_group": both["group_after"].astype(object).fillna(ABSENT),
            "customers": 1,
            "value_before": both["value_before"].fillna(0.0),
            "value_after": both["value_after"].fillna(0.0),
            "gained": change.clip(lower=0.0),
            "lost": -change.clip(upper=0.0),
        }
    )
    flows = people.groupby(["from_group", "to_group"], as_index=False)[list(FLOW_SUMS)].sum()
    flows = flows.sort_values(["customers", "from_group", "to_group"], ascending=[False, True, True], ignore_index=True)
    first, last = (pd.Timestamp(table["as_of"].iloc[0]) for table in (previous, current))
    horizon = int(current["horizon_days"].iloc[0])
    return Movement(
        column=column,
        previous_as_of=first,
        as_of=last,
        horizon_days=horizon,
        flows=flows.astype({"customers": "int64"}),
        groups=_groups(flows, order),
    )


@dataclass(frozen=True)
class Stability:
    """How steady groups are: customers scored both times, without an order in between, and how many changed.

    Attributes
    ----------
    column
        What the groups are groups of.
    days
        Between the two runs.
    customers
        Scored both times and without a new order.
    changed
        Of those, in another group than before.
    """

    column: str
    days: float
    customers: int
    changed: int

    @property
    def share(self) -> float:
        """Share that changed; 0 where there is nobody to compare."""
        return self.changed / self.customers if self.customers else 0.0


def stability(
    previous: pd.DataFrame, current: pd.DataFrame, *, ordered: Collection[str] = (), column: str = "segment"
) -> Stability:
    """Count the customers whose group changed although they placed no order between two runs.

    Such changes come from time alone (silence grows, somebody is no longer new) or from numbers that lie at a border;
    hysteresis takes away the second kind.

    Parameters
    ----------
    previous, current
        As in `count_movement`.
    ordered
        Customers with an order in between; they are left out.
    column
        As in `count_movement`.

    Raises
    ------
    DataContractError, UsageError
        As in `count_movement`.
    """
    before, after = (
        _check_groups(table, column, which) for table, which in ((previous, "earlier"), (current, "later"))
    )
    days = _check_comparable(previous, current) / pd.Timedelta(days=1)
    both = _both(before, after).loc[before.index.intersection(after.index)]
    quiet = both[~both.index.isin([str(customer) for customer in ordered])]
    changed = int((quiet["group_before"] != quiet["group_after"]).sum())
    return Stability(column, days, len(quiet), changed)


def _check_groups(table: pd.DataFrame, column: str, which: str) -> pd.DataFrame:
    """Group and value by customer."""
    needed = ("customer_id", "as_of", "horizon_days", "expected_value", column)
    missing = [name for name in needed if name not in table]
    if missing:
        raise DataContractError(f"The {which} scores lack columns.", found=f"no {', '.join(missing)}")
    moments = table["as_of"].unique()
    if len(moments) != 1:
        raise DataContractError(f"The {which} scores must have one as_of.", found=f"{len(moments)} of them")
    customers = table["customer_id"].astype("str")
    if customers.duplicated().any():
        raise DataContractError(
            f"The {which} scores have one row per customer.",
            found=f"{customers[customers.duplicated()].iloc[0]} more than once",
        )
    values = {"group": table[column].to_numpy(), "value": table["expected_value"].to_numpy(dtype=np.float64)}
    return pd.DataFrame(values, index=pd.Index(customers, name="customer_id"))


def _both(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """One row per customer of either time; missing where there was no score."""
    sides = {"before": before, "after": after}
    return pd.DataFrame({f"{name}_{side}": table[name] for side, table in sides.items() for name in table})


def _check_comparable(previous: pd.DataFrame, current: pd.DataFrame) -> pd.Timedelta:
    first, last = (pd.Timestamp(table["as_of"].iloc[0]) for table in (previous, current))
    if first >= last:
        raise UsageError(
            "The previous scores must be earlier than the current ones.", found=f"as of {first} and {last}"
        )
    horizons = [int(table["horizon_days"].iloc[0]) for table in (previous, current)]
    if horizons[0] != horizons[1]:
        raise UsageError(
            "Values over different horizons cannot be compared.",
            found=f"{horizons[0]} and {horizons[1]} days",
            fix="Score both moments with the same horizon.",
        )
    return last - first


def _groups(flows: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    names = {str(name) for column in ("from_group", "to_group") for name in flows[column]} - {NEWCOMERS, ABSENT}
    rank = {name: place for place, name in enumerate(order)}
    rows = []
    for name in sorted(names, key=lambda name: (rank.get(name, len(rank)), name)):
        came, went = flows["to_group"] == name, flows["from_group"] == name
        stayed = int(flows.loc[came & went, "customers"].sum())
        before, after = (int(flows.loc[side, "customers"].sum()) for side in (went, came))
        rows.append(
            {
                "group": name, "before": before, "stayed": stayed, "arrived": after - stayed, "left": before - stayed,
                "after": after, "value_before": float(flows.loc[went, "value_before"].sum()),
                "value_after": float(flows.loc[came, "value_after"].sum()),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
