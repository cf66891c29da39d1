"""CLV against the truth of a simulated shop, which no real shop will ever tell.

    python benchmarks/lifetime.py [--customers 3000] [--preset shop] [--seed 4] [--candidate blend]

`tenure run` reads the simulated tables, margin and cost to serve among them, and writes its scores; the truth is what
the simulator expects of each customer given the latent state: contribution over 90, 180 and 365 days, and until gone.
Nothing is discounted on either side, so Tenure's lifetime ends after ten years and the truth's does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from scoring import QUALITY_GATE, Limit, Report, tenure

from tenure_simulator import lifetime_at, preset, read_truth, simulate, truth_at
from tenure_training.models.after.lifetime import WINDOWS_DAYS

HORIZON_DAYS = 90
LIMITS = (Limit("rank correlation", low=0.5), Limit("total bias", low=-0.4, high=0.4))
"""What is not in the orders (who is gone already) bounds the rank correlation; the totals carry a ten-year tail."""


def truths(folder: Path, as_of: pd.Timestamp) -> dict[str, pd.Series]:
    """Give the true contribution by column of the score table, by customer; horizons beyond the clock are left out."""
    truth, found = read_truth(folder), {}
    for days in WINDOWS_DAYS:
        if days <= truth.config.future_days:
            known = truth_at(truth, as_of, days).set_index("customer_id")
            found[f"clv_{days}d"] = known["expected_contribution"]
    found["clv_lifetime"] = lifetime_at(truth, as_of).set_index("customer_id")["remaining_contribution"]
    return found


def scored(folder: Path, candidate: str) -> pd.DataFrame:
    """Let `tenure run` score the customers of a simulated shop, without discounting."""
    with (folder / "tenure.toml").open("a", encoding="utf-8") as config:
        config.write("\n[economics]\ndiscount_rate_per_year = 0.0\n")
    words = ["run", "--config", str(folder / "tenure.toml"), "--candidate", candidate, "--horizon", str(HORIZON_DAYS)]
    tenure([*words, "--no-register", "--out", str(folder / "out")], folder)
    return pd.read_parquet(folder / "out" / "scores.parquet")


def main() -> int:
    """Measure; the exit code is 4 where a limit is not kept."""
    parser = argparse.ArgumentParser(description="Hold CLV against the truth of a simulated shop.")
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--preset", default="shop")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--candidate", default="blend")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        simulate(preset(options.preset, customers=options.customers, seed=options.seed), folder)
        scores = scored(folder, options.candidate)
        as_of = scores["as_of"].iloc[0]
        print(f"{len(scores):,} customers of '{options.preset}' as of {as_of:%Y-%m-%d}")
        for name, known in truths(folder, as_of).items():
            true = known.loc[scores["customer_id"]].to_numpy(dtype=np.float64)
            print(f"\n{name}: {scores[name].sum():,.0f} expected, {true.sum():,.0f} in truth")
            report.judge(LIMITS[0], float(spearmanr(scores[name], true).statistic))
            report.judge(LIMITS[1], float(scores[name].sum() / true.sum() - 1))
    print(f"\nNOT met: {', '.join(report.failed)}" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
