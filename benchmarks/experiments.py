"""Whether the analysis of campaigns keeps its promises, on simulated shops whose truth is known.

    python benchmarks/experiments.py [--replays 1000] [--seeds 300] [--only coverage] [--shops whole|short]

1. A/A: one shop is randomised again and again with nothing done. A single look at a level of 95 % has to see an
   effect in 5 % +- 1 of the tests, and twenty looks with the interval that holds at every look in 5 % at most.
2. Design: the share of variance that the past saves, and the customers a test needs for that reason, planned on the
   window before and found in the window after, have to agree within 10 %.
3. A broken lot, which loses three in ten treated rows of mobile customers, has to be stopped every time.
4. Coverage: in so many shops the intervals of the effect of the campaign ``spring_voucher`` on retention have to hold
   its true effect, which the simulator knows, in 93 to 97 %. Of 300 shops with intervals that hold 95 %, the share
   lies outside by chance in one run of nine.
5. Coverage again, of a few of these shops with the lot and the outcomes drawn anew 2,000 times from the probabilities
   that the simulator knows: chance is out of it, and so is whatever else happens in a simulated shop.

Exit code 4 where one of these fails. No real log is needed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scoring import QUALITY_GATE

from tenure_decisions.campaigns.checks import check_trial
from tenure_decisions.campaigns.effects import compare_arms, estimate_effects, fit_past, past_of
from tenure_decisions.campaigns.power import replay
from tenure_decisions.campaigns.sequential import looks, widening
from tenure_decisions.campaigns.trial import measure, open_trial
from tenure_simulator import ShopConfig, preset, simulate_orders, uplift_at_launch
from tenure_simulator.truth import Truth

MOMENT, HORIZON = pd.Timestamp("2024-10-01"), 30
SHARES = {"control": 0.5, "treatment": 0.5}
CAMPAIGN = "spring_voucher"
METRICS = ("retention", "revenue_capped")


@dataclass(frozen=True)
class Outcome:
    """What a promise came to."""

    name: str
    figure: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether the figure lies within its bounds."""
        return self.low <= self.figure <= self.high

    def line(self) -> str:
        """Return it as a row of a table."""
        return (
            f"| {self.name} | {self.figure:.3f} | {self.low:.2f} to {self.high:.2f} | {'yes' if self.holds else 'NO'} |"
        )


