"""Settings are judged origin by origin, relative to the untuned candidate."""

from __future__ import annotations

import numpy as np
import pytest

from tenure_training.tuning import Problem
from tenure_training.windows import backtest_windows


def _log_loss(share: float, rate: float) -> float:
    return -(share * np.log(rate) + (1 - share) * np.log(1 - rate))


def test_score__is_relative_to_the_untuned_candidate(problem):
    score = problem(0.2, 0.3).score({"rate": 0.25})
    np.testing.assert_allclose(score.log_loss, [_log_loss(0.2, 0.25), _log_loss(0.3, 0.25)], rtol=1e-9)
    # the ranking is x whatever the rate, so the Gini is that of the untuned candidate
    np.testing.assert_allclose(score.relative, [(loss / np.log(2) + 1) / 2 for loss in score.log_loss], rtol=1e-9)
    assert problem(0.2, 0.3).score({}).relative == (1.0, 1.0)


def test_score__asks_after_each_origin_whether_to_give_up(problem):
    told = []
    assert problem(0.2, 0.3, 0.4).score({"rate": 0.9}, hopeless=lambda at, loss: told.append(at) or at == 1) is None
    assert told == [0, 1]
    told.clear()
    assert problem(0.2, 0.3).score({"rate": 0.9}, hopeless=lambda at, loss: told.append(at) or at == 1) is not None
    assert told == [0, 1]  # at the last origin nothing is saved by giving up


def test_study_name__is_another_for_another_question(problem):
    names = {
        problem(0.2, 0.3).study_name(data="a"),
        problem(0.2, 0.3).study_name(data="b"),
        problem(0.2).study_name(data="a"),
        problem(0.2, 0.3, of="SlowGuess").study_name(data="a"),
    }
    assert len(names) == 4
    assert problem(0.2, 0.3).study_name(data="a") in names


def test_problem__reads_nothing_at_or_after_its_origins(frames, as_of):
    windows = backtest_windows(frames.first_order, as_of, horizon_days=60)
    made = Problem.of(frames, windows[1:], candidate="status_quo", seed=7)
    assert [frame.as_of for frame in made.frames] == [window.origin for window in windows[1:]]
    for window, frame, outcome in zip(made.windows, made.frames, made.outcomes, strict=True):
        assert window.closes <= windows[0].origin  # none overlaps the window that is confirmed on
        assert (frame.rows["as_of"] < frame.as_of).all()
        assert outcome["customer_id"].tolist() == frame.present["customer_id"].tolist()


@pytest.mark.parametrize("settings", [{"rate": 0.05}, {"rate": 0.95, "size": 9}])
def test_score__is_the_same_every_time(settings, problem):
    assert problem(0.2, 0.3).score(settings) == problem(0.2, 0.3).score(settings)
