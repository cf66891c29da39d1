"""Qini, AUUC, deciles and policy values beside a second implementation that goes from customer to customer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_decisions.campaigns.learners import Randomised, score_doubly_robust
from tenure_decisions.campaigns.ranking import Judge, by_decile, calibration
from tenure_decisions.resampling import Resampler


def drawn(n: int, seed: int = 0) -> tuple[Judge, np.ndarray, np.ndarray]:
    """Customers whose uplift is in ``x``, and ``x``: left alone half of them order."""
    rng = np.random.default_rng(seed)
    x, treated = rng.normal(size=n), rng.random(n) < 0.5
    outcome = (rng.random(n) < np.clip(0.5 + 0.2 * x * treated, 0, 1)).astype(np.float64)
    data = Randomised(X=x[:, None], treated=treated, outcome=outcome, propensity=0.5)
    flat = np.full(n, 0.5)
    scores = score_doubly_robust(data, flat, flat)
    judge = Judge(data=data, scores=scores, level=0.95, resampler=Resampler(n, resamples=60))
    return judge, x, scores


def areas_by_hand(treated: list[bool], outcome: list[float], ranking: list[float]) -> tuple[float, float]:
    """Qini coefficient and AUUC, counted customer by customer; equal ranks enter together."""
    everybody, arm = len(treated), sum(treated)
    points = [(0.0, 0.0, 0.0)]
    for border in sorted(set(ranking), reverse=True):
        inside = [i for i in range(everybody) if ranking[i] >= border]
        arms = {True: [outcome[i] for i in inside if treated[i]], False: [outcome[i] for i in inside if not treated[i]]}
        mean = {side: sum(values) / len(values) if values else 0.0 for side, values in arms.items()}
        gain = (sum(arms[True]) - mean[False] * len(arms[True])) / arm
        both = mean[True] - mean[False] if arms[True] and arms[False] else 0.0
        points.append((len(inside) / everybody, gain, both * len(inside) / everybody))
    qini = auuc = 0.0
    for (x0, q0, u0), (x1, q1, u1) in pairwise(points):
        qini += (x1 - x0) * (q0 + q1) / 2
        auuc += (x1 - x0) * (u0 + u1) / 2
    return qini - points[-1][1] / 2, auuc


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(-2, 2)), min_size=4, max_size=30))
@settings(max_examples=60, deadline=None)
def test_areas__equal_those_counted_customer_by_customer(rows: list[tuple[bool, int, int]]) -> None:
    treated, outcome, ranking = (list(column) for column in zip(*rows, strict=True))
    if not any(treated):
        return
    data = Randomised(X=np.zeros((len(rows), 1)), treated=np.array(treated), outcome=np.array(outcome, dtype=float),
                      propensity=0.5)  # fmt: skip
    judge = Judge(data=data, scores=np.zeros(len(rows)), level=0.9, resampler=Resampler(len(rows), resamples=2))
    ranked = judge.rank(np.array(ranking, dtype=float))
    assert (ranked.qini[0], ranked.auuc[0]) == pytest.approx(areas_by_hand(treated, outcome, ranking))


def test_qini__is_zero_for_one_rank_and_high_for_the_truth() -> None:
    judge, x, _ = drawn(4000)
    assert judge.rank(np.zeros(4000)).qini[0] == pytest.approx(0)
    best, low, high = judge.rank(x).qini
    # with uplift .2 x, x normal, the area is .2 * (integral of the normal Lorenz curve) = .2 / (2 sqrt(pi))
    assert low < 0.2 / (2 * np.sqrt(np.pi)) < high
    assert judge.rank(-x).qini[2] < 0 < low < best
    assert judge.rank(x).qini_over(judge.rank(-x))[1] > 0


def test_values__of_contacting_everybody_are_the_average_effect() -> None:
    judge, x, scores = drawn(1000)
    values = judge.rank(x).values(scores - 0.1)
    assert values["value"].iloc[-1] == pytest.approx(scores.mean() - 0.1)
    assert values["value"].iloc[4] > values["value"].iloc[-1]
    assert (values["value_low"] < values["value"]).all()


def test_deciles__and_slope_tell_whether_predictions_are_calibrated() -> None:
    judge, x, _ = drawn(4000)
    table = by_decile(judge, 0.2 * x)
    assert table["customers"].tolist() == [400] * 10
    assert table["measured"].iloc[0] > 0.2 > -0.2 > table["measured"].iloc[-1]
    slope, low, high = calibration(judge, 0.2 * x)
    assert low < 1 < high
    assert calibration(judge, 0.4 * x)[0] == pytest.approx(slope / 2)
    assert np.isnan(calibration(judge, np.ones(4000))[0])
