"""The truth is calibrated against what happens, exact where it can be checked, and survives the disk."""

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import UsageError
from tenure_simulator import lifetime_at, read_truth, realised_outcome, simulate_orders, truth_at
from tenure_simulator.behaviour import Leaving
from tenure_simulator.levers import PriceChange
from tenure_simulator.present import present


@pytest.fixture(scope="module")
def known(shop):
    """Truth and outcome at the end of the history, 90 days ahead, side by side."""
    _, _, truth = shop
    expected, happened = truth_at(truth, "2025-01-01", 90), realised_outcome(truth, "2025-01-01", 90)
    assert expected["customer_id"].equals(happened["customer_id"])
    return expected.assign(orders=happened["orders"], value=happened["value"])


def z_score(observed, mean, variance):
    return (observed.sum() - mean.sum()) / np.sqrt(variance.sum())


def test_truth_at__probability_is_calibrated(known):
    p, bought = known["buy_probability"], known["orders"] > 0
    assert abs(z_score(bought, p, p * (1 - p))) < 3.3
    for _, group in known[known["alive"]].groupby(pd.qcut(p[known["alive"]], 6)):
        q = group["buy_probability"]
        assert abs(z_score(group["orders"] > 0, q, q * (1 - q))) < 3.6


def test_truth_at__no_one_who_is_gone_buys(known):
    gone = known[~known["alive"]]
    assert (gone["buy_probability"] == 0).all()
    assert (gone["orders"] == 0).all()
    assert len(gone) > 1000


@pytest.mark.parametrize(("expected", "happened"), [("expected_orders", "orders"), ("expected_value", "value")])
def test_truth_at__means_are_calibrated(known, expected, happened):
    error = known[happened] - known[expected]
    assert abs(error.sum()) < 3.3 * np.sqrt((error**2).sum())
    heavy = known[expected] > known[expected].quantile(0.9)
    assert abs(error[heavy].sum()) < 3.3 * np.sqrt((error[heavy] ** 2).sum())


def test_truth_at__knows_returns_under_way(known):
    pending = known[~known["alive"] & (known["expected_value"] < 0)]
    assert len(pending) > 20
    happened = known.loc[~known["alive"], "value"]
    error = happened - known.loc[~known["alive"], "expected_value"]
    assert abs(error.sum()) < 3.3 * np.sqrt((error**2).sum())
    assert happened.sum() < 0


def test_truth_at__gives_several_horizons_that_grow(shop):
    _, _, truth = shop
    both = truth_at(truth, "2025-01-01", [30, 365])
    near, far = (both[both["horizon_days"] == h].reset_index(drop=True) for h in (30, 365))
    assert (far["buy_probability"] >= near["buy_probability"] - 1e-9).all()
    pd.testing.assert_frame_equal(near, truth_at(truth, "2025-01-01", 30))


@pytest.mark.parametrize("as_of", ["2022-01-01", "2031-01-01", "2024-05-05 12:00"])
def test_truth_at__refuses_moments_it_does_not_know(shop, as_of):
    with pytest.raises(UsageError, match="midnights within the simulated time"):
        truth_at(shop[2], as_of, 90)


@pytest.mark.parametrize("horizon", [0, 5000, []])
def test_truth_at__refuses_horizons_it_does_not_know(shop, horizon):
    with pytest.raises(UsageError, match="horizon"):
        truth_at(shop[2], "2025-01-01", horizon)


def test_realised__refuses_windows_that_end_too_late(shop):
    with pytest.raises(UsageError, match="after the simulated time"):
        realised_outcome(shop[2], "2025-12-01", 90)


def test_realised__agrees_with_the_orders_table(shop):
    _, orders, truth = shop
    window = orders[orders["ordered_at"].between("2024-03-01", "2024-05-30", inclusive="left")]
    known = realised_outcome(truth, "2024-03-01", 90).set_index("customer_id")
    value = window.groupby("customer_id")["revenue"].sum().reindex(known.index, fill_value=0.0)
    count = window[~window["is_return"]].groupby("customer_id").size().reindex(known.index, fill_value=0)
    before = orders[~orders["is_return"] & (orders["ordered_at"] < "2024-03-01")]
    assert set(known.index) == set(before["customer_id"])
    assert np.allclose(known["value"], value)
    assert (known["orders"] == count).all()


def test_present__elapsed_time_is_the_generators_own(shop):
    """The purchase time since the last order, recomputed from the ledger, is what the generator stopped at."""
    config, _, truth = shop
    for index, campaign in enumerate(config.campaigns):
        now, contacts = present(truth, campaign.day), truth.contacts
        alive = now.position.alive
        elapsed = dict(zip(now.who[alive], now.position.elapsed[alive], strict=True))
        rows = np.flatnonzero((contacts.campaign == index) & (contacts.alive > 0))
        assert len(rows) > 50
        recomputed = np.array([elapsed[who] for who in contacts.customer[rows]])
        assert recomputed == pytest.approx(contacts.elapsed[rows], abs=1e-4)


def test_lifetime_at__is_the_limit_of_a_long_horizon(calm):
    """Two formulas for what is to come when everybody leaves within months: closed form and integration over days."""
    leaving = Leaving(after_order=0.1, cooling_after_days=60, cooling_days=15, loyalty_effect=0)
    config = calm(customers=1500, leaving=leaving, price_changes=(PriceChange(day=900, price=1.2, demand=0.8),))
    _, truth = simulate_orders(config)
    ever, long = lifetime_at(truth, "2025-01-01"), truth_at(truth, "2025-01-01", 1000)
    assert long["alive"].sum() > 50
    remaining, expected = ever["remaining_orders"].to_numpy(), long["expected_orders"].to_numpy()
    assert remaining == pytest.approx(expected, rel=0.01, abs=1e-4)
    assert remaining.sum() == pytest.approx(expected.sum(), rel=1e-3)
    quiet = present(truth, 1096).last < 1096 - 24  # no returns under way, which the outlook counts too
    assert quiet.sum() > 1000
    remaining, expected = ever["remaining_contribution"].to_numpy(), long["expected_contribution"].to_numpy()
    assert remaining[quiet] == pytest.approx(expected[quiet], rel=0.01, abs=0.01)


def test_read_truth__gives_the_same_outlook(written):
    config, result = written
    truth = read_truth(result.out)
    stored = pd.read_parquet(result.truth_path / "outlook")
    again = truth_at(truth, pd.Timestamp("2025-01-01"), sorted(stored["horizon_days"].unique().tolist()))
    keys = ["horizon_days", "customer_id"]
    stored, again = (frame.sort_values(keys, ignore_index=True) for frame in (stored, again))
    pd.testing.assert_frame_equal(stored, again, check_dtype=False)
    assert truth.config == config


def test_read_truth__says_what_folder_it_wants(tmp_path):
    with pytest.raises(UsageError, match="no truth"):
        read_truth(tmp_path)
