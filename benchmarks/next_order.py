"""The date of the next order against the last order plus ADBT, on two real logs and two simulated shops.

    python benchmarks/next_order.py [--only cdnow]

At a moment with as much future as the horizon, dates are given for every customer and held against what then happened.
Customers who do not order within the horizon are censored at its end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from cdnow import read_cdnow
from scoring import QUALITY_GATE, Limit, Report, data_folder

from tenure_features import OrderSource, Shop, open_shop
from tenure_features.reading.engine import fetch
from tenure_training.frame import Frames
from tenure_training.metrics.waiting import concordance, median_error
from tenure_training.models.after.next_order import UNLIKELY, NextOrder
from tenure_training.models.registry import candidate_class

CANDIDATE = "mbgcnbd"
"""Where probabilities come from: dates depend on them only in whether they are given, so one that fits fast will do."""

COVERAGE = Limit("coverage of 80 %", low=0.70, high=0.88)


@dataclass(frozen=True)
class Question:
    """A log, the moment, and the days that follow it in the log."""

    shop: Shop
    as_of: pd.Timestamp
    days: int


def _cdnow(work: Path) -> Question:
    read_cdnow(data_folder() / "cdnow" / "CDNOW_sample.txt").to_parquet(work / "cdnow.parquet", index=False)
    return Question(open_shop(work / "cdnow.parquet"), pd.Timestamp("1998-01-01"), 180)


def _online_retail(work: Path) -> Question:  # noqa: ARG001  # the log is read where it lies
    path = data_folder() / "online_retail" / "online_retail_to_2011-09-09.parquet"
    columns = {
        "customer_id": "CustomerID", "order_id": "InvoiceNo", "ordered_at": "InvoiceDate",
        "revenue": "Quantity * UnitPrice",
    }  # fmt: skip
    return Question(open_shop(OrderSource(path, columns=columns)), pd.Timestamp("2011-06-11"), 90)


def _simulated(preset: str) -> Callable[[Path], Question]:
    def made(work: Path) -> Question:
        from tenure_simulator import preset as config
        from tenure_simulator import simulate_orders

        simulate_orders(config(preset, customers=3000, seed=2))[0].to_parquet(work / f"{preset}.parquet", index=False)
        shop = open_shop(work / f"{preset}.parquet")
        return Question(shop, shop.as_of - pd.Timedelta(days=90), 90)

    return made


CASES: dict[str, Callable[[Path], Question]] = {
    "cdnow": _cdnow,
    "online_retail": _online_retail,
    "shop": _simulated("shop"),
    "subscription": _simulated("subscription"),
}


def waits(question: Question, customers: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Days to the next order with positive revenue, the horizon where there was none, and whether there was one."""
    orders, start = question.shop.orders, question.as_of
    later = orders.filter((orders.ordered_at >= start.to_pydatetime()) & (orders.revenue > 0))
    first = fetch(later.group_by("customer_id").aggregate(at=later.ordered_at.min())).set_index("customer_id")["at"]
    days = ((first.reindex(customers) - start) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)
    came = days < question.days
    return np.where(came, days, float(question.days)), came


def measure(question: Question, report: Report) -> None:
    """Print dates of Tenure beside those of ADBT, and judge them."""
    frame = Frames(question.shop).frame(question.as_of, horizon_days=question.days)
    present = frame.present
    wait, came = waits(question, present["customer_id"])
    chance = candidate_class(CANDIDATE)().fit(frame, seed=0).predict(present).buy_probability
    low, middle, high = (
        NextOrder.fit(present, horizon_days=question.days).quantiles(present, horizon_days=question.days).T
    )
    adbt = np.maximum((present["adbt_days"] - present["recency_days"]).to_numpy(dtype=np.float64), 0.0)
    both = np.isfinite(adbt)
    expected = chance * middle + (1 - chance) * question.days  # the wait, where the horizon ends it
    inside = (low <= wait) & (wait <= high)
    print(f"  {len(present):,} customers, {came.mean():.1%} ordered; dates for {np.mean(chance >= UNLIKELY):.1%}")
    said = {"next_order_at": middle, "wait expected within the horizon": expected, "last order + ADBT": adbt}
    table = pd.DataFrame(
        {
            name: {
                "concordance": concordance(column[both], wait[both], came[both]),
                "median error, days": median_error(column[both], wait[both], came[both]),
            }
            for name, column in said.items()
        }
    ).T
    print(table.to_string(float_format="{:.3f}".format))
    report.judge(COVERAGE, float(inside[came].mean()))
    report.judge(Limit("error < ADBT's", high=table.iloc[2, 1]), float(table.iloc[0, 1]))
    report.judge(Limit("concordance > ADBT's", low=table.iloc[2, 0]), table.iloc[0, 0])


def main() -> int:
    """Measure every case; the exit code is 4 where a limit is not kept."""
    parser = argparse.ArgumentParser(description="Hold the date of the next order against the last order plus ADBT.")
    parser.add_argument("--only", choices=CASES, help="one case")
    only = parser.parse_args().only
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        for name, make in CASES.items():
            if only in {None, name}:
                question = make(Path(folder))
                print(f"\n{name}, as of {question.as_of:%Y-%m-%d}, {question.days} days")
                measure(question, report)
    print(f"\nNOT met: {', '.join(report.failed)}" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
