"""What the rule for small shops gains: the champion it chooses beside the blend, on shops of a few hundred customers.

    python benchmarks/small_shops.py [--customers 100 200 400] [--seeds 1]

Shops are random customers of the logs in `quality.py`, at its moments. Each is trained as `tenure run` would, with the
blend and the simple models to choose from, and once with the blend alone; both predict the window that followed,
counted with plain pandas. Printed is the champion's loss less the blend's, its mean over the shops and, in brackets,
the standard error of that mean; below zero the rule gains. Shops where the blend was champion anyway count as no
difference. Exit code 4 where the rule costs log-loss by more than two standard errors.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from quality import LOGS, Moment, trained
from scoring import QUALITY_GATE

from tenure_training.metrics import METRICS, evaluate_metrics
from tenure_training.models.hurdle.blend import Blend
from tenure_training.models.registry import CANDIDATES
from tenure_training.selection import FEWEST_CUSTOMERS

JUDGED = ("log_loss", "auroc", "normalised_gini", "total_bias", "ece")


def shops(customers: int, seeds: int) -> Iterator[Moment]:
    """Cut shops of so many customers out of the logs; those of whom too few had come by the moment are left out."""
    for moments in LOGS.values():
        for number, moment in enumerate(moments()):
            known = moment.rows["customer_id"][moment.rows["ordered_at"] < moment.as_of]
            everybody = np.sort(moment.rows["customer_id"].unique())
            for seed in range(seeds):
                random = np.random.default_rng([customers, number, seed])
                some = random.choice(everybody, min(customers, len(everybody)), replace=False)
                if len(set(some) & set(known)) >= FEWEST_CUSTOMERS:
                    yield replace(moment, rows=moment.rows[moment.rows["customer_id"].isin(some)])


def gained(shop: Moment, folder: Path) -> dict[str, object]:
    """Train with and without the simple models; return the champion, and its losses less the blend's."""
    training, did = trained(
        shop, folder, candidates=[Blend.name, *(name for name, model in CANDIDATES.items() if model.simple)]
    )
    name, row = training.choice.name, dict.fromkeys(JUDGED, 0.0)
    if name != Blend.name:
        alone, _ = trained(shop, folder)
        ours, blends = (
            evaluate_metrics(one.champion.predict(one.frame.present), did, metrics=JUDGED) for one in (training, alone)
        )
        row = {at: METRICS[at].loss(ours[at]) - METRICS[at].loss(blends[at]) for at in JUDGED}
    return {"log": shop.log, "champion": name, **row}


def told(name: str, table: pd.DataFrame) -> None:
    """Print mean differences with their standard errors as a row of a Markdown table."""
    losses, other = table[list(JUDGED)].astype("float64"), (table["champion"] != Blend.name).mean()
    errors = losses.std() / np.sqrt(losses.count())
    cells = " | ".join(f"{losses[at].mean():+.4f} ({errors[at]:.4f})" for at in JUDGED)
    print(f"| {name} | {len(table)} | {other:.0%} | {cells} |", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure shops of several sizes; print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[100, 200, 400])
    parser.add_argument("--seeds", type=int, default=1, help="shops of each size cut out at each moment")
    options = parser.parse_args(arguments)
    print(f"| customers | shops | another champion | {' | '.join(JUDGED)} |\n|---:|{'---:|' * (2 + len(JUDGED))}")
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        for size in options.customers:
            tables.append(pd.DataFrame([gained(shop, Path(folder)) for shop in shops(size, options.seeds)]))
            told(str(size), tables[-1])
    whole = pd.concat(tables)
    told("all", whole)
    loss = whole["log_loss"].astype("float64")
    return QUALITY_GATE if loss.mean() > 2 * loss.std() / np.sqrt(len(loss)) else 0


if __name__ == "__main__":
    sys.exit(main())
