from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_decisions.economics.allocation import allocate, by_average_return
from tenure_features.errors import UsageError

worths = st.lists(st.floats(0.1, 100.0), min_size=2, max_size=6)


def square_roots(worth: list[float]):
    return lambda spend: np.array(worth) / 2 / np.sqrt(np.maximum(spend, 1e-12))


@given(worths, st.floats(0.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_allocate__no_move_between_channels_earns_more(worth: list[float], share: float) -> None:
    low, high = np.full(len(worth), 1.0), np.full(len(worth), 30.0)
    total = float(low.sum() + share * (high.sum() - low.sum()))
    marginal = square_roots(worth)
    found = allocate(marginal, total=total, low=low, high=high)
    assert found.sum() == pytest.approx(total, rel=1e-6)
    assert (found >= low - 1e-9).all()
    assert (found <= high + 1e-9).all()
    earns = marginal(found)
    can_give, can_take = found > low + 1e-6, found < high - 1e-6
    if can_give.any() and can_take.any():
        assert earns[can_take].max() <= earns[can_give].min() * (1 + 1e-4)


def test_allocate__straight_curves_share_what_is_left() -> None:
    found = allocate(lambda spend: np.ones(2), total=6.0, low=np.array([1.0, 2.0]), high=np.array([5.0, 9.0]))
    assert found.sum() == pytest.approx(6.0)


@pytest.mark.parametrize("total", [2.9, 20.1])
def test_allocate__a_total_outside_the_bounds_is_refused(total: float) -> None:
    with pytest.raises(UsageError, match=r"room for 3\.00 to 20\.00"):
        allocate(square_roots([1, 1]), total=total, low=np.array([1.0, 2.0]), high=np.array([10.0, 10.0]))


def test_by_average_return__fills_the_best_up() -> None:
    low, high = np.array([1.0, 1.0, 1.0]), np.array([5.0, 5.0, 5.0])
    assert by_average_return(np.array([2.0, 9.0, 4.0]), total=9.0, low=low, high=high).tolist() == [1.0, 5.0, 3.0]


def test_allocate__a_total_at_the_bounds_may_differ_in_its_last_digit() -> None:
    tenths, halves = np.full(3, 0.1), np.full(2, 0.15)
    assert tenths.sum() > 0.3 == halves.sum() < 0.1 + 0.2
    assert allocate(square_roots([1, 1, 1]), total=0.3, low=tenths, high=2 * tenths) == pytest.approx(tenths)
    assert allocate(square_roots([1, 1]), total=0.1 + 0.2, low=halves / 2, high=halves) == pytest.approx(halves)
