"""Candidates whose trees learn the value itself, with the chance to buy of the XGBoost hurdle."""

from __future__ import annotations

import json
from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.stored import logarithm, read_stored
from tenure_training.models.boosted.boosting import TREE_SPACE, Boosted, Objective
from tenure_training.models.btyd.btyd_ensemble import SURE_CUSTOMERS, Expectation
from tenure_training.models.contract import Candidate, Contributions, Evidence, Floats, Prediction, TrainingFrame
from tenure_training.models.design import RHYTHM_PART_NAME, by_term
from tenure_training.models.explanation_baseline import Reference
from tenure_training.models.hurdle.hurdle import exactly
from tenure_training.models.hurdle.severity import OUTLIER
from tenure_training.models.hurdle.xgboost_hurdle import XGBoostHurdle
from tenure_training.models.spend_distribution import SpendDistribution
from tenure_training.models.training_matrix import FEWEST, Lessons, lessons_of

_SCALE = (0.2, 5.0)
_VALUE_FILE = "value"


@dataclass(frozen=True, eq=False)
class ValueLesson:
    """What the trees of the value learn from.

    Attributes
    ----------
    rows
        Which training rows take part, shape (n,).
    log_anchor
        Logarithm of the value the rhythm expects of each of them: the trees learn factors on it.
    weight
        Weights beyond those of the rows: where the size of a value matters to the loss.
    """

    rows: NDArray[np.bool_]
    log_anchor: Floats
    weight: Floats


