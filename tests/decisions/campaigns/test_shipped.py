"""The winner's curse: what winners are believed to bring beside what truth has."""

from __future__ import annotations

import numpy as np
import pytest

from tenure_decisions.campaigns.shipped import LiftPrior, shrink_lifts


@pytest.mark.parametrize(("mean", "spread"), [(0.02, 0.05), (0.05, 0.2)])
def test_winners__shrunk_sum_is_within_its_interval_where_the_raw_one_is_not(mean: float, spread: float) -> None:
    rng = np.random.default_rng(1)
    inside, raw_inside, off, raw_off = [], [], [], []
    for _ in range(100):
        lifts = rng.normal(mean, spread, 30)
        errors = rng.uniform(0.03, 0.15, 30)
        seen = rng.normal(lifts, errors)
        wins = (seen > 1.96 * errors).astype(float)
        if not wins.any():
            continue
        total, low, high = shrink_lifts(seen, errors).total(wins)
        truth, raw, half = wins @ lifts, wins @ seen, 1.96 * np.sqrt(wins @ errors**2)
        inside.append(low <= truth <= high)
        raw_inside.append(abs(raw - truth) <= half)
        off.append(total - truth)
        raw_off.append(raw - truth)
    assert np.mean(inside) > 0.9
    assert np.mean(raw_inside) < 0.88
    assert abs(np.mean(off)) < 0.2 * np.mean(raw_off)


def test_chance__of_a_sure_lift_is_the_power() -> None:
    assert LiftPrior(mean=0.1, deviation=0.0, arms=1).chance_to_see(0.1, level=0.95, power=0.8) == pytest.approx(
        0.8, abs=1e-4
    )
