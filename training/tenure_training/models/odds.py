"""Log-odds of at least one order: a linear model, trees and the buying rhythm share the ranking and the level."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from tenure_training.models.boosting import Boosted
from tenure_training.models.contract import Floats
from tenure_training.models.design import RHYTHM, by_term
from tenure_training.models.level import Level
from tenure_training.models.linear import Ridge

LINEAR_PENALTY = 100.0
FEWEST = 30
"""With fewer purchases, or fewer customers who did not buy, nothing is learnt beyond the rhythm."""

HALF_TRUST = 1500.0
"""Purchases in the training windows at which trees and linear model together weigh as much as linear and rhythm."""


@dataclass(frozen=True)
class Lessons:
    """Training rows of the odds: model matrix, whether they bought, weights and the rhythm's log-odds.

    Attributes
    ----------
    X
        Shape (n, k).
    bought
        Shape (n,), 0 or 1.
    weight
        Shape (n,).
    rhythm
        Log-odds expected by the rhythm, shape (n,).
    """

    X: pd.DataFrame
    bought: Floats
    weight: Floats
    rhythm: Floats

    @property
    def enough(self) -> bool:
        """Whether there is anything to learn from."""
        purchases = int(self.bought.sum())
        return purchases >= FEWEST and len(self.bought) - purchases >= FEWEST


@dataclass(frozen=True)
class Odds:
    """The fitted mixture.

    Attributes
    ----------
    linear
        Logistic ridge, or None.
    trees
        Booster, or None.
    correction
        Booster that starts from the rhythm's log-odds and corrects them, or None. It carries short windows over to a
        long horizon: what it learnt is how customers differ from the rhythm, not how many buy in a month.
    weights
        Share in the ranking of linear, trees, correction and rhythm.
    level
        Line from the ranking to the log-odds.
    typical
        Mean log-odds the rhythm expected of the customers the level was set on: where explanations start from.
    """

    linear: Ridge | None
    trees: Boosted | None
    correction: Boosted | None
    weights: tuple[float, float, float, float]
    level: Level
    typical: float

    @classmethod
    def fit(
        cls,
        lessons: Lessons,
        *,
        present: pd.DataFrame,
        present_rhythm: Floats,
        linear: bool,
        trees: bool,
        seed: int,
    ) -> Self:
        """Fit the parts that are wanted, then set the level.

        The ranking is the mean of the parts' log-odds. Its level is put half-way, in log-odds, between what the rhythm
        expects of the customers present and that expectation corrected by what recent windows taught: the rhythm alone
        misses habits it does not model, the corrections alone take one season for all. Where purchases are few, the
        linear model and the rhythm take over from the trees.
        """
        typical = float(present_rhythm.mean())
        if not lessons.enough:
            return cls(None, None, None, (0.0, 0.0, 0.0, 1.0), Level(), typical)
        X, y, weight = lessons.X, lessons.bought, lessons.weight
        line = Ridge.fit(X, y, weight=weight, link="logit", penalty=LINEAR_PENALTY) if linear else None
        boosted = Boosted.fit(X, y, weight=weight, objective="binary:logistic", seed=seed) if trees else None
        ageless = X.drop(columns="tenure_days", errors="ignore")  # how long customers are with us shifts with as_of
        correction = Boosted.fit(
            ageless, y, weight=weight, objective="binary:logistic", seed=seed + 1, offset=lessons.rhythm
        )
        share = float(y.sum() / (y.sum() + HALF_TRUST))
        parts = cls(
            line, boosted, correction if linear and trees else None, _weights(linear, trees, share), Level(), typical
        )
        taught = correction.score(present) + present_rhythm
        level = Level.to_match(parts.ranking(present, present_rhythm), probability=expit((taught + present_rhythm) / 2))
        return replace(parts, level=level)

    def ranking(self, X: pd.DataFrame, rhythm: Floats) -> Floats:
        """Weighted mean of the parts' log-odds, shape (n,)."""
        linear, trees, correction, alone = self.weights
        total = alone * rhythm
        if self.linear is not None:
            total = total + linear * self.linear.score(X)
        if self.trees is not None:
            total = total + trees * self.trees.score(X)
        if self.correction is not None:
            total = total + correction * (self.correction.score(X) + rhythm)
        return np.asarray(total)

    def __call__(self, X: pd.DataFrame, rhythm: Floats) -> Floats:
        """Log-odds of at least one order, shape (n,)."""
        return self.level(self.ranking(X, rhythm))

    def contributions(self, X: pd.DataFrame, rhythm: Floats) -> tuple[Mapping[str, Floats], Floats]:
        """Additive terms by name, shape (n,) each, and the rest, shape (n,): together exactly the log-odds."""
        linear, trees, correction, alone = self.weights
        terms: dict[str, Floats] = {}
        from_rhythm = alone + (correction if self.correction is not None else 0.0)
        rest = np.full(len(X), from_rhythm * self.typical)
        _add(terms, {RHYTHM: rhythm - self.typical}, from_rhythm)
        if self.linear is not None:
            _add(terms, by_term(list(self.linear.columns), self.linear.contributions(X)), linear)
            rest = rest + linear * self.linear.intercept
        for share, booster in ((trees, self.trees), (correction, self.correction)):
            if booster is not None:
                parts, base = booster.contributions(X)
                _add(terms, by_term(list(booster.columns), parts), share)
                rest = rest + share * base
        scaled = {name: self.level.slope * part for name, part in terms.items()}
        return scaled, self.level.intercept + self.level.slope * rest

    def save(self, folder: Path) -> None:
        """Write ``odds.json`` and the boosters into a folder."""
        for name, booster in (("trees", self.trees), ("correction", self.correction)):
            if booster is not None:
                booster.save(folder / f"odds_{name}.ubj")
        saved: dict[str, Any] = {
            "linear": None if self.linear is None else self.linear.to_dict(),
            "weights": list(self.weights),
            "level": asdict(self.level),
            "typical": self.typical,
        }
        (folder / "odds.json").write_text(json.dumps(saved), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        saved = json.loads((folder / "odds.json").read_text(encoding="utf-8"))
        paths = {name: folder / f"odds_{name}.ubj" for name in ("trees", "correction")}
        boosters = {name: Boosted.load(path) if path.exists() else None for name, path in paths.items()}
        linear = None if saved["linear"] is None else Ridge.from_dict(saved["linear"])
        level = Level(**saved["level"])
        parts = linear, boosters["trees"], boosters["correction"]
        return cls(*parts, tuple(saved["weights"]), level, saved["typical"])


def _weights(linear: bool, trees: bool, share: float) -> tuple[float, float, float, float]:
    """Weights of linear, trees, correction and rhythm in the ranking."""
    if linear and trees:
        return (1 - share) / 2 + share / 3, share / 3, share / 3, (1 - share) / 2
    part = (1 + share) / 2  # a single part leaves the rest to the rhythm
    return (part if linear else 0.0), (part if trees else 0.0), 0.0, 1 - part


def _add(terms: dict[str, Floats], parts: Mapping[str, Floats], share: float) -> None:
    for name, part in parts.items():
        terms[name] = terms.get(name, np.zeros(len(part))) + share * part
