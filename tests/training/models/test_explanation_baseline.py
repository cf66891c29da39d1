"""Explanations start from undecided customers; what they add up to stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tenure_features.stored import Stored
from tenure_training.models.contract import Contributions
from tenure_training.models.explanation_baseline import ExplanationBaseline


@pytest.fixture
def contributions() -> Contributions:
    return Contributions(
        features=["a", "b"],
        churn=np.array([[1.0, 4.0], [3.0, -2.0]]),
        churn_base=0.5,
        value=np.array([[10.0, 0.0], [30.0, 5.0]]),
        value_base=2.0,
    )


def test_baseline__is_the_mean_of_undecided_customers_and_of_likely_buyers(contributions) -> None:
    base = ExplanationBaseline.of(contributions, buy_probability=np.array([0.5, 0.9]))
    # weights p (1 - p) are 25 and 9, weights p are 5 and 9
    assert base.churn == pytest.approx({"a": (25 * 1 + 9 * 3) / 34, "b": (25 * 4 - 9 * 2) / 34})
    assert base.value == pytest.approx({"a": (5 * 10 + 9 * 30) / 14, "b": 9 * 5 / 14})


def test_baseline__of_customers_about_whom_nothing_is_open_is_their_mean(contributions) -> None:
    base = ExplanationBaseline.of(contributions, buy_probability=np.array([0.0, 1.0]))
    assert base.churn == pytest.approx({"a": 2.0, "b": 1.0})


@pytest.mark.parametrize("side", ["churn", "value"])
def test_baseline__needs_a_name_for_every_term(contributions, side) -> None:
    unnamed = replace(contributions, **{side: np.ones((2, 3))})
    with pytest.raises(ValueError, match="longer than"):
        ExplanationBaseline.of(unnamed, buy_probability=np.array([0.5, 0.5]))


def test_baseline__moves_what_it_takes_off_the_terms_to_the_base(contributions) -> None:
    told = ExplanationBaseline({"a": 1.5, "elsewhere": 9.0}, {"a": 4.0, "b": -1.0}).express(contributions)
    assert told.churn.tolist() == [[-0.5, 4.0], [1.5, -2.0]]
    assert told.value.tolist() == [[6.0, 1.0], [26.0, 6.0]]
    assert (told.churn_base, told.value_base) == (2.0, 5.0)
    for side in ("churn", "value"):
        before, after = (getattr(of, side).sum(axis=1) + getattr(of, f"{side}_base") for of in (contributions, told))
        np.testing.assert_allclose(after, before)


def test_baseline__is_the_same_after_it_was_stored() -> None:
    base = ExplanationBaseline({"a": 1.5}, {"b": -0.25})
    assert ExplanationBaseline.from_stored(Stored(json.loads(json.dumps(base.to_dict())), "x.json")) == base
