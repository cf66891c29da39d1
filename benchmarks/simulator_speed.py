"""How long the two shops of the simulator's promise take, how much memory they need, and whether that keeps it.

    python benchmarks/simulator_speed.py                # a million customers and 20 million orders; 100,000 with all
    python benchmarks/simulator_speed.py --scale 0.05   # the same in small; time limits shrink with it

Each job runs in a process of its own, so that peak memory is its own. The everyday shop has 7 orders per customer; the
large job is the same shop with customers who buy every two weeks and stay longer, which makes it 20. Exits with 4 when
a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMITS = {  # seconds on two quiet cores, MB
    "orders": {"customers": 1_000_000, "seconds": 240.0, "peak_mb": 3_000.0},
    "everything": {"customers": 100_000, "seconds": 120.0, "peak_mb": 3_000.0},
}
TITLES = {"orders": "customers, orders and lines", "everything": "every table and the truth"}


def work(job: str, customers: int, workers: int) -> dict[str, float]:
    """Simulate in a temporary folder; return seconds, rows, bytes and peak memory."""
    from tenure_simulator import preset, simulate
    from tenure_simulator.behaviour import Leaving, Purchasing

    shop = preset("shop", customers=customers)
    tables = None
    if job == "orders":
        tables = ["customers", "orders", "order_lines"]
        busy = {"purchasing": Purchasing(gap_days=13), "leaving": Leaving(after_first=0.12, after_order=0.004)}
        shop = shop.model_copy(update=busy)
    with tempfile.TemporaryDirectory() as folder:
        start, used = time.perf_counter(), time.process_time()
        result = simulate(shop, Path(folder), tables=tables, expectations=tables is None, workers=workers)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "seconds": seconds,
        "cpu_seconds": time.process_time() - used + children.ru_utime + children.ru_stime,
        "orders": result.rows["orders"],
        "rows": sum(result.rows.values()),
        "bytes": size,
        # Children report the largest one; all of them run at a time.
        "peak_mb": (own.ru_maxrss + (workers if workers > 1 else 0) * children.ru_maxrss) / 1024,
    }


def measured(job: str, customers: int, workers: int) -> dict[str, float]:
    """Run a job in a fresh process."""
    command = [sys.executable, __file__, "--job", job, "--customers", str(customers), "--workers", str(workers)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    return dict(json.loads(done.stdout))


def main() -> int:
    """Measure both jobs, print a Markdown table and what was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--job", choices=list(LIMITS), help=argparse.SUPPRESS)
    parser.add_argument("--customers", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(work(options.job, options.customers, options.workers)))
        return 0
    print(f"load average before: {os.getloadavg()[0]:.1f}; {options.workers} worker(s)\n")
    print("| job | customers | seconds | CPU seconds | orders | rows | MB on disk | peak MB | |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---|")
    missed = 0
    for job, limit in LIMITS.items():
        customers = round(limit["customers"] * options.scale)
        seen = measured(job, customers, options.workers)
        most = limit["seconds"] * options.scale
        met = seen["seconds"] <= most and seen["peak_mb"] <= limit["peak_mb"]
        missed += not met
        print(
            f"| {TITLES[job]} | {customers:,} | {seen['seconds']:.0f} | {seen['cpu_seconds']:.0f} | {seen['orders']:,} "
            f"| {seen['rows']:,} | {seen['bytes'] / 1e6:,.0f} | {seen['peak_mb']:,.0f} "
            f"| {'met' if met else 'NOT met'}: {most:.0f} s, {limit['peak_mb']:,.0f} MB |"
        )
    return 4 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
