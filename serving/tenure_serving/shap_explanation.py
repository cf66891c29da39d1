"""Explanations of many customers at once: as a ``shap.Explanation``, and as the small tables that charts draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_serving.facts import Described
from tenure_serving.reasons import Target, _Floats, meaning_of, terms_of
from tenure_training.models.contract import Contributions

if TYPE_CHECKING:  # shap compiles on import, which takes seconds
    from shap import Explanation

SWARM_CUSTOMERS = 120
"""Dots per term: enough to see the shape, few enough for a page."""


def explanation(
    contributions: Contributions, snapshot: pd.DataFrame, features: Iterable[Described], *, target: Target = "churn"
) -> Explanation:
    """Give the contributions of ``n`` customers in the form that the plots of shap read.

    Parameters
    ----------
    contributions
        Explanation of the rows of the snapshot.
    snapshot
        One row per customer, feature columns.
    features
        What the features mean.
    target
        ``churn``: values are log-odds of leaving. ``value``: logarithms of the value expected of those who buy.

    Returns
    -------
    shap.Explanation
        ``values`` of shape (n, f), ``base_values`` of shape (n,): together they add up to what the model says.
        ``data`` of shape (n, f) holds the features' values, and of terms of the model itself what they add;
        ``feature_names`` have the units.

    Raises
    ------
    UsageError
        Contributions and snapshot differ in their number of rows.
    """
    import shap

    values, base = terms_of(contributions, target=target, rows=len(snapshot))
    scale = "log-odds" if target == "churn" else "log"
    units = {name: scale for name in contributions.features if name not in snapshot}
    units |= {feature.name: feature.unit for feature in features}
    return shap.Explanation(
        values=values,
        base_values=np.full(len(values), base),
        data=_values(contributions.features, snapshot, otherwise=values),
        feature_names=[f"{name} ({units[name]})" if units.get(name) else name for name in contributions.features],
    )


def waterfall_steps(
    contributions: Contributions, snapshot: pd.DataFrame, features: Iterable[Described], *, row: int, top: int = 9
) -> pd.DataFrame:
    """Lay out how the log-odds of one customer come about, from where everybody starts to the prediction.

    Parameters
    ----------
    contributions, snapshot, features
        As `explanation` takes them.
    row
        Position of the customer.
    top
        Terms shown by themselves, largest first; the others are one step.

    Returns
    -------
    DataFrame
        ``term``, ``value`` (of the feature; NaN for terms of the model), ``unit``, ``contribution``, ``start`` and
        ``end`` (log-odds before and after the step); ``end`` of the last row is the prediction.
    """
    values, base = terms_of(contributions, target="churn", rows=len(snapshot))
    described = {feature.name: feature for feature in features}
    order = np.argsort(-np.abs(values[row]), kind="stable")
    names, seen = [contributions.features[term] for term in order[:top]], _values(contributions.features, snapshot)[row]
    steps = pd.DataFrame(
        {
            "term": [meaning_of(name, described) for name in names],
            "value": seen[order[:top]],
            "unit": [described[name].unit if name in described else "" for name in names],
            "contribution": values[row][order[:top]],
        }
    )
    if len(order) > top:
        steps.loc[len(steps)] = [f"{len(order) - top} others", np.nan, "", values[row][order[top:]].sum()]
    end = base + steps["contribution"].cumsum()
    return steps.assign(start=end - steps["contribution"], end=end)


def swarm_dots(
    contributions: Contributions,
    snapshot: pd.DataFrame,
    features: Iterable[Described],
    *,
    top: int = 8,
    customers: int = SWARM_CUSTOMERS,
) -> pd.DataFrame:
    """Sample what each of the strongest terms adds, customer by customer.

    Customers are taken evenly along their log-odds, so the same rows in any order give the same picture.

    Parameters
    ----------
    contributions, snapshot, features
        As `explanation` takes them.
    top
        Terms, those that move the log-odds most on average first.
    customers
        Dots per term, at most.

    Returns
    -------
    DataFrame
        ``term``, ``contribution`` (log-odds of leaving), ``level`` (rank among all customers of the feature's value, or
        of what a term of the model itself adds; 0 to 1, NaN where the value is missing) and ``lane`` (place across the
        row, so that dots do not cover each other).
    """
    values, _ = terms_of(contributions, target="churn", rows=len(snapshot))
    described = {feature.name: feature for feature in features}
    by_risk = np.lexsort((*values.T, values.sum(axis=1)))
    chosen = by_risk[np.linspace(0, len(by_risk) - 1, min(customers, len(by_risk))).round().astype(np.intp)]
    if not len(values):
        return pd.DataFrame(columns=["term", "contribution", "level", "lane"])
    strongest = np.argsort(-np.abs(values).mean(axis=0), kind="stable")[:top]
    levels = pd.DataFrame(_values(contributions.features, snapshot, otherwise=values)).rank(pct=True).to_numpy()
    parts = [
        pd.DataFrame(
            {
                "term": meaning_of(contributions.features[term], described),
                "contribution": values[chosen, term],
                "level": levels[chosen, term],
                "lane": _lanes(values[chosen, term]),
            }
        )
        for term in strongest
    ]
    return pd.concat(parts, ignore_index=True)


def _lanes(values: _Floats, *, bins: int = 40) -> _Floats:
    """Spread dots that fall into the same of ``bins`` equal bins to both sides: 0, 1, -1, 2, -2, ..."""
    width = max(float(np.ptp(values)), 1e-12) / bins
    place = pd.Series((values - values.min()) // width).groupby((values - values.min()) // width).cumcount().to_numpy()
    return np.where(place % 2 == 1, (place + 1) // 2, -(place // 2)).astype(np.float64)


def _values(names: Sequence[str], snapshot: pd.DataFrame, *, otherwise: _Floats | None = None) -> _Floats:
    """Take the values of the features, shape (n, f); those of a term that is no feature are given, or missing."""
    values = np.full((len(snapshot), len(names)), np.nan) if otherwise is None else otherwise.copy()
    for number, name in enumerate(names):
        if name in snapshot:
            values[:, number] = snapshot[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def row_of(snapshot: pd.DataFrame, customer: str) -> int:
    """Find the position of a customer in a snapshot.

    Raises
    ------
    UsageError
        There is no such customer.
    """
    places = np.flatnonzero((snapshot["customer_id"].astype("str") == str(customer)).to_numpy())
    if not len(places):
        raise UsageError(f"There is no customer {customer!r} in the snapshot.", found=f"{len(snapshot)} customers")
    return int(places[0])
