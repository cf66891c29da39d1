"""CLV against the truth of three simulated shops, which no real shop will ever tell.

    python benchmarks/clv.py [--customers 1500] [--presets shop marketplace subscription] [--seed 5] [--candidate blend]

`tenure run` reads the simulated tables, costs and spend among them, and writes its scores. The truth is counted without
its code: what customers have brought from the raw rows of orders and service costs; what is to come from the latent
state (`truth_at`: each customer's own rate, basket, costs and chance of leaving); what happened from the hidden future.
Nothing is discounted on either side.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd
from scipy.stats import spearmanr
from scoring import QUALITY_GATE, Limit, Report, tenure

from tenure_simulator import Truth, lifetime_at, preset, read_truth, simulate, truth_at

HORIZON_DAYS, YEARS = 90, 3
DAYS = 365 * YEARS
STEPS_DAYS = (90, 180, 365)
LIKELY = 0.2
"""Below this probability of ever ordering again the 80 % interval is the point zero and tells nothing."""

LIMITS = (
    Limit("negative, points", low=-3.0, high=3.0),
    Limit("sum, share", low=-0.1, high=0.1),
    Limit("rank correlation", low=0.8),
)
COVERAGE = Limit("80 % interval, buyers", low=0.7, high=0.9)


def true_clv(folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Count the parts of CLV from the raw rows and the latent state, by customer."""
    truth = read_truth(folder)
    orders, served = (pd.read_parquet(folder / f"{name}.parquet") for name in ("orders", "service_costs"))
    known = _expected(truth, as_of, DAYS)
    now, later = (lifetime_at(truth, at).set_index("customer_id") for at in (as_of, as_of + pd.Timedelta(days=DAYS)))
    margin = (orders["revenue"] - orders["cost"]).groupby(orders["customer_id"]).sum()
    service = served["amount"].groupby(served["customer_id"]).sum()
    return pd.DataFrame(
        {
            "contribution_to_date": margin.reindex(known.index) - service.reindex(known.index).fillna(0.0),
            "clv_to_come": known,
            **{f"clv_{days}d": _expected(truth, as_of, days) for days in STEPS_DAYS},
            "happened": later["realised_contribution"].reindex(known.index) - now["realised_contribution"],
            "acquisition_cost": now["acquisition_cost"],
        }
    ).assign(clv_net=lambda rows: rows["contribution_to_date"] + rows["clv_to_come"] - rows["acquisition_cost"])


def _expected(truth: Truth, as_of: pd.Timestamp, days: int) -> pd.Series:
    return truth_at(truth, as_of, days).set_index("customer_id")["expected_contribution"]


def scored(folder: Path, candidate: str) -> pd.DataFrame:
    """Let `tenure run` score the customers of a simulated shop, without discounting."""
    with (folder / "tenure.toml").open("a", encoding="utf-8") as config:
        config.write(f"\n[economics]\ndiscount_rate_per_year = 0.0\nlifetime_years = {YEARS}\n")
    words = ["run", "--config", str(folder / "tenure.toml"), "--candidate", candidate, "--horizon", str(HORIZON_DAYS)]
    tenure([*words, "--no-register", "--out", str(folder / "out")], folder)
    return pd.read_parquet(folder / "out" / "scores.parquet").set_index("customer_id")


def judge(scores: pd.DataFrame, truth: pd.DataFrame, report: Report) -> None:
    """Hold the columns of a score table against the truth of the same customers."""
    true = truth.reindex(scores.index)
    # the steps say where a miss comes from: the level of the horizon, or the growth beyond it
    for name in ("contribution_to_date", *(f"clv_{days}d" for days in STEPS_DAYS), "clv_to_come", "clv_net"):
        said, known = scores[name], true[name]
        rank = float(spearmanr(said, known).statistic)
        off = said.sum() / known.sum() - 1
        print(f"{name}: {said.sum():,.0f} said, {known.sum():,.0f} in truth ({off:+.1%}), rank correlation {rank:.2f}")
    said, known = scores["clv_net"], true["clv_net"]
    report.judge(LIMITS[0], 100 * float((said < 0).mean() - (known < 0).mean()))
    report.judge(LIMITS[1], float(said.sum() / known.sum() - 1))
    report.judge(LIMITS[2], float(spearmanr(said, known).statistic))
    low, high = scores["clv_to_come_low"], scores["clv_to_come_high"]
    inside = (true["happened"] >= low - 1e-9) & (true["happened"] <= high + 1e-9)
    likely = (high > 0).to_numpy() & (1 - scores["churn_probability"] >= LIKELY).to_numpy()
    print(f"  the 80 % interval of clv_to_come holds what came of {inside.mean():.0%} of all customers")
    report.judge(COVERAGE, float(inside[likely].mean()))


def main() -> int:
    """Measure; the exit code is 4 where a limit is not kept."""
    parser = argparse.ArgumentParser(description="Hold CLV against the truth of simulated shops.")
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--presets", nargs="+", default=["shop", "marketplace", "subscription"])
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--candidate", default="blend")
    options = parser.parse_args()
    report = Report()
    for name in options.presets:
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work)
            shop = preset(name, customers=options.customers, seed=options.seed)
            simulate(shop.model_copy(update={"future_days": DAYS}), folder)
            scores = scored(folder, options.candidate)
            as_of = pd.Timestamp(scores["as_of"].iloc[0])
            print(f"\n{len(scores):,} customers of '{name}' as of {as_of:%Y-%m-%d}")
            judge(scores, true_clv(folder, as_of), report)
    print(f"\nNOT met: {', '.join(report.failed)}" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
