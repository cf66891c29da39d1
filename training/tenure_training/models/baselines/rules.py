"""What anybody can do in a minute; a model that does not beat these is not worth its upkeep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from tenure_features.stored import read_stored
from tenure_training.models.contract import MOST_DAYS, Basis, Candidate, Fitted, Floats, Prediction, TrainingFrame

_FILE = "baseline.json"
_SMALLEST = 1e-4
_ROWS_PER_BIN = 20
NEEDS_NOTHING = Basis("The baseline needs none.", "The baseline needs none.")


class Zero(Candidate):
    """Nobody ever comes back. Wins on mean absolute error wherever most customers are gone."""

    name, baseline, basis = "zero", True, NEEDS_NOTHING

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedZero:  # noqa: ARG002  # learns nothing
        """Learn nothing."""
        return FittedZero()

    @classmethod
    def load(cls, folder: Path) -> FittedZero:
        """Read what was saved: nothing."""
        read_stored(folder / _FILE).fields()
        return FittedZero()


@dataclass(frozen=True)
class FittedZero(Fitted):
    """`Zero`, which has nothing to know."""

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict zero, as nearly as a log-loss allows."""
        hardly = np.full(len(snapshot), _SMALLEST)
        return Prediction(buy_probability=hardly, expected_orders=hardly, expected_value=np.zeros(len(snapshot)))

    def save(self, folder: Path) -> None:
        """Write ``baseline.json``."""
        _save({}, folder)


class StatusQuo(Candidate):
    """Everybody goes on as they did: orders and revenue per day since the first order, and Poisson gaps."""

    name, baseline, basis = "status_quo", True, NEEDS_NOTHING

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedStatusQuo:  # noqa: ARG002  # nothing is random
        """Keep the horizon."""
        return FittedStatusQuo(float(frame.horizon_days))

    @classmethod
    def load(cls, folder: Path) -> FittedStatusQuo:
        """Read what `FittedStatusQuo.save` wrote."""
        saved = read_stored(folder / _FILE).fields("horizon_days")
        return FittedStatusQuo(saved["horizon_days"].number(1, MOST_DAYS))


@dataclass(frozen=True)
class FittedStatusQuo(Fitted):
    """`StatusQuo` over a horizon in days."""

    horizon_days: float
    settling_days: ClassVar[float] = 30.0

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Continue each customer's own mean rate; the first month counts as whole."""
        age = np.maximum(snapshot["tenure_days"].to_numpy(dtype=np.float64), self.settling_days)
        orders = snapshot["orders_total"].to_numpy(dtype=np.float64) / age * self.horizon_days
        value = snapshot["revenue_total"].to_numpy(dtype=np.float64) / age * self.horizon_days
        share = np.clip(1 - np.exp(-orders), _SMALLEST, 1 - _SMALLEST)
        return Prediction(buy_probability=share, expected_orders=np.maximum(orders, share), expected_value=value)

    def save(self, folder: Path) -> None:
        """Write ``baseline.json``."""
        _save({"horizon_days": self.horizon_days}, folder)


class RecencyRule(Candidate):
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

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedRecencyRule:  # noqa: ARG002  # nothing is random
        """Tabulate outcomes of the longest closed windows by recency."""
        longest = frame.window_days == frame.label_days
        recency = frame.rows["recency_days"].to_numpy(dtype=np.float64)[longest]
        if len(recency) == 0:
            return _rule_of_thumb(frame)
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
        return FittedRecencyRule(edges, share, _falling(orders * stretch, size), value * stretch)

    @classmethod
    def load(cls, folder: Path) -> FittedRecencyRule:
        """Read what `FittedRecencyRule.save` wrote."""
        saved = read_stored(folder / _FILE).fields("edges", "share", "orders", "value")
        edges = saved["edges"].numbers(rising=True)
        bins = len(edges) + 1
        return FittedRecencyRule(
            np.array(edges, dtype=np.float64),
            np.array(saved["share"].numbers(count=bins, low=0.0, high=1.0), dtype=np.float64),
            np.array(saved["orders"].numbers(count=bins, low=0.0, high=1e6), dtype=np.float64),
            np.array(saved["value"].numbers(count=bins, low=-1e18, high=1e18), dtype=np.float64),
        )


@dataclass(frozen=True, eq=False)
class FittedRecencyRule(Fitted):
    """`RecencyRule` as a table by recency.

    Attributes
    ----------
    edges
        Recencies between the bins, in days, shape (b - 1,).
    share, orders, value
        Of the customers of each bin: the share that buys, mean orders and mean value, shape (b,) each.
    """

    edges: Floats
    share: Floats
    orders: Floats
    value: Floats

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Look up each customer's recency; ties are broken by recency itself."""
        recency = snapshot["recency_days"].to_numpy(dtype=np.float64)
        at = np.searchsorted(self.edges, recency, side="right")
        share, orders = self.share[at], self.orders[at]
        return Prediction(
            buy_probability=share,
            expected_orders=np.maximum(orders, share),
            expected_value=self.value[at],
            rank_score=-recency,
        )

    def save(self, folder: Path) -> None:
        """Write ``baseline.json``."""
        _save({name: getattr(self, name).tolist() for name in ("edges", "share", "orders", "value")}, folder)


def _save(numbers: Mapping[str, object], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_text(json.dumps(numbers), encoding="utf-8")


def _falling(means: Floats, size: Floats) -> Floats:
    """Pool neighbouring means until none rises with recency."""
    from sklearn.isotonic import IsotonicRegression

    pooled = IsotonicRegression(increasing=False, out_of_bounds="clip")
    return np.asarray(pooled.fit_transform(np.arange(len(means)), means, sample_weight=size), dtype=np.float64)


def _rule_of_thumb(frame: TrainingFrame) -> FittedRecencyRule:
    edges = frame.horizon_days * np.arange(1, 8) / 4
    share: Floats = 0.5 ** (1 + np.arange(8) / 2)
    typical = float(frame.present["value_mean"].median()) if len(frame.present) else 0.0
    return FittedRecencyRule(edges, share, share, share * typical)
