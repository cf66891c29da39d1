"""Hysteresis: nobody crosses a border by less than the margin, and nothing else changes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments import Lifecycle, RfmScorer, RiskTiers, Segmenter, ValueTiers
from tenure_serving.segments.hysteresis import hold_level, raise_borders
from tenure_serving.segments.segmenter import SEGMENT_COLUMNS


def people(churn: list[float] | float, value: list[float] | float) -> pd.DataFrame:
    return pd.DataFrame({"churn_probability": churn, "expected_value": value}, dtype=float)


def test_value_tiers__are_kept_within_a_tenth_of_the_border() -> None:
    tiers = ValueTiers(medium_from=100.0, high_from=200.0)
    values = [99.0, 91.0, 89.0, 105.0, 111.0, 181.0, 179.0, 219.0, 221.0, 85.0]
    before = ["medium", "medium", "medium", "low", "low", "high", "high", "medium", "medium", "high"]
    # border 100: down below 90, up from 110; border 200: down below 180, up from 220
    expected = ["medium", "medium", "low", "low", "medium", "high", "medium", "medium", "high", "low"]
    found = tiers.assign(pd.Series(values), previous=pd.Series(before), margin=0.1)
    assert found.tolist() == expected


def test_risk_tiers__are_kept_within_a_tenth_of_the_odds() -> None:
    tiers = RiskTiers(medium_from=0.5, high_from=0.8, base=0.5)
    # odds 1 and 4; with a margin of .1: .9 and 1.1 (probabilities .474 and .524), 3.6 and 4.4 (.783 and .815)
    churn = [0.48, 0.47, 0.52, 0.53, 0.79, 0.78, 0.81, 0.82]
    before = ["medium", "medium", "low", "low", "high", "high", "medium", "medium"]
    found = tiers.assign(people(churn, [1.0] * 8), previous=pd.Series(before), margin=0.1)
    assert found.tolist() == ["medium", "low", "low", "medium", "high", "medium", "medium", "high"]


def test_tiers__take_newcomers_by_the_border_alone() -> None:
    tiers = ValueTiers(medium_from=100.0, high_from=200.0)
    before = pd.Series(["medium", None], index=["a", "b"])
    found = tiers.assign(pd.Series([99.0, 99.0], index=["a", "b"]), previous=before, margin=0.1)
    assert found.to_dict() == {"a": "medium", "b": "low"}


def test_rfm__keeps_scores_within_a_tenth_of_the_threshold() -> None:
    limits = {"recency": [10, 20, 30, 40], "frequency": [1, 2, 5, 10], "monetary": [-100, 0, 100, 1000]}
    rows = [(10.5, 2, 105), (11.5, 3, 111), (41, 1, -105), (45, 11, 89)]
    names = ["recency_days", "orders_total", "revenue_total"]
    snapshot = pd.DataFrame(rows, columns=names, dtype=float).assign(adbt_days=1.0)
    before = pd.DataFrame(
        {"recency_score": [5, 5, 2, 2], "frequency_score": [1, 2, 5, 4], "monetary_score": [3, 3, 2, 4]}
    )
    scorer = RfmScorer.fit(snapshot, mode="fixed", thresholds=limits)
    # two orders lie beyond 1.1, eleven not beyond 11; -105 is not below -110; one order is 1 whatever it was
    expected = [[5, 2, 3], [4, 3, 4], [2, 1, 2], [1, 4, 3]]
    assert scorer.score(snapshot, previous=before, margin=0.1).to_numpy().tolist() == expected


def test_lifecycle__is_kept_until_silence_or_risk_passes_the_margin() -> None:
    limits = Lifecycle(new_days=30, group_adbt=30, leaving_from=0.8, watch_from=0.5, lost_from=0.8)
    rows = [
        # tenure, silent, before, churn, expected
        (300, 10, "active", 0.81, "active"),  # odds 4.26 of 4.4
        (300, 10, "active", 0.82, "leaving"),  # odds 4.56
        (300, 10, "leaving", 0.79, "leaving"),  # odds 3.76 of 3.6
        (300, 10, "leaving", 0.78, "active"),  # odds 3.55
        (300, 125, "leaving", 0.9, "leaving"),  # silent for 4.17 gaps of 4.4
        (300, 133, "leaving", 0.9, "lost"),
        (300, 109, "lost", 0.9, "lost"),  # 3.63 gaps of 3.6
        (300, 107, "lost", 0.9, "leaving"),
        (20, 10, "lost", 0.9, "new"),  # a matter of days alone
        (300, 10, "new", 0.81, "leaving"),  # nothing to hold on to
        (300, 10, None, 0.81, "leaving"),
    ]
    table = pd.DataFrame(rows, columns=["tenure_days", "recency_days", "before", "churn", "expected"])
    snapshot = table[["tenure_days", "recency_days"]].astype(float).assign(adbt_days=30.0)
    found = limits.assign(snapshot, people(table["churn"].tolist(), 1.0), previous=table["before"], margin=0.1)
    assert found.tolist() == table["expected"].tolist()


@settings(max_examples=9)
@given(seed=st.integers(0, 99), margin=st.sampled_from([0.0, 0.1, 0.5]))
def test_segmenter__holds_nothing_without_a_margin_and_less_moves_with_a_larger_one(shop, seed, margin) -> None:
    snapshot, predictions = shop(120, seed)
    _, shaken = shop(120, seed + 1)
    near = predictions.assign(
        churn_probability=0.9 * predictions["churn_probability"] + 0.1 * shaken["churn_probability"],
        expected_value=0.9 * predictions["expected_value"] + 0.1 * shaken["expected_value"],
    )
    segmenter = Segmenter.fit(snapshot, predictions, margin=margin, horizon_days=90)
    before = segmenter.assign(snapshot, predictions).assign(customer_id=snapshot["customer_id"])
    plain = segmenter.assign(snapshot, near)
    steady = segmenter.assign(snapshot, near, previous=before)
    if margin == 0:
        pd.testing.assert_frame_equal(steady, plain)
    for name in ("value_tier", "risk_tier", "lifecycle"):
        assert (steady[name] != before[name]).sum() <= (plain[name] != before[name]).sum()
    again = segmenter.assign(snapshot, predictions, previous=before)
    pd.testing.assert_frame_equal(again, before[list(SEGMENT_COLUMNS)])


def test_segmenter__finds_earlier_scores_by_customer_not_by_row(shop) -> None:
    snapshot, predictions = shop(60, 3)
    segmenter = Segmenter.fit(snapshot, predictions, margin=0.5, horizon_days=90)
    before = segmenter.assign(snapshot, predictions).assign(customer_id=snapshot["customer_id"])
    turned = before.assign(value_tier="high")
    found = segmenter.assign(snapshot, predictions, previous=turned)
    shuffled = turned.sample(frac=1, random_state=1).head(40)
    partly = segmenter.assign(snapshot, predictions, previous=shuffled)
    known = snapshot["customer_id"].isin(shuffled["customer_id"])
    pd.testing.assert_frame_equal(partly[known], found[known])
    pd.testing.assert_frame_equal(partly[~known], before.loc[~known, list(SEGMENT_COLUMNS)])
    assert (found["value_tier"] != before["value_tier"]).any()


def test_segmenter__refuses_earlier_scores_it_cannot_hold_on_to(shop) -> None:
    snapshot, predictions = shop(20)
    segmenter = Segmenter.fit(snapshot, predictions, horizon_days=90)
    before = segmenter.assign(snapshot, predictions).assign(customer_id=snapshot["customer_id"])
    with pytest.raises(DataContractError, match="no lifecycle"):
        segmenter.assign(snapshot, predictions, previous=before.drop(columns="lifecycle"))
    with pytest.raises(DataContractError, match="c3 more than once"):
        segmenter.assign(snapshot, predictions, previous=pd.concat([before, before.iloc[[3]]]))
    with pytest.raises(UsageError, match="at least 0 and below 1"):
        Segmenter.fit(snapshot, predictions, margin=1.0, horizon_days=90)


borders = st.lists(st.floats(-100, 100), min_size=1, max_size=4).map(sorted)


@given(cuts=borders, margin=st.floats(0, 0.9), values=st.lists(st.floats(-200, 200), min_size=1, max_size=20))
def test_held__moves_only_where_hard_and_easy_borders_agree(cuts, margin, values) -> None:
    def level(edges: tuple[float, ...]) -> np.ndarray:
        return np.searchsorted(edges, values, side="right").astype(np.int64)

    plain, hard, easy = level(tuple(cuts)), level(raise_borders(cuts, margin)), level(raise_borders(cuts, -margin))
    assert (hard <= plain).all()
    assert (plain <= easy).all()
    for start in range(len(cuts) + 1):
        found = hold_level(
            lambda moved: level(raise_borders(cuts, moved)), previous=np.full(len(values), start), margin=margin
        )
        assert ((found == start) | (found == hard) | (found == easy)).all()
        assert (found[(hard <= start) & (start <= easy)] == start).all()
