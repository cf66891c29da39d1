"""Checks: a fair test passes, each fault stops it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from tenure_decisions.campaigns.checks import check_trial
from tenure_decisions.campaigns.trial import CampaignTrial, open_trial
from tenure_features.errors import UsageError

Tables = tuple[pd.DataFrame, pd.DataFrame]
HALVES = {"control": 0.5, "email": 0.5}
AS_OF = pd.Timestamp("2025-01-01")


def stopped(tables: Tables, traits: pd.DataFrame | None = None) -> list[str]:
    made = open_trial(*tables, campaign="spring", horizon_days=30, as_of=AS_OF)
    return [check.name for check in check_trial(made, shares=HALVES, traits=traits) if check.stops]


def test_checks__let_a_fair_test_pass(tables: Callable[..., Tables]) -> None:
    assert stopped(tables(2000, seed=1)) == []


def test_sample_ratio__is_the_chi_square_test_of_the_planned_shares(trial: Callable[..., CampaignTrial]) -> None:
    made = trial()
    counts = made.assigned["arm"].value_counts()
    theirs = chisquare(counts, counts.sum() / 2).pvalue
    assert check_trial(made, shares=HALVES)[0].p_value == pytest.approx(theirs)
    assert check_trial(made, shares={"control": 5, "email": 5})[0].p_value == pytest.approx(theirs)


def test_sample_ratio__stops_a_test_that_lost_rows(tables: Callable[..., Tables]) -> None:
    assert "sample ratio" in stopped(tables(2000, seed=1, control_share=0.56))


def test_balance__stops_a_test_whose_arms_were_chosen_by_what_customers_did(tables: Callable[..., Tables]) -> None:
    assignments, orders = tables(4000, seed=1)
    buyers = assignments["customer_id"].isin(orders.loc[orders["revenue"] == 20.0, "customer_id"])
    moved = buyers & (np.arange(len(buyers)) % 4 == 0)
    chosen = assignments.assign(arm=assignments["arm"].mask(moved, "email"))
    assert "retention in the days before" in stopped((chosen, orders))


def test_balance__stops_a_test_that_lost_rows_of_one_device_although_nobody_planned_shares(
    tables: Callable[..., Tables],
) -> None:
    assignments, orders = tables(4000, seed=1)
    device = np.where(np.arange(len(assignments)) % 3 == 0, "mobile", "desktop")
    traits = pd.DataFrame({"customer_id": assignments["customer_id"], "device": device})
    lost = (device == "mobile") & (assignments["arm"] == "email") & (np.arange(len(device)) % 2 == 0)
    made = open_trial(assignments[~lost], orders, campaign="spring", horizon_days=30, as_of=AS_OF)
    assert [check.name for check in check_trial(made, traits=traits) if check.stops] == ["arms by device"]


def test_timing__stops_a_test_whose_arms_came_at_different_times(tables: Callable[..., Tables]) -> None:
    assignments, orders = tables(600, seed=1)
    later = assignments["assigned_at"] + pd.to_timedelta(3 * (assignments["arm"] == "email"), unit="D")
    assert "late assignments" in stopped((assignments.assign(assigned_at=later), orders))


def test_several_arms__stop_a_test_from_one_in_a_hundred_on(tables: Callable[..., Tables]) -> None:
    assignments, orders = tables(1000, seed=1)
    for customers, stops in ((9, False), (30, True)):
        again = assignments.head(customers).assign(
            arm=lambda rows: rows["arm"].map({"control": "email"}).fillna("control")
        )
        assert ("in several arms" in stopped((pd.concat([assignments, again]), orders))) is stops


def test_contamination__contacts_in_control_stop_a_test(tables: Callable[..., Tables]) -> None:
    assignments, orders = tables(1000, seed=1)
    assert "contacts in control" not in stopped((assignments.assign(contact_cost=0.0), orders))
    assert "contacts in control" in stopped((assignments.assign(contact_cost=0.1), orders))


def test_contamination__another_campaign_that_reached_one_arm_stops_a_test(tables: Callable[..., Tables]) -> None:
    assignments, orders = tables(1000, seed=1)
    even = assignments[np.arange(1000) % 2 == 0].assign(campaign="other", arm="sms")
    uneven = assignments[assignments["arm"] == "email"].assign(campaign="other", arm="sms")
    far = uneven.assign(assigned_at=uneven["assigned_at"] - pd.Timedelta(days=90))
    assert stopped((pd.concat([assignments, even]), orders)) == []
    assert stopped((pd.concat([assignments, far]), orders)) == []
    assert stopped((pd.concat([assignments, uneven]), orders)) == ["also in other"]


def test_customers_of_another_numbering__stop_a_test(tables: Callable[..., Tables]) -> None:
    assignments, orders = tables(300, seed=1)
    assert "customers known" in stopped((assignments, orders.assign(customer_id="x" + orders["customer_id"])))


@pytest.mark.parametrize("shares", [{"control": 0.5}, {"control": 0.5, "email": 0.0}, {"control": 0.5, "mail": 0.5}])
def test_shares__that_do_not_fit_are_refused(trial: Callable[..., CampaignTrial], shares: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="do not fit"):
        check_trial(trial(), shares=shares)
