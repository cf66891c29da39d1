"""Metrics against scikit-learn and scipy where they have them, against tables worked by hand elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import linear_model
from sklearn import metrics as sk

from tenure_training import metrics as m
from tenure_training.models.contract import IF_BUYS_LEVELS, LEVELS, Prediction, level_index


def _tied(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 1, n).round(2).clip(0.01, 0.99)
    return p, (rng.random(n) < p).astype(float), rng.integers(0, 4, n).astype(float)


def _ols_newton(p: np.ndarray, y: np.ndarray) -> float:
    z = np.log(p / (1 - p))[:, None]
    fit = linear_model.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(z, y)
    return float(fit.coef_[0, 0])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (m.auroc, lambda p, y, w: sk.roc_auc_score(y, p, sample_weight=w)),
        (m.average_precision, lambda p, y, w: sk.average_precision_score(y, p, sample_weight=w)),
        (m.log_loss, lambda p, y, w: sk.log_loss(y, p, sample_weight=w)),
        (m.brier, lambda p, y, w: sk.brier_score_loss(y, p, sample_weight=w)),
        (m.mae, lambda p, y, w: sk.mean_absolute_error(y, p, sample_weight=w)),
        (m.rmse, lambda p, y, w: sk.root_mean_squared_error(y, p, sample_weight=w)),
        (m.spearman, lambda p, y, w: stats.spearmanr(np.repeat(p, w), np.repeat(y, w)).statistic),
        (m.calibration_slope, lambda p, y, w: _ols_newton(np.repeat(p, w), np.repeat(y, w))),
    ],
    ids=lambda part: getattr(part, "__name__", "") if getattr(part, "__name__", "") != "<lambda>" else "",
)
def test_metrics__agree_with_scikit_learn_and_scipy(ours, theirs, seed):
    p, y, w = _tied(seed)
    assert ours(p, y, weight=w) == pytest.approx(theirs(p, y, w.astype(int)), abs=2e-6)
    assert ours(p, y) == pytest.approx(theirs(p, y, np.ones(len(p), int)), abs=2e-6)


def test_normalised_gini__is_the_auroc_of_a_binary_value():
    p, y, _ = _tied(4)
    assert m.normalised_gini(p, y) == pytest.approx(2 * sk.roc_auc_score(y, p) - 1)


def test_pinball__crps_is_twice_the_mean_of_scikit_learn():
    y = np.array([0.0, 3.0, 12.0])
    q = np.sort(np.random.default_rng(5).gamma(2, 2, (3, 9)), axis=1)
    pinball = [sk.mean_pinball_loss(y, q[:, k], alpha=(k + 1) / 10) for k in range(9)]
    assert m.crps_from_quantiles(q, y) == pytest.approx(2 * np.mean(pinball))


TEN = pd.DataFrame(
    {
        "predicted": [100.0, 90, 80, 70, 60, 50, 40, 30, 20, 10],
        "actual": [200.0, 90, 40, 0, 0, 50, 0, 0, 0, 20],
    }
)


@pytest.mark.parametrize(
    ("metric", "answer"),
    [
        (m.total_bias, 550 / 400 - 1),
        (m.wape, (100 + 0 + 40 + 70 + 60 + 0 + 40 + 30 + 20 + 10) / 400),
        (m.decile_mape, (0.5 + 0 + 1 + 0 + 0.5) / 5),  # deciles that earned nothing have no percentage
        (m.top20_share, 290 / 400),
        # area under the cumulative share, trapezoids of width .1: see the column of running totals 200 290 330 ... 400
        (m.gini, 2 * 0.1 * (100 + 245 + 310 + 330 + 330 + 355 + 380 + 380 + 380 + 390) / 400 - 1),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_value_metrics__worked_by_hand(metric, answer):
    assert metric(TEN["predicted"], TEN["actual"]) == pytest.approx(answer)


def test_top_decile_lift__spreads_a_tie_over_the_edge():
    # 20 customers, the first decile is 2 wide; one leads, four tie for the second place and one of them churns
    score = np.array([9.0] + [5.0] * 4 + [0.0] * 15)
    churned = np.array([1.0] + [1, 0, 0, 0] + [1, 1] + [0] * 13)
    assert m.top_decile_lift(score, churned) == pytest.approx(((1 + 0.25) / 2) / (4 / 20))


def test_ece__equal_mass_bins_worked_by_hand():
    p = np.repeat([0.1, 0.5, 0.9], [40, 40, 20])
    y = np.concatenate([np.repeat([1, 0], [8, 32]), np.repeat([1, 0], [20, 20]), np.repeat([1, 0], [16, 4])])
    assert m.ece(p, y) == pytest.approx(0.4 * 0.1 + 0.4 * 0.0 + 0.2 * 0.1)


def test_calibration_intercept__meets_the_total():
    p, y, _ = _tied(6)
    shift = m.calibration_intercept(p, y)
    assert (1 / (1 + np.exp(-(np.log(p / (1 - p)) + shift)))).sum() == pytest.approx(y.sum())


def test_calibration_slope__undoes_a_known_distortion():
    p, y, _ = _tied(7, 4000)
    slope = m.calibration_slope(p, y)
    twice = 1 / (1 + (1 / p - 1) ** 2)  # log-odds doubled: too extreme
    assert m.calibration_slope(twice.clip(1e-4, 1 - 1e-4), y) == pytest.approx(slope / 2, rel=1e-6)


def test_winkler__worked_by_hand():
    assert m.winkler([0.0, 0, 5], [10.0, 10, 10], [5.0, 12, 4], level=0.8) == pytest.approx(
        (10 + (10 + 20) + (5 + 10)) / 3
    )


def test_calibration_table__low_bins_first_with_wilson_limits():
    p = np.repeat([0.8, 0.2], 10)
    y = np.concatenate([np.repeat([1, 0], [10, 0]), np.repeat([1, 0], [3, 7])])
    table = m.calibration_table(p, y, bins=2)
    assert table.columns.tolist() == ["bin", "predicted", "actual", "customers", "low", "high"]
    reference = [stats.binomtest(k, 10).proportion_ci(method="wilson") for k in (3, 10)]
    expected = [[1, 0.2, 0.3, 10, reference[0].low, reference[0].high], [2, 0.8, 1.0, 10, reference[1].low, 1.0]]
    np.testing.assert_allclose(table.to_numpy(), expected, atol=1e-9)


def test_decile_table__best_first_and_adds_up():
    table = m.decile_table(TEN["predicted"], TEN["actual"])
    assert table["decile"].tolist() == list(range(1, 11))
    np.testing.assert_allclose(table["predicted_value"], TEN["predicted"])
    np.testing.assert_allclose(table["actual_value"], TEN["actual"])
    uneven = m.decile_table([5.0, 4, 3], [6.0, 3, 0])
    assert (uneven["customers"] * uneven["actual_value"]).sum() == pytest.approx(9)


RANKERS = [m.auroc, m.average_precision, m.top_decile_lift, m.normalised_gini, m.spearman, m.top20_share]


@pytest.mark.parametrize("metric", RANKERS, ids=lambda metric: metric.__name__)
def test_rank_metrics__do_not_depend_on_the_order_of_rows(metric):
    p, y, _ = _tied(8)
    shuffled = np.random.default_rng(9).permutation(len(p))
    assert metric(p[shuffled], y[shuffled]) == pytest.approx(metric(p, y), abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "answer"),
    [(m.auroc, 0.5), (m.gini, 0.0), (m.normalised_gini, 0.0), (m.top20_share, 0.2), (m.top_decile_lift, 1.0)],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_rank_metrics__a_constant_score_knows_nothing(metric, answer):
    _, y, _ = _tied(10)
    assert metric(np.full(len(y), 0.3), y) == pytest.approx(answer, abs=1e-12)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=40).filter(
        lambda rows: sum(weight for _, _, weight in rows) > 0
    )
)
def test_weights__are_the_same_as_repeated_customers(rows):
    score, value, weight = (np.array(column, float) for column in zip(*rows, strict=True))
    score /= 10
    times = weight.astype(int)
    for metric in (m.normalised_gini, m.spearman, m.decile_mape, m.total_bias, m.top20_share, m.wape, m.rmse):
        got, repeated = metric(score, value, weight=weight), metric(np.repeat(score, times), np.repeat(value, times))
        assert got == pytest.approx(repeated, nan_ok=True, abs=1e-9)
    churned = (value > 2).astype(float)
    for metric in (m.auroc, m.average_precision, m.top_decile_lift, m.log_loss, m.ece, m.calibration_intercept):
        got, repeated = (
            metric(score, churned, weight=weight),
            metric(np.repeat(score, times), np.repeat(churned, times)),
        )
        assert got == pytest.approx(repeated, nan_ok=True, abs=1e-9)


ONE_CLASS = (m.auroc, m.calibration_slope, m.calibration_intercept)


@pytest.mark.parametrize("metric", [*ONE_CLASS, m.average_precision, m.top_decile_lift], ids=lambda f: f.__name__)
def test_churn_metrics__nobody_churned_is_nan(metric):
    assert math.isnan(metric([0.2, 0.3, 0.4], [0, 0, 0]))


@pytest.mark.parametrize("metric", ONE_CLASS, ids=lambda f: f.__name__)
def test_churn_metrics__everybody_churned_is_nan(metric):
    assert math.isnan(metric([0.2, 0.3, 0.4], [1, 1, 1]))


def test_calibration_slope__separated_or_constant_is_nan():
    assert math.isnan(m.calibration_slope([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]))
    assert math.isnan(m.calibration_slope([0.5] * 4, [0, 1, 0, 1]))


@pytest.mark.parametrize("actual", [[0.0, 0.0, 0.0], [-5.0, 0.0, 2.0]], ids=["nobody bought", "returns ate it"])
@pytest.mark.parametrize("metric", [m.normalised_gini, m.total_bias, m.top20_share, m.wape], ids=lambda f: f.__name__)
def test_value_metrics__no_positive_total_is_nan(metric, actual):
    assert math.isnan(metric([1.0, 2.0, 3.0], actual))


def _prediction(n: int, *, quantiles: bool = True) -> Prediction:
    rng = np.random.default_rng(n)
    mean = rng.gamma(1, 50, n)
    spread = mean[:, None] * np.array([2 * level for level in LEVELS])
    return Prediction(
        buy_probability=rng.random(n),
        expected_orders=rng.random(n),
        expected_value=mean,
        quantiles=spread if quantiles else None,
        if_buys=spread[:, [level_index(level) for level in IF_BUYS_LEVELS]] if quantiles else None,
    )


def _outcome(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(n + 1)
    orders = rng.poisson(0.7, n)
    return pd.DataFrame({"customer_id": [f"c{k}" for k in range(n)], "orders": orders, "value": orders * 30.0})


def test_evaluate__every_metric_of_an_ordinary_case_is_finite():
    answer = m.evaluate_metrics(_prediction(200), _outcome(200))
    assert list(answer) == list(m.METRICS)
    assert all(math.isfinite(value) for value in answer.values())


def test_evaluate__coverage_is_told_by_tail_and_of_buyers():
    bought = np.repeat([False, True], [60, 40])
    value = np.where(bought, np.tile(np.arange(40.0), 3)[:100] + 1, 0.0)
    said = Prediction(
        buy_probability=np.full(100, 0.9), expected_orders=np.ones(100), expected_value=np.ones(100),
        quantiles=np.tile(np.linspace(0.5, 30.5, len(LEVELS)), (100, 1)), if_buys=np.tile([5.0, 30.0], (100, 1)),
    )  # fmt: skip
    outcome = pd.DataFrame({"orders": bought.astype(float), "value": value})
    names = ("below_80", "coverage_80", "above_80", "coverage_buyers")
    found = m.evaluate_metrics(said, outcome, metrics=names)
    low, high = said.interval(0.8)
    assert found["below_80"] == np.mean(value < low)
    assert found["above_80"] == np.mean(value > high)
    assert found["below_80"] + found["coverage_80"] + found["above_80"] == pytest.approx(1.0)
    assert found["coverage_buyers"] == np.mean((value[bought] >= 5) & (value[bought] <= 30))


def test_evaluate__uniform_quantiles_cover_what_they_say():
    n = 20_000
    quantiles = np.tile(100 * np.array(LEVELS), (n, 1))
    value = np.random.default_rng(3).uniform(0, 100, n)
    said = Prediction(
        buy_probability=np.full(n, 0.5),
        expected_orders=np.ones(n),
        expected_value=np.full(n, 50.0),
        quantiles=quantiles,
    )
    answer = m.evaluate_metrics(said, pd.DataFrame({"orders": np.ones(n), "value": value}))
    levels = {"coverage_50": 0.5, "coverage_80": 0.8, "coverage_95": 0.95}
    assert {name: answer[name] for name in levels} == pytest.approx(levels, abs=0.01)
    assert answer["interval_width"] == pytest.approx(80)
    assert answer["crps"] == pytest.approx(18.3, abs=0.3)  # mean over the deciles of 100 * tau * (1 - tau)


def test_evaluate__without_a_distribution_intervals_are_nan():
    answer = m.evaluate_metrics(_prediction(50, quantiles=False), _outcome(50))
    missing = {name for name, value in answer.items() if math.isnan(value)}
    assert missing == {
        "coverage_50", "coverage_80", "coverage_95", "coverage_gap", "interval_width", "winkler", "crps",
        "below_80", "above_80", "coverage_buyers",
    }  # fmt: skip


def test_evaluate__no_customers_at_all_is_nan_throughout():
    empty = np.zeros(0)
    answer = m.evaluate_metrics(
        Prediction(
            buy_probability=empty, expected_orders=empty, expected_value=empty, quantiles=np.zeros((0, len(LEVELS)))
        ),
        _outcome(0),
    )
    assert all(math.isnan(value) for value in answer.values())


def test_evaluate__rank_score_breaks_ties_of_the_ranking_only():
    tied = Prediction(buy_probability=np.full(4, 0.5), expected_orders=np.ones(4), expected_value=np.ones(4))
    broken = Prediction(
        buy_probability=np.full(4, 0.5),
        expected_orders=np.ones(4),
        expected_value=np.ones(4),
        rank_score=np.array([0.9, 0.8, 0.2, 0.1]),
    )
    did = pd.DataFrame({"orders": [1, 1, 0, 0], "value": [1.0, 1.0, 0.0, 0.0]})
    names = ["auroc", "log_loss", "ece"]
    before, after = (m.evaluate_metrics(said, did, metrics=names) for said in (tied, broken))
    assert (before["auroc"], after["auroc"]) == (0.5, 1.0)
    assert before["log_loss"] == after["log_loss"]
    assert before["ece"] == after["ece"]


def test_evaluate__refuses_what_is_not_a_number_or_not_aligned():
    said = _prediction(5)
    with pytest.raises(ValueError, match="expected_value is not finite in 1 places"):
        m.evaluate_metrics(
            Prediction(
                buy_probability=said.buy_probability,
                expected_orders=said.expected_orders,
                expected_value=np.array([1, np.nan, 1, 1, 1]),
            ),
            _outcome(5),
        )
    with pytest.raises(ValueError, match="5 rows, the outcome 6"):
        m.evaluate_metrics(said, _outcome(6))
    with pytest.raises(KeyError, match="No metric 'gini'; there are auroc"):
        m.metric("gini")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("auroc", 0.8, 0.7), ("brier", 0.1, 0.2), ("total_bias", -0.1, 0.3), ("coverage_80", 0.82, 0.7)],
)
def test_loss__is_smaller_for_the_better_number(name, good, bad):
    assert m.METRICS[name].loss(good) < m.METRICS[name].loss(bad)
