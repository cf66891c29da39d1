import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features.errors import DataContractError, UsageError
from tenure_features.stored import Stored
from tenure_serving.segments import Segmenter, load_map
from tenure_serving.segments.lifecycle import LIFECYCLES
from tenure_serving.segments.maps import parse_map
from tenure_serving.segments.segmenter import SEGMENT_COLUMNS
from tenure_serving.segments.tiers import TIERS

PLAIN_MAP = {"id": "plain", "version": 1, "scale": 3, "groups": [{"name": "All", "cells": ["* * *"]}]}


@settings(max_examples=15, deadline=None)
@given(customers=st.integers(1, 120), seed=st.integers(0, 99))
def test_segmenter__gives_every_customer_exactly_one_of_each(shop, customers, seed) -> None:
    snapshot, predictions = shop(customers, seed)
    segmenter = Segmenter.fit(snapshot, predictions, horizon_days=90)
    out = segmenter.assign(snapshot, predictions)
    assert list(out.columns) == list(SEGMENT_COLUMNS)
    assert out.index.equals(snapshot.index)
    assert not out.isna().any(axis=None)
    assert out["segment"].isin(segmenter.playbook.names).all()
    assert out["rfm_group"].isin(segmenter.group_map.names).all()
    assert out["rfm_relationship"].isin(segmenter.relationship_map.names).all()
    assert out["lifecycle"].isin(LIFECYCLES).all()
    assert out[["value_tier", "risk_tier"]].isin(TIERS).all(axis=None)
    assert (out["next_step"].str.len() > 0).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99))
def test_segmenter__does_not_depend_on_the_order_of_rows(shop, seed) -> None:
    snapshot, predictions = shop(80, seed)
    order = snapshot.sample(frac=1, random_state=seed).index
    segmenter = Segmenter.fit(snapshot, predictions, horizon_days=90)
    again = Segmenter.fit(snapshot.loc[order], predictions.loc[order], horizon_days=90)
    assert again == segmenter
    shuffled = again.assign(snapshot.loc[order], predictions.loc[order])
    pd.testing.assert_frame_equal(shuffled.sort_index(), segmenter.assign(snapshot, predictions))


def test_segmenter__treats_a_customer_the_same_whoever_comes_later(shop) -> None:
    snapshot, predictions = shop(100, 1)
    later, later_predictions = shop(500, 2)
    segmenter = Segmenter.fit(snapshot, predictions, horizon_days=90)
    together = segmenter.assign(
        pd.concat([snapshot, later], ignore_index=True), pd.concat([predictions, later_predictions], ignore_index=True)
    )
    pd.testing.assert_frame_equal(together.head(100), segmenter.assign(snapshot, predictions))


def test_segmenter__survives_json_and_then_decides_the_same(shop) -> None:
    snapshot, predictions = shop()
    segmenter = Segmenter.fit(snapshot, predictions, mode="adbt", risk_cuts=(0.4, 0.7), horizon_days=90)
    stored = json.loads(json.dumps(segmenter.to_dict(), allow_nan=False))
    again = Segmenter.from_stored(Stored(stored, "x.json"))
    assert again == segmenter
    pd.testing.assert_frame_equal(again.assign(snapshot, predictions), segmenter.assign(snapshot, predictions))


def test_segmenter__stores_itself_even_where_nobody_is_worth_anything(shop) -> None:
    snapshot, predictions = shop(5)
    snapshot = snapshot.assign(revenue_total=0.0)
    segmenter = Segmenter.fit(snapshot, predictions.assign(expected_value=0.0), horizon_days=90)
    stored = json.loads(json.dumps(segmenter.to_dict(), allow_nan=False))
    out = Segmenter.from_stored(Stored(stored, "x.json")).assign(snapshot, predictions.assign(expected_value=0.0))
    assert set(out["value_tier"]) == {"low"}


def test_segmenter__takes_rows_by_position_not_by_index(shop) -> None:
    snapshot, predictions = shop(20)
    segmenter = Segmenter.fit(snapshot, predictions, horizon_days=90)
    named = segmenter.assign(snapshot.set_index("customer_id"), predictions)
    assert named.reset_index(drop=True).equals(segmenter.assign(snapshot, predictions))


def test_segmenter__refuses_rows_that_are_not_aligned(shop) -> None:
    snapshot, predictions = shop(20)
    with pytest.raises(DataContractError, match="Found: 20 and 19 rows"):
        Segmenter.fit(snapshot, predictions.head(19), horizon_days=90)
    turned = predictions.assign(customer_id=snapshot["customer_id"].to_numpy()[::-1])
    with pytest.raises(DataContractError, match="same customers in the same order"):
        Segmenter.fit(snapshot, turned, horizon_days=90)


def test_segmenter__wants_maps_of_the_scores_scale(shop) -> None:
    snapshot, predictions = shop(20)
    with pytest.raises(UsageError, match="Found: 1 to 5 and 1 to 3"):
        Segmenter.fit(snapshot, predictions, scale=3, group_map=load_map("simple"), horizon_days=90)
    plain = parse_map(PLAIN_MAP)
    out = Segmenter.fit(snapshot, predictions, scale=3, group_map=plain, relationship_map=plain, horizon_days=90)
    assert set(out.assign(snapshot, predictions)["rfm_group"]) == {"All"}
    assert Segmenter.fit(snapshot, predictions, scale=3, horizon_days=90).group_map.scale == 3
    with pytest.raises(UsageError, match="different scales"):
        replace(out, group_map=load_map("simple"))
