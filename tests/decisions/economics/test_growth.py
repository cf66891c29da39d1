from __future__ import annotations

import numpy as np
import pytest

from tenure_decisions.economics.growth import growth
from tenure_features.errors import UsageError


def test_growth__both_conventions_worked_out_by_hand(study) -> None:
    found = growth(study(), days=30).channels.set_index("channel")
    search = found.loc["search"]
    # two customers, 55 each within 30 days, 60 spent on them
    assert search[["customers", "value_before_cac", "cac", "value_net"]].tolist() == pytest.approx([2, 55, 30, 25])
    assert search["g_before"] == pytest.approx(2 * 55 / 30)
    assert search["g_net"] == pytest.approx(2 * 25 / 30)
    assert search["g_before"] - search["g_net"] == pytest.approx(2)
    assert np.isnan(found.loc["organic", "g_before"])  # customers cost nothing: no ratio
    assert found.loc["all", "g_before"] == pytest.approx(4 * ((80 + 30 + 100 + 10) / 4) / 25)


def test_growth__months_hold_the_money_of_their_own_days(study) -> None:
    months = growth(study(), days=30).months.set_index("month")
    assert months["customers"].to_dict() == {"2024-01": 2, "2024-02": 1, "2024-03": 1}
    assert months["spend"].tolist() == [30.0, 0.0, 0.0]
    assert months["complete"].all()
    assert months.loc["2024-01", "cac"] == 15.0
    assert months.loc["2024-01", "g_before"] == pytest.approx(2 * 55 / 15)


def test_growth__overhead_is_part_of_what_a_month_of_customers_cost(study) -> None:
    months = growth(study(overhead_rate=0.1), days=30).months.set_index("month")
    assert months.loc["2024-01", "cac"] == pytest.approx((30 + 3) / 2)
    assert months["spend"].tolist() == [30.0, 0.0, 0.0]


def test_growth__a_point_of_each_lever_worked_out_by_hand(study) -> None:
    levers = growth(study(), days=90).what_if
    found = levers[levers["channel"] == "search"].set_index("lever")["gain_per_customer"]
    # within 90 days: 65 a customer; in days 30 to 60 one customer was active and brought 20; first orders: 55 / 1.5
    assert found["retention"] == pytest.approx(0.01 * 20)
    assert found["order value"] == pytest.approx(0.65)
    assert found["frequency"] == pytest.approx(0.01 * (65 - 110 / 3))
    assert found["cac"] == pytest.approx(0.30)


def test_growth__without_spend_only_value_is_known(study) -> None:
    found = growth(study(spend=None), days=30)
    assert found.channels[["cac", "g_before", "g_net"]].isna().all().all()
    assert found.channels.set_index("channel").loc["search", "value_before_cac"] == 55.0
    levers = found.what_if.set_index(["channel", "lever"])["gain_per_customer"]
    assert levers["search", "order value"] == pytest.approx(0.55)
    assert np.isnan(levers["search", "cac"])


def test_growth__knows_the_ages_it_was_given(study) -> None:
    with pytest.raises(UsageError, match="not stated at 77 days"):
        growth(study(), days=77)
