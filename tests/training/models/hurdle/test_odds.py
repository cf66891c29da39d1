"""The odds of buying: the rhythm alone where there is little to learn, a mixture that learns elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from tenure_training.models.contract import Evidence
from tenure_training.models.design import RHYTHM_PART_NAME
from tenure_training.models.hurdle.level import OddsLevel
from tenure_training.models.hurdle.odds import Odds
from tenure_training.models.training_matrix import FEWEST, TrainingMatrix

N = 1200
PARTS = pytest.mark.parametrize(("linear", "trees"), [(True, False), (False, True), (True, True)])


def _matrix(n: int = N) -> TrainingMatrix:
    """Buyers depend on the rhythm and, beyond it, on a feature; another says nothing."""
    generator = np.random.default_rng(1)
    rhythm, habit, noise = generator.normal(-1, 1, n), generator.normal(size=n), generator.normal(size=n)
    X = pd.DataFrame({"habit": habit, "noise": noise, "tenure_days": generator.normal(size=n)})
    X["rhythm_odds_bgnbd"] = rhythm
    bought = (generator.random(n) < expit(rhythm + 1.5 * habit)).astype(float)
    nothing = np.zeros(n)
    return TrainingMatrix(
        X=X,
        bought=bought,
        weight=np.ones(n),
        rhythm=rhythm,
        rhythm_of_length=np.full(n, rhythm.mean()),
        log_severity=nothing,
        log_count=nothing,
        rhythm_of_horizon=float(rhythm.mean()) + 0.5,
    )


@pytest.fixture(scope="module")
def training() -> TrainingMatrix:
    return _matrix()


def _fit(training: TrainingMatrix, *, linear: bool = True, trees: bool = True, seed: int = 1) -> Odds:
    return Odds.fit(training, typical=float(training.rhythm.mean()), linear=linear, trees=trees, seed=seed)


@pytest.mark.parametrize("bought", [0, FEWEST - 1, N - FEWEST + 1, N])
def test_odds__are_the_rhythms_where_too_few_bought_or_too_few_did_not(training, bought):
    few = replace(training, bought=np.r_[np.ones(bought), np.zeros(N - bought)])
    assert not few.enough
    odds = _fit(few)
    assert (odds.linear, odds.trees, odds.habits) == (None, None, None)
    assert odds.set_level(odds.parts(training.X, training.rhythm), rhythm=training.rhythm + 0.4, trust=0.7) is odds
    np.testing.assert_array_equal(odds(training.X, training.rhythm), training.rhythm)


@pytest.mark.parametrize("bought", [FEWEST, N - FEWEST])
def test_odds__are_learnt_where_just_enough_bought_and_did_not(training, bought):
    assert replace(training, bought=np.r_[np.ones(bought), np.zeros(N - bought)]).enough


@PARTS
def test_odds__learn_what_the_rhythm_misses(training, linear, trees):
    odds = _fit(training, linear=linear, trees=trees)
    assert [part is not None for part in (odds.linear, odds.trees, odds.habits)] == [linear, trees, trees]
    probability, alone = expit(odds(training.X, training.rhythm)), expit(training.rhythm)

    def loss(p: np.ndarray) -> float:
        return float(-np.mean(np.log(np.where(training.bought == 1, p, 1 - p))))

    assert loss(probability) < loss(alone)
    habit = training.X["habit"].to_numpy()
    assert probability[habit > 1].mean() - alone[habit > 1].mean() > 0.05
    assert probability[habit < -1].mean() - alone[habit < -1].mean() < -0.02


@PARTS
def test_odds__share_the_ranking(training, linear, trees):
    odds = _fit(training, linear=linear, trees=trees)
    weights = odds.stack.weights
    assert sum(weights.values()) == pytest.approx(1)
    assert set(weights) == {"rhythm", *(["linear"] if linear else []), *(["trees", "habits"] if trees else [])}
    assert min(weights.values()) > 0
    parts = odds.parts(training.X, training.rhythm)
    ranking = sum(weights[name] * part for name, part in parts.items())
    np.testing.assert_allclose(odds.ranking(training.X, training.rhythm), ranking)


def test_odds__trust_the_rhythm_less_the_more_was_bought():
    shares = [_fit(_matrix(n)).stack.weights["rhythm"] for n in (150, 600, 2400)]
    assert shares[0] > shares[1] > shares[2]


@PARTS
def test_odds__keep_the_ranking_whatever_the_level(training, linear, trees):
    odds = _fit(training, linear=linear, trees=trees)
    ranking = odds.ranking(training.X, training.rhythm)
    assert odds.level.slope > 0
    assert (np.diff(odds(training.X, training.rhythm)[np.argsort(ranking)]) >= 0).all()


def _evidence(training: TrainingMatrix, odds: Odds, *, windows: int = 2) -> Evidence:
    parts = odds.parts(training.X, training.rhythm)
    said, window = expit(odds.of_parts(parts)), np.arange(len(training.bought)) % windows
    return Evidence(
        buy_probability=said,
        expected_value=said,
        bought=training.bought > 0,
        value=training.bought,
        window=window,
        parts=parts,
    )


def test_odds__expect_as_many_buyers_as_rhythm_and_stack_expect_together(training):
    """The formula of the level: a weighted mean of the corrected rhythm and of the stack, in log-odds."""
    odds = _fit(training)
    parts = odds.parts(training.X, training.rhythm)
    for level_forecast, trust in ((-0.5, 0.7), (0.0, 0.0), (0.5, 0.25)):
        opinion = trust * (training.rhythm + level_forecast) + (1 - trust) * odds.ranking(training.X, training.rhythm)
        levelled = odds.set_level(parts, rhythm=training.rhythm + level_forecast, trust=trust)
        assert expit(levelled.of_parts(parts)).sum() == pytest.approx(expit(opinion).sum())
        assert (levelled.level.low, levelled.level.high) == (1.0, 1.0)
        again = levelled.set_level(parts, rhythm=training.rhythm + level_forecast, trust=trust)
        assert again.level.intercept == pytest.approx(levelled.level.intercept)


def test_odds__take_their_level_from_the_present(training):
    """A season in which everybody bought does not last where the rhythm of the present expects little."""
    odds = _fit(training)
    quiet, usual = (odds.parts(training.X, rhythm) for rhythm in (training.rhythm - 3, training.rhythm))
    quiet = {**usual, "rhythm": quiet["rhythm"]}
    few, many = (
        expit(odds.set_level(parts, rhythm=parts["rhythm"], trust=0.7).of_parts(parts)).mean()
        for parts in (quiet, usual)
    )
    assert few < many - 0.1


def test_odds__learn_their_weights_from_later_windows(training):
    """Later customers behave as one part says, so it gains; without the parts nothing is learnt."""
    odds = _fit(training)
    usual = _evidence(training, odds)
    for name in ("linear", "trees", "rhythm"):
        bought = np.random.default_rng(1).random(N) < expit(usual.parts[name])
        learnt = odds.calibrate(replace(usual, bought=bought))
        assert learnt.stack.weights[name] > odds.stack.weights[name] + 0.05
    assert odds.calibrate(replace(usual, parts={})) is odds


@PARTS
def test_odds__calibration_is_one_rising_curve_over_the_stack(training, linear, trees):
    """So customers keep their places, ties and all: calibration cannot worsen a ranking."""
    odds = _fit(training, linear=linear, trees=trees)
    learnt = odds.calibrate(_evidence(training, odds))
    parts = learnt.parts(training.X, training.rhythm)
    ranking, said = (
        learnt.ranking(training.X, training.rhythm),
        learnt.set_level(parts, rhythm=training.rhythm + 0.3, trust=0.7).of_parts(parts),
    )
    np.testing.assert_array_equal(np.argsort(said, kind="stable"), np.argsort(ranking, kind="stable"))
    assert len(np.unique(said)) == len(np.unique(ranking))


def test_odds__habits_know_of_the_rhythm_what_it_expects_of_everybody_alone(training):
    """Another rhythm of a customer leaves their habits as they are; another level of all moves them alike."""
    odds = _fit(training)
    before = odds.parts(training.X, training.rhythm)["habits"]
    other = training.X.assign(rhythm_odds_bgnbd=-training.X["rhythm_odds_bgnbd"], tenure_days=0.0)
    np.testing.assert_array_equal(odds.parts(other, -training.rhythm)["habits"], before)
    moved = replace(odds, start=odds.start + 0.3).parts(training.X, training.rhythm)["habits"]
    np.testing.assert_allclose(moved, before + 0.3)


@PARTS
def test_odds__contributions_add_up(training, linear, trees):
    odds = replace(_fit(training, linear=linear, trees=trees), level=OddsLevel(0.2, 1.3, 0.8))
    terms, rest = odds.contributions(training.X, training.rhythm)
    assert len(np.unique(rest)) == 1
    assert set(terms) == {RHYTHM_PART_NAME, "habit", "noise", "tenure_days"}
    total = sum(terms.values()) + rest
    np.testing.assert_allclose(total, odds(training.X, training.rhythm), atol=1e-5)
    assert np.abs(terms["habit"]).mean() > 3 * np.abs(terms["noise"]).mean()


@PARTS
def test_odds__contributions_are_the_weighted_ones_of_the_parts(training, linear, trees):
    odds = replace(_fit(training, linear=linear, trees=trees), level=OddsLevel(0.2, 1.5, 1.5))
    terms, rest = odds.contributions(training.X, training.rhythm)
    weights, columns = odds.stack.weights, list(training.X.columns)
    base, habit = weights["rhythm"] * odds.typical, np.zeros(N)
    if linear:
        base += weights["linear"] * odds.linear.intercept
        habit += weights["linear"] * odds.linear.contributions(training.X)[:, columns.index("habit")]
    for name, booster, start in (("trees", odds.trees, 0.0), ("habits", odds.habits, odds.start)):
        if trees:
            parts, own = booster.contributions(training.X)
            base += weights[name] * (own + start)
            habit += weights[name] * parts[:, booster.columns.index("habit")]
    np.testing.assert_allclose(rest, 0.2 + 1.5 * base, rtol=1e-6)
    np.testing.assert_allclose(terms["habit"], 1.5 * habit, atol=1e-6)


def test_odds__of_the_rhythm_alone_are_explained_by_it(training):
    odds = _fit(replace(training, bought=np.zeros(N)))
    terms, rest = odds.contributions(training.X, training.rhythm)
    assert set(terms) == {RHYTHM_PART_NAME}
    np.testing.assert_allclose(terms[RHYTHM_PART_NAME] + rest, training.rhythm)
    assert terms[RHYTHM_PART_NAME].mean() == pytest.approx(0, abs=1e-9)


@PARTS
def test_odds__are_the_same_after_saving(training, linear, trees, tmp_path):
    odds = _fit(training, linear=linear, trees=trees)
    odds = replace(odds, level=OddsLevel(0.3, 1.2, 0.9))
    odds.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == ({".json", ".ubj"} if trees else {".json"})
    again = Odds.load(tmp_path)
    np.testing.assert_array_equal(again(training.X, training.rhythm), odds(training.X, training.rhythm))


def test_odds__are_near_the_truth_on_fresh_customers(training):
    fresh = _matrix(2 * N)
    half = slice(N, None)
    truth = expit(fresh.rhythm[half] + 1.5 * fresh.X["habit"].to_numpy()[half])
    said = expit(_fit(training)(fresh.X[half], fresh.rhythm[half]))
    assert np.corrcoef(logit(said), logit(truth))[0, 1] > 0.85
    assert said.mean() == pytest.approx(truth.mean(), abs=0.05)


def test_odds__grow_more_trees_where_later_windows_are_predicted_better_by_them():
    """Buyers depend on eight habits at once, more than a hundred shallow trees tell; noise never asks for more."""
    generator, n = np.random.default_rng(7), 20_000
    habits = generator.normal(size=(n, 8))
    chance = expit(-0.5 + 1.2 * np.sign(habits).sum(axis=1))
    X = pd.DataFrame(habits, columns=[f"habit_{k}" for k in range(8)]).assign(rhythm_odds_bgnbd=0.0, tenure_days=0.0)
    nothing = np.zeros(n)

    def teach(rows: slice, bought: np.ndarray) -> TrainingMatrix:
        of = dict.fromkeys(("rhythm", "rhythm_of_length", "log_severity", "log_count"), nothing[rows])
        return TrainingMatrix(X=X[rows].reset_index(drop=True), bought=bought[rows], weight=nothing[rows] + 1.0, **of)

    first, later = slice(0, n // 2), slice(n // 2, n)
    for bought, rounds in (
        ((generator.random(n) < chance).astype(float), 400),
        ((generator.random(n) < 0.5).astype(float), 100),
    ):
        odds, after = _fit(teach(first, bought)), teach(later, bought)
        parts = odds.all_parts(after.X, after.rhythm)
        evidence = Evidence(
            buy_probability=expit(odds.of_parts(parts)),
            expected_value=after.bought,
            bought=after.bought > 0,
            value=after.bought,
            window=np.arange(n // 2) % 2,
            parts=parts,
        )
        calibrated = odds.calibrate(evidence)
        assert odds.trees.rounds == 100
        assert (calibrated.trees.rounds, calibrated.habits.rounds) == (rounds, rounds)
        picked = calibrated.pick(parts)
        for name, part in calibrated.parts(after.X, after.rhythm).items():
            np.testing.assert_array_equal(picked[name], part, err_msg=name)


def test_odds__stored_before_habits_had_a_start_of_their_own_say_what_they_said(training, tmp_path):
    odds = replace(_fit(training), start=-0.7, typical=-0.7)
    odds.save(tmp_path)
    saved = json.loads((tmp_path / "odds.json").read_text())
    del saved["start"]
    (tmp_path / "odds.json").write_text(json.dumps(saved))
    np.testing.assert_array_equal(Odds.load(tmp_path)(training.X, training.rhythm), odds(training.X, training.rhythm))
