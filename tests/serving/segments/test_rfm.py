import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features.errors import DataContractError, UsageError
from tenure_features.stored import parse_stored
from tenure_serving.segments import RfmScorer, suggested_scale
from tenure_serving.segments.rfm import RFM_SCORES, group_adbt, lateness_of

NAN = float("nan")


def customers(rows: list[tuple[float, float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["recency_days", "orders_total", "revenue_total", "adbt_days"], dtype=float)


def test_rfm__scores_quintiles_from_a_literal_table() -> None:
    snapshot = customers(
        [
            # recency, orders, revenue, adbt      R F M
            (1.0, 9, 900.0, 10.0),  #             5 5 5
            (2.0, 8, 100.0, 10.0),  #             5 5 3
            (3.0, 4, 800.0, 10.0),  #             4 4 5
            (4.0, 3, 100.0, 10.0),  #             4 4 3
            (5.0, 2, 300.0, 10.0),  #             3 1 4
            (6.0, 2, 200.0, 10.0),  #             3 1 4
            (7.0, 1, 50.0, NAN),  #               2 1 1
            (8.0, 1, 90.0, NAN),  #               2 1 2
            (9.0, 1, 10.0, NAN),  #               1 1 1
            (10.0, 1, 60.0, NAN),  #              1 1 2
        ]
    )
    scorer = RfmScorer.fit(snapshot)
    # frequency: 1 1 1 1 2 2 3 4 8 9 -> inverted-CDF quantiles 1, 1, 2, 4; two orders lie above two of them
    assert scorer.frequency == (1.0, 1.0, 2.0, 4.0)
    scores = scorer.score(snapshot)
    assert scores["recency_score"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert scores["frequency_score"].tolist() == [5, 5, 4, 4, 3, 3, 1, 1, 1, 1]
    assert scores["monetary_score"].tolist() == [5, 3, 5, 3, 4, 4, 1, 2, 1, 2]


def test_rfm__judges_recency_by_each_customers_own_rhythm_in_adbt_mode() -> None:
    snapshot = customers(
        [
            # days silent, orders, revenue, adbt -> days / adbt
            (10.0, 5, 1.0, 10.0),  # exactly 1x: 5
            (10.1, 5, 1.0, 10.0),  # just over 1x: 4
            (60.0, 5, 1.0, 30.0),  # 2x: 4
            (60.0, 5, 1.0, 20.0),  # 3x: 3
            (40.0, 5, 1.0, 10.0),  # 4x: 2
            (41.0, 5, 1.0, 10.0),  # over 4x: 1
            (15.0, 1, 1.0, NAN),  # one order, group ADBT 15: 5
            (46.0, 1, 1.0, NAN),  # just over 3x: 2
        ]
    )
    scorer = RfmScorer.fit(snapshot, mode="adbt")
    assert scorer.group_adbt == 15.0  # the mean of 10, 10, 30, 20, 10, 10
    assert scorer.score(snapshot)["recency_score"].tolist() == [5, 4, 4, 3, 2, 1, 5, 2]


def test_rfm__uses_the_groups_adbt_where_all_orders_came_at_once() -> None:
    snapshot = customers([(30.0, 2, 1.0, 0.0), (30.0, 2, 1.0, 0.01), (30.0, 2, 1.0, 10.0)])
    assert lateness_of(snapshot, group_adbt=group_adbt(snapshot)).tolist() == [3.0, 3.0, 3.0]


def test_rfm__keeps_a_rhythm_of_several_orders_a_day_where_the_whole_shop_has_it() -> None:
    snapshot = customers([(1.0, 9, 1.0, 0.5), (1.0, 9, 1.0, 0.25)])
    assert lateness_of(snapshot, group_adbt=group_adbt(snapshot)).tolist() == [2.0, 1 / 0.375]


@pytest.mark.parametrize(("scale", "expected"), [(3, [3, 2, 1, 1, 1]), (4, [4, 3, 2, 1, 1]), (5, [5, 4, 3, 2, 1])])
def test_rfm__scales_the_lateness_steps(scale: int, expected: list[int]) -> None:
    snapshot = customers([(10.0 * times, 2, 1.0, 10.0) for times in (1, 2, 3, 4, 5)])
    assert RfmScorer.fit(snapshot, mode="adbt", scale=scale).score(snapshot)["recency_score"].tolist() == expected


def test_rfm__applies_fixed_thresholds_as_given() -> None:
    limits = {"recency": [7, 30, 90, 365], "frequency": [1, 2, 5, 10], "monetary": [0, 50, 100, 500]}
    snapshot = customers([(7, 1, 0, NAN), (7.5, 2, 50, 1), (90, 6, 500, 1), (366, 11, 501, 1)])
    scores = RfmScorer.fit(snapshot, mode="fixed", thresholds=limits).score(snapshot)
    assert scores.to_numpy().tolist() == [[5, 1, 1], [4, 2, 2], [3, 4, 4], [1, 5, 5]]


def test_rfm__gives_one_order_frequency_one_whatever_the_thresholds() -> None:
    limits = {"recency": [1, 2, 3, 4], "frequency": [0, 0.25, 0.5, 0.75], "monetary": [1, 2, 3, 4]}
    snapshot = customers([(1, 1, 1, NAN), (1, 2, 1, 1)])
    scores = RfmScorer.fit(snapshot, mode="fixed", thresholds=limits).score(snapshot)
    assert scores["frequency_score"].tolist() == [1, 5]


positive = st.floats(0, 1000, allow_nan=False)  # days
row = st.tuples(positive, st.integers(1, 9), st.sampled_from([-5.0, 0.0, 9.99, 20.0, 45.5, 100.0]), positive)
modes = st.sampled_from(["quintile", "adbt"])


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(row, min_size=1, max_size=40), mode=modes, scale=st.sampled_from([3, 4, 5]), seed=st.integers(0, 9)
)
def test_rfm__does_not_depend_on_the_order_of_rows(rows, mode, scale, seed) -> None:
    snapshot = customers(rows)
    shuffled = snapshot.sample(frac=1, random_state=seed)
    scorer = RfmScorer.fit(snapshot, mode=mode, scale=scale)
    assert RfmScorer.fit(shuffled, mode=mode, scale=scale) == scorer
    pd.testing.assert_frame_equal(scorer.score(shuffled).sort_index(), scorer.score(snapshot))


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(row, min_size=2, max_size=40), scale=st.sampled_from([3, 4, 5]))
def test_rfm__is_monotone_and_ties_share_a_score(rows, scale) -> None:
    snapshot = customers(rows)
    scores = RfmScorer.fit(snapshot, scale=scale).score(snapshot)
    for value, score, direction in zip(
        ("recency_days", "orders_total", "revenue_total"), RFM_SCORES, (-1, 1, 1), strict=True
    ):
        by_value = pd.DataFrame({"value": snapshot[value].round(6), "score": scores[score]}).groupby("value")["score"]
        assert (by_value.min() == by_value.max()).all()
        assert (np.diff(by_value.first()) * direction >= 0).all()
        assert scores[score].between(1, scale).all()


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(row, min_size=1, max_size=30), later=st.lists(row, min_size=1, max_size=30), mode=modes)
def test_rfm__scores_a_customer_the_same_whoever_comes_later(rows, later, mode) -> None:
    before = customers(rows)
    scorer = RfmScorer.fit(before, mode=mode)
    together = pd.concat([before, customers(later)], ignore_index=True)
    pd.testing.assert_frame_equal(scorer.score(together).head(len(rows)), scorer.score(before))


