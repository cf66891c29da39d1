"""Log-odds of at least one order: a stack of the buying rhythm, a linear model and trees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.special import expit

from tenure_features.float_table import FloatTable, Table, place_names
from tenure_features.stored import logarithm, read_stored
from tenure_training.models.boosted.boosting import Boosted
from tenure_training.models.contract import Evidence, Floats
from tenure_training.models.design import RHYTHM_PART_NAME, PartAnswer, term_of
from tenure_training.models.hurdle.level import OddsLevel
from tenure_training.models.hurdle.level_forecast import shift_to
from tenure_training.models.hurdle.linear import PENALTY_SPACE as LINEAR
from tenure_training.models.hurdle.linear import Ridge
from tenure_training.models.hurdle.rounds import (
    STAGES,
    choose_rounds,
    most_rounds,
    name_at,
    parts_at,
    rounds_to_compare,
)
from tenure_training.models.hurdle.stack import FARTHEST, Stack
from tenure_training.models.search_space import Settings
from tenure_training.models.season import multiply_orders
from tenure_training.models.training_matrix import TrainingMatrix

RHYTHM_PART = "rhythm"
_BOOSTERS = ("trees", "habits")

HALF_TRUST = 1500.0
"""Purchases in the training windows at which what they teach is half believed, as long as no later window has been
predicted; below that the rhythm has a say."""

USUAL = {"linear": 0.5, "trees": 0.25, "habits": 0.25}
"""How the other parts share what the rhythm leaves, as long as no later window has been predicted."""


@dataclass(frozen=True, kw_only=True)
class Odds:
    """The fitted stack.

    Attributes
    ----------
    linear
        Logistic ridge, or None.
    trees
        Booster, or None.
    habits
        Booster that knows nothing of the rhythm but how much it expects of everybody together, or None.
    stack
        Weights of the parts in the ranking.
    level
        Curve from the ranking to the log-odds.
    typical
        Mean log-odds the rhythm expected of the customers the model was fitted for: where explanations start from.
    start
        Log-odds of the share that the rhythm expects to buy within the horizon: where habits start from.
    grown
        The boosters by number of trees and name, for `calibrate` to choose from; empty once they have been stored.
    """

    linear: Ridge | None
    trees: Boosted | None
    habits: Boosted | None
    stack: Stack
    level: OddsLevel
    typical: float
    start: float
    grown: Mapping[int, Mapping[str, Boosted]] = field(default_factory=dict, repr=False)

    @classmethod
    def fit(cls, training: TrainingMatrix, *, typical: float, linear: bool, trees: bool, seed: int) -> Self:
        """Fit the parts that are wanted; weights are the usual ones, and the level is the stack's own."""
        if not training.enough:
            return cls(
                linear=None,
                trees=None,
                habits=None,
                stack=Stack({RHYTHM_PART: 1.0}),
                level=OddsLevel(),
                typical=typical,
                start=typical,
            )
        purchases = float(training.bought.sum())
        grown = {"trees": _trees(training, seed=seed), "habits": _habits(training, seed=seed + 1)} if trees else {}
        by_rounds = {
            rounds: {name: booster.first(rounds) for name, booster in grown.items()}
            for rounds in rounds_to_compare(training.settings)
        }
        first = next(iter(by_rounds.values()))
        return cls(
            linear=_linear(training) if linear else None,
            trees=first.get("trees"),
            habits=first.get("habits"),
            stack=_usual(linear, trees, purchases / (purchases + HALF_TRUST)),
            level=OddsLevel(),
            typical=typical,
            start=training.rhythm_of_horizon,
            grown=by_rounds if trees else {},
        )

    @cached_property
    def _members(self) -> dict[str, Ridge | Boosted]:
        """The parts beside the rhythm that were fitted, by name."""
        members = {"linear": self.linear, "trees": self.trees, "habits": self.habits}
        return {name: member for name, member in members.items() if member is not None}

    @cached_property
    def terms(self) -> dict[str, int]:
        """Places of the explanation terms of all parts."""
        beside = (name for member in self._members.values() for name in member.terms.names)
        return place_names(list(dict.fromkeys([RHYTHM_PART_NAME, *beside])))

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Where the terms of each part stand among those of all."""
        return {name: [self.terms[term] for term in member.terms.names] for name, member in self._members.items()}

    def parts(self, X: Table, rhythm: Floats) -> dict[str, Floats]:
        """Log-odds of every part by name, shape (n,) each."""
        return self._with_rhythm(rhythm, {name: member.score(X) for name, member in self._members.items()})

    def all_parts(self, X: Table, rhythm: Floats) -> dict[str, Floats]:
        """Log-odds of every part, and of the boosters at every number of trees `calibrate` may choose from."""
        parts, members = self.parts(X, rhythm), self._members
        for rounds, boosters in self.grown.items():
            others = {name: booster.score(X) for name, booster in boosters.items() if booster is not members[name]}
            at = {**parts, **self._with_rhythm(rhythm, others)}
            parts |= {name_at(name, rounds): at[name] for name in boosters}
        return parts

    def _with_rhythm(self, rhythm: Floats, scores: Mapping[str, Floats]) -> dict[str, Floats]:
        habits = {"habits": self.start + scores["habits"]} if "habits" in scores else {}
        return {RHYTHM_PART: rhythm, **scores, **habits}

    def ranking(self, X: Table, rhythm: Floats) -> Floats:
        """Weighted mean of the parts' log-odds, shape (n,)."""
        return self.stack(self.parts(X, rhythm))

    def calibrate(self, evidence: Evidence) -> Self:
        """Learn the number of trees, the weights of the parts, then the curve of their mean, from later windows."""
        names, bought, window = self.stack.weights, evidence.bought, evidence.window
        if not set(names) <= set(evidence.parts):
            return self
        usual = parts_at(evidence.parts, names, STAGES[0])
        stack = self.stack.learnt(usual, bought=bought, window=window)
        scores = {rounds: stack(parts_at(evidence.parts, names, rounds)) for rounds in self.grown}
        rounds = choose_rounds(scores, bought=bought, window=window) if scores else STAGES[0]
        parts = parts_at(evidence.parts, names, rounds)
        stack = self.stack.learnt(parts, bought=bought, window=window)
        level = OddsLevel.learnt(stack(parts), bought=bought, window=window)
        boosters = self.grown.get(rounds, {})
        trees, habits = boosters.get("trees", self.trees), boosters.get("habits", self.habits)
        return replace(self, trees=trees, habits=habits, stack=stack, level=level)

    def pick(self, parts: Mapping[str, Floats]) -> dict[str, Floats]:
        """Pick the parts as they are after as many trees as there are, from what `parts` gave when more were grown."""
        rounds = STAGES[0] if self.trees is None else self.trees.rounds
        return parts_at(parts, self.stack.weights, rounds)

    def set_level(self, parts: Mapping[str, Floats], *, rhythm: Floats, trust: float, season: float = 1.0) -> Self:
        """Set the level so that as many customers present are expected to buy as rhythm and stack expect together.

        Parameters
        ----------
        parts
            Log-odds of the customers present by part, shape (n,) each.
        rhythm
            Log-odds the rhythm expects of them, corrected by what it missed in closed windows, shape (n,);
            see `LevelForecast`.
        trust
            Weight of the rhythm, in log-odds; the rest is the stack's own.
        season
            Orders expected of the window over those of the windows the stack learnt from, by the time of the year.
        """
        if not self.learnt:
            return self  # the rhythm stands as it is
        score = self.own_level(parts)
        opinion = trust * rhythm + (1 - trust) * multiply_orders(score, season)
        shift = shift_to(score, float(expit(opinion).sum()), within=FARTHEST)
        return replace(self, level=replace(self.level, intercept=shift))

    def flatten(self, parts: Mapping[str, Floats], *, slope: float) -> Self:
        """Draw log-odds together by a factor, so that as many customers present are expected to buy as before.

        Parameters
        ----------
        parts
            Log-odds of the customers present by part, shape (n,) each.
        slope
            The factor, above 0 and below 1.
        """
        before, level = float(expit(self.of_parts(parts)).sum()), self.level
        flat = OddsLevel(intercept=0.0, low=level.low * slope, high=level.high * slope)
        shift = shift_to(flat(self.stack(parts)), before, within=FARTHEST)
        return replace(self, level=replace(flat, intercept=shift))

    @property
    def learnt(self) -> bool:
        """Whether windows taught anything beside the rhythm."""
        return len(self.stack.weights) > 1

    def own_level(self, parts: Mapping[str, Floats]) -> Floats:
        """Log-odds at the level of the windows that were learnt from, shape (n,)."""
        return replace(self.level, intercept=0.0)(self.stack(parts))

    def __call__(self, X: Table, rhythm: Floats) -> Floats:
        """Log-odds of at least one order, shape (n,)."""
        return self.of_parts(self.parts(X, rhythm))

    def of_parts(self, parts: Mapping[str, Floats]) -> Floats:
        """Log-odds of at least one order from those of the parts, shape (n,)."""
        return self.level(self.stack(parts))

    def contributions(self, X: Table, rhythm: Floats) -> tuple[Mapping[str, Floats], Floats]:
        """Additive terms by name, shape (n,) each, and the rest, shape (n,): together exactly the log-odds."""
        _, terms, rest = self.answer(X, rhythm)
        return {name: terms[name] for name in terms.places}, rest

    def answer(self, X: Table, rhythm: Floats) -> tuple[dict[str, Floats], FloatTable, Floats]:
        """Score and explain, every part once.

        Terms are scaled by the slope of the level at even odds; what its curve adds is told with the rhythm.

        Returns
        -------
        tuple
            Log-odds by part (`parts`), the additive terms, and the rest, shape (n,): both together are the log-odds.
        """
        weights = self.stack.weights
        by_rhythm = weights.get(RHYTHM_PART, 0.0)
        answers: dict[str, PartAnswer] = {name: member.answer(X) for name, member in self._members.items()}
        parts = self._with_rhythm(rhythm, {name: answer.score for name, answer in answers.items()})
        # a row lies together: its sum is then the same whoever else is in the table
        terms = np.zeros((len(rhythm), len(self.terms)))
        own = terms[:, self.terms[RHYTHM_PART_NAME]]
        own += by_rhythm * (rhythm - self.typical)
        rest = np.full(len(rhythm), by_rhythm * self.typical + weights.get("habits", 0.0) * self.start)
        for name, answer in answers.items():
            terms[:, self._places[name]] += weights[name] * self._members[name].terms.add_up(answer.parts)
            rest = rest + weights[name] * answer.base
        terms *= self.level.slope
        straight = self.level.intercept + self.level.slope * rest
        own += self.of_parts(parts) - straight - terms.sum(axis=1)
        return parts, FloatTable(self.terms, terms.T), straight

    def save(self, folder: Path) -> None:
        """Write ``odds.json`` and the boosters into a folder."""
        for name in _BOOSTERS:
            booster: Boosted | None = getattr(self, name)
            if booster is not None:
                booster.save(folder / f"odds_{name}.ubj")
        saved: dict[str, Any] = {
            "linear": None if self.linear is None else self.linear.to_dict(),
            "weights": dict(self.stack.weights),
            "level": asdict(self.level),
            "typical": self.typical,
            "start": self.start,
        }
        (folder / "odds.json").write_text(json.dumps(saved), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        saved = read_stored(folder / "odds.json").fields("linear", "weights", "level", "typical", optional=("start",))
        paths = [folder / f"odds_{name}.ubj" for name in _BOOSTERS]
        trees, habits = (Boosted.load(path, objective="binary:logistic") if path.exists() else None for path in paths)
        linear = None if saved["linear"].missing else Ridge.from_stored(saved["linear"])
        parts = {"linear": linear, "trees": trees, "habits": habits}
        stack = Stack.from_stored(
            saved["weights"], parts=[RHYTHM_PART, *(name for name, part in parts.items() if part is not None)]
        )
        return cls(
            linear=linear,
            trees=trees,
            habits=habits,
            stack=stack,
            level=OddsLevel.from_stored(saved["level"]),
            typical=logarithm(saved["typical"]),
            start=logarithm(saved["start" if "start" in saved else "typical"]),
        )


def _linear(training: TrainingMatrix) -> Ridge:
    """Fit the ridge; what the rhythm expects may count more or less at its ends than in its middle."""

    def fit() -> Ridge:
        penalty = training.settings.get("linear_penalty", LINEAR["linear_penalty"].default)
        bent = [column for column in map(str, training.X.columns) if term_of(column) == RHYTHM_PART_NAME]
        return Ridge.fit(training.X, training.bought, weight=training.weight, link="logit", penalty=penalty, bent=bent)

    return training.once("linear odds", 0, fit)


def _trees(training: TrainingMatrix, *, seed: int) -> Boosted:
    def fit() -> Boosted:
        return Boosted.fit(
            training.X,
            training.bought,
            weight=training.weight,
            objective="binary:logistic",
            seed=seed,
            settings=_as_tall_as_pays(training),
        )

    return training.once("trees of odds", seed, fit)


def _habits(training: TrainingMatrix, *, seed: int) -> Boosted:
    """Fit trees that look at what customers did, and not at what BTYD models make of it: these can be wrong together.

    How much the rhythm expects of everybody within as many days is where they start, so that the length of a window is
    known. How long customers have been with the shop is left out: it grows with ``as_of`` for all of them together.
    """

    def fit() -> Boosted:
        others = [name for name in map(str, training.X.columns) if term_of(name) == RHYTHM_PART_NAME]
        return Boosted.fit(
            training.X.drop(columns=[*others, "tenure_days"], errors="ignore"),
            training.bought,
            weight=training.weight,
            objective="binary:logistic",
            seed=seed,
            offset=training.rhythm_of_length,
            settings=_as_tall_as_pays(training),
        )

    return training.once("habits", seed, fit)


def _as_tall_as_pays(training: TrainingMatrix) -> Settings:
    """Give boosters as many trees as there are purchases enough for, unless their number was tuned."""
    return {"rounds": most_rounds(float(training.bought.sum())), **training.settings}


def _usual(linear: bool, trees: bool, trust: float) -> Stack:
    """Weights before any later window has been predicted."""
    shares = {name: share for name, share in USUAL.items() if (linear if name == "linear" else trees)}
    alone, total = (1 - trust) / 2, sum(shares.values())
    return Stack({RHYTHM_PART: alone, **{name: (1 - alone) * share / total for name, share in shares.items()}})
