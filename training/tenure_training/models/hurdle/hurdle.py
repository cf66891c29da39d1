"""Hurdle models: P(buys) times the value of those who buy, both learnt from closed windows on top of the rhythm."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from tenure_features.stored import read_stored
from tenure_training.models.btyd.btyd_ensemble import Expectation, Rhythm
from tenure_training.models.contract import (
    MOST_DAYS,
    Candidate,
    Contributions,
    Evidence,
    Floats,
    Prediction,
    TrainingFrame,
)
from tenure_training.models.design import RHYTHM_PART_NAME, design, odds_by_model, units_beside, units_from
from tenure_training.models.explanation_baseline import Reference
from tenure_training.models.hurdle.level_forecast import Drift
from tenure_training.models.hurdle.odds import Odds
from tenure_training.models.hurdle.severity import Severity
from tenure_training.models.spend_distribution import SpendDistribution
from tenure_training.models.training_matrix import Lessons, lessons_of

RHYTHM_IN_TOTAL = 0.7
"""Weight of the rhythm's total value, on the logarithmic scale: the seasons of the windows do not come back as such."""

_ORDERS_RANGE = (0.5, 2.0)


@dataclass(frozen=True, eq=False)
class Now:
    """The customers present when a model is fitted: what they are expected to do, and how far that is off.

    Attributes
    ----------
    snapshot
        Their features.
    expected
        By the rhythm, over the horizon.
    parts
        Log-odds by part, shape (n,) each.
    correction
        Of log value by what windows taught, before its total is set, shape (n,).
    drift
        Of the rhythm in closed windows.
    """

    snapshot: pd.DataFrame
    expected: Expectation
    parts: Mapping[str, Floats]
    correction: Floats
    drift: Drift


