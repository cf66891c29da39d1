"""Concordance with censoring against counting pairs one by one, and the median error."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_training.metrics.waiting import concordance, median_error


def _pair_by_pair(predicted, wait, came):
    """Every pair is looked at."""
    good = pairs = 0.0
    for one in range(len(wait)):
        for other in range(len(wait)):
            if not came[one] or wait[other] < wait[one] or (wait[other] == wait[one] and came[other]):
                continue
            pairs += 1
            good += 1.0 if predicted[other] > predicted[one] else 0.5 if predicted[other] == predicted[one] else 0.0
    return good / pairs if pairs else math.nan


customers = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=40)


@given(customers)
def test_concordance__counts_what_looking_at_every_pair_counts(rows):
    predicted, wait, came = (
        np.array([row[at] for row in rows], dtype=kind) for at, kind in enumerate((float, float, bool))
    )
    expected = _pair_by_pair(predicted, wait, came)
    assert concordance(predicted, wait, came) == pytest.approx(expected, nan_ok=True)


def test_concordance__is_one_for_the_truth_and_a_half_for_a_constant():
    wait, came = np.array([3.0, 8.0, 5.0, 9.0]), np.array([True, True, True, False])
    assert concordance(wait, wait, came) == 1.0
    assert concordance(-wait, wait, came) == 0.0
    assert concordance(np.ones(4), wait, came) == 0.5


def test_concordance__cannot_compare_where_nobody_came():
    assert math.isnan(concordance(np.ones(3), np.ones(3), np.zeros(3, dtype=bool)))


def test_median_error__is_of_those_who_came():
    told = median_error(
        np.array([1.0, 9.0, 4.0, 0.0]), np.array([2.0, 5.0, 4.0, 90.0]), np.array([True, True, True, False])
    )
    assert told == 1.0
    assert math.isnan(median_error(np.ones(2), np.ones(2), np.zeros(2, dtype=bool)))
