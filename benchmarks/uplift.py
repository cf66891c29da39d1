"""Whether uplift is found: on simulated shops against the true effect, and on Hillstrom's e-mail test by Qini.

    python benchmarks/uplift.py [--customers 50000] [--seed 5] [--only simulator hillstrom]

1. Simulator: learners see the assignments and orders of ``spring_voucher`` and ``loyalty_call``. Rank correlation of
   predictions for customers not seen with the true uplift has to be .5 or more for the first; of the second, which
   drives customers away, the lowest tenth has to hold half as many sleeping dogs again as the average tenth.
2. Hillstrom (64,000 customers, two e-mails, their visits within two weeks): Qini beside random, with its interval.

Exit code 4 where the simulator's limits are not kept. What Hillstrom says is printed as it is.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from scoring import QUALITY_GATE, Limit, Report

from tenure_decisions.campaigns.crossfit import cross_fit, split_customers
from tenure_decisions.campaigns.learners import LEARNERS, Randomised
from tenure_decisions.campaigns.ranking import Judge, calibration
from tenure_decisions.campaigns.trial import measure
from tenure_decisions.campaigns.uplift import LEARNER
from tenure_decisions.resampling import Resampler
from tenure_features import open_shop, snapshots
from tenure_simulator import preset, simulate_orders, uplift_at_launch
from tenure_simulator.truth import Truth

RANK = Limit("rank correlation with true uplift, spring_voucher", low=0.5)
DOGS = Limit("sleeping dogs in the lowest tenth over their share, loyalty_call", low=1.5)
CAMPAIGNS = {"spring_voucher": "voucher", "loyalty_call": "call"}


def find_in_simulator(customers: int, seed: int, report: Report) -> None:
    """Hold predictions against the true effect."""
    orders, truth = simulate_orders(preset("shop", customers=customers, seed=seed))
    effects = uplift_at_launch(truth)
    for campaign, arm in CAMPAIGNS.items():
        data, true, assigned_at, days = lay_campaign(orders, truth, effects, campaign)
        splits = split_customers(assigned_at, horizon_days=days, seed=0)
        fitted = cross_fit(data, splits, seed=0)
        print(f"\n{campaign}, {arm}: {len(true):,} customers, {data.X.shape[1]} features")
        print("| ranking | rank correlation | true uplift of the first tenth | of the last | dogs in the last |")
        print("|---|---:|---:|---:|---:|")
        dogs = (true["group"] == "sleeping dog").to_numpy()
        tau = true["uplift"].to_numpy()
        for name, values in {**fitted.uplift, "highest risk first": -fitted.control}.items():
            order = np.argsort(-values, kind="stable")
            first, last = order[: len(order) // 10], order[-len(order) // 10 :]
            rank = float(spearmanr(values, tau).statistic)
            print(
                f"| {name} | {rank:.3f} | {tau[first].mean():+.4f} | {tau[last].mean():+.4f} "
                f"| {dogs[last].mean():.1%} of {dogs.mean():.1%} |",
                flush=True,
            )
            if name == LEARNER and campaign == "spring_voucher":
                report.judge(RANK, rank)
            if name == LEARNER and campaign == "loyalty_call":
                report.judge(DOGS, float(dogs[last].mean() / dogs.mean()))


def lay_campaign(
    orders: pd.DataFrame, truth: Truth, effects: pd.DataFrame, campaign: str
) -> tuple[Randomised, pd.DataFrame, pd.Series, int]:
    """Take what a shop would know of a campaign with one arm, and the truth of the same customers."""
    plan = next(plan for plan in truth.config.campaigns if plan.name == campaign)
    true = effects[effects["campaign"] == campaign].reset_index(drop=True)
    moment = true["assigned_at"].iloc[0]
    features = snapshots(open_shop(orders, as_of=moment), moment).drop(columns="as_of")
    people = measure(true[["customer_id", "assigned_at"]], orders, horizon_days=plan.effect_days)
    people = people.merge(true.drop(columns="assigned_at"), on="customer_id").merge(features, on="customer_id")
    names = [name for name in features if name != "customer_id" and people[name].min() < people[name].max()]
    data = Randomised(
        X=people[names].to_numpy(dtype=np.float64), treated=(people["assigned_arm"] != "control").to_numpy(),
        outcome=people["retention"].to_numpy(dtype=np.float64), propensity=plan.arms[0].share,
    )  # fmt: skip
    return data, people, people["assigned_at"], plan.effect_days


def find_in_hillstrom() -> None:
    """Say whether Qini beats a random order on a public test."""
    places = [Path(os.environ.get("TENURE_DATA", "")), Path(__file__).parents[2] / "shared" / "data"]
    path = next((place / "hillstrom" / "hillstrom.parquet" for place in places
                 if (place / "hillstrom" / "hillstrom.parquet").is_file()), None)  # fmt: skip
    if path is None:
        print(f"\nHillstrom's test was not found in {' or '.join(map(str, places))}.")
        return
    table = pd.read_parquet(path)
    known = [name for name in table if name not in {"segment", "visit", "conversion", "spend"}]
    X = pd.get_dummies(table[known]).astype(float)
    for arm in sorted(set(table["segment"]) - {"No E-Mail"}):
        mine = table["segment"].isin([arm, "No E-Mail"]).to_numpy()
        data = Randomised(
            X=X[mine].to_numpy(), treated=(table["segment"][mine] == arm).to_numpy(),
            outcome=table["visit"][mine].to_numpy(dtype=np.float64), propensity=0.5,
        )  # fmt: skip
        at = pd.Series(pd.Timestamp("2008-03-01"), index=range(int(mine.sum())))
        fitted = cross_fit(data, split_customers(at, horizon_days=14, seed=0), seed=0)
        judge = Judge(data=data, scores=fitted.scores, level=0.95, resampler=Resampler(len(at), resamples=100))
        print(f"\n{arm}: {len(at):,} customers, visits; average effect {fitted.scores.mean():+.4f}")
        print("| ranking | Qini, thousandths of a visit | calibration slope |\n|---|---|---|")
        for name, values in {**fitted.uplift, "highest risk first": -fitted.control,
                             "highest response first": fitted.treated}.items():  # fmt: skip
            qini, low, high = (1000 * value for value in judge.rank(values).qini)
            slope = "{:.2f} ({:.2f} to {:.2f})".format(*calibration(judge, values)) if name in LEARNERS else "-"
            beats = "beats random" if low > 0 else "does not beat random"
            print(f"| {name} | {qini:.2f} ({low:.2f} to {high:.2f}), {beats} | {slope} |", flush=True)


def main() -> int:
    """Measure; the exit code is 4 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=["simulator", "hillstrom"])
    asked = parser.parse_args()
    report = Report()
    if "simulator" in asked.only:
        find_in_simulator(asked.customers, asked.seed, report)
    if "hillstrom" in asked.only:
        find_in_hillstrom()
    print(f"\nNOT met: {', '.join(report.failed)}" if report.failed else "\nEverything met.")
    return QUALITY_GATE if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
