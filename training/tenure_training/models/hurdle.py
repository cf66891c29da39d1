"""Hurdle models: P(buys) times the value of those who buy, both learnt from closed windows on top of the rhythm."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from tenure_training.models.contract import Candidate, Contributions, Evidence, Floats, Prediction, TrainingFrame
from tenure_training.models.design import RHYTHM, design
from tenure_training.models.lessons import Lessons, lessons_of
from tenure_training.models.odds import Odds
from tenure_training.models.reference import Reference
from tenure_training.models.rhythm import SURE, Expectation, Rhythm
from tenure_training.models.severity import Severity
from tenure_training.models.spend_distribution import SpendDistribution

RHYTHM_IN_TOTAL = 1 / 3
"""Weight of the rhythm's total value, on the logarithmic scale: the seasons of the windows do not come back as such."""

_ORDERS_RANGE = (0.5, 2.0)


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
    odds: Odds
    severity: Severity
    spread: SpendDistribution
    orders_scale: float
    horizon_days: int
    _fitted_on: pd.DataFrame

    @cached_property
    def reference(self) -> Reference:
        """Where explanations start from: undecided customers among those the model was fitted for."""
        told = self._contributions(self._fitted_on)
        return Reference.of(told, buy_probability=self.predict(self._fitted_on).buy_probability)

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:
        """Learn from the closed windows of a frame."""
        self.horizon_days, self._fitted_on = frame.horizon_days, frame.present
        self.rhythm = Rhythm.fit(frame.present)
        lessons = lessons_of(frame).tuned(self.settings)
        expected = self.rhythm.expect(frame.present, days=frame.horizon_days)
        self.odds = Odds.fit(
            lessons,
            present=design(frame.present, expected),
            present_rhythm=expected.log_odds,
            linear=self.linear,
            trees=self.trees,
            seed=seed,
        )
        value = frame.labels["value"].to_numpy(dtype=np.float64)
        self.severity = Severity.fit(
            lessons,
            value=value,
            log_rhythm=lessons.log_severity,
            linear=self.linear,
            trees=self.trees,
            seed=seed + 2,
        )
        self.severity = self.severity.moderated(
            *self._totals(design(frame.present, expected), expected), trust=RHYTHM_IN_TOTAL
        )
        self.orders_scale = _orders_scale(lessons, frame.labels["orders"].to_numpy(dtype=np.float64))
        rows = (lessons.bought > 0) & (value > 0)
        at = lessons.log_severity[rows] + self.severity.correction(lessons.X[rows])
        self.spread = SpendDistribution.fit(at, np.log(value[rows]))
        return self

    def _totals(self, X: pd.DataFrame, expected: Expectation) -> tuple[float, float]:
        """Total value of the customers present, as learnt and as the rhythm alone expects it."""
        log_severity, rhythm = expected.log_severity, expected.log_odds
        learnt = expit(self.odds(X, rhythm)) @ np.exp(log_severity + self.severity.correction(X))
        return float(learnt), float(expit(rhythm) @ np.exp(log_severity))

    def calibrate(self, evidence: Evidence) -> Self:
        """Take the level of probabilities and the spread of values from windows later than the parts were fitted on."""
        if len(evidence.window):
            self.odds = self.odds.calibrated(evidence)
        rows = evidence.bought & (evidence.value > 0) & (evidence.expected_value > 0)
        if rows.sum() >= 100:  # fewer say less than the many rows of the fit
            expected = np.log(evidence.expected_value[rows] / np.maximum(evidence.buy_probability[rows], SURE))
            self.spread = SpendDistribution.fit(expected, np.log(evidence.value[rows]))
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict over the horizon."""
        expected = self.rhythm.expect(snapshot, days=self.horizon_days)
        X = design(snapshot, expected)
        odds = self.odds(X, expected.log_odds)
        probability = expit(odds)
        log_value = expected.log_severity + self.severity.correction(X)
        orders = probability * np.maximum(np.exp(expected.log_count) * self.orders_scale, 1.0)
        return Prediction(
            buy_probability=probability,
            expected_orders=orders,
            expected_value=probability * np.exp(log_value),
            quantiles=self.spread.value_quantiles(probability, log_value),
            rank_score=odds,
        )

    def contributions(self, snapshot: pd.DataFrame) -> Contributions:
        """Explain log-odds of churn and log expected value of those who buy, against undecided customers."""
        return self.reference.seen_from(self._contributions(snapshot))

    def _contributions(self, snapshot: pd.DataFrame) -> Contributions:
        expected = self.rhythm.expect(snapshot, days=self.horizon_days)
        X = design(snapshot, expected)
        odds, odds_rest = self.odds.contributions(X, expected.log_odds)
        value, value_rest = self.severity.contributions(X)
        log_severity, log_spend = expected.log_severity, np.log(expected.spend)
        log_typical = float(np.log(self.rhythm.typical_spend))
        value = {**value, RHYTHM: value.get(RHYTHM, 0.0) + log_severity - log_spend}
        value["value_mean"] = value.get("value_mean", 0.0) + log_spend - log_typical
        log_odds, log_value = self.odds(X, expected.log_odds), log_severity + self.severity.correction(X)
        names = sorted({*odds, *value})
        churn, churn_base = _exactly(-log_odds, {name: -part for name, part in odds.items()}, -odds_rest, names)
        worth, value_base = _exactly(log_value, value, value_rest + log_typical, names)
        return Contributions(names, churn, churn_base, worth, value_base)

    def save(self, folder: Path) -> None:
        """Write the parts as JSON and UBJ."""
        folder.mkdir(parents=True, exist_ok=True)
        self.odds.save(folder)
        self.severity.save(folder)
        saved = {
            "rhythm": self.rhythm.to_dict(),
            "spread": self.spread.to_dict(),
            "reference": self.reference.to_dict(),
            "orders_scale": self.orders_scale,
            "horizon_days": self.horizon_days,
        }
        (folder / "hurdle.json").write_text(json.dumps(saved), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        saved = json.loads((folder / "hurdle.json").read_text(encoding="utf-8"))
        model = cls()
        model.odds, model.severity = Odds.load(folder), Severity.load(folder)
        model.rhythm = Rhythm.from_dict(saved["rhythm"])
        model.spread = SpendDistribution.from_dict(saved["spread"])
        model.reference = Reference(**saved["reference"])
        model.orders_scale, model.horizon_days = saved["orders_scale"], saved["horizon_days"]
        return model


def _orders_scale(lessons: Lessons, orders: Floats) -> float:
    """Orders of buyers against what the rhythm expected of them."""
    expected = float((lessons.weight * lessons.bought) @ np.exp(lessons.log_count)) if len(orders) else 0.0
    seen = float((lessons.weight * lessons.bought) @ orders) if len(orders) else 0.0
    return float(np.clip(seen / expected, *_ORDERS_RANGE)) if expected > 0 else 1.0


def _exactly(total: Floats, terms: Mapping[str, Floats], rest: Floats, names: Sequence[str]) -> tuple[Floats, float]:
    """Terms as columns and one base for all rows; what float32 in boosters leaves over goes to the rhythm's term."""
    columns = np.column_stack([terms.get(name, np.zeros(len(total))) for name in names])
    base = float(rest[0]) if len(rest) else 0.0  # a booster's base is the same for every row
    columns[:, names.index(RHYTHM)] += total - base - columns.sum(axis=1)
    return columns, base
