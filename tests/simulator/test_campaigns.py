"""Randomisation, its fault, and true effects against what really happened to thousands."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tenure_simulator import preset, simulate_orders, uplift_at_launch
from tenure_simulator.campaigns import log_boosts
from tenure_simulator.levers import Arm, CampaignPlan


def rows(truth, name, *, recorded=True):
    index = [campaign.name for campaign in truth.config.campaigns].index(name)
    hit = truth.contacts.campaign == index
    return np.flatnonzero(hit & (truth.contacts.recorded > 0) if recorded else hit)


def ratio_pvalue(truth, name):
    """Chi-square test of the recorded arms against the planned shares."""
    campaign = next(c for c in truth.config.campaigns if c.name == name)
    planned = np.array([campaign.control_share, *(arm.share for arm in campaign.arms)])
    seen = np.bincount(truth.contacts.arm[rows(truth, name)], minlength=len(planned))
    return stats.chisquare(seen, planned * seen.sum()).pvalue


@pytest.mark.parametrize("name", ["spring_voucher", "win_back", "aa_test", "loyalty_call"])
def test_arms__have_their_planned_shares(shop, name):
    assert ratio_pvalue(shop[2], name) > 1e-3


def test_arms__of_the_broken_campaign_show_a_sample_ratio_mismatch(shop):
    assert ratio_pvalue(shop[2], "app_push") < 1e-6


@pytest.mark.parametrize("name", ["spring_voucher", "win_back", "aa_test", "loyalty_call"])
def test_arms__are_balanced_in_what_came_before(shop, name):
    truth = shop[2]
    chosen = rows(truth, name)
    who, arm = truth.contacts.customer[chosen], truth.contacts.arm[chosen]
    for trait in ("rate", "persuadable", "arrival", "birth_year", "discounted"):
        values = np.log(getattr(truth.traits, trait)[who] + 1e-9)
        groups = [values[arm == a] for a in np.unique(arm)]
        assert stats.f_oneway(*groups).pvalue > 1e-4, trait


def test_audience__is_lapsed_or_recent_on_the_day(shop):
    config, _, truth = shop
    for name, lapsed in (("win_back", True), ("loyalty_call", False)):
        day = next(c.day for c in config.campaigns if c.name == name)
        before = truth.ledger.day < day
        last = np.full(len(truth.left), -np.inf)
        np.maximum.at(last, truth.ledger.customer[before], truth.ledger.day[before])
        silent = day - last[truth.contacts.customer[rows(truth, name, recorded=False)]]
        assert np.isfinite(silent).all()
        assert ((silent >= 60 - 1e-4) if lapsed else (silent <= 60 + 1e-4)).all()


def test_log_boosts__are_the_arms_strength_for_the_persuadable():
    campaign = CampaignPlan(name="c", day=1, arms=(Arm(name="a", share=0.2, strength=0.5), Arm(name="b", share=0.2)))
    boosts = log_boosts(campaign, np.array([0, 1, 1, 2]), np.array([1.0, 1.0, 0.2, 1.0]))
    assert boosts == pytest.approx([0.0, 0.5, 0.1, 0.0])


@pytest.fixture(scope="module")
def contacted():
    """A shop with one strong campaign, and the truth about it: (uplift, outcomes per customer)."""
    arms = (
        Arm(name="strong", share=0.4, strength=1.5, discount=0.2, contact_cost=0.5),
        Arm(name="nuisance", share=0.3, strength=0.0, annoyance=0.5, contact_cost=0.1),
    )
    config = preset("shop", customers=14_000, seed=4).model_copy(
        update={"campaigns": (CampaignPlan(name="test", day=700, arms=arms, effect_days=60),), "future_days": 0}
    )
    _, truth = simulate_orders(config)
    window = (truth.ledger.day >= 700) & (truth.ledger.day < 760)
    bought = np.bincount(truth.ledger.customer[window], minlength=len(truth.left)) > 0
    outcome = pd.DataFrame({"customer_id": truth.customer_id, "bought": bought})
    return uplift_at_launch(truth).merge(outcome, on="customer_id")


@pytest.mark.parametrize("arm", ["strong", "nuisance"])
def test_uplift__probabilities_are_those_of_each_arm(contacted, arm):
    truth = contacted[contacted["arm"] == arm]
    for assigned, column in (("control", "buy_probability_control"), (arm, "buy_probability_treated")):
        group = truth[truth["assigned_arm"] == assigned]
        p = group[column]
        assert abs(group["bought"].sum() - p.sum()) < 3.3 * np.sqrt((p * (1 - p)).sum())


def test_uplift__is_seen_by_a_difference_in_means(contacted):
    truth = contacted[contacted["arm"] == "strong"]
    treated, control = (truth.loc[truth["assigned_arm"] == arm, "bought"] for arm in ("strong", "control"))
    error = np.sqrt(treated.var() / len(treated) + control.var() / len(control))
    assert treated.mean() - control.mean() == pytest.approx(truth["uplift"].mean(), abs=3.3 * error)
    assert truth["uplift"].mean() > 3 * error


def test_uplift__has_all_four_groups_and_annoyed_customers_buy_less(contacted):
    assert set(contacted["group"]) == {"persuadable", "sure thing", "lost cause", "sleeping dog"}
    nuisance = contacted[contacted["arm"] == "nuisance"]
    assert (nuisance["uplift"] <= 1e-9).all()
    assert nuisance["uplift"].min() < -0.05


def test_uplift__of_the_lost_is_the_cost_of_the_contact(contacted):
    gone = contacted[(contacted["buy_probability_control"] == 0) & (contacted["arm"] == "strong")]
    assert len(gone) > 100
    assert (gone["contribution_uplift"] == -0.5).all()


def test_uplift__of_the_a_a_test_is_nothing(shop):
    effects = uplift_at_launch(shop[2])
    same = effects[effects["campaign"] == "aa_test"]
    assert (same["uplift"] == 0).all()
    assert (same["contribution_uplift"] == 0).all()
