"""The classic four columns (frequency, recency, T, monetary value) beside the packages that made them classic.

    python benchmarks/rfm_speed.py [--rows 16000000] [--customers 1000000] [--growth]

Every contender reads the same Parquet in a process of its own and summarises it as of the same day: Tenure
(`rfm_summary` on the Parquet), `lifetimes` and `pymc-marketing` (isolated processes of `uv run --no-project
--with PACKAGE`; one that cannot be installed is named and left out), and plain pandas; the catalogue of features on an
opened log for comparison. Imports are not counted, and of three runs in a process the fastest counts. The limit: six
times faster than each, and the catalogue faster than their four columns, in wall seconds, what a user waits on quiet
cores; processor seconds, which count both threads of DuckDB, stand beside them.

`--growth` measures opening the log, the catalogue written to a file (`write_snapshots`) and then as a table in memory,
from 1 to 64 million rows, under a limit of 4 GB for the process: DuckDB gets 1 GB and spills; 64 million rows want 8 GB
of disk under the temporary folder. Writing the file has to be flat: from 16 million rows on, its peak is at most 1.3
times that of 16 million. Exit code 4 when a limit is missed.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generated_orders import AS_OF, generated

END = "2024-06-30"
FLAT_FROM = 16
"""Million rows from which on memory may hardly grow; with fewer, DuckDB does not need all of its 1 GB."""
PEERS = {
    "lifetimes": (
        ["lifetimes==0.11.3", "pyarrow"],
        "from lifetimes.utils import summary_data_from_transaction_data as f;"
        f"t=f(d,'customer_id','ordered_at','revenue',observation_period_end='{END}',freq='D')",
    ),
    "pymc-marketing": (
        ["pymc-marketing>=0.15", "pyarrow"],
        "from pymc_marketing.clv.utils import rfm_summary as f;"
        f"t=f(d,'customer_id','ordered_at','revenue',observation_period_end='{END}',time_unit='D')",
    ),
    "pandas": (
        ["pandas>=2.2", "pyarrow"],
        "d=d.assign(day=d.ordered_at.dt.normalize());g=d.groupby(['customer_id','day'],as_index=False).revenue.sum();"
        "p=g.groupby('customer_id').day.agg(['min','max','count']);"
        "r=g[g.day>g.customer_id.map(p['min'])].groupby('customer_id').revenue.mean();"
        f"t=pd.DataFrame({{'frequency':p['count']-1,'recency':(p['max']-p['min']).dt.days,"
        f"'T':(pd.Timestamp('{END}')-p['min']).dt.days,'monetary_value':r.reindex(p.index).fillna(0)}})",
    ),
}
PROGRAM = (
    "import json,sys,time,warnings;warnings.simplefilter('ignore');import pandas as pd;{imports};"
    "\ndef run():\n"
    " w=time.perf_counter();c=time.process_time();"
    "d=pd.read_parquet(sys.argv[1],columns=['customer_id','ordered_at','revenue']);"
    "d=d[(d.ordered_at<'{as_of}')&(d.revenue>=0)];{body};"
    "return dict(wall=time.perf_counter()-w,cpu=time.process_time()-c,customers=len(t),"
    "orders=float(t['frequency'].sum()))\n"
    "print(json.dumps(min(run(),run(),run(),key=lambda one:one['wall'])))"
)


def peer(name: str, path: Path) -> dict[str, float]:
    """Run a package from the Parquet to its summary; imports are not counted. Empty when it cannot run."""
    packages, code = PEERS[name]
    imports, _, body = code.partition(";") if code.startswith("from") else ("pass", "", code)
    program = PROGRAM.format(as_of=AS_OF, imports=imports, body=body)
    command = ["uv", "run", "--no-project", "--python", sys.executable]
    command += [word for package in packages for word in ("--with", package)]
    command += ["python", "-c", program, str(path)]
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        print(f"{name} could not run: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}")
        return {}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def work(job: str, path: Path) -> dict[str, float]:
    """Run Tenure in this process: the four columns straight from the Parquet, or opening and the catalogue."""
    from tenure_features import Engine, OrderSource, open_shop, rfm_summary, snapshots, write_snapshots

    def seconds(call: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
        wall, cpu = time.perf_counter(), time.process_time()
        result = call()
        return result, {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}

    if job == "four":
        rfm_summary(OrderSource(generated(10_000, 1_000)), AS_OF)  # imports are not counted, for nobody
        four = lambda: rfm_summary(OrderSource(path), AS_OF)  # noqa: E731
        table, found = min((seconds(four) for _ in range(3)), key=lambda one: one[1]["wall"])
        found |= {"customers": len(table), "orders": float(table["frequency"].sum())}
    else:
        shop, opening = seconds(lambda: open_shop(path, engine=Engine(memory_limit="1GB")))
        written: dict[str, float] = {}
        if job == "growth":
            with tempfile.TemporaryDirectory() as folder:
                _, file = seconds(lambda: write_snapshots(Path(folder) / "features.parquet", shop, AS_OF))
            written = {"file_cpu": file["cpu"], "file_peak_mb": _peak_mb()}
        table, found = seconds(lambda: snapshots(shop, AS_OF))
        found |= {"open_cpu": opening["cpu"], "open_wall": opening["wall"], "customers": len(table)} | written
    return found | {"peak_mb": _peak_mb()}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(job: str, path: Path) -> dict[str, float]:
    """Run a job in a fresh process."""
    command = [sys.executable, __file__, "--job", job, "--path", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def compare(path: Path) -> bool:
    """Measure everybody at one size; print a table and say whether every limit is met."""
    four, catalogue = measured("four", path), measured("catalogue", path)
    print(f"Tenure: four columns {four['wall']:.2f} s ({four['cpu']:.2f} s of processors), ", end="")
    print(f"catalogue {catalogue['wall']:.2f} s ({catalogue['cpu']:.2f} s)\n")
    print("| package | seconds (processor) | four columns faster by | limit | catalogue by (processor) | limit | |")
    print("|---|---:|---:|---:|---:|---:|---|")
    good = True
    for name in PEERS:
        seen = peer(name, path)
        if not seen:
            continue
        if (seen["customers"], seen["orders"]) != (four["customers"], four["orders"]):
            print(f"{name} counts otherwise: {seen} against {four}")
            good = False
        by, whole = seen["wall"] / four["wall"], seen["wall"] / catalogue["wall"]
        met = by >= 6 and whole > 1
        good &= met
        by_cpu, whole_cpu = seen["cpu"] / four["cpu"], seen["cpu"] / catalogue["cpu"]
        print(
            f"| {name} | {seen['wall']:.2f} ({seen['cpu']:.2f}) | {by:.1f} ({by_cpu:.1f}) | >= 6 "
            f"| {whole:.1f} ({whole_cpu:.1f}) | > 1 | {'met' if met else 'NOT met'} |"
        )
    return good


def growth(sizes: list[int]) -> bool:
    """Measure the catalogue at growing sizes; print a table and say whether every limit is met."""
    print("| million rows | open, s | file, s | s per million rows | peak GB | limit | table, s | peak GB | limit | |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|")
    good, flat = True, 4.0
    for millions in sizes:
        try:
            seen = measured("growth", generated(millions * 1_000_000, millions * 62_500))
        except subprocess.CalledProcessError:  # its own words are above: no memory, or no disk left to spill to
            print(f"| {millions} | stopped | | | | <= {flat:.2f} | | | <= 4 | NOT met |", flush=True)
            good = False
            continue
        file, table = seen["file_peak_mb"] / 1000, seen["peak_mb"] / 1000
        met = file <= flat and table <= 4
        good &= met
        each = (seen["open_cpu"] + seen["file_cpu"]) / millions
        print(
            f"| {millions} | {seen['open_cpu']:.1f} | {seen['file_cpu']:.1f} | {each:.2f} | {file:.2f} | <= {flat:.2f} "
            f"| {seen['cpu']:.1f} | {table:.2f} | <= 4 | {'met' if met else 'NOT met'} |",
            flush=True,
        )
        if millions == FLAT_FROM:
            flat = 1.3 * file
    return good


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=16_000_000)
    parser.add_argument("--customers", type=int, help="default: one per 16 rows")
    parser.add_argument("--growth", action="store_true", help="measure growth instead")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 4, 16, 64], help="of --growth, in million rows")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(work(options.job, options.path)))
        return
    print(f"load average before: {os.getloadavg()[0]:.1f}\n")
    if options.growth:
        met = growth(options.sizes)
    else:
        met = compare(generated(options.rows, options.customers or options.rows // 16))
    sys.exit(0 if met else 4)


if __name__ == "__main__":
    main()
