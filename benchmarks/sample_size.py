"""What a training on a sample of customers loses: scores of everybody, by the size of the sample, beside its cost.

    python benchmarks/sample_size.py [--customers 200000] [--sizes 5000 10000 20000 50000 100000 200000] [--horizon 90]

One simulated shop, cut one horizon before its end. Each size trains in a process of its own, without tuning, with the
default candidates or those named by `--candidate`, as `tenure run` does with `most_customers` under `[models]`; then
everybody is scored, and what came in the horizon is counted by plain pandas. The last size is the baseline: with the
number of customers, or more, nobody is left out. Printed for each: customers in the sample, champion, log-loss, AUROC,
normalised Gini and error of the total over everybody; log-loss less the baseline's with its 95 % interval (over pairs
of scores of one customer); processor seconds of the training and of scoring everybody, and the peak of memory. Judge
by these: wall seconds, printed too, mean something on an idle machine only.

Exit code 4 when `MOST_JUDGED` customers lose significantly against the baseline: with the same champion more than .002
of log-loss, with another anything.
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

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pandas as pd

SIZES = (5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
HEADER = (
    "| sample | champion | log-loss | AUROC | Gini | total | log-loss less the last's | training, processor s "
    "| scoring, processor s | wall s | peak, GB |\n|---:|---|---:|---:|---:|---:|---|---:|---:|---:|---:|"
)
MOST_LOST = 0.002
"""Log-loss that a sample may cost significantly."""


def train_on(size: int, orders: Path, as_of: str, horizon_days: int, candidates: list[str] | None) -> dict[str, object]:
    """Train on a sample and score everybody; return the figures, and write the scores beside the orders."""
    import tenure
    from tenure_features import Engine, open_shop

    shop = open_shop(orders, as_of, engine=Engine(memory_limit="1GB"))
    wall, processor = time.perf_counter(), time.process_time()
    settings = {"models": {"most_customers": size}}
    model = tenure.train(shop, horizon_days=horizon_days, candidates=candidates, settings=settings)
    trained = time.process_time() - processor
    scores = model.score()
    figures = {
        "customers": len(model.trained.training.frame.present),
        "champion": model.champion,
        "training": trained,
        "scoring": time.process_time() - processor - trained,
        "wall": time.perf_counter() - wall,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }
    scores[["customer_id", "churn_probability", "expected_value"]].to_parquet(
        orders.with_name(f"scores-{size}.parquet")
    )
    return figures


def count_what_came(orders: pd.DataFrame, as_of: pd.Timestamp, horizon_days: int) -> pd.DataFrame:
    """Count by customer, in plain pandas, who came back within the horizon, and the money they brought."""
    after = (orders["ordered_at"] >= as_of) & (orders["ordered_at"] < as_of + pd.Timedelta(days=horizon_days))
    by_order = orders[after].groupby(["customer_id", "order_id"])["revenue"].sum().reset_index()
    return by_order.groupby("customer_id")["revenue"].agg(bought=lambda money: (money > 0).any(), value="sum")


def measure(scores: pd.DataFrame, came: pd.DataFrame) -> tuple[dict[str, float], np.ndarray]:
    """Measure scores of everybody; return the figures and the log-loss of each customer."""
    from tenure_training.metrics import evaluate_metrics
    from tenure_training.models.contract import Prediction

    happened = came.reindex(scores["customer_id"])
    bought = happened["bought"].fillna(value=False).to_numpy(bool)
    value = happened["value"].fillna(0.0).to_numpy()
    chance = 1 - scores["churn_probability"].to_numpy()
    prediction = Prediction(
        buy_probability=chance, expected_orders=chance, expected_value=scores["expected_value"].to_numpy()
    )
    outcome = pd.DataFrame({"bought": bought, "orders": bought.astype(float), "value": value})
    names = ("log_loss", "auroc", "normalised_gini", "total_bias")
    losses = -np.log(np.clip(np.where(bought, chance, 1 - chance), 1e-12, 1))
    return evaluate_metrics(prediction, outcome, metrics=names), losses


def run_sizes(options: argparse.Namespace, folder: Path) -> bool:
    """Simulate the shop, run every size, print the curve and say whether the limits are met."""
    from tenure_simulator import preset, simulate_orders
    from tenure_training.frame import MOST_JUDGED

    path = folder / "orders.parquet"
    orders = simulate_orders(preset("shop", customers=options.customers))[0]
    orders.to_parquet(path, row_group_size=250_000)
    as_of = (orders["ordered_at"].max() - pd.Timedelta(days=options.horizon)).floor("D")
    came = count_what_came(orders, as_of, options.horizon)
    asked = ["--orders", str(path), "--as-of", f"{as_of:%Y-%m-%d}", "--horizon", str(options.horizon)]
    asked += [word for name in options.candidate or () for word in ("--candidate", name)]
    found = {}
    for size in options.sizes:
        command = [sys.executable, __file__, "--size", str(size), *asked]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[size] = json.loads(done.stdout.splitlines()[-1])
    measured = {size: measure(pd.read_parquet(folder / f"scores-{size}.parquet"), came) for size in options.sizes}
    print(f"{len(orders):,} orders, as of {as_of:%Y-%m-%d}, {options.horizon} days")
    print(HEADER)
    last, good = options.sizes[-1], True
    for size in options.sizes:
        metrics, losses = measured[size]
        difference = losses - measured[last][1]
        middle, error = difference.mean(), 1.96 * difference.std() / np.sqrt(len(difference))
        lost = middle - error > 0 and (middle > MOST_LOST or found[size]["champion"] != found[last]["champion"])
        good &= not (size == MOST_JUDGED and lost)
        one = found[size]
        print(f"| {one['customers']:,} | {one['champion']} | {metrics['log_loss']:.4f} | {metrics['auroc']:.4f} "
              f"| {metrics['normalised_gini']:.4f} | {metrics['total_bias']:+.1%} | {middle:+.4f} +- {error:.4f} "
              f"| {one['training']:.0f} | {one['scoring']:.0f} | {one['wall']:.0f} | {one['peak']:.2f} |")  # fmt: skip
    return bool(good)


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--horizon", type=int, default=90)
    parser.add_argument("--candidate", action="append", help="compare some candidates only; repeat")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--orders", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--as-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.size:
        print(json.dumps(train_on(options.size, options.orders, options.as_of, options.horizon, options.candidate)))
        return 0
    print(f"load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        return 0 if run_sizes(options, Path(folder)) else 4


if __name__ == "__main__":
    sys.exit(main())