def population(orders: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Measure everybody who had ordered within a year before a moment."""
    recent = orders[(orders["ordered_at"] < moment) & (orders["ordered_at"] >= moment - pd.Timedelta(days=365))]
    people = pd.DataFrame({"customer_id": recent["customer_id"].unique()}).assign(assigned_at=moment)
    return measure(people, orders, horizon_days=HORIZON)


def single_looks(people: pd.DataFrame, replays: int) -> list[Outcome]:
    """Count tests without an effect that show one, looked at once."""
    everybody = pd.Series("all", index=people.index)
    outcomes = []
    for metric in METRICS:
        p_values = replay(
            people, metric, everybody, shares=SHARES, control="control", replays=replays, level=0.95,
            rng=np.random.default_rng(1),
        )  # fmt: skip
        outcomes.append(Outcome(f"false positives, {metric}, one look", float((p_values < 0.05).mean()), 0.04, 0.06))
    return outcomes


def many_looks(people: pd.DataFrame, replays: int, number: int = 20) -> list[Outcome]:
    """Count tests without an effect that show one at any of twenty looks, by either interval."""
    rng = np.random.default_rng(2)
    at = looks(len(people), number)
    outcomes = []
    for metric in METRICS:
        values = people[metric].to_numpy(dtype=np.float64)
        left = values - fit_past(values, past_of(people, metric))
        wide = np.array([widening(int(n), alpha=0.05, planned=len(people)) for n in at])
        ever = np.zeros((replays, 2), dtype=bool)
        for turn in range(replays):
            order = rng.permutation(len(left))
            scores = np.abs(_scores(left[order], rng.random(len(left)) < 0.5, at))
            ever[turn] = (scores > wide).any(), (scores > 1.96).any()
        always, single = ever.mean(axis=0)
        outcomes.append(Outcome(f"false positives, {metric}, {number} looks", float(always), 0.0, 0.05))
        print(f"(with 1.96 standard errors at each of {number} looks: {single:.1%})", file=sys.stderr)
    return outcomes


def _scores(left: np.ndarray, treated: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the difference over its standard error after so many customers."""
    means, errors = [], []
    for side in (treated, ~treated):
        count = side.cumsum()[at - 1]
        total, squares = (np.cumsum(values * side)[at - 1] for values in (left, left**2))
        mean = total / count
        means.append(mean)
        errors.append((squares / count - mean**2) / (count - 1))
    return (means[0] - means[1]) / np.sqrt(errors[0] + errors[1])


def short_shop(seed: int, customers: int) -> ShopConfig:
    """Configure a shop whose history ends with the window of the campaign: nothing later is needed."""
    shop = preset("shop", customers=customers, seed=seed)
    plan = next(plan for plan in shop.campaigns if plan.name == CAMPAIGN)
    return shop.model_copy(
        update={
            "days": plan.day + plan.effect_days + 1, "future_days": 0, "campaigns": (plan,), "price_changes": (),
            "channel_changes": (),
        }
    )  # fmt: skip


def whole_shop(seed: int, customers: int) -> ShopConfig:
    """Configure the shop of the preset as it is: three years, every campaign, changes of prices and channels."""
    return preset("shop", customers=customers, seed=seed)


SHOPS = {"short": (short_shop, 650), "whole": (whole_shop, 1500)}
"""What shops coverage is counted on, and how many customers they have: about as many are assigned in both."""


def coverage(seeds: int, kind: str, first: int) -> list[Outcome]:
    """Count shops in which the intervals hold the true effect of a campaign on the customers who were assigned."""
    configure, customers = SHOPS[kind]
    inside = []
    for seed in range(first, first + seeds):
        orders, truth = simulate_orders(configure(seed, customers))
        shop = truth.config
        plan = next(plan for plan in shop.campaigns if plan.name == CAMPAIGN)
        trial = open_trial(
            assigned(truth), orders, campaign=CAMPAIGN, horizon_days=plan.effect_days,
            as_of=pd.Timestamp(shop.start) + pd.Timedelta(days=plan.day + plan.effect_days + 1),
        )  # fmt: skip
        effects = uplift_at_launch(truth)
        real = float(effects.loc[effects["campaign"] == CAMPAIGN, "uplift"].mean())
        row = estimate_effects(trial, primary="retention").iloc[0]
        inside.append(
            [
                row["difference_low"] <= real <= row["difference_high"],
                row["unadjusted_low"] <= real <= row["unadjusted_high"],
            ]
        )
    shares = np.mean(inside, axis=0)
    names = ("coverage of the true effect, past taken out", "coverage of the true effect, plain")
    return [Outcome(name, float(share), 0.93, 0.97) for name, share in zip(names, shares, strict=True)]


def redrawn(kind: str, first: int, *, shops: int = 4, replays: int = 500) -> list[Outcome]:
    """Count lots and outcomes, drawn anew from what the simulator knows of each customer, whose interval holds."""
    configure, customers = SHOPS[kind]
    rng, inside = np.random.default_rng(5), []
    for seed in range(first, first + shops):
        orders, truth = simulate_orders(configure(seed, customers))
        effects = uplift_at_launch(truth)
        mine = effects[effects["campaign"] == CAMPAIGN].reset_index(drop=True)
        people = measure(mine[["customer_id", "assigned_at"]], orders, horizon_days=HORIZON)
        past = past_of(people, "retention")
        alone, contacted = (mine[f"buy_probability_{side}"].to_numpy() for side in ("control", "treated"))
        for _ in range(replays):
            treated = rng.random(len(mine)) < SHARES["treatment"]
            values = (rng.random(len(mine)) < np.where(treated, contacted, alone)).astype(np.float64)
            before = fit_past(values, past)
            effect = compare_arms(values[~treated], values[treated], before[~treated], before[treated])
            inside.append(effect.low <= (contacted - alone).mean() <= effect.high)
    return [Outcome("coverage of the true effect, lots and outcomes redrawn", float(np.mean(inside)), 0.93, 0.97)]


def assigned(truth: Truth) -> pd.DataFrame:
    """Return the assignments of the campaign as the contract has them."""
    contacts, config = truth.contacts, truth.config
    place = [plan.name for plan in config.campaigns].index(CAMPAIGN)
    rows = contacts.campaign == place
    names = np.array(["control", *(arm.name for arm in config.campaigns[place].arms)])
    at = pd.Timestamp(config.start) + pd.Timedelta(days=config.campaigns[place].day)
    ids = np.asarray(truth.customer_id)[contacts.customer[rows]]
    return pd.DataFrame({"customer_id": ids, "campaign": CAMPAIGN, "arm": names[contacts.arm[rows]], "assigned_at": at})


def planned_gain(orders: pd.DataFrame) -> list[Outcome]:
    """Compare the gain by the past as planned on the window before with that of the window after."""
    outcomes = []
    before, after = population(orders, MOMENT - pd.Timedelta(days=HORIZON)), population(orders, MOMENT)
    for metric in METRICS:
        remaining = []
        for people in (before, after):
            values = people[metric].to_numpy(dtype=np.float64)
            left = values - fit_past(values, past_of(people, metric))
            remaining.append(np.var(left) / np.var(values))
        saved = (1 - remaining[1]) / (1 - remaining[0])
        outcomes.append(Outcome(f"variance saved, found / planned, {metric}", saved, 0.9, 1.1))
        # customers needed are in proportion to the variance that is left
        outcomes.append(Outcome(f"customers needed, found / planned, {metric}", remaining[1] / remaining[0], 0.9, 1.1))
    return outcomes


def broken_lots(orders: pd.DataFrame, replays: int) -> list[Outcome]:
    """Count broken lots that the checks stop."""
    people = population(orders, MOMENT)[["customer_id", "assigned_at"]]
    last = orders[orders["ordered_at"] < MOMENT].sort_values("ordered_at").drop_duplicates("customer_id", keep="last")
    device = people["customer_id"].map(last.set_index("customer_id")["device"])
    traits = people[["customer_id"]].assign(device=device)
    rng, stopped = np.random.default_rng(3), []
    for _ in range(replays):
        arm = np.where(rng.random(len(people)) < 0.5, "control", "treatment")
        lost = (arm == "treatment") & (device == "mobile").to_numpy() & (rng.random(len(people)) < 0.3)
        rows = people.assign(campaign="x", arm=arm)[~lost]
        trial = open_trial(
            rows, orders, campaign="x", horizon_days=HORIZON, as_of=MOMENT + pd.Timedelta(days=HORIZON)
        )  # fmt: skip
        stopped.append(any(check.stops for check in check_trial(trial, shares=SHARES, traits=traits)))
    return [Outcome("broken lots stopped", float(np.mean(stopped)), 1.0, 1.0)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replays", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first-seed", type=int, default=1000, help="of the shops whose campaign has an effect")
    parser.add_argument("--shops", choices=[*SHOPS], default="whole", help="what those shops are")
    parser.add_argument("--only", choices=["coverage", "redrawn"], help="the fourth or the fifth alone")
    parser.add_argument("--customers", type=int, default=12_000, help="of the shop that is randomised again and again")
    asked = parser.parse_args()
    known = {
        "coverage": lambda: coverage(asked.seeds, asked.shops, asked.first_seed),
        "redrawn": lambda: redrawn(asked.shops, asked.first_seed),
    }
    if asked.only:
        return tell([known[asked.only]])
    orders, _ = simulate_orders(preset("shop", customers=asked.customers, seed=7))
    people = population(orders, MOMENT)
    print(f"{len(people):,} customers, windows of {HORIZON} days from {MOMENT:%Y-%m-%d} on\n")
    return tell(
        [
            lambda: single_looks(people, asked.replays),
            lambda: many_looks(people, asked.replays),
            lambda: planned_gain(orders),
            lambda: broken_lots(orders, asked.replays // 10),
            *known.values(),
        ]
    )


def tell(parts: list[Callable[[], list[Outcome]]]) -> int:
    """Print what every part comes to, and return the exit code."""
    print("| promise | figure | bounds | holds |\n|---|---:|---|---|", flush=True)
    outcomes: list[Outcome] = []
    for part in parts:
        made = part()
        outcomes += made
        print("\n".join(outcome.line() for outcome in made), flush=True)
    return 0 if all(outcome.holds for outcome in outcomes) else QUALITY_GATE


if __name__ == "__main__":
    sys.exit(main())
