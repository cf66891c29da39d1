"""How far totals were off where the season had been seen, and where it had not: and what is said of that.

    python benchmarks/season.py [--log retail shop marketplace subscription] [--customers 1500] [--orders FILE]

Every quarter of a log, from half a year on, a blend learns from what had closed and predicts the next 90 days. Printed
are the share of these days whose time of the year no closed window had shown, and the logarithm of what came over what
was expected: with the months learnt from the past, and where every month is said to be like any other. Then their root
mean squares by seen and unseen, beside what the model says (`spread_of_total`), and those with at least a year and a
quarter behind them, which the season can have been learnt from.
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
from tenure_training.models.season import LITTLE_UNSEEN, Season, spread_of_total
from tenure_training.windows import Window

HORIZON_DAYS = 90
PRESETS = ("shop", "marketplace", "subscription")
LEARNT_FROM_DAYS = 455
ALIKE = Season(months=(1.0,) * 12)


def simulated(name: str, *, customers: int, seed: int = 23) -> pd.DataFrame:
    """Draw the orders of two years of a simulated shop."""
    orders, _ = simulate_orders(preset(name, customers=customers, seed=seed).model_copy(update={"days": 731}))
    return orders[["customer_id", "ordered_at", "revenue"]]


def measure(name: str, orders: pd.DataFrame) -> pd.DataFrame:
    """Predict every quarter of a log.

    Returns
    -------
    DataFrame
        ``log``, ``as_of``, ``history_days``, ``unseen``, ``miss`` and ``miss_alike``, one row per quarter.
    """
    end = orders["ordered_at"].max().normalize() + pd.Timedelta(days=1)
    shop = open_shop(OrderSource(orders, trust_customers=True), end)
    frames, alike, rows = Frames(shop), Frames(shop, season=ALIKE), []
    for as_of in pd.date_range(frames.first_order + pd.Timedelta(days=182), end, freq="91D"):
        window = Window(as_of, HORIZON_DAYS)
        if not window.is_closed_by(end):
            break
        misses = [_miss(some, window) for some in (frames, alike)]
        unseen = frames.frame(as_of, horizon_days=HORIZON_DAYS).unseen
        history_days = (as_of - frames.first_order).days
        rows.append(
            {"log": name, "as_of": as_of, "history_days": history_days, "unseen": unseen}
            | dict(zip(("miss", "miss_alike"), misses, strict=True))
        )
        print(f"| {name} | {as_of:%Y-%m-%d} | {unseen:.0%} | {misses[0]:+.2f} | {misses[1]:+.2f} |", flush=True)
    return pd.DataFrame(rows)


def _miss(frames: Frames, window: Window) -> float:
    """Logarithm of the total that came over the one a blend expected."""
    frame = frames.frame(window.origin, horizon_days=window.days)
    expected = candidate_class("blend")().fit(frame, seed=0).predict(frame.present).expected_value.sum()
    return float(np.log(frames.labels(window)["value"].sum() / expected))


def _size(misses: pd.Series) -> float:
    return float(np.sqrt((misses**2).mean())) if len(misses) else float("nan")


def main() -> None:
    """Print the quarters, and what they come to."""
    parser = argparse.ArgumentParser(description="Measure how far totals are off in seasons seen and unseen.")
    parser.add_argument("--log", nargs="+", choices=["retail", *PRESETS], default=["retail", *PRESETS])
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--orders", help="a log of your own: Parquet with customer_id, ordered_at, revenue")
    options = parser.parse_args()
    print("| log | as of | unseen days | total over expected, logarithm: months learnt | months alike |")
    print("|---|---|---:|---:|---:|")
    tables = [] if options.orders is None else [measure("your log", pd.read_parquet(options.orders))]
    tables += [
        measure("Online Retail II", online_retail_orders())
        if name == "retail"
        else measure(f"simulated {name}", simulated(name, customers=options.customers))
        for name in ([] if options.orders else options.log)
    ]
    quarters = pd.concat(tables)
    for words, rows in (("seen", quarters["unseen"] <= LITTLE_UNSEEN), ("unseen", quarters["unseen"] > LITTLE_UNSEEN)):
        part = quarters[rows]
        said = spread_of_total(float(part["unseen"].mean())) if len(part) else float("nan")
        print(f"{words}: {len(part)} quarters, root mean square {_size(part['miss']):.2f}, said {said:.2f}")
    past = quarters[quarters["history_days"] >= LEARNT_FROM_DAYS]
    print(
        f"with a year and a quarter behind them: {len(past)} quarters, root mean square {_size(past['miss']):.3f} with "
        f"months learnt, {_size(past['miss_alike']):.3f} with months alike"
    )


if __name__ == "__main__":
    main()
