"""Survival: how long until the next order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

from tenure_features.errors import UsageError
from tenure_features.stored import logarithm, read_stored
from tenure_training.models.boosted.boosting import TREE_SPACE, Boosted, by_content
from tenure_training.models.btyd.btyd_ensemble import SURE_CUSTOMERS, BtydEnsemble, Expectation
from tenure_training.models.contract import (
    MOST_DAYS,
    Candidate,
    Contributions,
    Fitted,
    Floats,
    Prediction,
    TrainingFrame,
)
from tenure_training.models.design import RHYTHM_PART_NAME, by_term, design, units_beside, units_from
from tenure_training.models.explanation_baseline import ExplanationBaseline, exactly
from tenure_training.models.spend_distribution import SpendDistribution
from tenure_training.models.training_matrix import FEWEST, TrainingMatrix, training_matrix_of

SHORTEST_WAIT_DAYS = 0.5
"""An order within hours counts as after half a day: its logarithm must not rule the fit."""

MOST_ROWS = 60_000
"""Training rows taken where there are more: AFT's gradients cost several times those of the other objectives."""

_SCALES = (0.2, 5.0)

type Line = tuple[float, float, float]


class XGBoostAFT(Candidate):
    r"""Accelerated failure time: the waiting time T until the next order is log-logistic around what trees say.

    .. math::
        \log T = a + b f(x) + s \varepsilon, \quad
        \log \frac{P(T \le t)}{P(T > t)} = \frac{\log t - a - b f(x)}{s}

    Trees f are fitted under that likelihood (Barnwal, Cho & Hocking 2022); a, b and s then again on the same rows,
    because XGBoost takes s as given. A customer who did not order until their window closed is right-censored there;
    no window closes after ``as_of``. The median wait is :math:`\exp(a + b f(x))`: where half of the customers never
    come back, their medians lie beyond any horizon. Values are the rhythm's, scaled.
    """

    name = "xgboost_aft"
    search_space = TREE_SPACE

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedAFT:
        """Learn waiting times from the closed windows of a frame."""
        training, value = training_matrix_of(frame), frame.labels["value"].to_numpy(dtype=np.float64)
        buyers = (training.bought > 0) & (value > 0)
        at, log_scale = training.log_severity[buyers], 0.0
        trees, line = self._fit_waits(training, frame, seed) if training.enough else (None, (0.0, 1.0, 1.0))
        if buyers.sum() >= FEWEST:
            total = float(training.weight @ value) / float(training.weight[buyers] @ np.exp(at))
            log_scale = float(np.log(np.clip(total, *_SCALES)))
        return FittedAFT(
            ensemble=BtydEnsemble.fit(frame.present),
            units=units_beside(frame.features, frame.catalogue),
            trees=trees,
            line=line,
            log_scale=log_scale,
            spread=SpendDistribution.of_frame(at + log_scale, frame=frame, rows=buyers),
            horizon_days=frame.horizon_days,
            present=frame.present,
        )

    def _fit_waits(self, training: TrainingMatrix, frame: TrainingFrame, seed: int) -> tuple[Boosted, Line]:
        wait = frame.labels["wait_days"].to_numpy(dtype=np.float64)
        seen = np.isfinite(wait)
        days = np.where(seen, np.maximum(wait, SHORTEST_WAIT_DAYS), frame.window_days)
        rows = _sample(training, days)
        X, days, seen, weight = _timeless(training.X.iloc[rows]), days[rows], seen[rows], training.weight[rows]
        trees = Boosted.fit(
            X,
            days,
            upper=np.where(seen, days, np.inf),
            weight=weight,
            objective="survival:aft",
            seed=seed + 4,
            settings=self.settings,
        )
        return trees, _line(trees.score(X), np.log(days), seen, weight)

    @classmethod
    def load(cls, folder: Path) -> FittedAFT:
        """Read what `FittedAFT.save` wrote."""
        saved = read_stored(folder / "waits.json").fields(
            "btyd_ensemble", "units", "line", "log_scale", "spread", "horizon_days", "explanation_baseline"
        )
        path = folder / "waits.ubj"
        intercept, slope, scale = saved["line"].items(least=3, most=3)
        return FittedAFT(
            ensemble=BtydEnsemble.from_stored(saved["btyd_ensemble"]),
            units=units_from(saved["units"]),
            trees=Boosted.load(path, objective="survival:aft") if path.exists() else None,
            line=(logarithm(intercept), slope.number(1e-3, 1e3), scale.number(1e-3, 1e3)),
            log_scale=logarithm(saved["log_scale"]),
            spread=SpendDistribution.from_stored(saved["spread"]),
            horizon_days=saved["horizon_days"].whole(1, MOST_DAYS),
            stored_baseline=ExplanationBaseline.from_stored(saved["explanation_baseline"]),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedAFT(Fitted):
    """A model of waiting times that has learnt.

    Attributes
    ----------
    ensemble
        The rhythm, fitted at ``as_of``.
    units
        Of the features beside those every model reads, by name: what each was learnt in.
    trees
        Of the waiting time; None where there was too little to learn.
    line
        Intercept, slope and spread of the logarithm of the waiting time, by what the trees say.
    log_scale
        Logarithm of the factor that puts the total value right.
    spread
        Of values around what is expected.
    horizon_days
        Length of the window predictions are for.
    present
        The customers it was fitted for; None once it has been stored.
    stored_baseline
        Where explanations start from, as it was stored; None before that.
    """

    ensemble: BtydEnsemble
    units: Mapping[str, str]
    trees: Boosted | None
    line: Line
    log_scale: float
    spread: SpendDistribution
    horizon_days: int
    present: pd.DataFrame | None = field(default=None, repr=False)
    stored_baseline: ExplanationBaseline | None = field(default=None, repr=False)

    @cached_property
    def explanation_baseline(self) -> ExplanationBaseline:
        """Where explanations start from: undecided customers among those the model was fitted for."""
        if self.present is None:
            return self.stored_baseline or ExplanationBaseline({}, {})
        contributions = self._contributions(self.present)
        return ExplanationBaseline.of(contributions, buy_probability=self.predict(self.present).buy_probability)

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict over the horizon."""
        expected = self.ensemble.expect(snapshot, days=self.horizon_days)
        odds = expected.log_odds
        if self.trees is not None:
            odds = (np.log(self.horizon_days) - self._log_median(snapshot, expected)) / self.line[2]
        probability = np.asarray(expit(np.clip(odds, *_bounds())))
        log_value = expected.log_severity + self.log_scale
        return Prediction(
            buy_probability=probability,
            expected_orders=probability * np.exp(expected.log_count),
            expected_value=probability * np.exp(log_value),
            quantiles=self.spread.value_quantiles(probability, log_value),
            if_buys=self.spread.if_buys(log_value),
            rank_score=odds,
        )

    def wait_days(self, snapshot: pd.DataFrame, *, level: float = 0.5) -> Floats:
        """Days until the next order that are not exceeded with probability ``level``; the median by default.

        Parameters
        ----------
        snapshot
            Features of ``n`` customers.
        level
            Between 0 and 1.

        Returns
        -------
        array
            Shape (n,), > 0; infinite where nothing could be learnt.

        Raises
        ------
        UsageError
            The level is no probability.
        """
        if not 0 < level < 1:
            raise UsageError("A level lies between 0 and 1.", found=str(level))
        if self.trees is None:
            return np.full(len(snapshot), np.inf)
        expected = self.ensemble.expect(snapshot, days=self.horizon_days)
        return np.asarray(np.exp(self._log_median(snapshot, expected) + self.line[2] * np.log(level / (1 - level))))

    def _log_median(self, snapshot: pd.DataFrame, expected: Expectation) -> Floats:
        if self.trees is None:
            raise UsageError(f"{XGBoostAFT.name!r} has learnt no waiting times.", fix="Fit it on closed windows.")
        return self.line[0] + self.line[1] * self.trees.score(_timeless(design(snapshot, expected, units=self.units)))

    def contributions(self, snapshot: pd.DataFrame) -> Contributions:
        """Explain log-odds of churn by the trees of the waiting time, log value of buyers by the rhythm."""
        return self.explanation_baseline.express(self._contributions(snapshot))

    def _contributions(self, snapshot: pd.DataFrame) -> Contributions:
        expected, prediction = self.ensemble.expect(snapshot, days=self.horizon_days), self.predict(snapshot)
        terms: dict[str, Floats] = {}
        rest = np.zeros(len(snapshot))
        if self.trees is not None:
            (intercept, slope, scale), X = self.line, _timeless(design(snapshot, expected, units=self.units))
            parts, base = self.trees.contributions(X)
            terms = {name: slope * part / scale for name, part in by_term(list(self.trees.columns), parts).items()}
            rest = (intercept + slope * base - np.log(self.horizon_days)) / scale
        log_typical = float(np.log(self.ensemble.typical_spend))
        value = {"value_mean": np.log(expected.spend) - log_typical}
        names = sorted({*terms, *value, RHYTHM_PART_NAME})
        churn, churn_base = exactly(-logit(prediction.buy_probability), terms, rest, names)
        log_value = expected.log_severity + self.log_scale
        worth, value_base = exactly(log_value, value, np.full(len(snapshot), self.log_scale + log_typical), names)
        return Contributions(features=names, churn=churn, churn_base=churn_base, value=worth, value_base=value_base)

    def save(self, folder: Path) -> None:
        """Write the parts as JSON and UBJ."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.trees is not None:
            self.trees.save(folder / "waits.ubj")
        saved = {
            "btyd_ensemble": self.ensemble.to_dict(),
            "units": dict(self.units),
            "line": list(self.line),
            "log_scale": self.log_scale,
            "spread": self.spread.to_dict(),
            "horizon_days": self.horizon_days,
            "explanation_baseline": self.explanation_baseline.to_dict(),
        }
        (folder / "waits.json").write_text(json.dumps(saved), encoding="utf-8")


def _timeless(X: pd.DataFrame) -> pd.DataFrame:
    """Leave out what depends on the length of a window: a waiting time does not."""
    return X[[name for name in X.columns if not name.startswith(("rhythm_odds", "rhythm_orders"))]]


def _sample(training: TrainingMatrix, days: Floats) -> NDArray[np.intp]:
    """Take at most so many rows, evenly along an order by content that has nothing to do with time or name."""
    if len(days) <= MOST_ROWS:
        return np.arange(len(days))
    order = by_content(training.X, days, training.weight)
    return np.sort(order[np.linspace(0, len(order) - 1, MOST_ROWS).round().astype(np.intp)])


def _line(score: Floats, log_days: Floats, seen: NDArray[np.bool_], weight: Floats) -> Line:
    """Fit intercept, slope and spread of the log-logistic law by maximum likelihood, with 0 < slope."""

    def loss(theta: Floats) -> tuple[float, Floats]:
        scale, slope = np.exp(theta[2]), np.exp(theta[1])
        z = (log_days - theta[0] - slope * score) / scale
        # density of an order seen at z, chance to wait longer where none was seen
        value = np.where(seen, -log_expit(z) - log_expit(-z) + theta[2], -log_expit(-z))
        dz = np.where(seen, 2 * expit(z) - 1, expit(z))
        gradient = (-dz / scale, -dz * slope * score / scale, -dz * z + seen)
        return float(weight @ value / weight.sum()), np.array([weight @ part / weight.sum() for part in gradient])

    bounds = [(-15.0, 15.0), (-3.0, 3.0), (-3.0, 3.0)]
    start = np.array([0.0, 0.0, 0.4])
    coefficients = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(coefficients[0]), float(np.exp(coefficients[1])), float(np.exp(coefficients[2]))


def _bounds() -> tuple[float, float]:
    edge = float(np.log((1 - SURE_CUSTOMERS) / SURE_CUSTOMERS))
    return -edge, edge
