"""Opinions on the level: believed as far as they were right before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_training.models.contract import Opinion
from tenure_training.models.hurdle.opinions import USUAL_BUYERS, USUAL_VALUE, USUAL_WINDOWS, level_miss, weigh_first

MISSES = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=6)
every_usual = pytest.mark.parametrize("usual", [USUAL_BUYERS, USUAL_VALUE])


@every_usual
@given(misses=MISSES)
def test_weigh_first__minimises_the_mean_square_of_what_both_say_together(usual, misses):
    """Against a grid: the usual misses are written as two windows with the same squares and products."""
    first, second = np.array(misses).reshape(-1, 2).T
    root = np.linalg.cholesky(USUAL_WINDOWS * usual)
    grid = np.linspace(0, 1, 2001)[:, None]
    loss = sum(
        ((grid * one + (1 - grid) * other) ** 2).sum(axis=1) for one, other in ((first, second), (root[0], root[1]))
    )
    weight = weigh_first(first, second, usual=usual)
    assert np.interp(weight, grid[:, 0], loss) <= loss.min() + 1e-6


@every_usual
def test_weigh_first__knows_no_privilege(usual):
    """Both have a say before anything was seen, and lose it where they are wrong again and again."""
    nothing = np.empty(0)
    assert 0.5 < weigh_first(nothing, nothing, usual=usual) < 0.8
    wrong, right = np.full(3, 0.7), np.full(3, 0.05)
    assert weigh_first(wrong, right, usual=usual) == 0.0
    assert weigh_first(right, wrong, usual=usual) == 1.0


@every_usual
def test_weigh_first__learns_nothing_from_a_season_both_missed(usual):
    nothing, season = np.empty(0), np.full(2, -0.9)
    before, after = weigh_first(nothing, nothing, usual=usual), weigh_first(season, season, usual=usual)
    assert after == pytest.approx(before)


def test_level_miss__is_zero_for_who_is_right_and_bounded_in_the_total():
    bought, value = [True, True, False], [5.0, 15.0, 0.0]
    assert level_miss(Opinion(buyers=2.0, value=20.0), bought=bought, value=value) == pytest.approx((0.0, 0.0))
    over, under = (level_miss(Opinion(buyers=n, value=v), bought=bought, value=value) for n, v in ((3, 1e9), (1, 1e-9)))
    assert over[0] > 0 > under[0]
    assert (over[1], under[1]) == (1.0, -1.0)
    assert level_miss(Opinion(buyers=2.0, value=20.0), bought=bought, value=[0.0, 0.0, 0.0])[1] == 0.0