def test_rfm__puts_about_a_fifth_of_distinct_values_under_each_score() -> None:
    values = np.arange(1.0, 101.0)
    snapshot = pd.DataFrame({"recency_days": values, "orders_total": values, "revenue_total": values, "adbt_days": 1.0})
    scores = RfmScorer.fit(snapshot).score(snapshot)
    assert all((scores[name].value_counts() == 20).all() for name in RFM_SCORES)


def test_rfm__ties_sums_that_differ_only_in_the_order_of_adding() -> None:
    ups, downs = 0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1
    assert ups != downs
    snapshot = customers([(1, 1, ups, NAN), (1, 1, downs, NAN), (1, 1, 0.1, NAN), (1, 1, 0.1, NAN)])
    scores = RfmScorer.fit(snapshot, scale=3).score(snapshot)
    assert scores["monetary_score"].tolist() == [2, 2, 1, 1]


@pytest.mark.parametrize("mode", ["quintile", "adbt"])
def test_rfm__survives_json(shop, mode) -> None:
    snapshot, _ = shop()
    scorer = RfmScorer.fit(snapshot, mode=mode)
    assert RfmScorer.from_stored(parse_stored(json.dumps(scorer.to_dict()).encode(), "x.json")) == scorer


def test_rfm__scores_a_shop_where_nobody_came_back() -> None:
    snapshot = customers([(5, 1, 10, NAN), (50, 1, 10, NAN)]).assign(tenure_days=[5.0, 50.0])
    scorer = RfmScorer.fit(snapshot, mode="adbt")
    assert scorer.group_adbt == 27.5
    assert scorer.score(snapshot).to_numpy().tolist() == [[5, 1, 1], [4, 1, 1]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": 6}, "3, 4 or 5"),
        ({"mode": "decile"}, "quintile, adbt, fixed"),
        ({"mode": "fixed"}, "only to it"),
        ({"thresholds": {}}, "only to it"),
        ({"mode": "fixed", "thresholds": {"recency": [1, 2, 3, 4]}}, "frequency thresholds must be 4"),
        (
            {"mode": "fixed", "thresholds": {"recency": [4, 2, 3, 1], "frequency": [1] * 4, "monetary": [1] * 4}},
            "Found: 4, 2, 3, 1",
        ),
    ],
)
def test_rfm__refuses_impossible_options(options, words) -> None:
    with pytest.raises(UsageError, match=words):
        RfmScorer.fit(customers([(1, 1, 1, NAN)]), **options)


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (customers([(1, 1, NAN, NAN)]), "1 missing or infinite values in 1 rows"),
        (customers([]), "no rows"),
        (customers([(1, 1, 1, NAN)]).drop(columns="orders_total"), "needs the feature 'orders_total'"),
    ],
)
def test_rfm__refuses_snapshots_it_cannot_score(snapshot, words) -> None:
    with pytest.raises(DataContractError, match=words):
        RfmScorer.fit(snapshot)


def test_rfm__suggests_the_usual_scale() -> None:
    assert [suggested_scale(n) for n in (29_999, 30_000, 200_000, 200_001)] == [3, 4, 4, 5]
