"""Whether features keep the rules: nothing from the future, finite numbers, one origin like many."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tenure_features import OrderSource, Shop, TableSource, snapshots
from tenure_features.errors import QualityGateError
from tenure_features.families.catalogue import BUILT_IN, Catalogue
from tenure_features.families.feature import Feature
from tenure_features.html_view import render_view
from tenure_features.shop import open_sources
from tenure_features.tables.contracts import TABLES
from tenure_simulator import preset, simulate

_KEYS = ["as_of", "customer_id"]


@dataclass(frozen=True)
class Checked:
    """What a check of features found.

    Attributes
    ----------
    features
        Names of those that were checked.
    problems
        One sentence each; empty when every rule is kept.
    """

    features: tuple[str, ...]
    problems: tuple[str, ...]

    def _repr_html_(self) -> str:
        """Show which features were checked, and every breach, in a notebook."""
        title = f"{len(self.problems)} problems found" if self.problems else "Every rule is kept"
        return render_view(title, facts={"features": ", ".join(self.features)}, notes=self.problems)


def check_features(catalogue: Catalogue, *, customers: int = 120, seed: int = 0) -> Checked:
    """Compute features on a small simulated shop in which the future is cut off, and in which it is another one.

    Parameters
    ----------
    catalogue
        Those of its features that a user's files define are checked; all of them where there are none.
    customers, seed
        Of the shop.
    """
    features = Catalogue(catalogue.own or catalogue.features)
    names = [feature.name for feature in features]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        simulate(preset("tiny", customers=customers, seed=seed), folder / "shop", expectations=False)
        tables = {name: pd.read_parquet(folder / "shop" / f"{name}.parquet") for name in _tables_needed_by(features)}
        as_of = (tables["orders"]["ordered_at"].max() - pd.Timedelta(days=100)).normalize() + pd.Timedelta(hours=12)
        earlier = as_of - pd.Timedelta(days=60)
        until = tables["orders"]["ordered_at"].max() + pd.Timedelta(days=1)  # later rows lie in the shop
        whole = _open(tables, until)
        got = _compute(whole, [as_of], features)
        together = _compute(whole, [earlier, as_of], features)
        cut = _compute(_open(_without_future(tables, as_of), until), [as_of], features)
        other = _compute(_open(_other_future(tables, as_of), until), [as_of], features)
    problems = []
    for name in names:
        if not (got[name].equals(cut[name]) and got[name].equals(other[name])):
            problems.append(f"{name} changes with rows at or after as_of: it reads the future.")
        if not got[name].equals(together[together["as_of"] == as_of][name].reset_index(drop=True)):
            problems.append(f"{name} gives another value when several origins are computed together.")
        if np.isinf(got[name]).any():
            problems.append(f"{name} is infinite for some customer: divide with arithmetic.ratio.")
        if got[name].isna().all():
            problems.append(f"{name} is missing for every customer of the simulated shop.")
    return Checked(tuple(names), tuple(problems))


def assert_features_hold(path: str | Path) -> None:
    """Check the features of a file; for a test of one's own: ``assert_features_hold("my_features.py")``.

    Raises
    ------
    UsageError
        If the file cannot be loaded.
    QualityGateError
        If a feature breaks a rule, with every breach in one message.
    """
    require_sound(check_features(BUILT_IN.with_file(path)))


def require_sound(checked: Checked) -> None:
    """Raise `QualityGateError` where a check found a problem."""
    if checked.problems:
        raise QualityGateError(
            "Features break the rules.", found=" ".join(checked.problems), fix="Use only what the history offers."
        )


def _tables_needed_by(features: Iterable[Feature]) -> list[str]:
    return ["orders", *sorted({feature.table for feature in features} - {"orders", "order_details"})]


def _open(tables: Mapping[str, pd.DataFrame], until: pd.Timestamp) -> Shop:
    beside = {name: TableSource(rows) for name, rows in tables.items() if name != "orders"}
    return open_sources(OrderSource(tables["orders"]), beside, as_of=until)


def _compute(shop: Shop, origins: Sequence[pd.Timestamp], features: Catalogue) -> pd.DataFrame:
    names = [feature.name for feature in features]
    table = snapshots(shop, origins, features=names, catalogue=features)
    return table.sort_values(_KEYS, ignore_index=True)


def _without_future(tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    past = {name: rows[_is_past(rows, name, tables, as_of)] for name, rows in tables.items()}
    return {name: rows.reset_index(drop=True) for name, rows in past.items()}


def _other_future(tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Leave out every other later row, treble the numbers of the rest, and move the first of them to ``as_of``."""
    changed = {}
    for name, rows in tables.items():
        past = _is_past(rows, name, tables, as_of)
        future, dated = rows[~past].iloc[::2].copy(), TABLES[name].dated_by
        for column in future.select_dtypes("number"):
            future[column] = future[column] * 3 if name != "feedback" else 1.0
        if dated in future.columns and len(future):
            future.loc[future.index[0], dated] = as_of
        changed[name] = pd.concat([rows[past], future], ignore_index=True)
    return changed


def _is_past(rows: pd.DataFrame, name: str, tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> pd.Series[bool]:
    dated = TABLES[name].dated_by
    if dated is not None and dated in rows.columns:
        return rows[dated] < as_of
    orders = tables["orders"]
    return rows["order_id"].isin(orders.loc[orders["ordered_at"] < as_of, "order_id"])
