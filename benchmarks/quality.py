"""Calibration, intervals and totals of the default training on held-out moments of three kinds of logs.

    python benchmarks/quality.py [--log cdnow|online_retail|simulator]

For each moment a model is trained on what lay before it, and its answers are held against what happened next, counted
with plain pandas: ECE and calibration slope, coverage of the 50, 80 and 95 % intervals against what they promise, CRPS
beside that of the BTYD models, and the totals of the backtest.

Limits are judged over all moments of a log: mean ECE, coverage over all customers and in each tenth of predicted value,
geometric mean of our CRPS over a BTYD model's. One moment is printed and not judged, for two reasons. Chance: of 2,500
customers a tenth has 250, and if every interval were right the worst tenth would still miss by 8 points in one of
twenty worlds; what chance does is printed beside. And the season: one that no closed window has shown moves all
probabilities of a moment together, which nothing known at that moment foretells. The exit code is 4 when a limit is not
met.
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
from numpy.typing import NDArray
from online_retail import split as online_retail_split
from scoring import QUALITY_GATE, Limit, Report, Split, data_folder, happened

from tenure_features import open_shop
from tenure_simulator import preset, simulate_orders
from tenure_training.frame import Frames
from tenure_training.metrics import evaluate_metrics
from tenure_training.metrics.interval import inside
from tenure_training.models.contract import Floats, Prediction
from tenure_training.models.hurdle.blend import Blend
from tenure_training.models.registry import candidate_class
from tenure_training.training import Training, train

OWN, RIVALS = "ours", ("bgnbd", "mbgnbd", "paretonbd")
LEVELS = (0.5, 0.8, 0.95)
METRICS = ("auroc", "log_loss", "ece", "calibration_slope", "normalised_gini", "decile_mape", "total_bias", "crps")
SMALL, SHORT = 5000, 2
ECE_LARGE, ECE_SMALL, ECE_SHORT = 0.02, 0.04, 0.035
OVERALL, BY_DECILE = 0.03, 0.07
WORLDS = 400


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
    >>> sure = np.ones(2)
    >>> said = Prediction(buy_probability=np.array([0.9, 0.05]), expected_orders=sure, expected_value=sure)
    >>> promised(said, 0.8).tolist()
    [0.8, 0.95]
    """
    return np.maximum(level, 1 - said.buy_probability)


def gaps(said: Prediction, value: Floats, level: float) -> Floats:
    """Coverage less promise, shape (11,): over all customers, then in each tenth of predicted value."""
    low, high = said.interval(level) or (np.zeros(0), np.zeros(0))
    missed = inside(low, high, value) - promised(said, level)
    return np.array([missed.mean(), *(missed[tenth].mean() for tenth in _tenths(said))])


def luck(said: Prediction, level: float) -> float:
    """How far the worst tenth misses its promise by chance in one of twenty worlds where every interval is right."""
    random, share = np.random.default_rng(0), promised(said, level)
    worlds = [
        [random.binomial(1, share[tenth], (WORLDS, len(tenth))).mean(axis=1) - share[tenth].mean()]
        for tenth in _tenths(said)
    ]
    return float(np.quantile(np.abs(np.concatenate(worlds)).max(axis=0), 0.95))


def _tenths(said: Prediction) -> list[NDArray[np.int64]]:
    return np.array_split(np.argsort(-said.expected_value, kind="stable"), 10)


def cdnow_moments() -> Iterator[Moment]:
    """CDNOW, 23,570 customers of one quarter: each quarter for 90 days and for all that is left of the log."""
    rows = read_cdnow(data_folder() / "cdnow" / "CDNOW_master.txt")
    rows = rows.assign(order_id=range(len(rows)))
    for as_of, horizons in (("1997-10-01", (90, 273)), ("1998-01-01", (90, 181)), ("1998-04-01", (90,))):
        for days in horizons:
            yield Moment("CDNOW", rows, pd.Timestamp(as_of), days)


def retail_moments() -> Iterator[Moment]:
    """Online Retail, invoice lines with cancellations: every 30 days that two windows lie before and one behind."""
    rows = online_retail_split(Path(), False).rows
    for ago in (90, 60, 30, 0):
        yield Moment("Online Retail", rows, pd.Timestamp("2011-07-11") - pd.Timedelta(days=ago), 60)


def simulator_moments() -> Iterator[Moment]:
    """Three kinds of simulated shops, with seasons and changes: after six and eight tenths of their time."""
    for name, customers in (("shop", 10_000), ("marketplace", 8_000), ("subscription", 2_500)):
        orders, _ = simulate_orders(preset(name, customers=customers, seed=11))
        rows = orders[["customer_id", "order_id", "ordered_at", "revenue"]]
        first, last = rows["ordered_at"].min(), rows["ordered_at"].max()
        for part in (0.6, 0.8):
            yield Moment(f"simulated {name}", rows, (first + part * (last - first)).normalize(), 90)