class BoostedValue(Candidate):
    """The chance to buy from the trees of `XGBoostHurdle`, the value from trees with an objective of their own.

    The value is learnt as a factor on what the buying rhythm expects, so neither the currency nor the length of the
    window matters to the trees. As its loss is one of the mean, no smearing is needed; one factor puts the total of
    the training windows right, returns included.
    """

    objective: ClassVar[Objective]
    search_space = TREE_SPACE

    chance: XGBoostHurdle
    value: Boosted | None
    log_scale: float
    spread: SpendDistribution
    _present: pd.DataFrame

    @cached_property
    def reference(self) -> Reference:
        """Where explanations of the value start from: likely buyers among those the model was fitted for."""
        contributions = self._contributions(self._present)
        if contributions is None or not len(self._present):
            return Reference({}, {})
        means = Reference.of(contributions, buy_probability=self.predict(self._present).buy_probability)
        return replace(means, churn={})  # those of the chances are told from their own

    @abstractmethod
    def _lesson(self, lessons: Lessons, value: Floats) -> ValueLesson:
        """Choose rows, anchors and weights, given the net revenue of each row, shape (n,)."""

    @abstractmethod
    def _log_anchor(self, expected: Expectation) -> Floats:
        """Logarithm of the value the rhythm expects, of what the trees learn, shape (n,)."""

    @abstractmethod
    def _log_if_bought(self, log_value: Floats, probability: Floats) -> Floats:
        """Logarithm of the expected value of those who buy, from what the trees say and P(buys), shape (n,)."""

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:
        """Learn from the closed windows of a frame."""
        self.chance = XGBoostHurdle().with_settings(self.settings).fit(frame, seed=seed)
        self.value, self.log_scale, self._present = None, 0.0, frame.present
        lessons, value = lessons_of(frame), frame.labels["value"].to_numpy(dtype=np.float64)
        bought = (lessons.bought > 0) & (value > 0)
        if not lessons.enough or bought.sum() < FEWEST:
            self.spread = self.chance.spread
            return self
        cut = OUTLIER * float(np.quantile(value[bought], 0.995))
        lesson = self._lesson(lessons, value)
        X, weight = lessons.X[lesson.rows], lessons.weight[lesson.rows]
        self.value = Boosted.fit(
            X,
            np.clip(value[lesson.rows], 0.0, cut) / np.exp(lesson.log_anchor),
            weight=weight * lesson.weight,
            objective=self.objective,
            seed=seed + 3,
            settings=self.settings,
        )
        log_value = lesson.log_anchor + self.value.score(X)
        ratio = float(lessons.weight @ np.minimum(value, cut)) / float(weight @ np.exp(log_value))
        self.log_scale = float(np.log(np.clip(ratio, *_SCALE)))
        buyers = bought[lesson.rows]
        chance = np.clip(1 / (1 + np.exp(-lessons.rhythm[bought])), SURE_CUSTOMERS, 1.0)
        at = self._log_if_bought(log_value[buyers] + self.log_scale, chance)
        self.spread = SpendDistribution.of_frame(at, frame=frame, rows=bought)
        return self

    def calibrate(self, evidence: Evidence) -> Self:
        """Take the level of the chances and the spread of values from later windows than the trees saw."""
        self.chance = self.chance.calibrate(evidence)
        self.spread = SpendDistribution.of_evidence(evidence, horizon_days=self.chance.horizon_days) or self.spread
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict over the horizon."""
        chance = self.chance.predict(snapshot)
        if self.value is None:
            return chance
        expected = self.chance.rhythm.expect(snapshot, days=self.chance.horizon_days)
        log_value = (
            self._log_anchor(expected) + self.value.score(self.chance.matrix(snapshot, expected)) + self.log_scale
        )
        probability = chance.buy_probability
        if_bought = self._log_if_bought(log_value, np.maximum(probability, SURE_CUSTOMERS))
        quantiles = self.spread.value_quantiles(probability, if_bought)
        return replace(chance, expected_value=probability * np.exp(if_bought), quantiles=quantiles)

    def contributions(self, snapshot: pd.DataFrame) -> Contributions:
        """Explain log-odds of churn by the trees of the chance, log value of buyers by those of the value."""
        contributions = self._contributions(snapshot)
        return self.chance.contributions(snapshot) if contributions is None else self.reference.express(contributions)

    def _contributions(self, snapshot: pd.DataFrame) -> Contributions | None:
        if self.value is None:
            return None
        odds, rhythm = self.chance.contributions(snapshot), self.chance.rhythm
        expected = rhythm.expect(snapshot, days=self.chance.horizon_days)
        X = self.chance.matrix(snapshot, expected)
        parts, rest = self.value.contributions(X)
        log_spend, log_typical = np.log(expected.spend), float(np.log(rhythm.typical_spend))
        value = dict(by_term(list(self.value.columns), parts))
        value["value_mean"] = value.get("value_mean", 0.0) + log_spend - log_typical
        prediction = self.predict(snapshot)
        log_value = np.log(prediction.expected_value) - np.log(prediction.buy_probability)
        names = sorted({*odds.features, *value, RHYTHM_PART_NAME})
        # the anchor and, of an objective over everybody, the chances of rhythm and trees go to the rhythm's term
        worth, base = exactly(log_value, value, rest + self.log_scale + log_typical, names)
        churn = np.zeros((len(snapshot), len(names)))
        churn[:, [names.index(name) for name in odds.features]] = odds.churn
        return Contributions(names, churn, odds.churn_base, worth, base)

    def save(self, folder: Path) -> None:
        """Write the parts as JSON and UBJ."""
        self.chance.save(folder)
        if self.value is not None:
            self.value.save(folder / f"{_VALUE_FILE}.ubj")
        saved = {
            "log_scale": self.log_scale, "spread": self.spread.to_dict(), "reference": self.reference.to_dict(),
        }  # fmt: skip
        (folder / f"{_VALUE_FILE}.json").write_text(json.dumps(saved), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        saved = read_stored(folder / f"{_VALUE_FILE}.json").fields("log_scale", "spread", "reference")
        model, path = cls(), folder / f"{_VALUE_FILE}.ubj"
        model.chance = XGBoostHurdle.load(folder)
        model.value = Boosted.load(path, objective=cls.objective) if path.exists() else None
        model.log_scale, model.spread = logarithm(saved["log_scale"]), SpendDistribution.from_stored(saved["spread"])
        model.reference = Reference.from_stored(saved["reference"])
        return model
