"""The odds of buying: the rhythm alone where there is little to learn, a mixture that learns elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from tenure_training.models.design import RHYTHM
from tenure_training.models.lessons import FEWEST, Lessons
from tenure_training.models.level import Level
from tenure_training.models.odds import Odds

N = 1200
PARTS = pytest.mark.parametrize(("linear", "trees"), [(True, False), (False, True), (True, True)])


def _lessons(n: int = N) -> Lessons:
    """Buyers depend on the rhythm and, beyond it, on a feature; another says nothing."""
    generator = np.random.default_rng(1)
    rhythm, habit, noise = generator.normal(-1, 1, n), generator.normal(size=n), generator.normal(size=n)
    X = pd.DataFrame({"habit": habit, "noise": noise, "tenure_days": generator.normal(size=n)})
    X["rhythm_odds_bgnbd"] = rhythm
    bought = (generator.random(n) < expit(rhythm + 1.5 * habit)).astype(float)
    return Lessons(X, bought, np.ones(n), rhythm, *np.zeros((2, n)))


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return _lessons()


def _fit(lessons: Lessons, *, linear: bool = True, trees: bool = True, seed: int = 1) -> Odds:
    return Odds.fit(
        lessons, present=lessons.X, present_rhythm=lessons.rhythm, linear=linear, trees=trees, seed=seed
    )  # fmt: skip


@pytest.mark.parametrize("bought", [0, FEWEST - 1, N - FEWEST + 1, N])
def test_odds__are_the_rhythms_where_too_few_bought_or_too_few_did_not(lessons, bought):
    few = replace(lessons, bought=np.r_[np.ones(bought), np.zeros(N - bought)])
    assert not few.enough
    odds = _fit(few)
    assert (odds.linear, odds.trees) == (None, None)
    np.testing.assert_array_equal(odds(lessons.X, lessons.rhythm), lessons.rhythm)


@PARTS
def test_odds__learn_what_the_rhythm_misses(lessons, linear, trees):
    odds = _fit(lessons, linear=linear, trees=trees)
    assert (odds.linear is not None, odds.trees is not None) == (linear, trees)
    probability, alone = expit(odds(lessons.X, lessons.rhythm)), expit(lessons.rhythm)

    def loss(p: np.ndarray) -> float:
        return float(-np.mean(np.log(np.where(lessons.bought == 1, p, 1 - p))))

    assert loss(probability) < loss(alone)
    habit = lessons.X["habit"].to_numpy()
    assert probability[habit > 1].mean() - alone[habit > 1].mean() > 0.05
    assert probability[habit < -1].mean() - alone[habit < -1].mean() < -0.02


@PARTS
def test_odds__share_the_ranking(lessons, linear, trees):
    odds = _fit(lessons, linear=linear, trees=trees)
    assert sum(odds.weights) == pytest.approx(1)
    assert [weight > 0 for weight in odds.weights] == [linear, trees, True]


def test_odds__trust_the_rhythm_less_the_more_was_bought():
    shares = [_fit(_lessons(n)).weights[2] for n in (150, 600, 2400)]
    assert shares[0] > shares[1] > shares[2]


@PARTS
def test_odds__keep_the_ranking_whatever_the_level(lessons, linear, trees):
    odds = _fit(lessons, linear=linear, trees=trees)
    ranking = odds.ranking(lessons.X, lessons.rhythm)
    assert odds.level.slope > 0
    assert (np.diff(odds(lessons.X, lessons.rhythm)[np.argsort(ranking)]) >= 0).all()


def test_odds__take_their_level_from_the_present(lessons):
    """A season in which everybody bought does not last where the rhythm of the present expects little."""
    quiet = Odds.fit(lessons, present=lessons.X, present_rhythm=lessons.rhythm - 3, linear=True, trees=True, seed=1)
    usual = _fit(lessons)
    assert expit(quiet(lessons.X, lessons.rhythm - 3)).mean() < expit(usual(lessons.X, lessons.rhythm)).mean() - 0.1


@PARTS
def test_odds__have_the_level_of_the_opinions_and_the_ranking_of_the_parts(lessons, linear, trees, monkeypatch):
    matched: list[tuple[np.ndarray, np.ndarray]] = []
    original = Level.to_match

    def spied(score, *, probability):
        matched.append((score, probability))
        return original(score, probability=probability)

    monkeypatch.setattr(Level, "to_match", spied)
    odds = _fit(lessons, linear=linear, trees=trees)
    ((score, opinions),) = matched
    np.testing.assert_array_equal(score, odds.ranking(lessons.X, lessons.rhythm))
    said = expit(odds(lessons.X, lessons.rhythm))
    assert said.mean() == pytest.approx(opinions.mean(), abs=1e-4)
    assert abs(expit(score).mean() - opinions.mean()) > 1e-3


@PARTS
def test_odds__contributions_add_up(lessons, linear, trees):
    odds = _fit(lessons, linear=linear, trees=trees)
    terms, rest = odds.contributions(lessons.X, lessons.rhythm)
    assert set(terms) == {RHYTHM, "habit", "noise", "tenure_days"}
    total = sum(terms.values()) + rest
    np.testing.assert_allclose(total, odds(lessons.X, lessons.rhythm), atol=1e-5)
    assert np.abs(terms["habit"]).mean() > 3 * np.abs(terms["noise"]).mean()


def test_odds__of_the_rhythm_alone_are_explained_by_it(lessons):
    odds = _fit(replace(lessons, bought=np.zeros(N)))
    terms, rest = odds.contributions(lessons.X, lessons.rhythm)
    assert set(terms) == {RHYTHM}
    np.testing.assert_allclose(terms[RHYTHM] + rest, lessons.rhythm)
    assert terms[RHYTHM].mean() == pytest.approx(0, abs=1e-9)


@PARTS
def test_odds__are_the_same_after_saving(lessons, linear, trees, tmp_path):
    odds = _fit(lessons, linear=linear, trees=trees)
    odds.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == ({".json", ".ubj"} if trees else {".json"})
    again = Odds.load(tmp_path)
    np.testing.assert_array_equal(again(lessons.X, lessons.rhythm), odds(lessons.X, lessons.rhythm))


def test_odds__are_near_the_truth_on_fresh_customers(lessons):
    fresh = _lessons(2 * N)
    half = slice(N, None)
    truth = expit(fresh.rhythm[half] + 1.5 * fresh.X["habit"].to_numpy()[half])
    said = expit(_fit(lessons)(fresh.X[half], fresh.rhythm[half]))
    assert np.corrcoef(logit(said), logit(truth))[0, 1] > 0.85
    assert said.mean() == pytest.approx(truth.mean(), abs=0.05)
