"""What an afternoon makes of all tables of a shop: LightGBM over counts, sums and days since, on twelve dense origins.

    python benchmarks/tables_peer.py FOLDER AS_OF HORIZON OUT [--deep]

Reads the Parquet tables of a folder with plain pandas, no line of Tenure, in an environment of its own, in which
`side_tables.py` starts it. ``--deep`` takes what deep feature synthesis would (Kanter & Veeramachaneni 2015): of every
table and kind, over every window, the mean, the largest, the smallest and the spread of every number too, and how many
different texts there are in every column.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

WINDOWS_DAYS = (30, 90, 365, 100_000)
ORIGINS, EVERY_DAYS, LEAST_HISTORY_DAYS = 12, 30, 60
MOST_KINDS = 12
SETTINGS = {
    "n_estimators": 300, "learning_rate": 0.03, "num_leaves": 15, "min_child_samples": 40, "subsample": 0.8,
    "subsample_freq": 1, "colsample_bytree": 0.6, "reg_lambda": 5.0, "verbose": -1, "random_state": 0, "n_jobs": 2,
}  # fmt: skip
TABLES = (
    ("orders", "ordered_at", None), ("order_lines", "ordered_at", "category"), ("events", "occurred_at", "event"),
    ("feedback", "answered_at", "kind"), ("service_costs", "incurred_at", "kind"),
)  # fmt: skip
"""Name, column of time, column of kind."""


@dataclass(frozen=True)
class Rows:
    """A table beside the customers: who, when, which kind, the numbers and the texts of each row."""

    name: str
    customer: pd.Series
    at: pd.Series
    kind: pd.Series
    rest: pd.DataFrame


def read_tables(folder: Path) -> tuple[pd.DataFrame, list[Rows], pd.DataFrame | None]:
    """Read orders, the tables beside them and the profile of customers."""
    frames = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
    orders = frames["orders"]
    if "order_lines" in frames:
        keys = orders[["order_id", "customer_id", "ordered_at"]].drop_duplicates("order_id")
        frames["order_lines"] = frames["order_lines"].merge(keys, on="order_id")
    tables = [_rows(name, frames[name], at, kind) for name, at, kind in TABLES if name in frames]
    profile = frames.get("customers")
    return orders, tables, None if profile is None else profile.astype({"customer_id": str}).set_index("customer_id")


def _rows(name: str, frame: pd.DataFrame, at: str, kind: str | None) -> Rows:
    frame = frame[frame["customer_id"].notna()].reset_index(drop=True)
    ids = [column for column in frame if str(column).endswith("_id")]
    rest = frame.drop(columns=[*ids, at, *([kind] if kind else [])])
    kinds = frame[kind].astype(str) if kind else pd.Series("all", index=frame.index)
    return Rows(name, frame["customer_id"].astype(str), pd.to_datetime(frame[at]), kinds, rest)


def features(tables: list[Rows], as_of: pd.Timestamp, ids: pd.Index, *, deep: bool) -> dict[str, pd.Series]:
    """Count, sum and date what every customer did before a moment, by table, kind and window."""
    columns: dict[str, pd.Series] = {}
    for table in tables:
        age = (as_of - table.at) / pd.Timedelta(days=1)
        for kind in ["all", *table.kind.value_counts().index[:MOST_KINDS]]:
            rows = (age > 0) & ((table.kind == kind) if kind != "all" else True)
            who, name = table.customer[rows], f"{table.name} {kind}"
            columns[f"{name} since"] = age[rows].groupby(who).min().reindex(ids)
            for days in WINDOWS_DAYS:
                within = rows & (age < days)
                for key, values in _summaries(table, within, deep=deep):
                    columns[f"{name} {key} {days}"] = values.reindex(ids)
    return columns


def _summaries(table: Rows, rows: pd.Series, *, deep: bool) -> Iterator[tuple[str, pd.Series]]:
    who = table.customer[rows]
    yield "count", who.groupby(who).size()
    numbers = table.rest.loc[rows].select_dtypes(["number", "bool"]).astype("float64")
    for column in numbers:
        groups = numbers[column].groupby(who)
        yield f"{column} sum", groups.sum()
        if deep:
            for how in ("mean", "max", "min", "std"):
                yield f"{column} {how}", groups.agg(how)
    if deep:
        for column in table.rest.columns.difference(numbers.columns):
            yield f"{column} different", table.rest.loc[rows, column].groupby(who).nunique()


def matrix(
    orders: pd.DataFrame, tables: list[Rows], profile: pd.DataFrame | None, as_of: pd.Timestamp, *, deep: bool
) -> pd.DataFrame:
    """Everything of the customers of a moment, one row each."""
    ids = pd.Index(sorted(orders.loc[orders["ordered_at"] < as_of, "customer_id"].astype(str).unique()))
    columns = features(tables, as_of, ids, deep=deep)
    for name, values in ({} if profile is None else profile.reindex(ids)).items():
        dates = pd.api.types.is_datetime64_any_dtype(values)
        numbers = pd.api.types.is_numeric_dtype(values)
        age = (as_of - values) / pd.Timedelta(days=1) if dates else values
        columns[f"profile {name}"] = age if dates or numbers else pd.Series(pd.Categorical(values), index=ids)
    return pd.DataFrame(columns, index=ids)


def outcomes(orders: pd.DataFrame, as_of: pd.Timestamp, days: int, ids: pd.Index) -> pd.DataFrame:
    """Say who ordered within some days, and what they paid less what came back."""
    within = orders[(orders["ordered_at"] >= as_of) & (orders["ordered_at"] < as_of + pd.Timedelta(days=days))]
    back = within["is_return"].fillna(value=False).astype(bool) if "is_return" in within else within["revenue"] < 0
    who = within["customer_id"].astype(str)
    bought = who[~back].value_counts().reindex(ids).fillna(0) > 0
    return pd.DataFrame({"bought": bought, "value": within["revenue"].groupby(who).sum().reindex(ids).fillna(0.0)})


def main() -> None:
    """Fit on closed windows, predict the horizon, write the scores."""
    import lightgbm  # type: ignore[import-not-found]  # in the peer's own environment alone

    parser = argparse.ArgumentParser(description="LightGBM over all tables of a shop.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("as_of", type=pd.Timestamp)
    parser.add_argument("horizon", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--deep", action="store_true")
    options = parser.parse_args()
    orders, tables, profile = read_tables(options.folder)
    orders = orders[orders["ordered_at"] < options.as_of]
    first = orders["ordered_at"].min()
    origins = [options.as_of - pd.Timedelta(days=options.horizon + EVERY_DAYS * k) for k in range(ORIGINS)]
    origins = [at for at in origins if (at - first).days >= LEAST_HISTORY_DAYS]
    now = matrix(orders, tables, profile, options.as_of, deep=options.deep)
    then = [matrix(orders, tables, profile, at, deep=options.deep).reindex(columns=now.columns) for at in origins]
    did = pd.concat([outcomes(orders, at, options.horizon, X.index) for at, X in zip(origins, then, strict=True)])
    X = pd.concat(then)
    for name in now.select_dtypes("category"):
        X[name] = pd.Categorical(X[name], categories=now[name].cat.categories)
    X.columns = now.columns = [f"c{number}" for number in range(X.shape[1])]
    chance = lightgbm.LGBMClassifier(**SETTINGS).fit(X, did["bought"]).predict_proba(now)[:, 1]
    buyers = (did["bought"] & (did["value"] > 0)).to_numpy()
    spend = lightgbm.LGBMRegressor(objective="gamma", **SETTINGS).fit(X[buyers], did.loc[buyers, "value"])
    scores = {"customer_id": now.index, "chance": chance, "value": chance * np.asarray(spend.predict(now))}
    pd.DataFrame(scores).to_parquet(options.out)
    print(f"{X.shape[1]} columns, {len(X):,} rows of {len(origins)} origins")


if __name__ == "__main__":
    main()
