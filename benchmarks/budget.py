"""Does a reallocated budget earn more? Twenty simulated shops, whose true profit under any budget is known.

For each shop the tables are read as a user would have them, a budget is proposed, and three ways to split the same
money within the same bounds are priced with the true response curves and the true lifetime contribution of customers:
the proposal, the present split scaled to the total (proportional), and filling the channels up in the order of their
average return. Only orders, spend and the truth are drawn.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from tenure_decisions.economics.allocation import by_average_return
from tenure_decisions.economics.budget import budget
from tenure_decisions.economics.study import open_study
from tenure_simulator import ShopConfig, preset, simulate_orders
from tenure_simulator.channels import customers_at, spend_table
from tenure_simulator.lifetime import at_acquisition
from tenure_simulator.truth import Truth

QUALITY_GATE = 4
LIMITS = {"spearman": 0.8, "share of seeds better than proportional": 0.9, "share better than best average": 0.9}


@dataclass(frozen=True)
class Shop:
    """A simulated shop and its truth at the end of its history: value of a new customer per channel."""

    config: ShopConfig
    truth: Truth
    orders: pd.DataFrame
    names: tuple[str, ...]
    value: np.ndarray

    @classmethod
    def draw(cls, customers: int, seed: int) -> Shop:
        """Simulate orders; the true value is the mean over those who came in the last year."""
        config = preset("shop", customers=customers, seed=seed)
        orders, truth = simulate_orders(config)
        _, worth = at_acquisition(config, truth.traits)
        late, size = truth.traits.arrival >= config.days - 365, len(config.channels)
        sums = [np.bincount(truth.traits.channel[late], what, minlength=size) for what in (worth[late], None)]
        return cls(config, truth, orders, tuple(channel.name for channel in config.channels), sums[0] / sums[1])

    @property
    def customers(self) -> pd.DataFrame:
        """The ``customers`` table: who came through which channel."""
        channel = np.array(self.names)[self.truth.traits.channel]
        return pd.DataFrame({"customer_id": self.truth.customer_id, "acquisition_channel": channel})

    def profit(self, weekly: pd.Series) -> float:
        """Lifetime contribution of the customers of a week less spend, in truth."""
        spend = weekly.reindex(self.names).fillna(0.0).to_numpy()
        return float(7 * (customers_at(self.config, spend / 7) * self.value).sum() - spend.sum())

    def marginal(self, weekly: pd.Series) -> pd.Series:
        """Value the next unit of money brings in truth, by channel."""
        spend = weekly.reindex(self.names).fillna(0.0).to_numpy() / 7
        step = 1e-4 * np.maximum(spend, 1e-9)
        gained = customers_at(self.config, spend + step) - customers_at(self.config, spend - step)
        return pd.Series(gained / (2 * step) * self.value, index=self.names)[weekly.index]


def judge(shop: Shop, *, seed: int) -> dict[str, float]:
    """Propose a budget from the tables of a shop and price it in truth."""
    end = pd.Timestamp(shop.config.start) + pd.Timedelta(days=shop.config.days)
    study = open_study(shop.orders, as_of=end, customers=shop.customers, spend=spend_table(shop.config), seed=seed)
    found = budget(study, seed=seed)
    table = found.table.set_index("channel")
    average = by_average_return(
        table["average_return"].to_numpy(),
        total=found.total,
        low=table["least"].to_numpy(),
        high=table["most"].to_numpy(),
    )
    truly = shop.marginal(table["spend_now"])
    profit = {
        "proposed": shop.profit(table["spend_then"]),
        "proportional": shop.profit(table["spend_now"]),
        "best_average": shop.profit(pd.Series(average, index=table.index)),
    }
    margin = truly / shop.value[[shop.names.index(name) for name in table.index]]
    estimated = table[["marginal_return_low", "marginal_return_high"]].div(table["value"], axis=0)
    inside = (margin >= estimated["marginal_return_low"]) & (margin <= estimated["marginal_return_high"])
    return {
        "seed": seed,
        "spearman": float(spearmanr(table["marginal_return"], truly).statistic),
        "best_found": float(table["marginal_return"].idxmax() == truly.idxmax()),
        "covered": float(inside.mean()),
        **profit,
        "gain": profit["proposed"] - profit["proportional"],
        "gain_percent": 100 * (profit["proposed"] / profit["proportional"] - 1),
        "over_average_percent": 100 * (profit["proposed"] / profit["best_average"] - 1),
        "promised": found.gain,
    }


def bootstrap(values: pd.Series, *, seed: int = 0) -> str:
    """Write a mean with its 95 % interval over seeds."""
    draws = np.random.default_rng(seed).choice(values.to_numpy(), (4000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{values.mean():.3f} (95 % interval {low:.3f} to {high:.3f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="number of shops")
    parser.add_argument("--customers", type=int, default=20_000, help="customers of each shop over three years")
    options = parser.parse_args()
    started = time.process_time()
    rows = [judge(Shop.draw(options.customers, seed), seed=seed) for seed in range(options.seeds)]
    table = pd.DataFrame(rows)
    print(table.round(3).to_string(index=False))
    print(f"\n{options.seeds} shops of {options.customers:,} customers, profit per week in EUR")
    for name in ("spearman", "best_found", "covered", "gain_percent", "over_average_percent"):
        print(f"  {name:<22}{bootstrap(table[name])}")
    measured = {
        "spearman": table["spearman"].mean(),
        "share of seeds better than proportional": (table["gain"] > 0).mean(),
        "share better than best average": (table["over_average_percent"] > 0).mean(),
    }
    print()
    for name, limit in LIMITS.items():
        print(f"  {name:<42}{measured[name]:>8.3f}   >= {limit:g}   {'met' if measured[name] >= limit else 'NOT met'}")
    print(f"\n{time.process_time() - started:.0f} s of processors, load {os.getloadavg()[0]:.1f}")
    return 0 if all(measured[name] >= limit for name, limit in LIMITS.items()) else QUALITY_GATE


if __name__ == "__main__":
    raise SystemExit(main())
