"""Calibration, intervals and totals of the default training on held-out moments of three kinds of logs.

    python benchmarks/quality.py [--log cdnow|online_retail|simulator]

For each moment a model is trained on what lay before it, and its answers are held against what happened next, counted
with plain pandas: ECE and calibration slope, coverage of the 50, 80 and 95 % intervals against what they promise, CRPS
beside that of the BTYD models, and the totals of the backtest. The exit code is 4 when a limit is not met.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from cdnow import read_cdnow
from online_retail import split as online_retail_split
from scoring import QUALITY_GATE, Limit, Report, Split, data_folder, happened

from tenure_features import OrderSource, open_orders
from tenure_simulator import preset, simulate_orders
from tenure_training.frame import Frames
from tenure_training.metrics import evaluate
from tenure_training.metrics.interval import inside
from tenure_training.models.contract import Floats, Prediction
from tenure_training.models.registry import candidate_class
from tenure_training.train import Training, train

RIVALS = ("bgnbd", "mbgnbd", "paretonbd")
LEVELS = (0.5, 0.8, 0.95)
METRICS = ("auroc", "log_loss", "ece", "calibration_slope", "normalised_gini", "decile_mape", "total_bias", "crps")
SMALL, SHORT = 5000, 2
ECE_LARGE, ECE_SMALL, ECE_SHORT = 0.02, 0.04, 0.035
OVERALL, BY_DECILE = 0.03, 0.07


@dataclass(frozen=True)
class Moment:
    """A held-out window of a log: ``[as_of, as_of + horizon_days)`` has closed."""

    log: str
    rows: pd.DataFrame
    as_of: pd.Timestamp
    horizon_days: int

    @property
    def history_days(self) -> int:
        """Days of history before the moment."""
        return (self.as_of - self.rows["ordered_at"].min().normalize()).days


def promised(said: Prediction, level: float) -> Floats:
    """Tell what an interval promises each of ``n`` customers: its level, or more where "buys nothing" alone holds more.

    Examples
    --------
    >>> promised(Prediction(np.array([0.9, 0.05]), np.ones(2), np.ones(2)), 0.8).tolist()
    [0.8, 0.95]
    """
    return np.maximum(level, 1 - said.buy_probability)


def gaps(said: Prediction, value: Floats, level: float) -> tuple[float, float]:
    """Coverage less promise, over all customers and in the worst tenth of predicted value."""
    low, high = said.interval(level) or (np.zeros(0), np.zeros(0))
    missed = inside(low, high, value) - promised(said, level)
    tenths = np.array_split(missed[np.argsort(-said.expected_value, kind="stable")], 10)
    return float(missed.mean()), float(max((tenth.mean() for tenth in tenths), key=abs))


def cdnow_moments() -> Iterator[Moment]:
    """CDNOW, 23,570 customers of one quarter: as soon as two horizons have passed, and before that."""
    rows = read_cdnow(data_folder() / "cdnow" / "CDNOW_master.txt")
    rows = rows.assign(order_id=range(len(rows)))
    for as_of, days in (("1997-10-01", 273), ("1998-01-01", 90), ("1998-04-01", 90)):
        yield Moment("CDNOW", rows, pd.Timestamp(as_of), days)


def retail_moments() -> Iterator[Moment]:
    """Online Retail, invoice lines with cancellations."""
    rows = online_retail_split(Path(), False).rows
    for as_of, days in (("2011-05-12", 60), ("2011-06-11", 60), ("2011-07-11", 60)):
        yield Moment("Online Retail", rows, pd.Timestamp(as_of), days)


def simulator_moments() -> Iterator[Moment]:
    """Three kinds of simulated shops, with seasons and changes."""
    for name, customers in (("shop", 10_000), ("marketplace", 8_000), ("subscription", 2_500)):
        orders, _ = simulate_orders(preset(name, customers=customers, seed=11))
        rows = orders[["customer_id", "order_id", "ordered_at", "revenue"]]
        first, last = rows["ordered_at"].min(), rows["ordered_at"].max()
        yield Moment(f"simulated {name}", rows, (first + 0.8 * (last - first)).normalize(), 90)


LOGS: Mapping[str, Callable[[], Iterator[Moment]]] = {
    "cdnow": cdnow_moments,
    "online_retail": retail_moments,
    "simulator": simulator_moments,
}


def trained(moment: Moment, folder: Path) -> tuple[Training, pd.DataFrame]:
    """Train on the rows before a moment, and count what its customers then did."""
    path = folder / "orders.parquet"
    moment.rows[moment.rows["ordered_at"] < moment.as_of].to_parquet(path, index=False)
    log = open_orders(OrderSource(str(path)), moment.as_of)
    training = train(
        Frames(log), as_of=moment.as_of, horizon_days=moment.horizon_days, seed=0, candidates=["blend"]
    )  # fmt: skip
    split = Split(moment.log, path, {}, moment.rows, moment.as_of, moment.horizon_days)
    did = happened(split).set_index("customer_id").loc[training.frame.present["customer_id"]].reset_index()
    return training, did


def ece_limit(moment: Moment, customers: int) -> Limit:
    """Look up the calibration error allowed: more for few customers, and where windows are carried to the horizon."""
    if moment.history_days < SHORT * moment.horizon_days:
        return Limit("ece", high=ECE_SHORT)
    return Limit("ece", high=ECE_LARGE if customers > SMALL else ECE_SMALL)


def measure(moment: Moment, report: Report, folder: Path) -> None:
    """Print what was measured at a moment beside its limits."""
    training, did = trained(moment, folder)
    present, value = training.frame.present, did["value"].to_numpy(dtype=np.float64)
    said = training.champion.predict(present)
    measured = evaluate(said, did, metrics=METRICS)
    print(f"\n{moment.log} as of {moment.as_of:%Y-%m-%d}, {moment.horizon_days} days: {len(did):,} customers")
    print("  " + "  ".join(f"{name} {measured[name]:.4g}" for name in METRICS))
    _print_totals(training)
    report.judge(ece_limit(moment, len(did)), measured["ece"])
    rivals = [candidate_class(name)().fit(training.frame, seed=0).predict(present) for name in RIVALS]
    report.judge(
        Limit("CRPS", high=min(evaluate(rival, did, metrics=("crps",))["crps"] for rival in rivals)), measured["crps"]
    )
    for level in LEVELS:
        overall, worst = gaps(said, value, level)
        report.judge(Limit(f"{level:.0%} interval, all", low=-OVERALL, high=OVERALL), overall)
        report.judge(Limit(f"{level:.0%} interval, tenths", low=-BY_DECILE, high=BY_DECILE), worst)


def _print_totals(training: Training) -> None:
    """Say how the sum of predictions followed the total on the backtest."""
    if training.backtest is None:
        return
    table = training.backtest.table().set_index("candidate").loc[["blend"]]
    told = ", ".join(f"{row.origin:%Y-%m-%d} {row.total_bias:+.1%}" for row in table.itertuples())
    print(f"  backtest, sum of predictions against the total: {told}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every log, or the one asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", choices=list(LOGS), help="only this one")
    options = parser.parse_args(arguments)
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        for name in [options.log] if options.log else LOGS:
            for moment in LOGS[name]():
                measure(moment, report, Path(folder))
                sys.stdout.flush()
    print(f"\nNOT met: {len(report.failed)} limits" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
