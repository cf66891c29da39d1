"""The rhythm expects of customers what their order days, recency and age say, in any currency."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tenure_features.stored import parse_stored
from tenure_training.models.btyd.btyd_ensemble import _FAMILY, SURE_CUSTOMERS, BtydEnsemble


@pytest.fixture(scope="module")
def rhythm(frame) -> BtydEnsemble:
    return BtydEnsemble.fit(frame.present)


def _priced(snapshot, factor):
    return snapshot.assign(value_mean=snapshot["value_mean"] * factor)


def test_rhythm__expects_more_of_a_longer_window(rhythm, frame):
    short, long = (rhythm.expect(frame.present, days=days) for days in (30, 90))
    for name in _FAMILY:
        assert (long.odds[name] >= short.odds[name]).all()
        assert (long.orders[name] >= short.orders[name]).all()
    assert (long.log_odds > short.log_odds).mean() > 0.9
    np.testing.assert_array_equal(long.spend, short.spend)


def test_rhythm__expects_less_of_those_long_silent(rhythm, frame):
    customer = frame.present[frame.present["order_days"] >= 3].iloc[[0, 0]]
    silent = customer.assign(span_days=[40.0, 40.0], tenure_days=[45.0, 200.0])
    fresh, gone = rhythm.expect(silent, days=60).log_odds
    assert fresh > gone


def test_rhythm__averages_its_models(rhythm, frame):
    expected = rhythm.expect(frame.present, days=60)
    np.testing.assert_allclose(expected.log_odds, sum(expected.odds.values()) / len(_FAMILY))
    log_orders = [np.log(orders) for orders in expected.orders.values()]
    np.testing.assert_allclose(expected.log_orders, sum(log_orders) / len(_FAMILY))


def test_rhythm__counts_orders_where_the_models_count_days(frame):
    doubled = frame.present.assign(orders_total=2 * frame.present["orders_total"])
    one, two = (BtydEnsemble.fit(snapshot).expect(frame.present, days=60) for snapshot in (frame.present, doubled))
    for name in _FAMILY:
        above = one.orders[name] > 2 * SURE_CUSTOMERS
        np.testing.assert_allclose(two.orders[name][above], 2 * one.orders[name][above])
        np.testing.assert_array_equal(two.odds[name], one.odds[name])


@pytest.mark.parametrize("factor", [1e-9, 1024.0, 1e12])
def test_rhythm__knows_no_currency(rhythm, frame, factor):
    other = BtydEnsemble.fit(_priced(frame.present, factor))
    one, two = rhythm.expect(frame.present, days=60), other.expect(_priced(frame.present, factor), days=60)
    np.testing.assert_allclose(two.spend, factor * one.spend, rtol=1e-6)
    assert two.typical_spend == pytest.approx(factor * one.typical_spend)
    np.testing.assert_array_equal(two.log_odds, one.log_odds)


def test_rhythm__of_a_shop_that_gives_everything_away_expects_next_to_nothing(frame):
    free = _priced(frame.present, 0.0)
    expected = BtydEnsemble.fit(free).expect(free, days=60)
    assert (expected.spend > 0).all()
    assert expected.spend.max() <= SURE_CUSTOMERS * 1.001


def test_rhythm__learns_no_spend_from_customers_who_returned_everything(frame):
    first = frame.present.index[0]
    lost = frame.present.assign(value_mean=frame.present["value_mean"].where(frame.present.index != first, -50.0))
    expected = BtydEnsemble.fit(lost).expect(lost, days=60)
    without = BtydEnsemble.fit(lost)
    assert expected.spend[0] == pytest.approx(without.spend.mean_spend)


def test_rhythm__does_not_depend_on_the_order_of_rows(rhythm, frame):
    shuffled = frame.present.sample(frac=1, random_state=1)
    assert BtydEnsemble.fit(shuffled).to_dict() == rhythm.to_dict()


def test_rhythm__is_the_same_after_json(rhythm, frame):
    again = BtydEnsemble.from_stored(parse_stored(json.dumps(rhythm.to_dict()).encode(), "x.json"))
    one, two = (each.expect(frame.present, days=60) for each in (rhythm, again))
    np.testing.assert_array_equal(one.log_odds, two.log_odds)
    np.testing.assert_array_equal(one.log_orders, two.log_orders)
    np.testing.assert_array_equal(one.spend, two.spend)
