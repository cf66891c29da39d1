"""Value of one and two years ahead, predicted from early cut-offs, against what came; beside status quo and BTYD.

    python benchmarks/lifetime_value.py [--log retail cdnow shop marketplace subscription] [--customers 1000]

At each cut-off a blend is fitted to closed windows of 90 days, and CLV carries its value to the longer window as scores
do, not discounted and without costs. Status quo repeats the last 12 months; BTYD are BG/NBD and Pareto/NBD with
Gamma-Gamma by maximum likelihood. What came is counted with plain pandas from raw rows, or from the hidden future of a
simulated shop. Where drop-out cannot be told, scores leave the number out: what it would have been stands in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from scoring import data_folder

from tenure_features import open_shop
from tenure_simulator import preset, realised_outcome, simulate_orders
from tenure_training.frame import Frames
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import DAYS_PER_YEAR, Lifetime
from tenure_training.models.contract import TrainingFrame
from tenure_training.models.registry import candidate_class

HORIZON_DAYS = 90
BTYD = ("bgnbd", "paretonbd")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A log cut at a moment, and the value of each customer that came within some days."""

    name: str
    orders: pd.DataFrame
    as_of: pd.Timestamp
    came: dict[int, pd.Series]


def _cut(name: str, rows: pd.DataFrame, as_of: str, *lengths: int) -> Case:
    """Cut raw rows (``customer_id``, ``ordered_at``, ``revenue``) at a moment."""
    at = pd.Timestamp(as_of)
    later = rows[rows["ordered_at"] >= at]
    ends = {days: at + pd.Timedelta(days=days) for days in lengths}
    last = rows["ordered_at"].max().normalize() + pd.Timedelta(days=1)
    if max(ends.values()) > last:
        raise SystemExit(f"{name} ends on {last:%Y-%m-%d}, before {max(lengths)} days from {at:%Y-%m-%d} have passed.")
    came = {
        days: later[later["ordered_at"] < end].groupby("customer_id")["revenue"].sum() for days, end in ends.items()
    }
    return Case(name=name, orders=rows[rows["ordered_at"] < at], as_of=at, came=came)


def online_retail_orders() -> pd.DataFrame:
    """Read both years of Online Retail II, one row per invoice; the invoices both files hold count once."""
    folder = data_folder() / "online_retail"
    early = pd.read_parquet(folder / "online_retail_2009-12_to_2010-12.parquet")
    late = pd.read_parquet(folder / "online_retail_to_2011-09-09.parquet")
    early = early.rename(columns={"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"})
    late = late[~late["InvoiceNo"].isin(early["InvoiceNo"])]
    lines = pd.concat([early, late], ignore_index=True).dropna(subset="CustomerID")
    lines = lines.assign(
        ordered_at=pd.to_datetime(lines["InvoiceDate"]), revenue=lines["Quantity"] * lines["UnitPrice"]
    )
    lines["customer_id"] = lines["CustomerID"].astype("float64").astype("int64").astype("str")
    by = ["customer_id", "InvoiceNo"]
    rows = lines.groupby(by, as_index=False).agg(ordered_at=("ordered_at", "min"), revenue=("revenue", "sum"))
    return rows.drop(columns="InvoiceNo")


def retail() -> Iterator[Case]:
    """Cut both years of Online Retail II."""
    rows = online_retail_orders()
    yield _cut("Online Retail II", rows, "2010-03-01", 365, 540)
    yield _cut("Online Retail II", rows, "2010-06-01", 365)
    yield _cut("Online Retail II", rows, "2010-09-01", 365)


def cdnow() -> Iterator[Case]:
    """Cut the published sample of CDNOW."""
    path = data_folder() / "cdnow" / "CDNOW_sample.txt"
    rows = pd.read_csv(path, sep=r"\s+", header=None, names=["master", "customer_id", "day", "number", "revenue"])
    rows = rows[pd.to_numeric(rows["day"], errors="coerce").notna()]
    rows = rows.assign(
        customer_id=rows["customer_id"].astype("str"),
        ordered_at=pd.to_datetime(rows["day"].astype("int64").astype("str")),
        revenue=rows["revenue"].astype("float64"),
    )
    yield _cut("CDNOW", rows[["customer_id", "ordered_at", "revenue"]], "1997-07-01", 365)


def simulated(name: str, *, customers: int, seed: int = 11) -> Iterator[Case]:
    """Draw a shop of two years and take two more from its hidden future."""
    shop = preset(name, customers=customers, seed=seed).model_copy(update={"days": 731, "future_days": 731})
    shop = shop.model_copy(update={"campaigns": tuple(plan for plan in shop.campaigns if plan.day < shop.days)})
    orders, truth = simulate_orders(shop)
    at = pd.Timestamp(shop.start) + pd.Timedelta(days=shop.days)
    came = {days: realised_outcome(truth, at, days).set_index("customer_id")["value"] for days in (365, 730)}
    yield Case(name=f"simulated {name}", orders=orders[["customer_id", "ordered_at", "revenue"]], as_of=at, came=came)


def predict(case: Case, frame: TrainingFrame) -> Iterator[tuple[int, str, np.ndarray]]:
    """Yield days, a name and the predicted value of every customer of the frame."""
    present = frame.present
    said = candidate_class("blend")().fit(frame, seed=0).predict(present)
    recent = case.orders[case.orders["ordered_at"] >= case.as_of - pd.Timedelta(days=365)]
    year = recent.groupby("customer_id")["revenue"].sum().reindex(present["customer_id"]).fillna(0.0).to_numpy()
    for days in case.came:
        economics = Economics(discount_rate_per_year=0.0, lifetime_years=days / DAYS_PER_YEAR)
        lifetime = Lifetime.fit(present, economics, horizon_days=HORIZON_DAYS)
        sure = lifetime.attrition.identified or days <= lifetime.attrition.observed_days
        known = replace(lifetime, attrition=replace(lifetime.attrition, gain=np.inf))
        yield days, "Tenure" if sure else "(Tenure)", known.columns(present, said)["clv_to_come"]
        yield days, "status quo", year * days / 365
        for name in BTYD:
            fitted = candidate_class(name)().fit(replace(frame, horizon_days=days), seed=0)
            yield days, name, fitted.predict(present).expected_value


def measure(case: Case) -> None:
    """Print one line per window and prediction."""
    frame = Frames(open_shop(case.orders, as_of=case.as_of)).frame(case.as_of, horizon_days=HORIZON_DAYS)
    for days, name, value in predict(case, frame):
        came = case.came[days].reindex(frame.present["customer_id"]).fillna(0.0).to_numpy()
        cells = (
            case.name,
            f"{case.as_of:%Y-%m-%d}",
            f"{days}",
            name,
            f"{value.sum() / came.sum():.2f}",
            f"{spearmanr(value, came).statistic:.2f}",
            f"{np.abs(value - came).sum() / np.abs(came).sum():.2f}",
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Hold value of one and two years ahead against what came.")
    logs = {"retail": retail, "cdnow": cdnow}
    presets = ("shop", "marketplace", "subscription")
    parser.add_argument("--log", nargs="+", choices=[*logs, *presets], default=[*logs, *presets])
    parser.add_argument("--customers", type=int, default=1000)
    options = parser.parse_args()
    print("| log | cut-off | days | by | total / came | rank correlation | error / came |")
    print("|---|---|---:|---|---:|---:|---:|")
    for name in options.log:
        for case in logs[name]() if name in logs else simulated(name, customers=options.customers):
            measure(case)


if __name__ == "__main__":
    main()
