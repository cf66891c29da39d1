"""How long the default training takes with every candidate: 25,000 simulated customers, five origins and more.

    python benchmarks/training_speed.py [--customers 25000] [--horizon 90]

Simulates a shop with known truth, then trains as `tenure run` does by default: every candidate at every backtest
origin, each learning from snapshots at five earlier origins or more, and the champion at the end. Prints seconds by
candidate, wall and CPU seconds and peak memory, each limit and whether it is met; the exit code is 4 when one is not.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


from tenure_features import open_shop
from tenure_simulator import preset, simulate_orders
from tenure_training import backtest
from tenure_training.frame import Frames
from tenure_training.models.contract import Candidate
from tenure_training.models.registry import new_candidate
from tenure_training.training import train

LIMITS = {
    "wall seconds": (120.0, "at most"),
    "training origins": (5.0, "at least"),
    "peak memory, GB": (4.0, "at most"),
}


def measured(customers: int, horizon_days: int) -> tuple[dict[str, float], dict[str, float]]:
    """Train on a simulated shop; return the figures held against limits, and CPU seconds of fitting by candidate."""
    seconds: dict[str, float] = defaultdict(float)

    def timed(model: type[Candidate], settings: dict[str, dict[str, float]]) -> Candidate:
        candidate = new_candidate(model, settings)
        fit = candidate.fit

        def clocked(method, *args, **kwargs):  # noqa: ANN001, ANN002, ANN003, ANN202
            began = time.process_time()
            try:
                return method(*args, **kwargs)
            finally:
                seconds[model.name] += time.process_time() - began

        candidate.fit = lambda *a, **k: clocked(fit, *a, **k)  # type: ignore[method-assign]
        return candidate

    backtest.new_candidate = timed  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        simulate_orders(preset("shop", customers=customers))[0].to_parquet(path)
        began, used = time.perf_counter(), time.process_time()
        shop = open_shop(path)
        as_of = shop.as_of
        done = train(Frames(shop), as_of=as_of, horizon_days=horizon_days, seed=0)
        wall, cpu = time.perf_counter() - began, time.process_time() - used
    figures = {
        "customers": float(len(done.frame.present)),
        "training rows": float(len(done.frame.rows)),
        "training origins": float(len(done.frame.origins)),
        "backtest origins": float(len(done.backtest.windows) if done.backtest else 0),
        "cpu seconds": cpu,
        "wall seconds": wall,
        "peak memory, GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    return figures, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=25_000)
    parser.add_argument("--horizon", type=int, default=90)
    options = parser.parse_args()
    print(f"load before {os.getloadavg()[0]:.1f}; wall seconds mean something on an idle machine only")
    figures, seconds = measured(options.customers, options.horizon)
    for name, value in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"  {name:<18}{value:8.1f} CPU s in the backtest (what candidates share is paid by the first)")
    missed = False
    for name, value in figures.items():
        limit, way = LIMITS.get(name, (None, ""))
        met = limit is None or (value <= limit if way == "at most" else value >= limit)
        missed |= not met
        told = "" if limit is None else f"   limit: {way} {limit:g}   {'met' if met else 'NOT met'}"
        print(f"{name:<18}{value:12,.1f}{told}")
    return 4 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
