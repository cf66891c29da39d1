"""A small model whose every number can be worked out by hand, in a bundle, with a snapshot to score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest

from tenure_features.families.catalogue import BUILT_IN
from tenure_serving.segments import Segmenter
from tenure_training.models import bundle as bundles
from tenure_training.models.bundle import Bundle, BundleInfo, definitions, package_versions, write_bundle
from tenure_training.models.contract import LEVELS, Candidate, Fitted, Prediction, TrainingFrame

AS_OF = pd.Timestamp("2024-06-01")
HORIZON = 90
FEATURES = ("recency_days", "orders_total", "revenue_total", "tenure_days", "adbt_days")


class Halving(Candidate, Fitted):
    """The probability of buying halves with every ``half_life`` days of silence; value is 100 times as much."""

    name = "halving"

    def __init__(self, half_life: float = 30.0, *, quantiles: bool = True) -> None:
        self.half_life, self.quantiles = half_life, quantiles

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        p = 0.5 ** (snapshot["recency_days"].to_numpy() / self.half_life)
        spread = 200 * p[:, None] * np.asarray(LEVELS)
        return Prediction(
            buy_probability=p,
            expected_orders=2 * p,
            expected_value=100 * p,
            quantiles=spread if self.quantiles else None,
            if_buys=np.tile([20.0, 180.0], (len(p), 1)) if self.quantiles else None,
        )

    def save(self, folder: Path) -> None:
        (folder / "halving.json").write_text(json.dumps({"half_life": self.half_life, "quantiles": self.quantiles}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(**json.loads((folder / "halving.json").read_text()))


def make_snapshot(n: int, *, as_of: pd.Timestamp = AS_OF, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    orders = rng.integers(1, 9, n).astype(float)
    recency = rng.gamma(2, 25, n).round(3)
    tenure = recency + np.where(orders > 1, rng.gamma(3, 60, n), 0.0)
    snapshot = pd.DataFrame(
        {
            "recency_days": recency,
            "orders_total": orders,
            "revenue_total": (orders * rng.gamma(2, 20, n)).round(2),
            "tenure_days": tenure,
            "adbt_days": np.where(orders > 1, (tenure - recency) / np.maximum(orders - 1, 1), np.nan),
        }
    )
    snapshot.insert(0, "customer_id", pd.Series([f"c{k:05d}" for k in range(n)], dtype="str"))
    snapshot.insert(1, "as_of", np.full(n, as_of.to_datetime64()).astype("datetime64[us]"))
    return snapshot


def make_bundle(folder: Path, candidate: Candidate) -> Bundle:
    snapshot = make_snapshot(300)
    said = candidate.predict(snapshot)
    table = pd.DataFrame({"churn_probability": 1 - said.buy_probability, "expected_value": said.expected_value})
    info = BundleInfo(
        champion=candidate.name,
        as_of=AS_OF,
        horizon_days=HORIZON,
        label_days=HORIZON,
        definitions=definitions(horizon_days=HORIZON, returns="net", currency="EUR"),
        returns="net",
        currency="EUR",
        catalogue=BUILT_IN.describe(FEATURES),
        active_days=None,
        fingerprint="0123abcd",
        seed=7,
        versions=package_versions(),
    )
    return write_bundle(folder, candidate, info, Segmenter.fit(snapshot, table, horizon_days=90).to_dict())


@pytest.fixture
def snapshot() -> pd.DataFrame:
    """Two hundred customers at the moment of the training."""
    return make_snapshot(200)


@pytest.fixture
def later_snapshot() -> pd.DataFrame:
    """Other customers, thirty days later."""
    return make_snapshot(50, as_of=AS_OF + pd.Timedelta(days=30), seed=4)


@pytest.fixture(autouse=True)
def known_candidate(monkeypatch: pytest.MonkeyPatch) -> type[Candidate]:
    """Let bundles find the small model by its name, as they find the real ones."""
    monkeypatch.setattr(bundles, "CANDIDATES", {**bundles.CANDIDATES, "halving": Halving})
    return Halving


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A bundle on disk."""
    return make_bundle(tmp_path / "bundle", Halving())


@pytest.fixture
def pointwise_bundle(tmp_path: Path) -> Bundle:
    """A bundle whose model gives no distribution."""
    return make_bundle(tmp_path / "pointwise", Halving(quantiles=False))
