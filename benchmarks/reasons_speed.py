"""Whether reasons come at the speed of SHAP values themselves, in bounded memory.

    python benchmarks/reasons_speed.py [--rows 1000000]

Trains the default champion on a small simulated shop, then explains a million customers (its own, repeated) in chunks,
as a batch job does. Held against bare `pred_contribs` of the same boosters on the same model matrices. The exit code is
4 when a limit is missed.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pandas as pd

from tenure_features import open_shop
from tenure_simulator import preset, simulate_orders
from tenure_training.frame import Frames
from tenure_training.models.boosted.boosting import Boosted
from tenure_training.models.design import design
from tenure_training.models.hurdle.blend import Blend

CHUNK = 50_000
MOST_TIMES, MOST_GB = 2.0, 1.5


def fitted(customers: int) -> tuple[Blend, pd.DataFrame]:
    """Fit the blend to a simulated shop; return it with the customers present."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        simulate_orders(preset("shop", customers=customers))[0].to_parquet(path)
        shop = open_shop(path)
        frame = Frames(shop).frame(shop.as_of, horizon_days=90)
    return Blend().fit(frame, seed=0), frame.present


def boosters(model: object) -> list[Boosted]:
    """Every booster inside a fitted model."""
    found = [value for value in vars(model).values() if isinstance(value, Boosted)]
    for part in vars(model).values():
        if hasattr(part, "__dataclass_fields__") and not isinstance(part, Boosted):
            found += boosters(part)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    model, present = fitted(3000)
    chunk = present.iloc[np.arange(CHUNK) % len(present)].reset_index(drop=True)
    chunks = -(-options.rows // CHUNK)
    X = design(chunk, model.ensemble.expect(chunk, days=model.horizon_days), units=model.units)
    trees = boosters(model)
    model.contributions(chunk.head(100))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bare = told = 0.0
    for _ in range(chunks):  # in turns, so that both see the same load
        began = time.process_time()
        for booster in trees:
            booster.contributions(X)
        middle = time.process_time()
        model.contributions(chunk)
        bare, told = bare + middle - began, told + time.process_time() - middle
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6
    print(f"{chunks * CHUNK:,} customers in chunks of {CHUNK:,}, {len(trees)} boosters")
    print(f"bare pred_contribs     {bare:8.1f} CPU s")
    figures = [("all contributions", told, MOST_TIMES * bare, "CPU s"), ("memory for it", grown, MOST_GB, "GB more")]
    for name, value, limit, unit in figures:
        print(f"{name:<20}{value:11.2f} {unit:<8} limit {limit:8.2f}   {'met' if value <= limit else 'NOT met'}")
    print(f"ratio {told / bare:.2f}")
    return 0 if all(value <= limit for _, value, limit, _ in figures) else 4


if __name__ == "__main__":
    sys.exit(main())
