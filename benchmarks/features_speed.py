"""How long the catalogue of features takes beside a bare GROUP BY over the same Parquet, and how much memory.

    python benchmarks/features_speed.py [--rows 16000000] [--customers 1000000]
    python benchmarks/features_speed.py --orders shop/orders.parquet --as-of 2025-01-01

Three processes, so that peak memory is each one's own: one as_of, six origins, plain pandas. The baseline, `SELECT
customer_id, count(*), sum(revenue), min(ordered_at), max(ordered_at) ... GROUP BY customer_id` read from the Parquet,
runs in the same process on the same DuckDB threads, before and after; its faster run counts. The limits judge wall
seconds, what a user waits on quiet cores; processor seconds stand beside them, for busy ones. What is compared:

- `query`: the whole order catalogue computed and handed over as Arrow, as the baseline's rows are;
- `snapshots`: the same as the sorted, rounded pandas table users get;
- `open`: reading, checking, cleaning and sorting the log, once for all snapshots; printed, without a limit;
- `pandas`: the same features in plain pandas (`pandas_catalogue.py`), from the Parquet.

The six origins are a quarter apart: windows of 90 days that do not overlap. In the generated orders nearly everybody
has ordered before the first of them, so each origin has as many rows to hand over as the last; in `--orders` of a shop
customers come by and by.

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


def work(job: str, path: Path, as_of: str) -> dict[str, float]:
    """Run one job in this process; return seconds and peak memory."""
    clock = Clock()
    if job == "pandas":
        clock.time("pandas", lambda: pandas_catalogue(path, as_of))
    else:
        _tenure(job, path, as_of, clock)
    return clock.seen | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _tenure(job: str, path: Path, as_of: str, clock: Clock) -> None:
    import pandas as pd

    from tenure_features import Catalogue, Engine, open_shop, snapshots
    from tenure_features.days import origins_of
    from tenure_features.reading.engine import without_warnings
    from tenure_features.snapshot import snapshot_table

    open_shop(generated(10_000, 1_000))  # imports and the first start of the engine are not timed
    opened: list[Any] = []
    clock.time("open", lambda: opened.append(open_shop(path, engine=Engine(memory_limit="1GB"))))
    shop = opened[0]
    bare = f"SELECT customer_id, count(*), sum(revenue), min(ordered_at), max(ordered_at) FROM '{path}' GROUP BY 1"  # noqa: S608

    def baseline() -> None:
        for _ in range(2):
            clock.time("bare", lambda: shop.log.backend.con.sql(bare).to_arrow_table())

    origins = [pd.Timestamp(as_of) - pd.DateOffset(months=3 * ago) for ago in reversed(range(6))]
    features = [one for one in Catalogue() if one.table == "orders"]
    baseline()
    if job == "one":
        query = snapshot_table(shop.log.orders, origins_of(as_of), features)
        with without_warnings():
            clock.time("query", query.to_pyarrow)
        clock.time("snapshots", lambda: snapshots(shop, as_of))
    else:
        clock.time("one", lambda: snapshots(shop, as_of))
        clock.time("six", lambda: snapshots(shop, origins))
    baseline()


def measured(job: str, path: Path, as_of: str) -> dict[str, float]:
    """Run a job in a fresh process."""
    command = [sys.executable, __file__, "--job", job, "--orders", str(path), "--as-of", as_of]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def report(one: dict[str, float], six: dict[str, float], plain: dict[str, float] | None) -> bool:
    """Print a Markdown table of ratios and say whether every limit is met.

    Plain pandas that was killed for memory took forever.
    """
    ratios = [
        ("catalogue, one as_of, query / bare GROUP BY", (one, "query"), (one, "bare"), "<=", 4.0),
        ("the same with the pandas table (snapshots)", (one, "snapshots"), (one, "bare"), "<=", 4.0),
        ("six origins / one", (six, "six"), (six, "one"), "<=", 5.0),
    ]
    if plain is not None:
        plain = plain or dict.fromkeys(("pandas", "pandas_cpu"), float("inf"))
        ratios.append(("plain pandas / snapshots", (plain, "pandas"), (one, "snapshots"), ">=", 10.0))
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
    parser.add_argument("--orders", type=Path, help="a Parquet file of your own instead of generated orders")
    parser.add_argument("--as-of", default=AS_OF)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(work(options.job, options.orders, options.as_of)))
        return
    path = options.orders or generated(options.rows, options.customers or options.rows // 16)
    print(f"load average before: {os.getloadavg()[0]:.1f}; {path.name}, {path.stat().st_size / 1e6:.0f} MB\n")
    one, six = (measured(job, path, options.as_of) for job in ("one", "six"))
    plain = None if options.without_pandas else measured("pandas", path, options.as_of)
    met = report(one, six, plain)
    print(
        f"\nwall seconds (of the processor): {seconds(one, 'bare')}, {seconds(one, 'query')}, "
        f"{seconds(one, 'snapshots')}, {seconds(six, 'six')}, {seconds(one, 'open')}; "
        f"open + snapshots: {(one['open'] + one['snapshots']) / one['bare']:.1f} x bare; "
        f"six origins: {six['six'] / six['bare']:.1f} x bare"
    )
    sys.exit(0 if met else 4)


if __name__ == "__main__":
    main()
