"""Lots: every stratum is split as planned, every customer has the planned chance, the seed decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_decisions.campaigns.randomisation import join_strata, randomise, require_arms
from tenure_features.errors import UsageError

SHARES = {"control": 0.5, "email": 0.3, "call": 0.2}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=80), st.integers(0, 50))
def test_lot__splits_every_stratum_as_planned_but_for_one_customer(strata: list[str], seed: int) -> None:
    arms = randomise(strata, SHARES, rng=np.random.default_rng(seed))
    for stratum in set(strata):
        inside = arms[np.array(strata) == stratum]
        for arm, share in SHARES.items():
            assert abs((inside == arm).sum() - share * len(inside)) < 1 + 1e-9


def test_lot__gives_everybody_the_planned_chance_even_in_strata_of_one() -> None:
    draws = np.array([randomise(["a", "b", "b"], SHARES, rng=np.random.default_rng(seed)) for seed in range(4000)])
    for arm, share in SHARES.items():
        assert (draws == arm).mean(axis=0) == pytest.approx([share] * 3, abs=0.03)


def test_lot__is_decided_by_the_seed() -> None:
    first, again, other = (randomise(["a"] * 100, SHARES, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_strata__too_many_are_coarsened_from_the_last_column_on() -> None:
    columns = pd.DataFrame({"segment": ["a", None] * 300, "id": range(600)})
    assert sorted(join_strata(columns).unique()) == ["a", "unknown"]
    assert join_strata(columns[["id"]]).unique().tolist() == ["all"]
    assert join_strata(columns.assign(id=1)).unique().tolist() == ["a / 1", "unknown / 1"]


@pytest.mark.parametrize("shares", [{"control": 1.0}, {"email": 1.0, "call": 1.0}, {"control": 1.0, "email": -1.0}])
def test_arms__that_make_no_test_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        require_arms(shares, control="control")
