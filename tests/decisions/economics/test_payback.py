from __future__ import annotations

import numpy as np
import pytest

from tenure_decisions.economics.payback import payback

EDGES = np.array([0.0, 30.0, 60.0, 90.0])


def found(curve: list[list[float]], cost: float, at_risk: tuple[float, ...] = (9, 9, 9)):
    draws = np.array(curve)
    return payback(draws, EDGES, np.full(len(draws), cost), at_risk=np.array(at_risk), least=5, level=0.8)


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (10.0, "month 1 (1 to 1)"),
        (14.5, "month 3 (3 to 3)"),
        (25.0, "not yet after 3 months"),
        (0.0, "no cost"),
        (np.nan, "unknown"),
    ],
)
def test_payback__says_the_month_or_why_there_is_none(cost: float, said: str) -> None:
    assert str(found([[0, 10, 14, 20]] * 3, cost)) == said


def test_payback__not_yet_is_never_averaged_with_months() -> None:
    # of ten draws six have paid back in month 2, four not yet: no month 2.7, but "2 to not yet"
    curve = [[0, 5, 12, 12]] + [[0, 5, 12, 12]] * 6 + [[0, 5, 8, 9]] * 4
    result = found(curve, 11.0)
    assert (result.month, result.low, result.high) == (2.0, 2.0, np.inf)
    assert str(result) == "month 2 (2 to not yet)"


def test_payback__months_too_few_customers_have_reached_are_not_observed() -> None:
    result = found([[0, 10, 14, 20]] * 3, 18.0, at_risk=(9, 5, 4))
    assert (result.status, result.observed_months) == ("not yet", 2)


def test_payback__a_curve_that_falls_below_the_cost_again_has_paid_back_before() -> None:
    assert found([[0, 10, 4, 4]] * 3, 9.0).month == 1.0
    assert found([[0, -5, -9, -9]] * 3, 9.0).status == "not yet"
