"""What is said beside an expected value."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tenure_serving.value_words import ValueRange, value_lines

MONEY = st.one_of(st.none(), st.just(float("nan")), st.floats(-50, 1e6))


@given(nothing=st.floats(0, 1), expected=st.floats(-50, 1e6), low=MONEY, high=MONEY, low_if=MONEY, high_if=MONEY)
def test_value_range__never_sets_a_mean_beside_an_interval_that_excludes_it(
    nothing, expected, low, high, low_if, high_if
) -> None:
    row = {
        "churn_probability": nothing, "expected_value": expected, "value_low": low, "value_high": high,
        "value_if_buys_low": low_if, "value_if_buys_high": high_if,
    }  # fmt: skip
    said = ValueRange.of(row)
    if said.low is not None:
        assert said.low <= expected <= said.high
        assert nothing <= 0.2 + 1e-9
    assert said.low is None or said.nothing is None
    assert not any("nan" in line or "None" in line for line in value_lines(row))


def test_value_lines__say_apart_what_happens_and_what_it_is_worth() -> None:
    row = {
        "churn_probability": 0.84, "expected_value": 9.75, "value_low": 0.0, "value_high": 0.0,
        "value_if_buys_low": 21.0, "value_if_buys_high": 140.5,
    }  # fmt: skip
    assert value_lines(row, currency="EUR") == [
        "is worth 9.75 EUR on average", "buys nothing with 84 %; if they buy, 21.00 to 140.50 EUR (80 %)"
    ]  # fmt: skip
    sure = row | {"churn_probability": 0.05, "expected_value": 80.0, "value_low": 12.0, "value_high": 200.0}
    assert value_lines(sure) == ["is worth 80.00 (80 % of such customers: 12.00 to 200.00)"]
    skewed = sure | {"expected_value": 300.0}
    assert value_lines(skewed)[1].startswith("buys nothing with 5 %")
    assert value_lines({"churn_probability": np.float64(0.5), "expected_value": 3.0}) == ["is worth 3.00"]
