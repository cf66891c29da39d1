"""The model matrix: a snapshot turned into scale-free columns that mean the same at every origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError
from tenure_features.families.catalogue import Catalogue
from tenure_features.float_table import FloatTable, Table, place_names, read_floats
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
    """Build the model matrix of a snapshot as a data frame; see `design_table`."""
    return design_table(snapshot, expected, units=units).to_frame()


def design_table(snapshot: Table, expected: Expectation, *, units: Mapping[str, str]) -> FloatTable:
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
    FloatTable
        The same ``k`` columns for every snapshot with the same features; missing is NaN. Names are those of the
        features, or start with ``rhythm_``.
    """
    beside = [name for name in snapshot.columns if name in units]
    kinds = {name: _kind_of(units[name]) for name in beside}
    in_logarithms = [name for name in (*_LOGARITHMS, *_MONEY) if name in snapshot and name not in kinds]
    in_logarithms += [name for name, kind in kinds.items() if kind in {"money", "count"}]
    bounded = [name for name in _AS_THEY_ARE if name in snapshot and name not in kinds]
    bounded += [name for name, kind in kinds.items() if kind == "bounded"]
    rhythm = {f"{_ODDS}{name}": odds for name, odds in expected.odds.items()}
    rhythm |= {f"rhythm_orders_{name}": np.log(orders) for name, orders in expected.orders.items()}
    rhythm["rhythm_spend"] = np.log(expected.spend / expected.typical_spend)
    listed = [name for name in (*_LOGARITHMS, *_MONEY, *_AS_THEY_ARE) if name in snapshot and name not in kinds]
    places = place_names([*listed, *beside, *rhythm])
    values = np.empty((len(places), len(snapshot)))
    read = [*listed, *beside]
    if isinstance(snapshot, FloatTable):
        values[: len(read)] = snapshot.block[[snapshot.places[name] for name in read]]
    else:
        for name in read:
            values[places[name]] = read_floats(snapshot, name)
    values[[places[name] for name in rhythm]] = list(rhythm.values())
    money = [places[name] for name in in_logarithms if name in _MONEY or kinds.get(name) == "money"]
    values[money] /= expected.typical_spend / 20  # so that log1p is a logarithm for most amounts
    logarithms = [places[name] for name in in_logarithms]
    values[logarithms] = np.sign(values[logarithms]) * np.log1p(np.abs(values[logarithms]))
    ratios = [places[name] for name in bounded]
    values[ratios] = np.clip(values[ratios], -_BOUND, _BOUND)
    return FloatTable(places, values)


def _kind_of(unit: str) -> str:
    """Say how a unit enters: as it is, bounded, or as a logarithm of money or of something counted."""
    if unit == "years":
        return "plain"
    if unit in _UNITS_AS_THEY_ARE:
        return "bounded"
    return "money" if unit.startswith("money") else "count"


def odds_by_model(X: pd.DataFrame) -> dict[str, Floats]:
    """Give back the log-odds by BTYD model from a model matrix, shape (n,) each."""
    names = [str(name) for name in X.columns if str(name).startswith(_ODDS)]
    return {name.removeprefix(_ODDS): X[name].to_numpy(dtype=np.float64) for name in names}


def columns_of(X: Table, names: Sequence[str]) -> Floats:
    """Take the columns a fitted part reads, shape (n, len(names)).

    The numbers of a row lie beside each other: NumPy adds up a row of them alike, whoever else is in the table.

    Raises
    ------
    DataContractError
        The model matrix lacks one: the model was trained with other definitions than are installed.
    """
    try:
        if isinstance(X, FloatTable):
            return X.take(names)
        return np.ascontiguousarray(X[list(names)].to_numpy(dtype=np.float64))
    except KeyError:
        missing = [name for name in names if name not in X]
        raise DataContractError(
            "The model reads columns that this version of tenure does not make.",
            found=f"no {', '.join(missing)}",
            fix="Score with the version that trained it (bundle.json names it), or train again.",
        ) from None


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
    terms = TermMap.of(columns)
    return dict(zip(terms.names, terms.add_up(parts).T, strict=True))


@dataclass(frozen=True)
class TermMap:
    """Which explanation term each column of a part belongs to.

    Attributes
    ----------
    names
        The terms, each once.
    columns
        Numbers of the columns of each term, in order.

    Examples
    --------
    >>> terms = TermMap.of(["recency_days", "rhythm_odds_bgnbd", "rhythm_odds_mbgnbd"])
    >>> terms.names, terms.add_up(np.array([[1.0, 2.0, 3.0]])).tolist()
    (('recency_days', 'btyd_rhythm'), [[1.0, 5.0]])
    """

    names: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, columns: Sequence[str]) -> Self:
        """Find the terms of columns by their names."""
        members: dict[str, list[int]] = {}
        for number, column in enumerate(columns):
            members.setdefault(term_of(column), []).append(number)
        return cls(tuple(members), tuple(tuple(numbers) for numbers in members.values()))

    def add_up(self, parts: Floats) -> Floats:
        """Add up contributions of shape (n, columns) by term, shape (n, terms)."""
        totals = np.take(parts, self._first, axis=1)
        for term, number in self._others:
            totals[:, term] += parts[:, number]
        return totals

    @cached_property
    def _first(self) -> NDArray[np.intp]:
        return np.array([numbers[0] for numbers in self.columns], dtype=np.intp)

    @cached_property
    def _others(self) -> list[tuple[int, int]]:
        return [(term, number) for term, (_, *others) in enumerate(self.columns) for number in others]


@dataclass(frozen=True, eq=False, kw_only=True)
class PartAnswer:
    """What a part of a model says of ``n`` customers, and why.

    Attributes
    ----------
    score
        Shape (n,).
    parts
        Contributions of its columns, shape (n, columns).
    base
        What is left of the score without them, shape (n,) or one for all.
    """

    score: Floats
    parts: Floats
    base: Floats | float
