"""The paired bootstrap finds real differences, ignores luck, and treats a customer's origins as one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.metrics import paired_bootstrap
from tenure_training.models.contract import Prediction

N = 300


def _origin(seed: int) -> tuple[np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    p = rng.beta(1.5, 1.5, N)
    bought = rng.random(N) < p
    value = np.where(bought, rng.gamma(2, 20, N), 0.0)
    return p, pd.DataFrame({"customer_id": [f"c{k}" for k in range(N)], "orders": bought * 1, "value": value})


def _say(p: np.ndarray) -> Prediction:
    return Prediction(buy_probability=p, expected_orders=p, expected_value=40 * p)


def test_paired_bootstrap__a_candidate_does_not_differ_from_itself():
    p, did = _origin(1)
    for answer in paired_bootstrap([_say(p)], [_say(p)], [did], seed=1, resamples=50).values():
        assert (answer.difference, answer.low, answer.high, answer.verdict) == (0, 0, 0, "no difference")


def test_paired_bootstrap__verdicts_are_mirrored():
    p, did = _origin(2)
    noise = _say(np.random.default_rng(3).permutation(p))
    ours = paired_bootstrap([_say(p)], [noise], [did], seed=1, resamples=60)
    theirs = paired_bootstrap([noise], [_say(p)], [did], seed=1, resamples=60)
    for name, answer in ours.items():
        if name != "decile_mape":
            assert answer.verdict == "better"
            assert theirs[name].verdict == "worse"
        assert (theirs[name].low, theirs[name].high) == pytest.approx((-answer.high, -answer.low))


def test_paired_bootstrap__a_target_in_between_compares_distances():
    p, did = _origin(4)
    exact = did["value"].sum() / p.sum()
    near, far = (
        Prediction(buy_probability=p, expected_orders=p, expected_value=p * exact * 0.98),
        Prediction(buy_probability=p, expected_orders=p, expected_value=p * exact * 1.6),
    )
    answer = paired_bootstrap([near], [far], [did], seed=2, resamples=60, metrics=["total_bias"])["total_bias"]
    assert (answer.a, answer.b) == pytest.approx((-0.02, 0.6))
    assert answer.difference == pytest.approx(-0.58)
    assert answer.verdict == "better"


def test_paired_bootstrap__repeating_an_origin_adds_no_evidence():
    p, did = _origin(5)
    other = _say(np.clip(p + np.random.default_rng(6).normal(0, 0.15, N), 0.01, 0.99))
    once = paired_bootstrap([_say(p)], [other], [did], seed=3, metrics=["brier"])["brier"]
    thrice = paired_bootstrap([_say(p)] * 3, [other] * 3, [did] * 3, seed=3, metrics=["brier"])["brier"]
    assert (thrice.difference, thrice.low, thrice.high) == pytest.approx((once.difference, once.low, once.high))


def test_paired_bootstrap__the_seed_decides_everything():
    (p, did), (q, _) = _origin(7), _origin(8)
    runs = [paired_bootstrap([_say(p)], [_say(q)], [did], seed=seed, resamples=30) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_paired_bootstrap__a_metric_that_does_not_exist_has_no_verdict():
    p, did = _origin(9)
    answer = paired_bootstrap([_say(p)], [_say(p)], [did], seed=1, resamples=5, metrics=["crps"])["crps"]
    assert np.isnan(answer.difference)
    assert answer.verdict == "no difference"


def test_paired_bootstrap__origins_must_pair_up():
    p, did = _origin(10)
    with pytest.raises(ValueError, match="1, 2 predictions, 1 outcomes"):
        paired_bootstrap([_say(p)], [_say(p)] * 2, [did], seed=1)
