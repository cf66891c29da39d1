"""How long a shop takes to simulate and how much memory, and what that means for a million customers.

    python benchmarks/simulator_speed.py --customers 100000 --workers 2

Two jobs, each in a process of its own so that peak memory is its own: customers, orders and lines without the computed
expectations (the target: a million customers, 20 million orders, in 4 minutes and 3 GB), and every table with them
(the target: 100,000 customers in 2 minutes). Blocks are independent, so time grows linearly and memory does not grow:
that is what the extrapolation rests on.
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

JOBS: dict[str, dict[str, object]] = {
    "customers, orders, lines": {"tables": ["customers", "orders", "order_lines"], "expectations": False},
    "every table and the truth": {"tables": None, "expectations": True},
}


def work(job: str, customers: int, workers: int) -> dict[str, float]:
    """Simulate in a temporary folder; return seconds, rows, bytes and peak memory."""
    from tenure_simulator import preset, simulate

    with tempfile.TemporaryDirectory() as folder:
        start, used = time.perf_counter(), time.process_time()
        result = simulate(preset("shop", customers=customers), Path(folder), workers=workers, **JOBS[job])  # type: ignore[arg-type]
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


def main() -> None:
    """Measure both jobs and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--job", choices=list(JOBS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(work(options.job, options.customers, options.workers)))
        return
    print(
        f"load average before: {os.getloadavg()[0]:.1f}; {options.workers} worker(s), {options.customers:,} customers\n"
    )
    print(
        "| job | seconds | CPU seconds | orders | rows | MB on disk | peak MB "
        "| seconds for 20 M orders | for 1 M customers |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for job in JOBS:
        seen = measured(job, options.customers, options.workers)
        by_orders, by_customers = 20e6 / seen["orders"], 1e6 / options.customers
        print(
            f"| {job} | {seen['seconds']:.1f} | {seen['cpu_seconds']:.1f} | {seen['orders']:,} | {seen['rows']:,} "
            f"| {seen['bytes'] / 1e6:.0f} | {seen['peak_mb']:.0f} | {seen['seconds'] * by_orders:.0f} "
            f"| {seen['seconds'] * by_customers:.0f} |"
        )


if __name__ == "__main__":
    main()