LOGS: Mapping[str, Callable[[], Iterator[Moment]]] = {
    "cdnow": cdnow_moments,
    "online_retail": retail_moments,
    "simulator": simulator_moments,
}


def trained(
    moment: Moment, folder: Path, *, candidates: Sequence[str] = (Blend.name,)
) -> tuple[Training, pd.DataFrame]:
    """Train on the rows before a moment, and count what its customers then did."""
    path = folder / "orders.parquet"
    moment.rows[moment.rows["ordered_at"] < moment.as_of].to_parquet(path, index=False)
    shop = open_shop(path, moment.as_of)
    training = train(
        Frames(shop), as_of=moment.as_of, horizon_days=moment.horizon_days, seed=0, candidates=candidates
    )  # fmt: skip
    split = Split(moment.log, path, {}, moment.rows, moment.as_of, moment.horizon_days)
    did = happened(split).set_index("customer_id").loc[training.frame.present["customer_id"]].reset_index()
    return training, did


def ece_limit(moment: Moment, customers: int) -> Limit:
    """Look up the calibration error allowed: more for few customers, and where windows are carried to the horizon."""
    if moment.history_days < SHORT * moment.horizon_days:
        return Limit("ece", high=ECE_SHORT)
    return Limit("ece", high=ECE_LARGE if customers > SMALL else ECE_SMALL)


@dataclass(frozen=True)
class Seen:
    """What was measured at a moment.

    Attributes
    ----------
    customers
        How many there were.
    ece, allowed
        Calibration error, and its limit.
    gaps
        By level, what `gaps` gives.
    crps
        By model.
    """

    customers: int
    ece: float
    allowed: Limit
    gaps: Mapping[float, Floats]
    crps: Mapping[str, float]


def measure(moment: Moment, folder: Path) -> Seen:
    """Measure and print one moment."""
    training, did = trained(moment, folder)
    present, value = training.frame.present, did["value"].to_numpy(dtype=np.float64)
    said = training.champion.predict(present)
    measured = evaluate_metrics(said, did, metrics=METRICS)
    rivals = {name: candidate_class(name)().fit(training.frame, seed=0).predict(present) for name in RIVALS}
    crps = {name: evaluate_metrics(rival, did, metrics=("crps",))["crps"] for name, rival in rivals.items()}
    found = {level: gaps(said, value, level) for level in LEVELS}
    print(f"\n{moment.log} as of {moment.as_of:%Y-%m-%d}, {moment.horizon_days} days: {len(did):,} customers")
    print("  " + "  ".join(f"{name} {measured[name]:.4g}" for name in METRICS))
    print("  CRPS of " + "  ".join(f"{name} {its:.4g}" for name, its in crps.items()))
    for level, (overall, *tenths) in found.items():
        chance = f"by chance up to {luck(said, level):.3f}"
        print(f"  {level:.0%} interval {overall:+.3f}, worst tenth {max(tenths, key=abs):+.3f} ({chance})")
    _print_totals(training)
    allowed = ece_limit(moment, len(did))
    return Seen(len(did), measured["ece"], allowed, found, crps | {OWN: measured["crps"]})


def judge(seen: Sequence[Seen], report: Report) -> None:
    """Judge the moments of a log together."""
    for limit in dict.fromkeys(one.allowed for one in seen):
        report.judge(limit, float(np.mean([one.ece for one in seen if one.allowed == limit])))
    for level in LEVELS:
        weights = [one.customers for one in seen]
        overall, *tenths = np.average([one.gaps[level] for one in seen], axis=0, weights=weights).tolist()
        report.judge(Limit(f"{level:.0%} interval, all", low=-OVERALL, high=OVERALL), overall)
        report.judge(Limit(f"{level:.0%} interval, tenths", low=-BY_DECILE, high=BY_DECILE), max(tenths, key=abs))
    for name in RIVALS:
        ratio = float(np.exp(np.mean([np.log(one.crps[OWN] / one.crps[name]) for one in seen])))
        report.judge(Limit(f"CRPS / {name}", high=1.0), ratio)


def _print_totals(training: Training) -> None:
    """Say how the sum of predictions followed the total on the backtest."""
    if training.backtest is None:
        return
    table = training.backtest.table().set_index("candidate").loc[[Blend.name]]
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
            seen = []
            for moment in LOGS[name]():
                seen.append(measure(moment, Path(folder)))
                sys.stdout.flush()
            print(f"\n{name}: {len(seen)} moments")
            judge(seen, report)
    print(f"\nNOT met: {len(report.failed)} limits" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
