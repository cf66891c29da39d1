"""Measure how often intervals of completed cohorts and of predicted value per channel hold the truth.

Simulated shops are read as of two years after they opened; the third year tells what came. Once with everything that
happens in the shop (prices rise, campaigns run, a channel turns bad), and once in a steady one: no method can know of a
change that has not happened yet, and the two rows show what that costs.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping

import numpy as np
import pandas as pd

from tenure_decisions.economics.channels import ALL, channels
from tenure_decisions.economics.cohorts import cohorts
from tenure_decisions.economics.completion import complete
from tenure_decisions.economics.study import open_study
from tenure_simulator import ShopConfig, Truth, preset, simulate_orders

QUALITY_GATE = 4
REFERENCE = 60_000
AS_OF, LATER, DAYS = "2024-01-01", "2025-01-01", 365
LIMITS: Mapping[str, tuple[float, float]] = {
    "steady: cohorts inside": (0.7, 0.9),
    "steady: channels inside": (0.7, 0.9),
    "steady: cohorts, mean error": (-0.03, 0.03),
    "steady: channels, mean error": (-0.03, 0.03),
}
"""What must be kept, of intervals at 80 %; in the changing shop the figures are printed and not judged."""


def shops(customers: int, seed: int) -> dict[str, ShopConfig]:
    """Return the everyday shop, and the same shop without changes and campaigns."""
    config = preset("shop", customers=customers, seed=seed)
    nothing = {"price_changes": (), "channel_changes": (), "campaigns": ()}
    return {"changing": config, "steady": config.model_copy(update=nothing)}


def cohort_errors(orders: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Compare completed cohorts with what came, one row per cell that was open: ``inside``, ``error``."""
    ahead = complete(cohorts(orders, as_of=AS_OF), until_age=11, seed=seed)
    later = cohorts(orders, as_of=LATER).cells
    both = ahead.merge(later[later["mature"]], on=["cohort", "age"], suffixes=("", "_later"))
    came = both["cumulative_value"]
    inside = (both["low"] <= came) & (came <= both["high"])
    return pd.DataFrame({"inside": inside, "error": both["predicted"] / came - 1})


def people(config: ShopConfig, truth: Truth) -> pd.DataFrame:
    """Return who came through which channel."""
    labels = np.array([channel.name for channel in config.channels])[truth.traits.channel]
    return pd.DataFrame({"customer_id": truth.customer_id, "acquisition_channel": labels})


def value_of(orders: pd.DataFrame, customers: pd.DataFrame, *, as_of: str, seed: int = 0) -> pd.DataFrame:
    """Return the value table of channels by first touch, at a year of age."""
    study = open_study(orders, as_of=as_of, customers=customers, seed=seed, horizons=(DAYS,))
    table = channels(study).clv
    return table[(table["rule"] == "first_touch") & (table["channel"] != ALL)]


def channel_truth(config: ShopConfig) -> pd.DataFrame:
    """Return what a customer brings within a year: the mean over a shop of other, and many more, customers."""
    config = config.model_copy(update={"seed": 10_007, "customers": REFERENCE})
    orders, truth = simulate_orders(config)
    early = orders.loc[orders["ordered_at"] < AS_OF, "customer_id"].unique()
    return value_of(orders[orders["customer_id"].isin(early)], people(config, truth), as_of=LATER)


def channel_errors(orders: pd.DataFrame, customers: pd.DataFrame, known: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Compare predicted value of each channel's customers with the truth."""
    said = value_of(orders, customers, as_of=AS_OF, seed=seed)
    table = said.merge(known[["channel", "observed"]], on="channel", suffixes=("", "_later"))
    came = table["observed_later"]
    inside = (table["predicted_low"] <= came) & (came <= table["predicted_high"])
    return pd.DataFrame({"inside": inside, "error": table["predicted"] / came - 1})


def measure(customers: int, seeds: int) -> dict[str, float]:
    """Measure both over all shops."""
    found: dict[str, list[pd.DataFrame]] = {}
    known: dict[str, pd.DataFrame] = {}
    for seed in range(seeds):
        for name, config in shops(customers, seed).items():
            orders, truth = simulate_orders(config)
            if name not in known:
                known[name] = channel_truth(config)
            found.setdefault(f"{name}: cohorts", []).append(cohort_errors(orders, seed=seed))
            errors = channel_errors(orders, people(config, truth), known[name], seed=seed)
            found.setdefault(f"{name}: channels", []).append(errors)
    measured = {}
    for name, parts in found.items():
        table = pd.concat(parts)
        measured[f"{name} inside"] = float(table["inside"].mean())
        measured[f"{name}, mean error"] = float(table["error"].mean())
        measured[f"{name}, mean absolute error"] = float(table["error"].abs().mean())
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="number of shops")
    parser.add_argument("--customers", type=int, default=10_000, help="customers of each shop over three years")
    options = parser.parse_args()
    started = time.process_time()
    failed = 0
    print(
        f"{options.seeds} shops of {options.customers:,} customers, intervals at 80 %, as of {AS_OF}, until {LATER}\n"
    )
    for name, value in measure(options.customers, options.seeds).items():
        low, high = LIMITS.get(name, (-np.inf, np.inf))
        met = low <= value <= high
        failed += not met
        verdict = f"{low:g} to {high:g}   {'met' if met else 'NOT met'}" if name in LIMITS else ""
        print(f"  {name:<40}{value:>8.3f}   {verdict}")
    print(f"\n{time.process_time() - started:.0f} s of processors, load {os.getloadavg()[0]:.1f}")
    return QUALITY_GATE if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
