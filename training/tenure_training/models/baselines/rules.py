"""What anybody can do in a minute; a model that does not beat these is not worth its upkeep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from tenure_features.stored import Stored, read_stored
from tenure_training.models.contract import MOST_DAYS, Basis, Candidate, Floats, Prediction, TrainingFrame

_SMALLEST = 1e-4
_ROWS_PER_BIN = 20
NEEDS_NOTHING = Basis("The baseline needs none.", "The baseline needs none.")


class _Rates(Candidate):
    """A baseline whose parameters are a handful of numbers in one JSON file."""

    numbers: dict[str, list[float]]

    def save(self, folder: Path) -> None:
        """Write ``baseline.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "baseline.json").write_text(json.dumps(self.numbers), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        model = cls()
        model.numbers = cls._check_stored(read_stored(folder / "baseline.json"))
        return model

    @classmethod
    def _check_stored(cls, stored: Stored) -> dict[str, list[float]]:
        stored.fields()
        return {}


class Zero(_Rates):
    """Nobody ever comes back. Wins on mean absolute error wherever most customers are gone."""

    name, baseline, basis = "zero", True, NEEDS_NOTHING

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:  # noqa: ARG002  # learns nothing
        """Learn nothing."""
        self.numbers = {}
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict zero, as nearly as a log-loss allows."""
        hardly = np.full(len(snapshot), _SMALLEST)
        return Prediction(hardly, hardly, np.zeros(len(snapshot)))


class StatusQuo(_Rates):
    """Everybody goes on as they did: orders and revenue per day since the first order, and Poisson gaps."""

    name, baseline, basis = "status_quo", True, NEEDS_NOTHING
    settling_days: ClassVar[float] = 30.0

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:  # noqa: ARG002  # nothing is random
        """Keep the horizon."""
        self.numbers = {"horizon_days": [float(frame.horizon_days)]}
        return self

    @classmethod
    def _check_stored(cls, stored: Stored) -> dict[str, list[float]]:
        return {"horizon_days": stored.fields("horizon_days")["horizon_days"].numbers(count=1, low=1, high=MOST_DAYS)}

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Continue each customer's own mean rate; the first month counts as whole."""
        (days,) = self.numbers["horizon_days"]
        age = np.maximum(snapshot["tenure_days"].to_numpy(dtype=np.float64), self.settling_days)
        orders = snapshot["orders_total"].to_numpy(dtype=np.float64) / age * days
        value = snapshot["revenue_total"].to_numpy(dtype=np.float64) / age * days
        share = np.clip(1 - np.exp(-orders), _SMALLEST, 1 - _SMALLEST)
        return Prediction(share, np.maximum(orders, share), value)


class RecencyRule(_Rates):
    """Who ordered lately comes back: the share that bought, and their mean value, by recency in closed windows.

    Windows shorter than the horizon are carried to it at a constant rate. Without any closed window the share falls
    with recency over the horizon, a rule of thumb.
    """

    name, baseline = "recency", True
    basis = Basis(
        "Predictions are a rule of thumb: the longer the silence, the less likely an order.",
        "The rule learnt on closed windows of up to {label} days, carried to {horizon} days at a constant rate.",
    )
    bins: ClassVar[int] = 20

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:  # noqa: ARG002  # nothing is random
        """Tabulate outcomes of the longest closed windows by recency."""
        longest = frame.window_days == frame.label_days
        recency = frame.rows["recency_days"].to_numpy(dtype=np.float64)[longest]
        if len(recency) == 0:
            self.numbers = _rule_of_thumb(frame)
            return self
        labels, stretch = frame.labels[longest], frame.horizon_days / frame.label_days
        bins = int(np.clip(len(recency) // _ROWS_PER_BIN, 1, self.bins))
        edges = np.unique(np.quantile(recency, np.arange(1, bins) / bins))
        at = np.searchsorted(edges, recency, side="right")
        size = np.bincount(at, minlength=len(edges) + 1).astype(np.float64)
        bought, orders, value = (
            np.bincount(at, labels[column].to_numpy(dtype=np.float64), len(edges) + 1) / np.maximum(size, 1)
            for column in ("bought", "orders", "value")
        )
        bought = (bought * size + 1) / (size + 2)  # the rule of succession: a handful makes nothing certain
        share = 1 - (1 - _falling(bought, size)) ** stretch
        self.numbers = {
            "edges": edges.tolist(),
            "share": share.tolist(),
            "orders": _falling(orders * stretch, size).tolist(),
            "value": (value * stretch).tolist(),
        }
        return self

    @classmethod
    def _check_stored(cls, stored: Stored) -> dict[str, list[float]]:
        saved = stored.fields("edges", "share", "orders", "value")
        edges = saved["edges"].numbers(rising=True)
        bins = len(edges) + 1
        return {
            "edges": edges,
            "share": saved["share"].numbers(count=bins, low=0.0, high=1.0),
            "orders": saved["orders"].numbers(count=bins, low=0.0, high=1e6),
            "value": saved["value"].numbers(count=bins, low=-1e18, high=1e18),
        }

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Look up each customer's recency; ties are broken by recency itself."""
        recency = snapshot["recency_days"].to_numpy(dtype=np.float64)
        at = np.searchsorted(self.numbers["edges"], recency, side="right")
        share, orders, value = (np.array(self.numbers[name])[at] for name in ("share", "orders", "value"))
        return Prediction(share, np.maximum(orders, share), value, rank_score=-recency)


def _falling(means: Floats, size: Floats) -> Floats:
    """Pool neighbouring means until none rises with recency."""
    from sklearn.isotonic import IsotonicRegression

    pooled = IsotonicRegression(increasing=False, out_of_bounds="clip")
    return np.asarray(pooled.fit_transform(np.arange(len(means)), means, sample_weight=size), dtype=np.float64)


def _rule_of_thumb(frame: TrainingFrame) -> dict[str, list[float]]:
    edges = frame.horizon_days * np.arange(1, 8) / 4
    share: Floats = 0.5 ** (1 + np.arange(8) / 2)
    typical = float(frame.present["value_mean"].median()) if len(frame.present) else 0.0
    return {
        "edges": edges.tolist(),
        "share": share.tolist(),
        "orders": share.tolist(),
        "value": (share * typical).tolist(),
    }
