"""How long the catalogue of features takes beside a bare GROUP BY over the same Parquet, and how much memory.

    python benchmarks/features_speed.py [--rows 16000000] [--customers 1000000]

Three processes, so that peak memory is each one's own: one as_of, six origins, plain pandas. The baseline, `SELECT
customer_id, count(*), sum(revenue), min(ordered_at), max(ordered_at) ... GROUP BY customer_id` read from the Parquet,
runs in the same process on the same DuckDB threads, before and after; its faster run counts. The limits judge wall
seconds, what a user waits on quiet cores; processor seconds stand beside them, for busy ones. What is compared:

- `query`: the whole order catalogue computed and handed over as Arrow, as the baseline's rows are;
- `snapshots`: the same as the sorted, rounded pandas table users get;
- `open`: reading, checking, cleaning and sorting the log, once for all snapshots; printed, without a limit;
- `pandas`: the same features in plain pandas (`pandas_catalogue.py`), from the Parquet.

Exit code 4 when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generated_orders import AS_OF, generated
from pandas_catalogue import pandas_catalogue

ORIGINS = [f"{year}-{month}-01" for year, month in (("2023", "04"), ("2023", "07"), ("2023", "10"), ("2024", "01"))]
ORIGINS += ["2024-04-01", AS_OF]
"""A quarter apart: six windows of 90 days that do not overlap."""


class Clock:
    """Processor and wall seconds of calls, by name; the fastest call of a name counts."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}

    def time(self, name: str, call: Callable[[], object]) -> None:
        """Make a call and keep its seconds if it was the fastest of its name."""
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        if wall <= self.seen.get(name, wall):
            self.seen |= {name: wall, f"{name}_cpu": cpu}


def work(job: str, path: Path) -> dict[str, float]:
    """Run one job in this process; return seconds and peak memory."""
    clock = Clock()
    if job == "pandas":
        clock.time("pandas", lambda: pandas_catalogue(path, AS_OF))
    else:
        _tenure(job, path, clock)
    return clock.seen | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _tenure(job: str, path: Path, clock: Clock) -> None:
    from tenure_features import Engine, OrderSource, catalogue, open_orders, snapshots
    from tenure_features.days import origins_of
    from tenure_features.engine import without_warnings
    from tenure_features.snapshot import snapshot_table

    open_orders(OrderSource(generated(10_000, 1_000)))  # imports and the first start of the engine are not timed
    opened: list[Any] = []
    clock.time("open", lambda: opened.append(open_orders(OrderSource(path), engine=Engine(memory_limit="1GB"))))
    log = opened[0]
    bare = f"SELECT customer_id, count(*), sum(revenue), min(ordered_at), max(ordered_at) FROM '{path}' GROUP BY 1"  # noqa: S608

    def baseline() -> None:
        for _ in range(2):
            clock.time("bare", lambda: log.backend.con.sql(bare).to_arrow_table())

    features = [one for one in catalogue() if one.table == "orders"]
    baseline()
    if job == "one":
        query = snapshot_table(log.orders, origins_of(AS_OF), features)
        with without_warnings():
            clock.time("query", query.to_pyarrow)
        clock.time("snapshots", lambda: snapshots(log, AS_OF))
    else:
        clock.time("one", lambda: snapshots(log, AS_OF))
        clock.time("six", lambda: snapshots(log, ORIGINS))
    baseline()


def measured(job: str, path: Path) -> dict[str, float]:
    """Run a job in a fresh process."""
    command = [sys.executable, __file__, "--job", job, "--path", str(path)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def report(one: dict[str, float], six: dict[str, float], plain: dict[str, float]) -> bool:
    """Print a Markdown table of ratios and say whether every limit is met.

    Plain pandas that was killed for memory took forever.
    """
    ratios = [
        ("catalogue, one as_of, query / bare GROUP BY", (one, "query"), (one, "bare"), "<=", 4.0),
        ("the same with the pandas table (snapshots)", (one, "snapshots"), (one, "bare"), "<=", 4.0),
        ("six origins / one", (six, "six"), (six, "one"), "<=", 5.0),
        ("plain pandas / snapshots", (plain, "pandas"), (one, "snapshots"), ">=", 10.0),
    ]
    print("| what | wall | processor | limit | |\n|---|---:|---:|---:|---|")
    good = True
    for what, (above, name), (below, other), sign, limit in ratios:
        value, cpu = above[name] / below[other], above[f"{name}_cpu"] / below[f"{other}_cpu"]
        met = value <= limit if sign == "<=" else value >= limit
        good &= met
        print(f"| {what} | {value:.2f} | {cpu:.2f} | {sign} {limit:g} | {'met' if met else 'NOT met'} |")
    peak = one["peak_mb"] / 1000
    print(f"| peak memory of one as_of, GB | {peak:.2f} | | <= 2 | {'met' if peak <= 2 else 'NOT met'} |")
    return good and peak <= 2


def seconds(seen: dict[str, float], name: str) -> str:
    """Write what one call took."""
    return f"{name} {seen[name]:.2f} ({seen[f'{name}_cpu']:.2f})"


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=16_000_000)
    parser.add_argument("--customers", type=int, help="default: one per 16 rows")
    parser.add_argument("--without-pandas", action="store_true", help="leave out the plain pandas version")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(work(options.job, options.path)))
        return
    path = generated(options.rows, options.customers or options.rows // 16)
    print(f"load average before: {os.getloadavg()[0]:.1f}; {options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB\n")
    one, six = measured("one", path), measured("six", path)
    plain = {} if options.without_pandas else measured("pandas", path)
    met = report(one, six, plain or dict.fromkeys(("pandas", "pandas_cpu"), float("inf")))
    print(
        f"\nwall seconds (of the processor): {seconds(one, 'bare')}, {seconds(one, 'query')}, "
        f"{seconds(one, 'snapshots')}, {seconds(six, 'six')}, {seconds(one, 'open')}; "
        f"open + snapshots: {(one['open'] + one['snapshots']) / one['bare']:.1f} x bare; "
        f"six origins: {six['six'] / six['bare']:.1f} x bare"
    )
    sys.exit(0 if met else 4)


if __name__ == "__main__":
    main()
