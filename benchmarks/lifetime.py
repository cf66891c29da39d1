"""CLV against the truth of a simulated shop, which no real shop will ever tell.

    python benchmarks/lifetime.py [--customers 3000] [--preset shop] [--candidate mbgnbd]

Margin and cost to serve are measured by Tenure in the simulated tables; the truth is what the simulator expects of each
customer given the latent state: contribution over 90, 180 and 365 days, and until gone. Nothing is discounted on either
side, so Tenure's lifetime ends after ten years and the truth's does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from scoring import QUALITY_GATE, Limit, Report

from tenure.config_file import load_config
from tenure.costs import economics_of
from tenure.orders import open_log
from tenure_simulator import lifetime_at, preset, read_truth, simulate, truth_at
from tenure_training.frame import Frames
from tenure_training.models.lifetime import WINDOWS_DAYS, Lifetime
from tenure_training.models.registry import candidate_class

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


def main() -> int:
    """Measure; the exit code is 4 where a limit is not kept."""
    parser = argparse.ArgumentParser(description="Hold CLV against the truth of a simulated shop.")
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--preset", default="shop")
    parser.add_argument("--candidate", default="mbgnbd")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        simulate(preset(options.preset, customers=options.customers, seed=4), folder)
        config = load_config(folder / "tenure.toml", overrides={"economics": {"discount_rate_per_year": 0.0}})
        log = open_log(config)
        as_of = pd.Timestamp(config.run.as_of) if config.run.as_of else log.default_as_of
        frame = Frames(log).frame(as_of, horizon_days=HORIZON_DAYS)
        economics = economics_of(config, log, as_of=as_of)
        said = candidate_class(options.candidate)().fit(frame, seed=0).predict(frame.present)
        columns = Lifetime.fit(frame.present, economics, horizon_days=HORIZON_DAYS).columns(frame.present, said)
        print(f"{len(frame.present):,} customers of '{options.preset}' as of {as_of:%Y-%m-%d}; {economics.words}")
        for name, known in truths(folder, as_of).items():
            true = known.loc[frame.present["customer_id"]].to_numpy(dtype=np.float64)
            print(f"\n{name}: {columns[name].sum():,.0f} expected, {true.sum():,.0f} in truth")
            report.judge(LIMITS[0], float(spearmanr(columns[name], true).statistic))
            report.judge(LIMITS[1], float(columns[name].sum() / true.sum() - 1))
    print(f"\nNOT met: {', '.join(report.failed)}" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
