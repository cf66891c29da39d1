"""What a large shop takes from its orders to features, to a model with its report, and to scores of that model.

    python benchmarks/whole_run.py [--rows 16000000] [--customers 1000000] [--candidate blend]

Each command is a process of its own, with the defaults a user gets. Beside it stands `SELECT customer_id, count(*),
sum(revenue), min(ordered_at), max(ordered_at) ... GROUP BY customer_id` over the same Parquet in DuckDB, run in the
same way. Printed are wall and processor seconds of all processes of a command, their times over the bare query, and the
peak of their memory, looked at four times a second. The orders are made up (`generated_orders.py`): they show what a
command costs, not whether a model is good. The load of the machine is printed: beside other work wall seconds say
nothing.

Exit code 4 when a limit is missed; `--keep DIR` keeps what the commands wrote.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from generated_orders import AS_OF, generated

LIMITS = {"tenure run": (720.0, 4.0), "tenure score": (150.0, 4.0)}
"""Seconds and GB for a million customers with 16 million orders; of fewer rows nothing is judged."""
JUDGED_ROWS = 16_000_000
BARE = (
    "import duckdb, sys; c = duckdb.connect(); c.execute('SET threads = 2; SET preserve_insertion_order = false'); "
    'c.sql("SELECT customer_id, count(*), sum(revenue), min(ordered_at), max(ordered_at) FROM \'" + sys.argv[1] + '
    '"\' GROUP BY 1").to_arrow_table()'
)


@dataclass(frozen=True)
class Cost:
    """What a command took: wall and processor seconds, and the peak of its memory in GB."""

    wall: float
    processor: float
    peak: float


def run(command: list[str], *, folder: Path) -> Cost:
    """Run a command to its end, with every process it starts."""
    began, peak, spent = time.perf_counter(), 0, 0.0
    errors = folder / "errors.txt"
    with errors.open("w") as file:  # a pipe that nobody reads would fill, and stop the command
        process = psutil.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=file)
    while process.poll() is None:
        with suppress(psutil.Error):
            tree = [process, *process.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in tree))
            spent = max(spent, sum(sum(member.cpu_times()[:4]) for member in tree))
        time.sleep(0.25)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {errors.read_text()[-2000:]}")
    return Cost(time.perf_counter() - began, spent, peak / 1e9)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=16_000_000)
    parser.add_argument("--customers", type=int, help="default: one per 16 rows")
    parser.add_argument("--candidate", action="append", default=[], help="models to try; all by default")
    parser.add_argument("--keep", type=Path, help="folder of the results")
    options = parser.parse_args()
    customers = options.customers or options.rows // 16
    path = str(generated(options.rows, customers))
    with tempfile.TemporaryDirectory() as draft:
        folder = options.keep or Path(draft)
        folder.mkdir(parents=True, exist_ok=True)
        tenure = [sys.executable, "-m", "tenure"]
        given = ["--orders", path, "--as-of", AS_OF]
        chosen = [f"--candidate={name}" for name in options.candidate]
        commands = {
            "bare GROUP BY": [sys.executable, "-c", BARE, path],
            "tenure features": [*tenure, "features", *given, "--out", "features.parquet"],
            "tenure run": [*tenure, "run", *given, *chosen, "--out", "run", "--tracking-uri", "sqlite:///mlflow.db"],
            "tenure score": [*tenure, "score", *given, "--model", "run/model", "--out", "scores"],
        }
        print(f"{options.rows:,} orders of {customers:,} customers; load average before: {os.getloadavg()[0]:.1f}\n")
        print("| what | wall s | times bare | processor s | times bare | peak GB | limit | |")
        print("|---|---:|---:|---:|---:|---:|---|---|")
        good, bare = True, None
        for what, command in commands.items():
            cost = run(command, folder=folder)
            bare = bare or cost
            judged = what in LIMITS and options.rows >= JUDGED_ROWS
            seconds, memory = LIMITS[what] if judged else (float("inf"), float("inf"))
            met = cost.wall <= seconds and cost.peak <= memory
            good &= met
            limit, verdict = (f"{seconds:g} s, {memory:g} GB", "met" if met else "NOT met") if judged else ("", "")
            print(
                f"| {what} | {cost.wall:.1f} | {cost.wall / bare.wall:.1f} | {cost.processor:.1f} | "
                f"{cost.processor / bare.processor:.1f} | {cost.peak:.2f} | {limit} | {verdict} |",
                flush=True,
            )
    sys.exit(0 if good else 4)


if __name__ == "__main__":
    main()
