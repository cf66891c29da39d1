"""Hurdle models: P(buys) times the value of those who buy, both learnt from closed windows on top of the rhythm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from tenure_features.float_table import FloatTable, Table, place_names
from tenure_features.stored import Stored, read_stored
from tenure_training.models.btyd.btyd_ensemble import BtydEnsemble, Expectation
from tenure_training.models.contract import (
    MOST_DAYS,
    Candidate,
    Contributions,
    Evidence,
    Fitted,
    Floats,
    Prediction,
    TrainingFrame,
)
from tenure_training.models.design import (
    RHYTHM_PART_NAME,
    design_table,
    units_beside,
    units_from,
)
from tenure_training.models.explanation_baseline import ExplanationBaseline, balance
from tenure_training.models.hurdle.now import Now
from tenure_training.models.hurdle.odds import Odds
from tenure_training.models.hurdle.severity import Severity
from tenure_training.models.season import NO_SEASON, Season, SeasonAhead, multiply_orders
from tenure_training.models.spend_distribution import SpendDistribution
from tenure_training.models.training_matrix import training_matrix_of

NO_SIGNAL_SLOPE = 0.1
"""What is left of the distances between customers' log-odds where closed windows showed no signal."""

_MONTHS = range(12)


class Hurdle(Candidate):
    """A hurdle model; subclasses say which parts it is made of.

    For every training origin the rhythm (BTYD models) is fitted to the snapshot of that origin alone, and its
    expectation over the window becomes part of the model matrix. At prediction time the rhythm fitted at ``as_of``
    gives the expectation over the whole horizon: so windows shorter than the horizon can teach, and the growth from
    window to horizon is the rhythm's.
    """

    linear: ClassVar[bool]
    trees: ClassVar[bool]

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedHurdle:
        """Learn from the closed windows of a frame."""
        ensemble, units = BtydEnsemble.fit(frame.present), units_beside(frame.features, frame.catalogue)
        training, value = (
            training_matrix_of(frame).with_settings(self.settings),
            frame.labels["value"].to_numpy(np.float64),
        )
        expected = ensemble.expect(frame.present, days=frame.horizon_days)
        odds = Odds.fit(
            training, typical=float(expected.log_odds.mean()), linear=self.linear, trees=self.trees, seed=seed
        )
        severity = Severity.fit(
            training,
            value=value,
            log_rhythm=training.log_severity,
            linear=self.linear,
            trees=self.trees,
            seed=seed + 2,
        )
        now = Now.of(frame, training, expected, units=units, odds=odds, severity=severity)
        odds, severity = now.settle(odds, severity)
        rows = (training.bought > 0) & (value > 0)
        at = training.log_severity[rows] + severity.correction(training.X[rows])
        return FittedHurdle(
            ensemble=ensemble,
            units=units,
            odds=odds,
            severity=severity,
            spread=SpendDistribution.of_frame(at, frame=frame, rows=rows).widen(now.spread_of_total),
            orders_scale=training.orders_scale(frame.labels["orders"].to_numpy(dtype=np.float64)),
            horizon_days=frame.horizon_days,
            season=Season(months=frame.season.months) if odds.learnt else NO_SEASON,
            fitted_at=frame.as_of,
            start=frame.as_of,
            now=now,
        )

    @classmethod
    def load(cls, folder: Path) -> FittedHurdle:
        """Read what `FittedHurdle.save` wrote."""
        return FittedHurdle.load(folder)


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedHurdle(Fitted):
    """A hurdle model that has learnt.

    Attributes
    ----------
    ensemble
        The rhythm, fitted at ``as_of``.
    units
        Of the features beside those every model reads, by name: what each was learnt in.
    odds, severity
        Chance to buy, and value of those who do.
    spread
        Of values around what is expected.
    orders_scale
        Factor on the orders the rhythm expects of buyers.
    horizon_days
        Length of the window predictions are for.
    season
        What the times of the year bring, as the level counts it in.
    fitted_at, start
        The moment it was fitted at, and the one it predicts from; None where nobody said.
    now
        The customers it was fitted for; None once it has been stored.
    stored_baseline
        Where explanations start from, as it was stored; None before that.
    """

    ensemble: BtydEnsemble
    units: Mapping[str, str]
    odds: Odds
    severity: Severity
    spread: SpendDistribution
    orders_scale: float
    horizon_days: int
    season: Season = NO_SEASON
    fitted_at: pd.Timestamp | None = None
    start: pd.Timestamp | None = None
    now: Now | None = field(default=None, repr=False)
    stored_baseline: ExplanationBaseline | None = field(default=None, repr=False)

    @cached_property
    def explanation_baseline(self) -> ExplanationBaseline:
        """Where explanations start from: undecided customers among those the model was fitted for."""
        if self.now is None:
            return self.stored_baseline or ExplanationBaseline({}, {})
        contributions = self._contributions(self.now.snapshot)
        return ExplanationBaseline.of(contributions, buy_probability=self.predict(self.now.snapshot).buy_probability)

    def calibrate(self, evidence: Evidence) -> Self:
        """Take weights, level and the spread of values from windows later than the parts were fitted on."""
        odds, severity, now = self.odds, self.severity, self.now
        if len(evidence.window) and now is not None:
            odds = odds.calibrate(evidence)
            now = replace(now, parts=odds.pick(now.parts))
            odds, severity = now.settle(odds, severity, misses=evidence.misses)
        later = SpendDistribution.of_evidence(evidence, horizon_days=self.horizon_days)
        spread = later.widen(now.spread_of_total if now else 0.0) if later else self.spread
        return replace(self, odds=odds, severity=severity, spread=spread, now=now)

    def flatten(self) -> Self:
        """Draw chances to buy to their mean; as many buyers and as much value are expected of everybody together."""
        if self.now is None:
            return self
        flat = self.odds.flatten(self.now.parts, slope=NO_SIGNAL_SLOPE)
        worth = np.exp(self.now.expected.log_severity + self.now.correction)
        before, after = (float(expit(odds.of_parts(self.now.parts)) @ worth) for odds in (self.odds, flat))
        target = before * float(np.exp(self.severity.moved))
        return replace(self, odds=flat, severity=self.severity.moderate(after, target=target))

    def looking_from(self, as_of: pd.Timestamp) -> Self:
        """Give the model for predictions from another moment: its level moves with the time of the year."""
        return replace(self, start=as_of) if self.season.months and as_of != self.start else self

    @cached_property
    def _turn(self) -> float:
        """Orders expected of the window from the start over those of the window the level was set for."""
        if not self.season.months or self.start is None or self.fitted_at is None or self.start == self.fitted_at:
            return 1.0
        then, now = (self.season.factor(at, days=self.horizon_days) for at in (self.fitted_at, self.start))
        return now / then

    @cached_property
    def _ahead(self) -> SeasonAhead | None:
        return SeasonAhead(season=self.season, start=self.start) if self.season.months and self.start else None

    def _in_season(self, odds: Floats, log_value: Floats) -> tuple[Floats, Floats]:
        """Move log-odds and log value given a purchase so that orders, and value with them, turn with the season."""
        if self._turn == 1.0:
            return odds, log_value
        turned = multiply_orders(odds, self._turn)
        return turned, log_value + np.log(self._turn) + log_expit(odds) - log_expit(turned)

    def predict(self, snapshot: Table) -> Prediction:
        """Predict over the horizon."""
        expected = self.ensemble.expect(snapshot, days=self.horizon_days)
        X = self.matrix(snapshot, expected)
        parts, correction = self.odds.all_parts(X, expected.log_odds), self.severity.correction(X)
        prediction = self._predict(expected, parts, correction)
        if self.now is None or snapshot is not self.now.snapshot:
            return prediction
        # opinions on the level are of the customers it was fitted for, all together
        return replace(prediction, opinions=self.now.opinions(self.odds))

    def answer(self, rows: FloatTable, *, explain: bool = True) -> tuple[Prediction, Contributions | None]:
        """Predict, and explain where asked; what both rest on is worked out once."""
        if not explain:
            return self.predict(rows), None
        expected, parts, correction, contributions = self._explain(rows)
        return self._predict(expected, parts, correction), self.explanation_baseline.express(contributions)

    def _predict(self, expected: Expectation, parts: Mapping[str, Floats], correction: Floats) -> Prediction:
        odds, log_value = self._in_season(self.odds.of_parts(parts), expected.log_severity + correction)
        probability = expit(odds)
        orders = probability * np.maximum(np.exp(expected.log_count) * self.orders_scale, 1.0)
        return Prediction(
            buy_probability=probability,
            expected_orders=orders,
            expected_value=probability * np.exp(log_value),
            quantiles=self.spread.value_quantiles(probability, log_value),
            if_buys=self.spread.if_buys(log_value),
            rank_score=odds,
            parts=parts,
            ahead=self._ahead,
        )

    def matrix(self, snapshot: Table, expected: Expectation) -> FloatTable:
        """Build the model matrix, with every feature in the unit it was learnt in."""
        return design_table(snapshot, expected, units=self.units)

    def contributions(self, snapshot: pd.DataFrame) -> Contributions:
        """Explain log-odds of churn and log expected value of those who buy, against undecided customers."""
        return self.explanation_baseline.express(self._contributions(snapshot))

    def _contributions(self, snapshot: Table) -> Contributions:
        return self._explain(snapshot)[-1]

    def _explain(self, snapshot: Table) -> tuple[Expectation, Mapping[str, Floats], Floats, Contributions]:
        """Give what is expected, log-odds by part, the correction of log value, and the terms they are made of."""
        expected = self.ensemble.expect(snapshot, days=self.horizon_days)
        X = self.matrix(snapshot, expected)
        parts, odds, odds_rest = self.odds.answer(X, expected.log_odds)
        correction, value, value_rest = self.severity.answer(X)
        log_severity, log_spend = expected.log_severity, np.log(expected.spend)
        log_typical = float(np.log(self.ensemble.typical_spend))
        places, odds_places, value_places = self._places
        churn, worth = (np.zeros((len(log_spend), len(places))) for _ in range(2))
        churn[:, odds_places] = -odds.block.T
        worth[:, value_places] = value.block.T
        worth[:, places[RHYTHM_PART_NAME]] += log_severity - log_spend
        worth[:, places["value_mean"]] += log_spend - log_typical
        score, log_value = self._in_season(self.odds.of_parts(parts), log_severity + correction)
        churn_base = balance(churn, -score, -odds_rest, rhythm=places[RHYTHM_PART_NAME])
        value_base = balance(worth, log_value, value_rest + log_typical, rhythm=places[RHYTHM_PART_NAME])
        contributions = Contributions(
            features=list(places), churn=churn, churn_base=churn_base, value=worth, value_base=value_base
        )
        return expected, parts, correction, contributions

    @cached_property
    def _places(self) -> tuple[dict[str, int], list[int], list[int]]:
        """Places of all terms of an explanation, and those of the odds and of the value among them."""
        places = place_names(sorted({*self.odds.terms, *self.severity.terms, RHYTHM_PART_NAME, "value_mean"}))
        return places, [places[name] for name in self.odds.terms], [places[name] for name in self.severity.terms]

    def save(self, folder: Path) -> None:
        """Write the parts as JSON and UBJ."""
        folder.mkdir(parents=True, exist_ok=True)
        self.odds.save(folder)
        self.severity.save(folder)
        saved = {
            "btyd_ensemble": self.ensemble.to_dict(),
            "units": dict(self.units),
            "spread": self.spread.to_dict(),
            "explanation_baseline": self.explanation_baseline.to_dict(),
            "orders_scale": self.orders_scale,
            "horizon_days": self.horizon_days,
            "season": list(self.season.months),
            "fitted_at": None if self.fitted_at is None else self.fitted_at.isoformat(),
        }
        (folder / "hurdle.json").write_text(json.dumps(saved), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        saved = read_stored(folder / "hurdle.json").fields(
            *("btyd_ensemble", "units", "spread", "explanation_baseline", "orders_scale", "horizon_days"),
            optional=("season", "fitted_at"),
        )
        season, fitted_at = _season_stored(saved)
        return cls(
            ensemble=BtydEnsemble.from_stored(saved["btyd_ensemble"]),
            units=units_from(saved["units"]),
            odds=Odds.load(folder),
            severity=Severity.load(folder),
            spread=SpendDistribution.from_stored(saved["spread"]),
            orders_scale=saved["orders_scale"].number(1e-3, 1e3),
            horizon_days=saved["horizon_days"].whole(1, MOST_DAYS),
            season=season,
            fitted_at=fitted_at,
            start=fitted_at,
            stored_baseline=ExplanationBaseline.from_stored(saved["explanation_baseline"]),
        )


def _season_stored(saved: Mapping[str, Stored]) -> tuple[Season, pd.Timestamp | None]:
    """Read the season and the moment the level was set for; bundles of earlier versions knew none."""
    if "season" not in saved or "fitted_at" not in saved or saved["fitted_at"].missing:
        return NO_SEASON, None
    months = saved["season"].numbers(low=1e-3, high=1e3)
    if months and len(months) != len(_MONTHS):
        saved["season"].refuse("twelve numbers, or none")
    return Season(months=tuple(months)), pd.Timestamp(saved["fitted_at"].moment())
