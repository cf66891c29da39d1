"""The hurdle models: explained to the last digit, carried to any horizon, with a spread learnt from evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tenure_training.models.contract import Evidence
from tenure_training.models.hurdle.blend import Blend
from tenure_training.models.hurdle.hurdle import Hurdle
from tenure_training.models.hurdle.logistic import Logistic
from tenure_training.models.hurdle.opinions import USUAL_VALUE, weigh_first
from tenure_training.models.hurdle.xgboost_hurdle import XGBoostHurdle
from tenure_training.models.registry import CANDIDATES
from tenure_training.models.season import Season
from tenure_training.models.spend_distribution import KNOTS, SpendDistribution

HURDLES = [name for name, candidate in CANDIDATES.items() if issubclass(candidate, Hurdle)]
every_hurdle = pytest.mark.parametrize("name", HURDLES)


def _without_windows(frame):
    nothing = np.empty(0)
    return replace(frame, rows=frame.rows[:0], labels=frame.labels[:0], window_days=nothing, weight=nothing)


@every_hurdle
def test_contributions__add_up_to_the_prediction(name, fitted, frame):
    explained, said = fitted(name).contributions(frame.present), fitted(name).predict(frame.present)
    assert explained.churn.shape == explained.value.shape == (len(frame.present), len(explained.features))
    churn = explained.churn_base + explained.churn.sum(axis=1)
    np.testing.assert_allclose(churn, np.log((1 - said.buy_probability) / said.buy_probability), atol=1e-9)
    value = explained.value_base + explained.value.sum(axis=1)
    np.testing.assert_allclose(value, np.log(said.expected_value / said.buy_probability), atol=1e-9)


@every_hurdle
def test_contributions__explain_each_customer_alone(name, fitted, frame):
    whole = fitted(name).contributions(frame.present)
    half = len(frame.present) // 2
    parts = [fitted(name).contributions(part) for part in (frame.present[:half], frame.present[half:])]
    one = fitted(name).contributions(frame.present.iloc[[3]])
    for part in (*parts, one):
        assert part.features == whole.features
        assert (part.churn_base, part.value_base) == (whole.churn_base, whole.value_base)
    np.testing.assert_allclose(np.vstack([part.churn for part in parts]), whole.churn, atol=1e-12)
    np.testing.assert_allclose(np.vstack([part.value for part in parts]), whole.value, atol=1e-12)
    np.testing.assert_allclose(one.churn[0], whole.churn[3], atol=1e-12)


@every_hurdle
def test_contributions__name_features_and_the_rhythm(name, fitted, frame):
    names = fitted(name).contributions(frame.present).features
    assert names == sorted(set(names))
    assert set(names) <= {*frame.features, "btyd_rhythm"}
    assert "btyd_rhythm" in names


@every_hurdle
def test_contributions__of_nobody_are_empty(name, fitted, frame):
    explained = fitted(name).contributions(frame.present.iloc[:0])
    assert explained.churn.shape == explained.value.shape == (0, len(explained.features))


def test_hurdles__are_made_of_the_parts_they_say(fitted):
    parts = {name: (fitted(name).odds.linear is not None, fitted(name).odds.trees is not None) for name in HURDLES}
    expected = {Logistic.name: (True, False), XGBoostHurdle.name: (False, True), Blend.name: (True, True)}
    assert parts.items() >= expected.items()


@every_hurdle
def test_hurdle__without_closed_windows_is_the_rhythm(name, frame):
    model = CANDIDATES[name]().fit(_without_windows(frame), seed=7)
    expected = model.ensemble.expect(frame.present, days=frame.horizon_days)
    np.testing.assert_allclose(model.predict(frame.present).rank_score, expected.log_odds)


def test_hurdle__is_carried_to_a_longer_horizon(frame):
    """Windows of at most 60 days teach both; the longer horizon holds more of everything."""
    near, far = (Logistic().fit(replace(frame, horizon_days=days), seed=7).predict(frame.present) for days in (60, 365))
    assert far.buy_probability.mean() > near.buy_probability.mean()
    assert far.expected_orders.sum() > 2 * near.expected_orders.sum()
    assert far.expected_value.sum() > 2 * near.expected_value.sum()


def test_hurdle__does_not_read_labels_of_customers_it_predicts(fitted, frame):
    extra = frame.present.assign(bought=True, value=1e9)
    np.testing.assert_array_equal(
        fitted("blend").predict(extra).expected_value, fitted("blend").predict(frame.present).expected_value
    )


def _evidence(n: int, *, spread: float) -> Evidence:
    generator = np.random.default_rng(1)
    probability, worth = generator.uniform(0.2, 0.9, n), np.exp(generator.normal(3, 0.5, n))
    bought = generator.random(n) < probability
    value = np.where(bought, worth * np.exp(generator.normal(0, spread, n)), 0.0)
    return Evidence(
        buy_probability=probability,
        expected_value=probability * worth,
        bought=bought,
        value=value,
        window=np.zeros(n, dtype=np.int64),
    )


@pytest.mark.parametrize("spread", [0.1, 1.5])
def test_calibrate__takes_the_spread_from_evidence(frame, spread):
    model = Logistic().fit(frame, seed=7)
    before = model.predict(frame.present)
    calibrated = model.calibrate(_evidence(4000, spread=spread))
    after = calibrated.predict(frame.present)
    worth_before, worth_after = (said.expected_value / said.buy_probability for said in (before, after))
    np.testing.assert_allclose(worth_after, worth_before, rtol=1e-12)  # what buyers spend stays
    np.testing.assert_array_equal(np.argsort(after.buy_probability), np.argsort(before.buy_probability))
    sure = after.buy_probability > 0.6
    assert sure.any()
    worth = (after.expected_value / after.buy_probability)[sure]
    within = calibrated.spread.value_quantiles(np.ones(sure.sum()), np.log(worth))
    both = np.hypot(spread, model.now.spread_of_total)  # and what is not known of everybody together
    np.testing.assert_allclose(np.log(within[:, -3] / within[:, 2]), 2 * 1.2816 * both, rtol=0.15)


def test_calibrate__widens_the_spread_of_shorter_windows(frame):
    """Windows half as long as the horizon: the spread around the median grows by 2 ** 0.1."""
    evidence, middle, around = _evidence(4000, spread=0.7), len(KNOTS) // 2, []
    for days in (frame.horizon_days, frame.horizon_days // 2):
        later = replace(evidence, window_days=days)
        quantiles = SpendDistribution.of_evidence(later, horizon_days=frame.horizon_days).quantiles
        around.append(quantiles - quantiles[:, [middle]])
    np.testing.assert_allclose(around[1], 2**0.1 * around[0])


def test_season__expected_moves_the_total_by_its_factor(frame):
    """Both opinions expect so many times the orders, so their mean does, and the number of buyers grows with it."""
    plain = Blend().fit(frame, seed=7).predict(frame.present)
    season = Season(expected=1.4, ahead_of=frame.as_of)
    fuller = Blend().fit(replace(frame, season=season), seed=7).predict(frame.present)
    assert fuller.expected_value.sum() == pytest.approx(1.4 * plain.expected_value.sum())
    assert plain.buy_probability.sum() < fuller.buy_probability.sum() < 1.4 * plain.buy_probability.sum()
    np.testing.assert_array_equal(np.argsort(fuller.buy_probability), np.argsort(plain.buy_probability))


def test_season__by_month_turns_only_where_the_window_differs_from_those_learnt_from(frame):
    """Every month alike is no season; one that the closed windows had, and the next has not, takes orders away."""
    plain = Blend().fit(frame, seed=7).predict(frame.present).expected_value.sum()

    def total(*peak: int) -> float:
        months = tuple(2.0 if month in peak else 1.0 for month in range(1, 13))
        fitted = Blend().fit(replace(frame, season=Season(months=months)), seed=7)
        return fitted.predict(frame.present).expected_value.sum()

    ahead = {moment.month for moment in pd.date_range(frame.as_of, periods=frame.horizon_days)}
    closed = {moment.month for at, days in frame.closed for moment in pd.date_range(at, periods=days)} - ahead
    assert total(*range(1, 13)) == pytest.approx(plain)
    assert total(*closed) < 0.9 * plain
    assert total(*ahead) > 1.1 * plain


def test_flatten__draws_chances_to_their_mean_and_keeps_what_is_expected_of_all(fitted, frame):
    model = fitted("blend")
    before, after = (some.predict(frame.present) for some in (model, model.flatten()))
    odds = [np.log(said.buy_probability / (1 - said.buy_probability)) for said in (before, after)]
    assert np.std(odds[1]) == pytest.approx(0.1 * np.std(odds[0]), rel=0.05)
    assert after.buy_probability.sum() == pytest.approx(before.buy_probability.sum())
    assert after.expected_value.sum() == pytest.approx(before.expected_value.sum())
    np.testing.assert_array_equal(np.argsort(after.rank_score), np.argsort(before.rank_score))


def test_calibrate__learns_no_spread_from_a_handful(frame):
    model = Logistic().fit(frame, seed=7)
    before = model.spread
    assert model.calibrate(_evidence(60, spread=3.0)).spread is before


def test_calibrate__learns_weights_and_puts_the_total_between_rhythm_and_windows(frame, fitted):
    """After it the total value is the weighted mean, in logarithms, of what both opinions say."""
    model = Blend().fit(frame, seed=7)
    said = model.predict(frame.present)
    bought = said.parts["trees"] > np.median(said.parts["trees"])
    window = np.zeros(len(bought), dtype=np.int64)
    misses = {"rhythm": np.array([[0.2, 0.3]]), "windows": np.array([[0.1, -0.1]])}
    evidence = Evidence(
        buy_probability=said.buy_probability,
        expected_value=said.expected_value,
        bought=bought,
        value=bought * 10.0,
        window=window,
        parts=said.parts,
        misses=misses,
    )
    before = model.odds.stack.weights
    model = model.calibrate(evidence)
    after = model.predict(frame.present)
    assert model.odds.stack.weights["trees"] > before["trees"] + 0.02
    expected = model.ensemble.expect(frame.present, days=frame.horizon_days)
    level_forecast = model.now.level_forecast.of_value(frame.horizon_days)
    rhythm = float((expit(expected.log_odds) * np.exp(expected.log_severity)).sum()) * np.exp(level_forecast)
    in_total = weigh_first(np.array([0.3]), np.array([-0.1]), usual=USUAL_VALUE)
    assert after.opinions["rhythm"].value == pytest.approx(rhythm)
    total = rhythm**in_total * after.opinions["windows"].value ** (1 - in_total)
    assert after.expected_value.sum() == pytest.approx(total)


def test_calibrate__believes_the_opinion_that_was_right(frame):
    """Whoever was far off in every closed window has no say in how many will buy."""
    model = Logistic().fit(frame, seed=7)
    said = model.predict(frame.present)
    buyers = {}
    for right, wrong in (("rhythm", "windows"), ("windows", "rhythm")):
        misses = {right: np.full((4, 2), 0.05), wrong: np.full((4, 2), 0.9)}
        odds, _ = model.now.settle(model.odds, model.severity, misses=misses)
        buyers[right] = float(expit(odds.of_parts(said.parts)).sum())
    for name, opinion in said.opinions.items():
        assert buyers[name] == pytest.approx(opinion.buyers, rel=1e-6)


def test_predict__has_opinions_on_the_customers_it_was_fitted_for_alone(frame, fitted):
    model = Logistic().fit(frame, seed=7)
    assert set(model.predict(frame.present).opinions) == {"rhythm", "windows"}
    assert model.predict(frame.present[:10]).opinions == {}
    assert Logistic().fit(_without_windows(frame), seed=7).predict(frame.present).opinions == {}


def test_calibrate__twice_is_calibrating_once(frame):
    said = Logistic().fit(frame, seed=7).predict(frame.present)
    bought = np.arange(len(said.buy_probability)) % 3 == 0
    window = np.zeros(len(bought), dtype=np.int64)
    evidence = Evidence(
        buy_probability=said.buy_probability,
        expected_value=said.expected_value,
        bought=bought,
        value=bought * 10.0,
        window=window,
        parts=said.parts,
    )
    model = Logistic().fit(frame, seed=7).calibrate(evidence)
    one = model.predict(frame.present)
    odds, severity = model.now.settle(model.odds, model.severity)
    two = replace(model, odds=odds, severity=severity).predict(frame.present)
    np.testing.assert_allclose(one.buy_probability, two.buy_probability, rtol=1e-9)
    np.testing.assert_allclose(one.expected_value, two.expected_value, rtol=1e-9)


def test_hurdle__expects_as_many_orders_of_buyers_as_there_were(frame):
    """Twice the orders of every buyer in the windows, more orders expected; the odds stay."""
    doubled = replace(frame, labels=frame.labels.assign(orders=1.5 * frame.labels["orders"]))
    one, two = (Logistic().fit(each, seed=7).predict(frame.present) for each in (frame, doubled))
    np.testing.assert_array_equal(two.buy_probability, one.buy_probability)
    assert two.expected_orders.sum() > 1.1 * one.expected_orders.sum()


def test_hurdle__reads_a_shuffled_frame_as_the_same(frame, fitted):
    order = np.random.default_rng(1).permutation(len(frame.rows))
    shuffled = replace(
        frame,
        rows=frame.rows.iloc[order].reset_index(drop=True),
        labels=frame.labels.iloc[order].reset_index(drop=True),
        window_days=frame.window_days[order],
        weight=frame.weight[order],
    )
    said = Logistic().fit(shuffled, seed=7).predict(frame.present)
    np.testing.assert_allclose(said.buy_probability, fitted("logistic").predict(frame.present).buy_probability,
                               rtol=1e-6)  # fmt: skip
    assert isinstance(shuffled.rows, pd.DataFrame)


PEAK_AHEAD = Season(months=tuple(2.0 if month in (9, 10) else 1.0 for month in range(1, 13)))
"""In the 60 days from the end of August on."""


@pytest.fixture(scope="module")
def seasonal(frame):
    return Blend().fit(replace(frame, season=PEAK_AHEAD), seed=7)


def test_looking_from__moves_orders_and_value_with_the_time_of_the_year(seasonal, frame, tmp_path):
    """From March on nothing of the peak lies ahead: the total is that of August over the factor of its window."""
    march = pd.Timestamp("2021-03-01")
    peak, later = (PEAK_AHEAD.factor(at, days=60) for at in (frame.as_of, march))
    seasonal.save(tmp_path)
    for model in (seasonal, Blend.load(tmp_path)):
        now, then = (model.looking_from(at).predict(frame.present) for at in (frame.as_of, march))
        np.testing.assert_allclose(now.expected_value, model.predict(frame.present).expected_value)
        np.testing.assert_allclose(then.expected_value, now.expected_value * later / peak)
        assert then.buy_probability.sum() < 0.95 * now.buy_probability.sum()
        assert then.ahead.growth(365, horizon_days=60) == pytest.approx(1 / later, rel=1e-3)


def test_looking_from__is_explained_to_the_last_bit(seasonal, frame):
    model = seasonal.looking_from(pd.Timestamp("2021-03-01"))
    explained, said = model.contributions(frame.present), model.predict(frame.present)
    churn = explained.churn_base + explained.churn.sum(axis=1)
    np.testing.assert_allclose(churn, np.log((1 - said.buy_probability) / said.buy_probability), atol=1e-9)
    value = explained.value_base + explained.value.sum(axis=1)
    np.testing.assert_allclose(value, np.log(said.expected_value / said.buy_probability), atol=1e-9)


def test_looking_from__without_a_season_is_the_same_model(fitted, frame):
    model = fitted("blend")
    assert model.looking_from(pd.Timestamp("2021-03-01")) is model
    assert model.predict(frame.present).ahead is None
