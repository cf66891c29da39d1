"""Partial pooling beside statsmodels' random effects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from tenure_decisions.campaigns.groups import effects_by_group, pool_partially
from tenure_decisions.campaigns.trial import CampaignTrial

DIFFERENCES, ERRORS = np.array([0.02, 0.10, -0.03, 0.07]), np.array([0.01, 0.03, 0.02, 0.02])


def test_pooling__has_the_spread_and_the_mean_of_random_effects() -> None:
    theirs = combine_effects(DIFFERENCES, ERRORS**2, method_re="dl")
    pooled, errors, spread = pool_partially(DIFFERENCES, ERRORS)
    assert spread**2 == pytest.approx(theirs.tau2)
    own = theirs.tau2 / (theirs.tau2 + ERRORS**2)
    assert pooled == pytest.approx(own * DIFFERENCES + (1 - own) * theirs.mean_effect_re)
    assert (errors < ERRORS).all()


def test_pooling__of_groups_that_differ_by_chance_alone_gives_all_the_mean() -> None:
    pooled, errors, spread = pool_partially(np.array([0.01, 0.02]), np.array([0.05, 0.05]))
    assert spread == 0
    assert pooled.tolist() == pytest.approx([0.015, 0.015])
    assert errors.tolist() == pytest.approx([0.05 / np.sqrt(2)] * 2)


def test_groups__few_customers_are_left_out_and_no_interval_misses_its_estimate(
    trial: Callable[..., CampaignTrial],
) -> None:
    made = trial(customers=1500, effects={"email": 0.05})
    groups = pd.Series("many", index=pd.Index(made.customers["customer_id"]))
    groups.iloc[:10] = "few"
    groups.iloc[10:400] = "some"
    table = effects_by_group(made, groups, metric="retention")
    assert table["group"].tolist() == ["many", "some"]
    for name in ("difference", "seen"):
        assert table[name].between(table[f"{name}_low"], table[f"{name}_high"]).all()


def test_groups__of_a_single_one_are_none(trial: Callable[..., CampaignTrial]) -> None:
    made = trial(customers=300)
    assert effects_by_group(made, pd.Series(dtype=object), metric="retention").empty
