"""The Pareto share, by hand and against a sum written another way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_decisions.customers.pareto import compare_pareto, pareto, pareto_curve
from tenure_features.errors import DataContractError, UsageError


def test_pareto__twenty_percent_of_ten_customers_are_two() -> None:
    found = pareto([40, 25, 10, 5, 5, 5, 4, 3, 2, 1], shares=[0.1, 0.2, 0.6, 1.0])
    assert found.to_numpy().tolist() == [
        [0.1, 1, 40.0, 0.4],
        [0.2, 2, 65.0, 0.65],
        [0.6, 6, 90.0, 0.9],
        [1.0, 10, 100.0, 1.0],
    ]


def test_pareto__losses_count_and_a_total_that_is_not_positive_is_shared_by_nobody() -> None:
    assert pareto([10, -5], shares=[0.5])["share_of_value"].tolist() == [2.0]
    nothing = pareto([1, -5], shares=[0.5, 1.0])
    assert nothing["value"].tolist() == [1.0, -4.0]
    assert nothing["share_of_value"].isna().all()
    assert pareto([0.0], shares=[1.0])["share_of_value"].isna().all()
    assert pareto([0.25, 0.25], shares=[0.5])["share_of_value"].tolist() == [0.5]


@given(values=st.lists(st.integers(0, 1000), min_size=1, max_size=60).filter(any), share=st.floats(0.01, 1))
def test_pareto__nobody_else_of_that_number_brings_more(values, share) -> None:
    (row,) = pareto(values, shares=[share]).to_dict("records")
    count = int(row["customers"])
    assert count - 1 < share * len(values) + 1e-6
    assert count >= share * len(values) - 1e-6
    best = sum(sorted(values, reverse=True)[:count])
    assert row["share_of_value"] == pytest.approx(best / sum(values))
    assert pareto(values[::-1], shares=[share]).equals(pareto(values, shares=[share]))


def test_pareto_curve__rises_to_everything() -> None:
    curve = pareto_curve(np.arange(100.0), points=20)["share_of_value"]
    assert len(curve) == 20
    assert (np.diff(curve) >= 0).all()
    assert (np.diff(curve, 2) <= 1e-12).all()
    assert curve.iloc[-1] == 1.0


def test_pareto__refuses_what_cannot_be_shared() -> None:
    with pytest.raises(DataContractError, match="0 of 0"):
        pareto([])
    with pytest.raises(DataContractError, match="1 of 2 missing or infinite"):
        pareto([1.0, float("nan")])
    with pytest.raises(UsageError, match="above 0 and at most at 1"):
        pareto([1.0], shares=[0.0])


def test_compare_pareto__each_side_ranks_by_itself() -> None:
    found = compare_pareto(
        {
            "realised_revenue": [100.0, 60, 30, 10],
            "realised_profit": [-20.0, 30, 15, 5],
            "expected_profit": [0.0, 0, 0, 8],
        },
        shares=[0.25, 0.5, 1.0],
    )
    assert found.to_numpy().tolist() == [
        [0.25, 1, 0.5, 1.0, 1.0, 0.0],
        [0.5, 2, 0.8, 1.5, 1.0, 0.5],
        [1.0, 4, 1.0, 1.0, 1.0, 1.0],
    ]
    assert list(found)[2:] == ["realised_revenue", "realised_profit", "expected_profit", "best_by_both"]


@given(rows=st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), min_size=1, max_size=30), seed=st.integers(0, 9))
def test_compare_pareto__the_order_of_rows_changes_nothing(rows, seed) -> None:
    table = np.array(rows, dtype=float)
    shuffled = np.random.default_rng(seed).permutation(table)
    one, other = (
        compare_pareto({"realised_revenue": part[:, 0], "realised_profit": part[:, 1]}) for part in (table, shuffled)
    )
    assert one.equals(other)


def test_compare_pareto__refuses_sides_of_other_customers() -> None:
    with pytest.raises(DataContractError, match="of the same customers"):
        compare_pareto({"realised_revenue": [1.0, 2.0], "realised_profit": [1.0]})


def test_pareto__is_told_of_the_usual_shares() -> None:
    table = pareto(np.ones(200))
    assert table["customers"].tolist() == [2, 10, 20, 40, 100, 200]
    assert table["share_of_value"].tolist() == [0.01, 0.05, 0.1, 0.2, 0.5, 1.0]