class Hurdle(Candidate):
    """A hurdle model; subclasses say which parts it is made of.

    For every training origin the rhythm (BTYD models) is fitted to the snapshot of that origin alone, and its
    expectation over the window becomes part of the model matrix. At prediction time the rhythm fitted at ``as_of``
    gives the expectation over the whole horizon: so windows shorter than the horizon can teach, and the growth from
    window to horizon is the rhythm's.
    """

    linear: ClassVar[bool]
    trees: ClassVar[bool]

    rhythm: Rhythm
    units: Mapping[str, str]
    odds: Odds
    severity: Severity
    spread: SpendDistribution
    orders_scale: float
    horizon_days: int
    _now: Now

    @cached_property
    def reference(self) -> Reference:
        """Where explanations start from: undecided customers among those the model was fitted for."""
        contributions = self._contributions(self._now.snapshot)
        return Reference.of(contributions, buy_probability=self.predict(self._now.snapshot).buy_probability)

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:
        """Learn from the closed windows of a frame."""
        self.horizon_days, present = frame.horizon_days, frame.present
        self.rhythm, self.units = Rhythm.fit(present), units_beside(frame.features, frame.catalogue)
        lessons, value = (
            lessons_of(frame).with_settings(self.settings),
            frame.labels["value"].to_numpy(dtype=np.float64),
        )
        expected = self.rhythm.expect(present, days=frame.horizon_days)
        self.odds = Odds.fit(
            lessons, typical=float(expected.log_odds.mean()), linear=self.linear, trees=self.trees, seed=seed
        )  # fmt: skip
        self.severity = Severity.fit(
            lessons,
            value=value,
            log_rhythm=lessons.log_severity,
            linear=self.linear,
            trees=self.trees,
            seed=seed + 2,
        )
        X = self.matrix(present, expected)
        drift = lessons.once(
            "drift", 0, lambda: Drift.of(frame, odds=odds_by_model(lessons.X), log_severity=lessons.log_severity)
        )
        parts = self.odds.parts(X, expected.log_odds)
        self._now = Now(present, expected, parts, self.severity.correction(X), drift)
        self._settle()
        self.orders_scale = _orders_scale(lessons, frame.labels["orders"].to_numpy(dtype=np.float64))
        rows = (lessons.bought > 0) & (value > 0)
        at = lessons.log_severity[rows] + self.severity.correction(lessons.X[rows])
        self.spread = SpendDistribution.of_frame(at, frame=frame, rows=rows)
        return self

    def _settle(self) -> None:
        """Set the number of buyers and the total value expected of the customers present."""
        now, days = self._now, self.horizon_days
        self.odds = self.odds.set_level(now.parts, rhythm=now.drift.correct(now.expected.odds, days))
        log_severity, rhythm = now.expected.log_severity, now.expected.log_odds
        learnt = expit(self.odds.of_parts(now.parts)) @ np.exp(log_severity + now.correction)
        alone = float(expit(rhythm) @ np.exp(log_severity)) * np.exp(now.drift.of_value(days))
        self.severity = self.severity.moderate(float(learnt), float(alone), trust=RHYTHM_IN_TOTAL)

    def calibrate(self, evidence: Evidence) -> Self:
        """Take weights, level and the spread of values from windows later than the parts were fitted on."""
        if len(evidence.window):
            self.odds = self.odds.calibrate(evidence)
            self._settle()
        self.spread = SpendDistribution.of_evidence(evidence, horizon_days=self.horizon_days) or self.spread
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict over the horizon."""
        expected = self.rhythm.expect(snapshot, days=self.horizon_days)
        X = self.matrix(snapshot, expected)
        parts = self.odds.parts(X, expected.log_odds)
        odds = self.odds.of_parts(parts)
        probability = expit(odds)
        log_value = expected.log_severity + self.severity.correction(X)
        orders = probability * np.maximum(np.exp(expected.log_count) * self.orders_scale, 1.0)
        return Prediction(
            buy_probability=probability,
            expected_orders=orders,
            expected_value=probability * np.exp(log_value),
            quantiles=self.spread.value_quantiles(probability, log_value),
            rank_score=odds,
            parts=parts,
        )

    def matrix(self, snapshot: pd.DataFrame, expected: Expectation) -> pd.DataFrame:
        """Build the model matrix, with every feature in the unit it was learnt in."""
        return design(snapshot, expected, units=self.units)

    def contributions(self, snapshot: pd.DataFrame) -> Contributions:
        """Explain log-odds of churn and log expected value of those who buy, against undecided customers."""
        return self.reference.express(self._contributions(snapshot))

    def _contributions(self, snapshot: pd.DataFrame) -> Contributions:
        expected = self.rhythm.expect(snapshot, days=self.horizon_days)
        X = self.matrix(snapshot, expected)
        odds, odds_rest = self.odds.contributions(X, expected.log_odds)
        value, value_rest = self.severity.contributions(X)
        log_severity, log_spend = expected.log_severity, np.log(expected.spend)
        log_typical = float(np.log(self.rhythm.typical_spend))
        value = {**value, RHYTHM_PART_NAME: value.get(RHYTHM_PART_NAME, 0.0) + log_severity - log_spend}
        value["value_mean"] = value.get("value_mean", 0.0) + log_spend - log_typical
        log_odds, log_value = self.odds(X, expected.log_odds), log_severity + self.severity.correction(X)
        names = sorted({*odds, *value})
        churn, churn_base = exactly(-log_odds, {name: -part for name, part in odds.items()}, -odds_rest, names)
        worth, value_base = exactly(log_value, value, value_rest + log_typical, names)
        return Contributions(names, churn, churn_base, worth, value_base)

    def save(self, folder: Path) -> None:
        """Write the parts as JSON and UBJ."""
        folder.mkdir(parents=True, exist_ok=True)
        self.odds.save(folder)
        self.severity.save(folder)
        saved = {
            "rhythm": self.rhythm.to_dict(),
            "units": dict(self.units),
            "spread": self.spread.to_dict(),
            "reference": self.reference.to_dict(),
            "orders_scale": self.orders_scale,
            "horizon_days": self.horizon_days,
        }
        (folder / "hurdle.json").write_text(json.dumps(saved), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        saved = read_stored(folder / "hurdle.json").fields(
            "rhythm", "units", "spread", "reference", "orders_scale", "horizon_days"
        )
        model = cls()
        model.odds, model.severity = Odds.load(folder), Severity.load(folder)
        model.rhythm, model.units = Rhythm.from_stored(saved["rhythm"]), units_from(saved["units"])
        model.spread = SpendDistribution.from_stored(saved["spread"])
        model.reference = Reference.from_stored(saved["reference"])
        model.orders_scale = saved["orders_scale"].number(1e-3, 1e3)
        model.horizon_days = saved["horizon_days"].whole(1, MOST_DAYS)
        return model


def _orders_scale(lessons: Lessons, orders: Floats) -> float:
    """Orders of buyers against what the rhythm expected of them."""
    expected = float((lessons.weight * lessons.bought) @ np.exp(lessons.log_count)) if len(orders) else 0.0
    seen = float((lessons.weight * lessons.bought) @ orders) if len(orders) else 0.0
    return float(np.clip(seen / expected, *_ORDERS_RANGE)) if expected > 0 else 1.0


def exactly(total: Floats, terms: Mapping[str, Floats], rest: Floats, names: Sequence[str]) -> tuple[Floats, float]:
    """Terms as columns and one base for all rows; what float32 in boosters leaves over goes to the rhythm's term."""
    columns = np.column_stack([terms.get(name, np.zeros(len(total))) for name in names])
    base = float(rest[0]) if len(rest) else 0.0  # a booster's base is the same for every row
    columns[:, names.index(RHYTHM_PART_NAME)] += total - base - columns.sum(axis=1)
    return columns, base
