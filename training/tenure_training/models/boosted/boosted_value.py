"""Candidates whose trees learn the value itself, with the chance to buy of the XGBoost hurdle."""

from __future__ import annotations

import json
from abc import abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.stored import logarithm, read_stored
from tenure_training.models.boosted.boosting import TREE_SPACE, Boosted, Objective
from tenure_training.models.btyd.btyd_ensemble import SURE_CUSTOMERS, Expectation
from tenure_training.models.contract import (
    Candidate,
    Contributions,
    Evidence,
    Fitted,
    Floats,
    Prediction,
    TrainingFrame,
)
from tenure_training.models.design import RHYTHM_PART_NAME, by_term
from tenure_training.models.explanation_baseline import ExplanationBaseline, exactly
from tenure_training.models.hurdle.hurdle import FittedHurdle
from tenure_training.models.hurdle.severity import OUTLIER
from tenure_training.models.hurdle.xgboost_hurdle import XGBoostHurdle
from tenure_training.models.spend_distribution import SpendDistribution
from tenure_training.models.training_matrix import FEWEST, TrainingMatrix, training_matrix_of

_SCALE = (0.2, 5.0)
_FILE = "value"


@dataclass(frozen=True, eq=False)
class ValueTarget:
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

    @abstractmethod
    def _target(self, training: TrainingMatrix, value: Floats) -> ValueTarget:
        """Choose rows, anchors and weights, given the net revenue of each row, shape (n,)."""

    @staticmethod
    @abstractmethod
    def log_anchor(expected: Expectation) -> Floats:
        """Logarithm of the value the rhythm expects, of what the trees learn, shape (n,)."""

    @staticmethod
    @abstractmethod
    def log_if_bought(log_value: Floats, probability: Floats) -> Floats:
        """Logarithm of the expected value of those who buy, from what the trees say and P(buys), shape (n,)."""

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedValue:
        """Learn from the closed windows of a frame."""
        chance = XGBoostHurdle(self.settings).fit(frame, seed=seed)
        training, value = training_matrix_of(frame), frame.labels["value"].to_numpy(dtype=np.float64)
        bought = (training.bought > 0) & (value > 0)
        if not training.enough or bought.sum() < FEWEST:
            return FittedValue(
                model=type(self), chance=chance, value=None, log_scale=0.0, spread=chance.spread, present=frame.present
            )
        cut = OUTLIER * float(np.quantile(value[bought], 0.995))
        target = self._target(training, value)
        X, weight = training.X[target.rows], training.weight[target.rows]
        trees = Boosted.fit(
            X,
            np.clip(value[target.rows], 0.0, cut) / np.exp(target.log_anchor),
            weight=weight * target.weight,
            objective=self.objective,
            seed=seed + 3,
            settings=self.settings,
        )
        log_value = target.log_anchor + trees.score(X)
        ratio = float(training.weight @ np.minimum(value, cut)) / float(weight @ np.exp(log_value))
        log_scale = float(np.log(np.clip(ratio, *_SCALE)))
        buyers = bought[target.rows]
        likely = np.clip(1 / (1 + np.exp(-training.rhythm[bought])), SURE_CUSTOMERS, 1.0)
        at = self.log_if_bought(log_value[buyers] + log_scale, likely)
        spread = SpendDistribution.of_frame(at, frame=frame, rows=bought)
        return FittedValue(
            model=type(self), chance=chance, value=trees, log_scale=log_scale, spread=spread, present=frame.present
        )

    @classmethod
    def load(cls, folder: Path) -> FittedValue:
        """Read what `FittedValue.save` wrote."""
        saved = read_stored(folder / f"{_FILE}.json").fields("log_scale", "spread", "explanation_baseline")
        path = folder / f"{_FILE}.ubj"
        return FittedValue(
            model=cls,
            chance=FittedHurdle.load(folder),
            value=Boosted.load(path, objective=cls.objective) if path.exists() else None,
            log_scale=logarithm(saved["log_scale"]),
            spread=SpendDistribution.from_stored(saved["spread"]),
            stored_baseline=ExplanationBaseline.from_stored(saved["explanation_baseline"]),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedValue(Fitted):
    """A model of the value of everybody that has learnt.

    Attributes
    ----------
    model
        How anchors and chances make up the value.
    chance
        The fitted chances to buy.
    value
        Trees of the value; None where there was too little to learn.
    log_scale
        Logarithm of the factor that puts the total right.
    spread
        Of values around what is expected.
    present
        The customers it was fitted for; None once it has been stored.
    stored_baseline
        Where explanations start from, as it was stored; None before that.
    """

    model: type[BoostedValue]
    chance: FittedHurdle
    value: Boosted | None
    log_scale: float
    spread: SpendDistribution
    present: pd.DataFrame | None = field(default=None, repr=False)
    stored_baseline: ExplanationBaseline | None = field(default=None, repr=False)

    @cached_property
    def explanation_baseline(self) -> ExplanationBaseline:
        """Where explanations of the value start from: likely buyers among those the model was fitted for."""
        if self.stored_baseline is not None:
            return self.stored_baseline
        contributions = None if self.present is None else self._contributions(self.present)
        if contributions is None or self.present is None or not len(self.present):
            return ExplanationBaseline({}, {})
        means = ExplanationBaseline.of(contributions, buy_probability=self.predict(self.present).buy_probability)
        return replace(means, churn={})  # those of the chances are told from their own

    def calibrate(self, evidence: Evidence) -> Self:
        """Take the level of the chances and the spread of values from later windows than the trees saw."""
        spread = SpendDistribution.of_evidence(evidence, horizon_days=self.chance.horizon_days) or self.spread
        return replace(self, chance=self.chance.calibrate(evidence), spread=spread)

    def looking_from(self, as_of: pd.Timestamp) -> Self:
        """Give the model for predictions from another moment: the chances move with the time of the year."""
        return replace(self, chance=self.chance.looking_from(as_of))

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict over the horizon."""
        chance = self.chance.predict(snapshot)
        if self.value is None:
            return chance
        expected = self.chance.ensemble.expect(snapshot, days=self.chance.horizon_days)
        log_value = (
            self.model.log_anchor(expected) + self.value.score(self.chance.matrix(snapshot, expected)) + self.log_scale
        )
        probability = chance.buy_probability
        if_bought = self.model.log_if_bought(log_value, np.maximum(probability, SURE_CUSTOMERS))
        quantiles = self.spread.value_quantiles(probability, if_bought)
        return replace(
            chance,
            expected_value=probability * np.exp(if_bought),
            quantiles=quantiles,
            if_buys=self.spread.if_buys(if_bought),
        )

    def contributions(self, snapshot: pd.DataFrame) -> Contributions:
        """Explain log-odds of churn by the trees of the chance, log value of buyers by those of the value."""
        contributions = self._contributions(snapshot)
        return (
            self.chance.contributions(snapshot)
            if contributions is None
            else self.explanation_baseline.express(contributions)
        )

    def _contributions(self, snapshot: pd.DataFrame) -> Contributions | None:
        if self.value is None:
            return None
        odds, rhythm = self.chance.contributions(snapshot), self.chance.ensemble
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
        return Contributions(features=names, churn=churn, churn_base=odds.churn_base, value=worth, value_base=base)

    def save(self, folder: Path) -> None:
        """Write the parts as JSON and UBJ."""
        self.chance.save(folder)
        if self.value is not None:
            self.value.save(folder / f"{_FILE}.ubj")
        saved = {
            "log_scale": self.log_scale,
            "spread": self.spread.to_dict(),
            "explanation_baseline": self.explanation_baseline.to_dict(),
        }
        (folder / f"{_FILE}.json").write_text(json.dumps(saved), encoding="utf-8")
