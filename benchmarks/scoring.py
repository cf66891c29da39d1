"""What the benchmarks share: run the command, read what happened next, measure it beside the baselines, judge it.

What happened next is counted here with plain pandas from the raw rows, not with Tenure's own labels, so that an error
in those cannot hide itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from tenure_features import OrderSource, open_shop
from tenure_training.frame import Frames
from tenure_training.metrics import coverage, coverage_by_decile, evaluate_metrics
from tenure_training.models.contract import Prediction
from tenure_training.models.registry import BASELINES, candidate_class

REPOSITORY = Path(__file__).resolve().parent.parent
PEERS = (*BASELINES, "bgnbd")
METRICS = ("auroc", "log_loss", "ece", "normalised_gini", "decile_mape", "total_bias")
QUALITY_GATE = 4


@dataclass(frozen=True)
class Limit:
    """What a measurement must keep: at least ``low`` and at most ``high``."""

    name: str
    low: float = -np.inf
    high: float = np.inf

    def met(self, value: float) -> bool:
        """Whether a measurement keeps it; one that does not exist does not."""
        return bool(self.low <= value <= self.high)

    def __str__(self) -> str:
        if np.isinf(self.low):
            return f"<= {self.high:g}"
        return f">= {self.low:g}" if np.isinf(self.high) else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Split:
    """A log cut at a moment.

    Attributes
    ----------
    name
        Of the log.
    orders
        The file given to the command.
    columns
        Contract column -> source column or SQL expression.
    rows
        ``customer_id`` (str), ``order_id``, ``ordered_at`` and ``revenue`` of every row with a customer.
    as_of, horizon_days
        The window predicted.
    limits
        What must be kept.
    """

    name: str
    orders: Path
    columns: Mapping[str, str]
    rows: pd.DataFrame
    as_of: pd.Timestamp
    horizon_days: int
    limits: Sequence[Limit] = ()

    def arguments(self, orders: Path, out: Path) -> list[str]:
        """Write the command line of the run."""
        columns = [word for name, source in self.columns.items() for word in ("--column", f"{name}={source}")]
        question = ["--as-of", f"{self.as_of:%Y-%m-%d}", "--horizon", str(self.horizon_days)]
        return ["run", "--orders", str(orders), *columns, *question, "--out", str(out)]


@dataclass(frozen=True)
class Ran:
    """What a command cost: seconds of wall clock and of processors, and the peak of its resident memory."""

    seconds: float
    processor_seconds: float
    peak_gigabytes: float


@dataclass
class Report:
    """Prints measurements and remembers which limits were not kept."""

    failed: list[str] = field(default_factory=list)

    def judge(self, limit: Limit, value: float) -> None:
        """Print a measurement beside its limit."""
        met = limit.met(value)
        print(f"  {limit.name:<24}{value:>12.4g}   {limit!s:<14} {'met' if met else 'NOT met'}")
        if not met:
            self.failed.append(limit.name)


def data_folder() -> Path:
    """Find the real logs: TENURE_DATA, else ../shared/data beside the repository."""
    folder = Path(os.environ.get("TENURE_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        raise SystemExit(f"There are no real logs at {folder}; set TENURE_DATA to the folder they lie in.")
    return folder


def tenure(arguments: Sequence[str], work: Path) -> Ran:
    """Run the command in its own process, tracked in ``work``, and measure it; stop when it fails."""
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"sqlite:///{work / 'mlruns' / 'mlflow.db'}",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        # idle OpenMP threads that spin make a busy machine many times slower
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }
    (work / "mlruns").mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with (work / "command.log").open("wb") as log:
        command = [sys.executable, "-m", "tenure", *arguments]
        process = subprocess.Popen(command, cwd=work, env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        print((work / "command.log").read_text(encoding="utf-8"), file=sys.stderr)
        raise SystemExit(process.returncode)
    unit = 2**30 if sys.platform == "darwin" else 2**20  # bytes there, KiB elsewhere
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def happened(split: Split) -> pd.DataFrame:
    """Count what the customers of the population did in the window: ``customer_id``, ``bought``, ``orders``, ``value``.

    An order belongs to the moment of its first line; a negative one is a return and no order.
    """
    rows, keys = split.rows, ["customer_id", "order_id"]
    orders = rows.groupby(keys, as_index=False).agg(ordered_at=("ordered_at", "min"), revenue=("revenue", "sum"))
    known = orders[(orders["ordered_at"] < split.as_of) & (orders["revenue"] >= 0)]["customer_id"].unique()
    end = split.as_of + pd.Timedelta(days=split.horizon_days)
    window = orders[(orders["ordered_at"] >= split.as_of) & (orders["ordered_at"] < end)]
    table = pd.DataFrame({"customer_id": np.sort(known)}).set_index("customer_id")
    table["orders"] = window[window["revenue"] > 0].groupby("customer_id").size()
    table["value"] = window.groupby("customer_id")["revenue"].sum()
    table = table.fillna(0.0)
    return table.assign(bought=table["orders"] > 0).reset_index()


def peers(split: Split) -> dict[str, tuple[pd.Series, Prediction]]:
    """Fit the baselines and BG/NBD with Gamma-Gamma on the same earlier rows; customers and predictions by name."""
    shop = open_shop(OrderSource(split.orders, columns=split.columns), split.as_of)
    frame = Frames(shop).frame(split.as_of, horizon_days=split.horizon_days)
    customers = frame.present["customer_id"]
    return {name: (customers, candidate_class(name)().fit(frame, seed=0).predict(frame.present)) for name in PEERS}


def row(
    customers: pd.Series, said: Prediction, did: pd.DataFrame, interval: tuple[np.ndarray, np.ndarray] | None
) -> dict[str, float]:
    """Measure one candidate."""
    outcome = did.set_index("customer_id").loc[customers].reset_index()
    measured = evaluate_metrics(said, outcome, metrics=METRICS)
    inside = coverage(*interval, outcome["value"]) if interval else float("nan")
    return {**measured, "coverage_80": inside}


def compare(split: Split, scores: pd.DataFrame) -> pd.DataFrame:
    """Measure the scores beside the baselines; print the coverage of intervals by predicted decile.

    Raises
    ------
    SystemExit
        The customers scored are not the population.
    """
    did = happened(split)
    if set(did["customer_id"]) != set(scores["customer_id"]):
        raise SystemExit(f"{len(scores)} customers were scored, {len(did)} are in the population.")
    low, high = (scores[name].to_numpy(np.float64) for name in ("value_low", "value_high"))
    said = Prediction(
        buy_probability=1 - scores["churn_probability"].to_numpy(np.float64),
        expected_orders=scores["expected_orders"].to_numpy(np.float64),
        expected_value=scores["expected_value"].to_numpy(np.float64),
    )
    table = {"tenure": row(scores["customer_id"], said, did, (low, high))}
    for name, (customers, prediction) in peers(split).items():
        table[name] = row(customers, prediction, did, prediction.interval(0.8))
    actual = did.set_index("customer_id").loc[scores["customer_id"], "value"]
    share = did["bought"].mean()
    print(f"\n{split.name}: {len(did):,} customers as of {split.as_of:%Y-%m-%d}, {split.horizon_days} days ahead")
    print(f"{share:.1%} bought, {actual.sum():,.0f} in all\n")
    print(pd.DataFrame(table).T.to_string(float_format="{:.3f}".format, na_rep="-"))
    by_decile = coverage_by_decile(scores["expected_value"], low, high, actual)
    print(f"\n80 % intervals by tenth of predicted value, best first: {' '.join(f'{part:.2f}' for part in by_decile)}")
    return pd.DataFrame(table).T


def differences(a: pd.DataFrame, b: pd.DataFrame) -> float:
    """Return the largest relative difference of any number of two score tables; infinite where anything else differs.

    ``model_version`` is set aside: it names the data a model was trained on. Moments are compared in days.
    """
    left, right = (_comparable(table) for table in (a, b))
    if list(left) != list(right) or len(left) != len(right):
        return float("inf")
    numbers = [name for name in left if left[name].dtype == np.float64]
    if any(not left[name].map(str).equals(right[name].map(str)) for name in set(left) - set(numbers)):
        return float("inf")
    one, two = (table[numbers].to_numpy() for table in (left, right))
    apart = np.abs(one - two) / np.maximum(1.0, np.abs(one))
    return float(np.max(np.where(np.isnan(one) & np.isnan(two), 0.0, apart), initial=0.0))


def _comparable(scores: pd.DataFrame) -> pd.DataFrame:
    table = scores.drop(columns="model_version").sort_values("customer_id", ignore_index=True)
    moments = table.select_dtypes("datetime")
    return table.assign(**{name: (moments[name] - pd.Timestamp(0)) / pd.Timedelta(days=1) for name in moments})


def repeats(split: Split, work: Path, scores: pd.DataFrame, report: Report) -> None:
    """Score again in other ways that must not matter."""
    table = pd.read_parquet(split.orders)
    shuffled, early = work / "shuffled.parquet", work / "early.parquet"
    table.sample(frac=1.0, random_state=1).to_parquet(shuffled, index=False)
    time_column = split.columns.get("ordered_at", "ordered_at")
    table[table[time_column] < split.as_of].to_parquet(early, index=False)
    ways = (("run again", split.orders, 0.0), ("rows shuffled", shuffled, 1e-9), ("later rows deleted", early, 1e-9))
    for name, orders, most in ways:
        out = work / name.replace(" ", "_")
        tenure(split.arguments(orders, out), work)
        report.judge(Limit(name, high=most), differences(scores, pd.read_parquet(out / "scores.parquet")))


def from_registry(split: Split, work: Path, scores: pd.DataFrame, report: Report) -> None:
    """Score the same data with the registered champion, in a process that must not unpickle."""
    out = work / "from_registry"
    words = split.arguments(split.orders, out)
    at = words.index("--horizon")
    tenure(["score", "--model", "models:/tenure-scorer@champion", *words[1:at], *words[at + 2 :]], work)
    report.judge(Limit("scored from registry", high=1e-6), differences(scores, pd.read_parquet(out / "scores.parquet")))


def main(name: str, make: Callable[[Path, bool], Split], arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark; the exit code is 4 where a limit is not kept.

    Parameters
    ----------
    name
        Shown by ``--help``.
    make
        Builds the split, given a folder for files and whether a small sample was asked for.
    arguments
        Of the command line.
    """
    parser = argparse.ArgumentParser(description=f"Run `tenure run` on {name} and score it against what happened next.")
    parser.add_argument("--sample", action="store_true", help="use the small sample, where the log has one")
    parser.add_argument("--check-repeat", action="store_true", help="run again three ways: same scores?")
    parser.add_argument("--out", type=Path, help="keep everything that is written in this empty folder")
    options = parser.parse_args(arguments)
    if options.out and options.out.exists() and any(options.out.iterdir()):
        parser.error(f"{options.out} is not empty; the champion of an earlier run must not answer for this one")
    with tempfile.TemporaryDirectory() as folder:
        work = (options.out or Path(folder)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        return _measure(make(work, options.sample), work, check_repeat=options.check_repeat)


def _measure(split: Split, work: Path, *, check_repeat: bool) -> int:
    load = os.getloadavg()[0]
    ran = tenure(split.arguments(split.orders, work / "out"), work)
    print(f"tenure run: {ran.seconds:.1f} s, {ran.processor_seconds:.1f} s of processors, {ran.peak_gigabytes:.2f} GB")
    print(f"load of the machine before {load:.1f}, after {os.getloadavg()[0]:.1f}, on {os.cpu_count()} processors")
    scores, report = pd.read_parquet(work / "out" / "scores.parquet"), Report()
    table = compare(split, scores)
    measured = {**table.loc["tenure"], "wall seconds": ran.seconds, "peak memory, GB": ran.peak_gigabytes}
    print()
    for limit in split.limits:
        report.judge(limit, measured[limit.name])
    for name, better in (("auroc", 1), ("log_loss", -1), ("normalised_gini", 1)):
        best = (better * table.loc[list(BASELINES), name]).max() * better
        bound = {"low": best} if better > 0 else {"high": best}
        report.judge(Limit(f"{name} > baselines" if better > 0 else f"{name} < baselines", **bound), measured[name])
    from_registry(split, work, scores, report)
    if check_repeat:
        repeats(split, work, scores, report)
    print(f"\nNOT met: {', '.join(report.failed)}" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0
