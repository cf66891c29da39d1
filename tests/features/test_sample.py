"""A sample of customers: the same by id alone, with everything they did."""

import pandas as pd
import pytest

from tenure_features import open_shop, orders, outcomes, sample, snapshots
from tenure_features.reading.engine import fetch
from tenure_features.sample import narrow_to_sample

FEATURES = ["recency_days", "orders_total", "revenue_total"]


def _shop(customers: int, *, later: int = 0):
    day = pd.Timestamp("2024-01-01")
    rows = [
        (f"c{number}", day + pd.Timedelta(days=number % 50 + 7 * order), 10.0 + number)
        for number in range(customers)
        for order in range(1 + number % 3 + later)
    ]
    return open_shop(pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue"]), "2024-06-01")


def test_narrow_to_sample__holds_so_many_with_everything_they_did():
    shop = _shop(60)
    whole = snapshots(shop, "2024-03-01", features=FEATURES)
    part = snapshots(narrow_to_sample(shop, most=25), "2024-03-01", features=FEATURES)
    assert len(part) == 25
    same = whole.merge(part["customer_id"], on="customer_id")
    pd.testing.assert_frame_equal(part, same)


def test_narrow_to_sample__counts_what_they_did_next():
    shop = _shop(60)
    part = outcomes(narrow_to_sample(shop, most=25), "2024-01-20", 30)
    whole = outcomes(shop, "2024-01-20", 30).merge(part["customer_id"], on="customer_id")
    assert 0 < len(part) < 25
    pd.testing.assert_frame_equal(part, whole)


def test_narrow_to_sample__depends_on_ids_alone():
    samples = [
        set(
            snapshots(narrow_to_sample(_shop(60, later=later), most=25), "2024-06-01", features=FEATURES)["customer_id"]
        )
        for later in (0, 2)
    ]
    assert samples[0] == samples[1]


def test_narrow_to_sample__sets_many_orders_apart(monkeypatch):
    """What a sample of a sample of a large log holds is what it holds when it is looked for in every query."""
    lazily = narrow_to_sample(_shop(60), most=25)
    monkeypatch.setattr(sample, "MANY_ORDERS", 10)
    shop = _shop(60)
    twice = [narrow_to_sample(narrow_to_sample(shop, most=40), most=25) for _ in range(2)]  # names do not collide
    assert twice[0].log.figures.orders == pytest.approx(lazily.log.figures.orders, abs=1)
    for part in twice:
        pd.testing.assert_frame_equal(*(snapshots(one, "2024-03-01", features=FEATURES) for one in (lazily, part)))
        assert len(fetch(orders(part).select("customer_id").distinct())) == 25


@pytest.mark.parametrize("most", [60, 1000])
def test_narrow_to_sample__leaves_a_small_shop_whole(most):
    shop = _shop(60)
    assert narrow_to_sample(shop, most=most) is shop
