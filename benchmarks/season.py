"""How far totals were off where the season had been seen, and where it had not: and what is said of that.

    python benchmarks/season.py [--log retail shop marketplace subscription] [--customers 1500]

Every quarter of a log, from half a year on, a blend learns from what had closed and predicts the next 90 days. Printed
are the share of these days whose time of the year no closed window had shown, and the logarithm of what came over what
was expected; then its root mean square by seen and unseen, beside what the model says (`spread_of_total`).
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from lifetime_value import online_retail_orders

from tenure_features import OrderSource, open_shop
from tenure_simulator import preset, simulate_orders
from tenure_training.frame import Frames
from tenure_training.models.registry import candidate_class
from tenure_training.models.season import LITTLE_UNSEEN, spread_of_total
from tenure_training.windows import Window

HORIZON_DAYS = 90
PRESETS = ("shop", "marketplace", "subscription")


def simulated(name: str, *, customers: int, seed: int = 23) -> pd.DataFrame:
    """Draw the orders of two years of a simulated shop."""
    orders, _ = simulate_orders(preset(name, customers=customers, seed=seed).model_copy(update={"days": 731}))
    return orders[["customer_id", "ordered_at", "revenue"]]


def measure(name: str, orders: pd.DataFrame) -> pd.DataFrame:
    """Predict every quarter of a log.

    Returns
    -------
    DataFrame
        ``log``, ``as_of``, ``unseen`` and ``miss``, one row per quarter.
    """
    end = orders["ordered_at"].max().normalize() + pd.Timedelta(days=1)
    frames, rows = Frames(open_shop(OrderSource(orders, trust_customers=True), end)), []
    for as_of in pd.date_range(frames.first_order + pd.Timedelta(days=182), end, freq="91D"):
        window = Window(as_of, HORIZON_DAYS)
        if not window.is_closed_by(end):
            break
        frame = frames.frame(as_of, horizon_days=HORIZON_DAYS)
        expected = candidate_class("blend")().fit(frame, seed=0).predict(frame.present).expected_value.sum()
        miss = float(np.log(frames.labels(window)["value"].sum() / expected))
        rows.append({"log": name, "as_of": as_of, "unseen": frame.unseen, "miss": miss})
        print(f"| {name} | {as_of:%Y-%m-%d} | {frame.unseen:.0%} | {miss:+.2f} |", flush=True)
    return pd.DataFrame(rows)


def main() -> None:
    """Print the quarters, and what they come to."""
    parser = argparse.ArgumentParser(description="Measure how far totals are off in seasons seen and unseen.")
    parser.add_argument("--log", nargs="+", choices=["retail", *PRESETS], default=["retail", *PRESETS])
    parser.add_argument("--customers", type=int, default=1500)
    options = parser.parse_args()
    print("| log | as of | unseen days | logarithm of the total that came over the expected |\n|---|---|---:|---:|")
    tables = [
        measure("Online Retail II", online_retail_orders())
        if name == "retail"
        else measure(f"simulated {name}", simulated(name, customers=options.customers))
        for name in options.log
    ]
    quarters = pd.concat(tables)
    for words, rows in (("seen", quarters["unseen"] <= LITTLE_UNSEEN), ("unseen", quarters["unseen"] > LITTLE_UNSEEN)):
        part = quarters[rows]
        said = spread_of_total(float(part["unseen"].mean())) if len(part) else float("nan")
        size = float(np.sqrt((part["miss"] ** 2).mean())) if len(part) else float("nan")
        print(f"{words}: {len(part)} quarters, root mean square {size:.2f}, said {said:.2f}")


if __name__ == "__main__":
    main()
