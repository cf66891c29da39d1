"""How much a customer who buys spends: log-normal around the rhythm's expectation, corrected by what windows taught."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from tenure_features.float_table import FloatTable, Table, place_names
from tenure_features.stored import logarithm, read_stored
from tenure_training.models.boosted.boosting import Boosted
from tenure_training.models.contract import Floats
from tenure_training.models.design import PartAnswer
from tenure_training.models.hurdle.linear import Ridge
from tenure_training.models.hurdle.odds import HALF_TRUST
from tenure_training.models.training_matrix import FEWEST, TrainingMatrix

PENALTY = 0.01
OUTLIER = 3.0
"""Values beyond so many times the 99.5th percentile count as that much: one order must not set a shop's level."""


@dataclass(frozen=True, kw_only=True)
class Severity:
    """Expected value of those who buy, as a correction to the rhythm on the logarithmic scale.

    Attributes
    ----------
    linear, trees
        Corrections to log value, or None.
    weights
        Shares of linear and trees.
    log_scale
        Puts the total right: Duan's smearing (1983) of the logarithm, and returns.
    moved
        Logarithm of the factor on all values that puts their total where opinions on it meet.
    """

    linear: Ridge | None
    trees: Boosted | None
    weights: tuple[float, float]
    log_scale: float
    moved: float = 0.0

    @classmethod
    def fit(
        cls,
        training: TrainingMatrix,
        *,
        value: Floats,
        log_rhythm: Floats,
        linear: bool,
        trees: bool,
        seed: int,
    ) -> Self:
        """Fit on the purchases among ``n`` rows.

        Parameters
        ----------
        training
            Training rows.
        value
            Net revenue in the window, shape (n,).
        log_rhythm
            Logarithm of the value the rhythm expects of those who buy, shape (n,).
        linear, trees
            Which parts to fit.
        seed
            Seed of the trees.
        """
        rows = (training.bought > 0) & (value > 0)
        if rows.sum() < FEWEST:
            return cls(linear=None, trees=None, weights=(0.0, 0.0), log_scale=0.0)
        cut = OUTLIER * float(np.quantile(value[rows], 0.995))
        target = np.log(np.minimum(value[rows], cut)) - log_rhythm[rows]
        matrix, weight = training.X[rows], training.weight[rows]

        def fit_linear() -> Ridge:
            return Ridge.fit(matrix, target, weight=weight, link="identity", penalty=PENALTY)

        def fit_trees() -> Boosted:
            return Boosted.fit(
                matrix, target, weight=weight, objective="reg:squarederror", seed=seed, settings=training.settings
            )

        line = training.once("linear spend", 0, fit_linear) if linear else None
        boosted = training.once("trees of spend", seed, fit_trees) if trees else None
        fitted = cls(linear=line, trees=boosted, weights=_shares(linear, trees, float(rows.sum())), log_scale=0.0)
        expected = np.exp(log_rhythm[rows] + fitted.correction(matrix))
        total = float(training.weight @ np.minimum(value, cut)) / float(weight @ expected)
        return cls(
            linear=line, trees=boosted, weights=fitted.weights, log_scale=float(np.log(np.clip(total, 0.2, 5.0)))
        )

    @cached_property
    def _members(self) -> list[tuple[float, Ridge | Boosted]]:
        """The parts that were fitted, each with its share."""
        parts = zip(self.weights, (self.linear, self.trees), strict=True)
        return [(share, part) for share, part in parts if part is not None]

    @cached_property
    def terms(self) -> dict[str, int]:
        """Places of the explanation terms of all parts."""
        return place_names(list(dict.fromkeys(name for _, part in self._members for name in part.terms.names)))

    @cached_property
    def _places(self) -> list[list[int]]:
        """Where the terms of each part stand among those of all."""
        return [[self.terms[name] for name in part.terms.names] for _, part in self._members]

    def correction(self, X: Table) -> Floats:
        """Return what is added to the rhythm's log expectation, shape (n,)."""
        return self._sum([part.score(X) for _, part in self._members], rows=len(X))

    def _sum(self, scores: Sequence[Floats], *, rows: int) -> Floats:
        total = np.full(rows, self.log_scale + self.moved)
        for (share, _), score in zip(self._members, scores, strict=True):
            total = total + share * score
        return total

    def moderate(self, learnt: float, *, target: float) -> Self:
        """Move the total that was learnt to another, by a factor of e at most.

        The total is that of the customers present before any such move: to repeat it changes nothing.
        """
        if not (learnt > 0 and target > 0) or (self.linear is None and self.trees is None):
            return self
        return replace(self, moved=float(np.clip(np.log(target / learnt), -1.0, 1.0)))

    def answer(self, X: Table) -> tuple[Floats, FloatTable, Floats]:
        """Correct and explain, every part once: `correction`, its additive terms, and the rest, shape (n,)."""
        rows = len(X)
        answers: list[PartAnswer] = [part.answer(X) for _, part in self._members]
        terms, rest = np.zeros((len(self.terms), rows)), np.full(rows, self.log_scale + self.moved)
        for (share, part), answer, places in zip(self._members, answers, self._places, strict=True):
            terms[places] += share * part.terms.add_up(answer.parts).T
            rest = rest + share * answer.base
        return self._sum([answer.score for answer in answers], rows=rows), FloatTable(self.terms, terms), rest

    def contributions(self, X: Table) -> tuple[Mapping[str, Floats], Floats]:
        """Additive terms of the correction by name, shape (n,) each, and the rest, shape (n,)."""
        _, terms, rest = self.answer(X)
        return {name: terms[name] for name in terms.places}, rest

    def save(self, folder: Path) -> None:
        """Write ``severity.json`` and the booster into a folder."""
        if self.trees is not None:
            self.trees.save(folder / "severity_trees.ubj")
        linear = None if self.linear is None else self.linear.to_dict()
        saved = {"linear": linear, "weights": list(self.weights), "log_scale": self.log_scale + self.moved}
        (folder / "severity.json").write_text(json.dumps(saved), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        saved = read_stored(folder / "severity.json").fields("linear", "weights", "log_scale")
        path = folder / "severity_trees.ubj"
        trees = Boosted.load(path, objective="reg:squarederror") if path.exists() else None
        linear = None if saved["linear"].missing else Ridge.from_stored(saved["linear"])
        shares = saved["weights"].numbers(count=2, low=0.0, high=1.0)
        return cls(linear=linear, trees=trees, weights=(shares[0], shares[1]), log_scale=logarithm(saved["log_scale"]))


def _shares(linear: bool, trees: bool, purchases: float) -> tuple[float, float]:
    """Shares of linear and trees: little where purchases are few, two thirds to the trees where both take part."""
    share = purchases / (purchases + HALF_TRUST)
    if linear and trees:
        return share / 3, 2 * share / 3
    return (share if linear else 0.0), (share if trees else 0.0)
