"""What a batch takes beside the bare boosters: from ready features to the scored partition, with and without reasons.

    python benchmarks/batch_speed.py [MODEL] [--customers 1000000]

Customers are scored 50,000 at a time, written part by part and published as a partition, as `tenure score --to` does.
Held against `Booster.predict`, and against `pred_contribs`, of the same boosters on matrices of the same customers:
made-up features of the size and kind of somebody's. Processor seconds, in turns, so that all see the same load. The
exit code is 4 when a limit is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost
from scoring import Limit, Report, tenure
from serving_latency import boosters_of, customers_of

from tenure_features.float_table import FloatTable
from tenure_serving.batch import describe_scores
from tenure_serving.destinations.partition import Partition
from tenure_serving.destinations.publishing import publish
from tenure_serving.score_columns import frame_of
from tenure_serving.score_parts import ScoreParts
from tenure_serving.scorer import Scorer

PART_ROWS = 50_000
MOST_TIMES, MOST_TIMES_REASONS = 3.0, 1.3


class Clock:
    """Adds up processor seconds by what they went to."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._begun = time.process_time()

    def start(self) -> None:
        """Begin to count."""
        self._begun = time.process_time()

    def stop(self, kind: str) -> None:
        """Count what went by for a kind of work, and begin anew."""
        self.seconds[kind] += time.process_time() - self._begun
        self.start()


def ask_boosters(scorer: Scorer, values: np.ndarray, clock: Clock) -> None:
    """Ask nothing but the boosters, each on a new matrix of as many columns as it reads."""
    for booster in boosters_of(scorer):
        own = np.ascontiguousarray(np.resize(values, (len(values), len(booster.columns))))
        for kind, options in (("predict", {"output_margin": True}), ("pred_contribs", {"pred_contribs": True})):
            clock.start()
            booster.booster.predict(xgboost.DMatrix(own, nthread=1), **options)
            clock.stop(kind)


def write_part(scorer: Scorer, parts: ScoreParts, number: int, rows: pd.DataFrame, *, reasons: bool) -> None:
    """Score some customers and write them, whole."""
    as_of, names = scorer.bundle.info.as_of, list(scorer.bundle.info.features)
    table = FloatTable.of(rows, names)
    columns = scorer.score_columns(rows["customer_id"].tolist(), table, as_of=as_of, reasons=reasons)
    about = {"columns": list(columns), "rows": len(rows)}
    manifest = describe_scores(
        scorer.bundle, as_of=as_of, input_fingerprint="made up", previous=None, currency=None, **about
    )
    parts.write(number, frame_of(columns), manifest)


def measure(scorer: Scorer, customers: int, folder: Path) -> Counter[str]:
    """Let everybody be scored in turns, by the boosters and by the batch."""
    clock, size = Clock(), min(PART_ROWS, customers)
    people = customers_of(scorer, size)
    values = people.to_numpy(dtype=np.float32)
    kinds = {"scores": False, "scores and reasons": True}
    parts = {kind: ScoreParts(folder / kind) for kind in kinds}
    for waiting in parts.values():
        waiting.folder.mkdir()
    count = -(-customers // size)
    for number in range(count):
        rows = people.assign(customer_id=[f"C{row:08d}" for row in range(number * size, (number + 1) * size)])
        ask_boosters(scorer, values, clock)
        for kind, reasons in kinds.items():
            clock.start()
            write_part(scorer, parts[kind], number, rows, reasons=reasons)
            clock.stop(kind)
    for kind, reasons in kinds.items():
        clock.start()
        files = tuple(parts[kind].place(number) for number in range(count))
        publish(Partition(files, parts[kind].manifest()), str(folder / f"lake {reasons}"))
        clock.stop(kind)
    return clock.seconds


def main() -> int:
    """Measure, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", type=Path, help="model folder of a run; none: a demo shop is trained")
    parser.add_argument("--customers", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        if options.model is None:
            tenure(["demo", "--customers", "1000", "--out", f"{work}/demo"], Path(work))
        scorer = Scorer.load(options.model or Path(work) / "demo" / "model")
        seconds = measure(scorer, options.customers, Path(work))
    print(f"{options.customers:,} customers, {len(scorer.bundle.info.features)} features")
    for kind, took in seconds.items():
        print(f"  {kind:<20}{took:8.1f} processor seconds")
    report = Report()
    report.judge(Limit("scores / predict", high=MOST_TIMES), seconds["scores"] / seconds["predict"])
    with_reasons = seconds["scores and reasons"] / seconds["pred_contribs"]
    report.judge(Limit("with reasons / pred_contribs", high=MOST_TIMES_REASONS), with_reasons)
    return 4 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
