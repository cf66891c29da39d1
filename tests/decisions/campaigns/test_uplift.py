"""Uplift is learned from lots alone, found where it is, and not where it is not."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.campaigns.crossfit import split_customers
from tenure_decisions.campaigns.trial import CampaignTrial, open_trial
from tenure_decisions.campaigns.uplift import UpliftSettings, UpliftStudy, find_uplift
from tenure_features.errors import NothingToDoError, UsageError

START = pd.Timestamp("2024-03-01")
HALVES = {"control": 0.5, "email": 0.5}
Drawn = tuple[CampaignTrial, pd.DataFrame]


def drawn(customers: int, *, effect: float, chosen: float = 0.0, seed: int = 1) -> Drawn:
    """A campaign whose effect is ``effect`` times a feature, and whose arm depends on it where it was chosen."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"c{number}" for number in range(customers)])
    moved, other = rng.normal(size=(2, customers))
    email = rng.random(customers) < 0.5 + chosen * np.sign(moved)
    buys = rng.random(customers) < np.clip(0.4 + 0.1 * other + effect * moved * email, 0, 1)
    before = pd.DataFrame({"customer_id": ids, "ordered_at": START - pd.Timedelta(days=5), "revenue": 20.0})
    after = before[buys].assign(ordered_at=START + pd.Timedelta(days=3))
    rows = pd.DataFrame({"customer_id": ids, "campaign": "spring", "arm": np.where(email, "email", "control"),
                         "assigned_at": START, "contact_cost": np.where(email, 0.5, 0.0)})  # fmt: skip
    trial = open_trial(rows, pd.concat([before, after]), campaign="spring", horizon_days=30,
                       as_of=START + pd.Timedelta(days=40))  # fmt: skip
    return trial, pd.DataFrame({"customer_id": ids, "moved": moved, "other": other})


def learned(drawing: Drawn, **changes: Any) -> UpliftStudy:
    trial, features = drawing
    how = UpliftSettings(**({"shares": HALVES, "resamples": 60} | changes))
    return find_uplift(trial, features, how, now=features)


@pytest.fixture(scope="module")
def moving() -> UpliftStudy:
    """A contact that moves half of the customers to order, and drives the other half away."""
    return learned(drawn(1500, effect=0.2))


def test_uplift__is_found_where_it_is(moving: UpliftStudy) -> None:
    assert moving.findings.value("tells")
    rankings = moving.findings.frame("rankings").set_index("ranking")
    assert rankings["qini_low"][["two-model", "T-learner", "X-learner", "DR-learner"]].gt(0).all()
    assert rankings.loc["X-learner", "over_risk_low"] > 0
    true = drawn(1500, effect=0.2)[1]["moved"]
    assert np.corrcoef(moving.predictions["uplift"], true)[0, 1] > 0.85


def test_uplift__finds_sleeping_dogs(moving: UpliftStudy) -> None:
    kinds = moving.findings.frame("kinds").set_index("kind")
    assert kinds.loc["sleeping dog", "measured_high"] < 0 < kinds.loc["persuadable", "measured_low"]
    assert kinds["customers"].sum() == 1500


def test_uplift__values_policies_after_costs(moving: UpliftStudy) -> None:
    policies = moving.findings.frame("policies").set_index(["ranking", "contacted"])["value"]
    assert policies["X-learner", 0.5] > policies["random", 0.5]
    assert policies["X-learner", 1.0] == pytest.approx(policies["random", 1.0])


def test_uplift__of_money_tells_customers_apart_where_the_trial_does(moving: UpliftStudy) -> None:
    money = moving.findings.frame("money").iloc[0]
    assert money["lift_low"] < money["believed"] < money["lift_high"]
    assert money["told_apart"] == "yes"
    # an order brings 20: who is moved by d brings 20 d more, who is driven away as much less
    true = 20 * 0.2 * drawn(1500, effect=0.2)[1]["moved"]
    slope = np.polyfit(true, moving.predictions["extra"], 1)[0]
    assert 0.6 < slope < 1.2


def test_uplift__that_is_not_there_is_the_average_for_everybody() -> None:
    study = learned(drawn(1200, effect=0.0))
    assert not study.findings.value("tells")
    uplift = study.predictions["uplift"]
    assert uplift.to_numpy() == pytest.approx(uplift.mean())
    assert study.predictions["extra"].eq(0).all()
    assert study.findings.frame("money")["told_apart"].eq("no").all()
    assert "cannot be told apart" in study.findings.lead


def test_uplift__is_not_learned_from_customers_who_were_chosen() -> None:
    study = learned(drawn(1200, effect=0.2, chosen=0.15))
    assert study.findings.value("broken")
    assert "email foretold by features" in study.findings.text("reason")
    assert [table.name for table in study.findings.tables] == ["checks"]
    assert study.predictions.empty


def test_uplift__stops_where_the_sample_ratio_is_off() -> None:
    study = learned(drawn(600, effect=0.0), shares={"control": 0.3, "email": 0.7})
    assert "sample ratio" in study.findings.text("reason")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shares": None}, "The propensity is unknown"),
        ({"metric": "margin"}, "'margin' cannot be learned"),
        ({"learner": "S-learner"}, "no learner 'S-learner'"),
    ],
)
def test_uplift__refuses(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        learned(drawn(200, effect=0.0), **changes)


def test_uplift__of_a_few_customers_is_not_learned() -> None:
    with pytest.raises(NothingToDoError, match="Too few customers of an arm"):
        learned(drawn(90, effect=0.0))


def test_splits__predict_everybody_once_from_other_customers_and_closed_windows() -> None:
    days = np.random.default_rng(0).integers(0, 200, 400)
    assigned = pd.Series(START + pd.to_timedelta(days, unit="D"))
    splits = split_customers(assigned, horizon_days=30, seed=0)
    assert sorted(np.concatenate([split.test for split in splits])) == list(range(400))
    first = assigned.min() + pd.Timedelta(days=200 / 3)
    for split in splits:
        assert not set(split.train) & set(split.test)
        begin = assigned.iloc[split.test].min()
        if begin > first:
            assert (assigned.iloc[split.train] + pd.Timedelta(days=30) <= begin).all()
