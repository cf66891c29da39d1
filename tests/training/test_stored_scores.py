"""Scores are those that are stored: whoever changes one says so by writing the figures again.

``uv run python tests/training/test_stored_scores.py`` writes ``stored_scores.json`` beside this file. A simulated shop
with every table stands for all features, the published CDNOW sample for a real log; of the latter only figures over all
customers are stored. The blend is fitted once, without a backtest: a feature that is renamed out of the model matrix, a
default that is another, a step that is left out moves its figures.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure import simulate_shop
from tenure_features import open_shop
from tenure_training import Frames, Prediction, new_candidate

STORED = Path(__file__).with_name("stored_scores.json")
TOLERANCE = 1e-6
"""Relative: other processors and libraries of linear algebra differ in the last digits, which fits make 1e-9."""
COLUMNS = ("buy_probability", "expected_orders", "expected_value")
FIRST = 10
"""Simulated customers that are stored one by one."""
Figures = dict[str, dict[str, float | list[float]]]


def _predicted(orders: pd.DataFrame, *, horizon_days: int, **tables: pd.DataFrame) -> tuple[pd.Series, Prediction]:
    shop = open_shop(orders, **tables)
    frame = Frames(shop).frame(shop.as_of, horizon_days=horizon_days)
    fitted = new_candidate("blend").fit(frame, seed=0)
    return frame.present["customer_id"], fitted.predict(frame.present)


def _figures(customers: pd.Series, prediction: Prediction, *, first: int = 0) -> Figures:
    columns = {name: np.asarray(getattr(prediction, name)) for name in COLUMNS}
    columns["value_low"], columns["value_high"] = prediction.interval(0.8)
    place = np.argsort(customers.to_numpy(dtype=str))[:first]
    return {
        name: {
            "customers": len(values),
            "sum": float(values.sum()),
            "mean_square": float((values**2).mean()),
            "quantiles": np.quantile(values, [0.0, 0.1, 0.5, 0.9, 1.0]).tolist(),
            **({"first": values[place].tolist()} if first else {}),
        }
        for name, values in columns.items()
    }


def simulated() -> Figures:
    """Figures of 150 simulated customers with every table that features read."""
    tables = simulate_shop("tiny", customers=150, seed=1)
    beside = {name: tables[name] for name in ("events", "customers", "feedback", "order_lines", "service_costs")}
    return _figures(*_predicted(tables["orders"], horizon_days=60, **beside), first=FIRST)


def published() -> Figures:
    """Figures of the CDNOW sample (Fader & Hardie): 2,357 customers of 1997, 78 weeks, orders alone."""
    folder = Path(str(importlib.metadata.distribution("lifetimes").locate_file("lifetimes/datasets")))
    names = ["all", "customer_id", "ordered_at", "cds", "revenue"]
    orders = pd.read_csv(folder / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype=str)
    orders = orders[["customer_id", "ordered_at"]].assign(revenue=orders["revenue"].astype("float64"))
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"], format="%Y%m%d")
    return _figures(*_predicted(orders, horizon_days=182))


SHOPS: dict[str, Callable[[], Figures]] = {"simulated": simulated, "cdnow_sample": published}


@pytest.mark.slow
@pytest.mark.parametrize("shop", SHOPS)
def test_scores__are_those_stored(shop: str) -> None:
    now, then = (
        pd.json_normalize(SHOPS[shop]()).iloc[0],
        pd.json_normalize(json.loads(STORED.read_text())[shop]).iloc[0],
    )
    assert list(now.index) == list(then.index)
    moved = [
        f"{name}: {then[name]} is {now[name]}"
        for name in now.index
        if not np.allclose(now[name], then[name], rtol=TOLERANCE, atol=TOLERANCE)
    ]
    assert moved == [], f"scores changed; where that is meant: uv run python tests/training/{Path(__file__).name}"


if __name__ == "__main__":
    shops = {name: make() for name, make in SHOPS.items()}
    rounded = json.loads(json.dumps(shops), parse_float=lambda text: float(f"{float(text):.10g}"))
    STORED.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")
