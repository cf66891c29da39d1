"""The model matrix: a snapshot turned into scale-free columns that mean the same at every origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError
from tenure_features.families.catalogue import Catalogue
from tenure_features.stored import Stored
from tenure_training.models.btyd.btyd_ensemble import Expectation
from tenure_training.models.contract import Floats

RHYTHM_PART_NAME = "btyd_rhythm"
"""Name of the explanation term that gathers what the BTYD models contribute."""

_MONEY = (
    "revenue_total", "revenue_30d", "revenue_90d", "revenue_180d", "revenue_365d",
    "value_mean", "value_first", "value_last", "value_max", "value_std",
)  # fmt: skip
_LOGARITHMS = (
    "recency_days", "tenure_days",
    "adbt_days", "adbt_std_days", "gap_last_days", "gap_longest_days",
    "order_days", "order_days_90d",
    "orders_30d", "orders_90d", "orders_180d", "orders_365d", "orders_prior_90d",
    "lateness", "lateness_longest", "returns_total",
)  # fmt: skip
_AS_THEY_ARE = (
    "recency_share", "adbt_cv", "gap_last_ratio", "lateness_z", "value_cv", "value_last_ratio",
    "returns_rate",
)  # fmt: skip
_UNITS_AS_THEY_ARE = frozenset({"ratio", "share", "flag", "points", "nats", "years", "log", "cycle"})
_LEFT_OUT = frozenset({"signup_days"})
"""Grows with the origin for all customers together, as tenure does, which is there already."""

_ODDS = "rhythm_odds_"

_BOUND = 20.0
"""Ratios over tiny gaps explode; beyond this nothing more is learnt from them."""


def units_beside(names: Iterable[str], catalogue: Catalogue) -> dict[str, str]:
    """Give the units of the features that take part beside those listed here, by name.

    A fitted model keeps them: what a feature is measured in must not change under it.
    """
    listed = {*_LOGARITHMS, *_MONEY, *_AS_THEY_ARE, *_LEFT_OUT}
    beside = [catalogue.get(name) for name in names if name not in listed]
    return {
        feature.name: feature.unit
        for feature in beside
        if feature and (feature.table != "orders" or feature.file is not None)
    }


def units_from(stored: Stored) -> dict[str, str]:
    """Read back the units a fitted model kept."""
    return {name: unit.text(most=50) for name, unit in stored.read_named().items()}


def design(snapshot: pd.DataFrame, expected: Expectation, *, units: Mapping[str, str]) -> pd.DataFrame:
    """Build the model matrix of a snapshot.

    Amounts, counts and durations enter as signed logarithms, ratios bounded, the BTYD expectations as log-odds and
    logarithms: a window's length reaches the model through them. Money is measured in typical orders, so neither the
    currency nor the price level matters. Of the features of orders, those listed above take part; features of other
    tables, and those a user defined, all do, by their unit.

    Parameters
    ----------
    snapshot
        Features of ``n`` customers.
    expected
        What the buying rhythm expects of them over the window in question.
    units
        Units of the features beside those listed above, see `units_beside`.

    Returns
    -------
    DataFrame
        Shape (n, k), float64, the same ``k`` columns for every snapshot with the same features; missing is NaN. Names
        are those of the features, or start with ``rhythm_``.
    """
    columns: dict[str, Floats] = {}
    for name in (name for name in (*_LOGARITHMS, *_MONEY) if name in snapshot):
        unit = expected.typical_spend / 20 if name in _MONEY else 1.0  # so that log1p is a logarithm for most amounts
        values = snapshot[name].to_numpy(dtype=np.float64) / unit
        columns[name] = np.sign(values) * np.log1p(np.abs(values))
    for name in (name for name in _AS_THEY_ARE if name in snapshot):
        columns[name] = np.clip(snapshot[name].to_numpy(dtype=np.float64), -_BOUND, _BOUND)
    for name in (name for name in snapshot.columns if name in units):
        columns[name] = _scale(snapshot[name].to_numpy(dtype=np.float64), units[name], expected.typical_spend)
    columns |= {f"{_ODDS}{name}": odds for name, odds in expected.odds.items()}
    columns |= {f"rhythm_orders_{name}": np.log(orders) for name, orders in expected.orders.items()}
    columns["rhythm_spend"] = np.log(expected.spend / expected.typical_spend)
    return pd.DataFrame(columns)


def _scale(values: Floats, unit: str, typical_spend: float) -> Floats:
    if unit in _UNITS_AS_THEY_ARE:
        return np.clip(values, -_BOUND, _BOUND) if unit != "years" else values
    # so that log1p is a logarithm for most amounts
    values = values / (typical_spend / 20 if unit.startswith("money") else 1.0)
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)))


def odds_by_model(X: pd.DataFrame) -> dict[str, Floats]:
    """Give back the log-odds by BTYD model from a model matrix, shape (n,) each."""
    names = [str(name) for name in X.columns if str(name).startswith(_ODDS)]
    return {name.removeprefix(_ODDS): X[name].to_numpy(dtype=np.float64) for name in names}


def columns_of(X: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Take the columns a fitted part reads.

    Raises
    ------
    DataContractError
        The model matrix lacks one: the model was trained with other definitions than are installed.
    """
    missing = [name for name in names if name not in X]
    if missing:
        raise DataContractError(
            "The model reads columns that this version of tenure does not make.",
            found=f"no {', '.join(missing)}",
            fix="Score with the version that trained it (bundle.json names it), or train again.",
        )
    return X[list(names)]


def term_of(column: str) -> str:
    """Name the explanation term a column of the model matrix belongs to: its feature, or the rhythm.

    Examples
    --------
    >>> term_of("recency_days"), term_of("rhythm_odds_bgnbd"), term_of("rhythm_spend")
    ('recency_days', 'btyd_rhythm', 'value_mean')
    """
    if column == "rhythm_spend":
        return "value_mean"  # the Gamma-Gamma reads nothing else but the count
    return RHYTHM_PART_NAME if column.startswith("rhythm_") else column


def by_term(columns: list[str], parts: Floats) -> Mapping[str, NDArray[np.float64]]:
    """Add up per-column contributions of shape (n, k) by explanation term; shape (n,) each."""
    totals: dict[str, NDArray[np.float64]] = {}
    for number, column in enumerate(columns):
        term = term_of(column)
        totals[term] = totals.get(term, 0.0) + parts[:, number]
    return totals
