"""Waiting times: censored where nobody saw the end, a median for each customer, and a chance within any horizon."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tenure_features.errors import UsageError
from tenure_training.metrics import evaluate_metrics
from tenure_training.models.boosted import xgboost_aft
from tenure_training.models.boosted.boosting import Boosted
from tenure_training.models.boosted.xgboost_aft import XGBoostAFT, _line


def _waits(n: int, *, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Log-logistic waits with medians exp(score), and the scores."""
    generator = np.random.default_rng(2)
    score = generator.normal(3, 1, n)
    return score, np.exp(score + scale * generator.logistic(size=n))


def test_line__finds_the_law_waits_were_drawn_from_though_half_are_censored():
    score, wait = _waits(20_000, scale=0.7)
    seen = wait < 20
    log_days = np.log(np.where(seen, wait, 20.0))
    assert 0.4 < seen.mean() < 0.6
    told = 2 * score - 1  # what the trees say is off by a line
    intercept, slope, scale = _line(told, log_days, seen, np.ones(len(score)))
    np.testing.assert_allclose([intercept, slope, scale], [0.5, 0.5, 0.7], rtol=0.05)


def test_boosted__learns_times_that_are_censored():
    """Medians e ** 2 and e ** 3, nobody watched longer than 40."""
    generator = np.random.default_rng(2)
    X = pd.DataFrame({"a": generator.choice([2.0, 3.0], 6000)})
    wait = np.exp(X["a"].to_numpy() + 0.5 * generator.logistic(size=6000))
    seen = wait < 40
    fitted = Boosted.fit(
        X,
        np.where(seen, wait, 40.0),
        upper=np.where(seen, wait, np.inf),
        weight=np.ones(6000),
        objective="survival:aft",
        seed=1,
    )
    assert fitted.score(pd.DataFrame({"a": [2.0, 3.0]})) == pytest.approx([2.0, 3.0], abs=0.25)


def test_aft__gives_the_chance_that_its_waits_say(fitted, frame):
    model = fitted("xgboost_aft")
    said = model.predict(frame.present)
    for level in (0.2, 0.5, 0.9):
        wait = model.wait_days(frame.present, level=level)
        np.testing.assert_array_equal(wait <= frame.horizon_days, said.buy_probability >= level)
    median, late = model.wait_days(frame.present), model.wait_days(frame.present, level=0.8)
    assert ((median > 0) & (median < late)).all()


def test_aft__waits_longer_the_longer_nobody_came(fitted, frame):
    silent = frame.present["recency_days"] > frame.present["recency_days"].quantile(0.8)
    wait = fitted("xgboost_aft").wait_days(frame.present)
    assert np.median(wait[silent]) > 2 * np.median(wait[~silent])


def test_aft__ranks_and_meets_later_purchases(judged):
    frame, did = judged
    seen = evaluate_metrics(XGBoostAFT().fit(frame, seed=7).predict(frame.present), did, metrics=["auroc", "log_loss"])
    assert seen["auroc"] > 0.65
    assert seen["log_loss"] < 0.7


def test_waits__end_within_the_window_or_are_censored_there(frame):
    unseen = frame.labels["wait_days"].isna()
    assert (frame.labels.loc[~unseen, "wait_days"] < frame.window_days[~unseen]).all()
    assert (frame.labels["bought"] == ~unseen).all()


def test_aft__learns_from_a_sample_by_content_where_rows_are_many(frame, monkeypatch):
    monkeypatch.setattr(xgboost_aft, "MOST_ROWS", 300)
    order = np.random.default_rng(1).permutation(len(frame.rows))
    shuffled = replace(
        frame,
        rows=frame.rows.iloc[order].reset_index(drop=True),
        labels=frame.labels.iloc[order].reset_index(drop=True),
        window_days=frame.window_days[order],
        weight=frame.weight[order],
    )
    one, other = (XGBoostAFT().fit(each, seed=7).predict(frame.present) for each in (frame, shuffled))
    np.testing.assert_allclose(one.buy_probability, other.buy_probability, rtol=1e-6)


def test_aft__without_closed_windows_is_the_rhythm(frame):
    nothing = np.empty(0)
    empty = replace(frame, rows=frame.rows[:0], labels=frame.labels[:0], window_days=nothing, weight=nothing)
    model = XGBoostAFT().fit(empty, seed=7)
    expected = model.ensemble.expect(frame.present, days=frame.horizon_days)
    np.testing.assert_allclose(model.predict(frame.present).buy_probability, expit(expected.log_odds))
    assert np.isinf(model.wait_days(frame.present)).all()


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, float("nan")])
def test_wait_days__refuses_what_is_no_probability(level, fitted, frame):
    with pytest.raises(UsageError, match="between 0 and 1"):
        fitted("xgboost_aft").wait_days(frame.present, level=level)
