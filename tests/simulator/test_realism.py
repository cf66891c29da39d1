"""The presets look like real logs from outside."""

from dataclasses import asdict

import pandas as pd
import pytest

from tenure_simulator import preset, simulate_orders
from tenure_simulator.realism import RANGES, log_shape, read_cdnow, read_online_retail, shape_table


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("seed", [0, 1])
def test_preset__lies_inside_the_ranges_of_real_logs(name, seed):
    orders, _ = simulate_orders(preset(name, customers=12_000, seed=seed))
    shape = asdict(log_shape(orders))
    for figure, (low, high) in RANGES[name].items():
        assert low <= shape[figure] <= high, figure


def test_subscription__buys_every_month_and_regularly():
    shape = log_shape(simulate_orders(preset("subscription", customers=2000))[0])
    assert 27 < shape.adbt_days < 36
    assert shape.gap_variation < 0.35
    assert shape.one_time_share < 0.25


def test_log_shape__of_a_table_one_can_count():
    orders = pd.DataFrame(
        [
            ("a", "2024-01-01 08:00", 10),
            ("a", "2024-01-01 18:00", 10),
            ("a", "2024-01-11", 60),
            ("a", "2024-01-20", -60),
            ("b", "2024-02-01", 20),
        ],
        columns=["customer_id", "ordered_at", "revenue"],
    ).assign(ordered_at=lambda frame: pd.to_datetime(frame["ordered_at"], format="mixed"))
    shape = log_shape(orders)
    assert (shape.customers, shape.orders_per_customer, shape.one_time_share) == (2, 1.5, 0.5)
    assert shape.adbt_days == 10
    assert shape.gini == pytest.approx(0.3)


def assert_lies_inside(shape):
    for figure, (low, high) in RANGES["shop"].items():
        assert low <= asdict(shape)[figure] <= high, figure


def test_cdnow__lies_inside_the_ranges_it_gave(cdnow):
    shape = log_shape(read_cdnow(cdnow / "CDNOW_master.txt"))
    assert shape.one_time_share == pytest.approx(0.510, abs=5e-4)
    assert shape.top_fifth == pytest.approx(0.677, abs=1e-3)
    assert_lies_inside(shape)
    assert "CDNOW" in shape_table(iter([("CDNOW", shape)]))


def test_online_retail__lies_inside_the_ranges_it_gave(online_retail):
    shape = log_shape(read_online_retail(online_retail))
    assert shape.one_time_share == pytest.approx(0.420, abs=5e-4)
    assert shape.top_fifth == pytest.approx(0.732, abs=1e-3)
    assert_lies_inside(shape)
