"""Reasons of BTYD models: they add up to the prediction, and point the way a shopkeeper would."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.models.btyd.explanation import TERMS, Undecided, shapley
from tenure_training.models.registry import candidate_class

BTYD = ("bgnbd", "mbgnbd", "paretonbd", "mbgcnbd")
every_model = pytest.mark.parametrize("name", BTYD)


@every_model
def test_contributions__add_up_to_the_prediction(name, fitted, frame):
    explained, said = fitted(name).contributions(frame.present), fitted(name).predict(frame.present)
    assert explained.features == list(TERMS)
    churn = explained.churn_base + explained.churn.sum(axis=1)
    np.testing.assert_allclose(churn, np.log((1 - said.buy_probability) / said.buy_probability), atol=1e-9)
    value = explained.value_base + explained.value.sum(axis=1)
    np.testing.assert_allclose(value, np.log(said.expected_value / said.buy_probability), atol=1e-9)


@every_model
def test_contributions__explain_each_customer_alone_and_after_loading(name, fitted, frame, tmp_path):
    whole = fitted(name).contributions(frame.present)
    fitted(name).save(tmp_path)
    one = candidate_class(name).load(tmp_path).contributions(frame.present.iloc[[3]])
    assert (one.churn_base, one.value_base) == (whole.churn_base, whole.value_base)
    np.testing.assert_allclose(one.churn[0], whole.churn[3], atol=1e-12)
    np.testing.assert_allclose(one.value[0], whole.value[3], atol=1e-12)


@every_model
def test_contributions__longer_silence_raises_the_odds_of_leaving(name, fitted, frame):
    snapshot = pd.DataFrame(
        {"order_days": 6.0, "tenure_days": 200.0, "span_days": [199.0, 150.0, 80.0], "value_mean": [30.0, 30.0, 90.0]}
    )
    told = fitted(name).contributions(snapshot)
    silence = told.churn[:, told.features.index("recency_days")]
    assert (np.diff(silence) > 0).all()
    spend = told.value[:, told.features.index("value_mean")]
    assert spend[0] == spend[1] < spend[2]


def test_contributions__of_the_undecided_customer_are_nothing(fitted):
    model = fitted("mbgnbd")
    usual = model.explanation_baseline
    twin = pd.DataFrame(
        {"order_days": [usual.x + 1], "tenure_days": [usual.T], "span_days": [usual.T - usual.silence],
         "value_mean": [1.0]}
    )  # fmt: skip
    told = model.contributions(twin)
    np.testing.assert_allclose(told.churn, 0.0, atol=1e-12)
    np.testing.assert_allclose(told.value[:, :3], 0.0, atol=1e-12)


def test_contributions__are_missing_where_nobody_has_paid(frame):
    free = frame.present.assign(value_mean=0.0)
    candidate = candidate_class("mbgnbd")().fit(type(frame)(**{**vars(frame), "present": free}), seed=1)
    assert candidate.contributions(free) is None


def test_undecided__weighs_by_how_open_the_odds_are():
    snapshot = pd.DataFrame(
        {"order_days": [1.0, 4.0, 9.0], "tenure_days": [300.0, 100.0, 50.0], "span_days": [0, 70, 49]}
    )
    usual = Undecided.of(snapshot, buys=np.array([0.01, 0.5, 0.99]), spend=np.array([5.0, 20.0, 80.0]))
    assert (usual.x, usual.silence, usual.T) == (3.0, 30.0, 100.0)
    assert usual.spend == 80.0


def test_shapley__splits_an_interaction_and_leaves_out_what_does_nothing():
    rows = np.array([[2.0, 3.0, 7.0], [1.0, 1.0, 1.0]])
    (shares, base), (other, _) = shapley(lambda a, b, c: (a * b, c), rows, np.array([1.0, 1.0, 1.0]))
    np.testing.assert_allclose(shares, [[2.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(other, [[0.0, 0.0, 6.0], [0.0, 0.0, 0.0]])
    assert base == 1.0
