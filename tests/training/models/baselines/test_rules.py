"""Baselines do what a spreadsheet would, checked by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError
from tenure_training.models.baselines.rules import RecencyRule, StatusQuo, Zero
from tenure_training.models.contract import TrainingFrame

AS_OF = pd.Timestamp("2024-06-01")


def _snapshot(recency, *, tenure=100.0, orders=2.0, revenue=60.0) -> pd.DataFrame:
    n = len(recency)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(n)],
            "as_of": AS_OF,
            "recency_days": np.asarray(recency, dtype=float),
            "tenure_days": np.broadcast_to(np.asarray(tenure, dtype=float), n),
            "orders_total": np.broadcast_to(np.asarray(orders, dtype=float), n),
            "revenue_total": np.broadcast_to(np.asarray(revenue, dtype=float), n),
            "value_mean": np.broadcast_to(np.asarray(revenue, dtype=float) / np.asarray(orders, dtype=float), n),
        }
    )


def _frame(rows, *, bought=None, window_days=30.0, horizon_days=30, value=10.0) -> TrainingFrame:
    bought = np.zeros(len(rows), dtype=bool) if bought is None else np.asarray(bought, dtype=bool)
    labels = pd.DataFrame({"bought": bought, "orders": 2.0 * bought, "value": value * bought})
    days = np.broadcast_to(np.asarray(window_days, dtype=float), len(rows)).copy()
    return TrainingFrame(
        rows=rows,
        labels=labels,
        window_days=days,
        weight=np.ones(len(rows)),
        present=_snapshot([1.0, 50.0]),
        as_of=AS_OF,
        horizon_days=horizon_days,
    )


def test_zero__expects_nobody_and_nothing():
    said = Zero().fit(_frame(_snapshot([])), seed=1).predict(_snapshot([1.0, 2.0]))
    assert (said.buy_probability < 0.001).all()
    assert (said.expected_orders < 0.001).all()
    assert (said.expected_value == 0).all()


def test_status_quo__goes_on_at_each_customers_own_rate():
    snapshot = _snapshot([1.0, 1.0], tenure=[100.0, 400.0], orders=[4.0, 4.0], revenue=[80.0, -20.0])
    said = StatusQuo().fit(_frame(_snapshot([]), horizon_days=50), seed=1).predict(snapshot)
    np.testing.assert_allclose(said.expected_orders, [2.0, 0.5])
    np.testing.assert_allclose(said.expected_value, [40.0, -2.5])
    np.testing.assert_allclose(said.buy_probability, 1 - np.exp([-2.0, -0.5]))


def test_status_quo__counts_the_first_month_as_whole():
    snapshot = _snapshot([0.5, 0.5], tenure=[0.5, 30.0], orders=[1.0, 1.0])
    said = StatusQuo().fit(_frame(_snapshot([])), seed=1).predict(snapshot)
    assert said.expected_orders[0] == said.expected_orders[1] == pytest.approx(1.0)


def _thousand() -> tuple[pd.DataFrame, np.ndarray]:
    recency = np.linspace(0, 100, 1000)
    return _snapshot(recency), np.random.default_rng(1).random(1000) < np.where(recency < 50, 0.6, 0.2)


def test_recency_rule__tabulates_the_share_that_bought():
    rows, bought = _thousand()
    rule = RecencyRule().fit(_frame(rows, bought=bought), seed=1)
    said = rule.predict(_snapshot([10.0, 90.0]))
    np.testing.assert_allclose(said.buy_probability, [0.6, 0.2], atol=0.12)
    np.testing.assert_allclose(said.expected_value, 10 * said.buy_probability, atol=1.2)
    assert said.rank_score[0] > said.rank_score[1]


def test_recency_rule__pools_tenths_that_contradict_each_other():
    """A tenth in which nobody happened to buy does not condemn everybody who ordered earlier."""
    rows, _ = _thousand()
    bought = (np.arange(1000) % 2 == 0) & (np.arange(1000) // 50 != 1)
    said = RecencyRule().fit(_frame(rows, bought=bought), seed=1).predict(rows)
    assert (said.buy_probability > 0.4).all()
    assert said.buy_probability.mean() == pytest.approx(bought.mean(), abs=0.02)


@pytest.mark.parametrize("bought", [0.0, 1.0])
def test_recency_rule__is_not_certain_after_a_handful(bought):
    rows = _snapshot(np.arange(6.0))
    said = RecencyRule().fit(_frame(rows, bought=np.full(6, bought)), seed=1).predict(rows)
    assert 0.05 < said.buy_probability.min() <= said.buy_probability.max() < 0.95


def test_recency_rule__never_rises_with_recency():
    rows, bought = _thousand()
    said = RecencyRule().fit(_frame(rows, bought=~bought), seed=1).predict(_snapshot(np.linspace(0, 200, 500)))
    assert (np.diff(said.buy_probability) <= 0).all()
    assert (np.diff(said.rank_score) < 0).all()


def test_recency_rule__carries_short_windows_at_a_constant_rate():
    rows, bought = _thousand()
    short = RecencyRule().fit(_frame(rows, bought=bought, horizon_days=30), seed=1).predict(rows)
    long = RecencyRule().fit(_frame(rows, bought=bought, horizon_days=90), seed=1).predict(rows)
    np.testing.assert_allclose(long.buy_probability, 1 - (1 - short.buy_probability) ** 3)
    np.testing.assert_allclose(long.expected_value, 3 * short.expected_value)


def test_recency_rule__reads_the_longest_windows_only():
    rows, bought = _thousand()
    both = pd.concat([rows, rows], ignore_index=True)
    window_days = np.repeat([30.0, 7.0], 1000)
    mixed = _frame(both, bought=np.r_[bought, ~bought], window_days=window_days)
    alone = RecencyRule().fit(_frame(rows, bought=bought), seed=1)
    for name in ("edges", "share", "orders", "value"):
        np.testing.assert_array_equal(getattr(RecencyRule().fit(mixed, seed=1), name), getattr(alone, name))


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "beyond"),
    [("share", 0.0, 1.0, 1.5), ("share", 0.0, 1.0, -0.1), ("orders", 0.0, 1e6, -1.0), ("orders", 0.0, 1e6, 1.1e6),
     ("value", -1e18, 1e18, -1.1e18), ("value", -1e18, 1e18, 1.1e18)],
)  # fmt: skip
def test_recency_rule__is_read_where_its_table_can_stand(name, lowest, highest, beyond, tmp_path):
    saved = {"edges": [10.0], "share": [0.5, 0.5], "orders": [1.0, 1.0], "value": [9.0, 9.0]}
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps(saved | {name: [lowest, highest]}))
    RecencyRule.load(tmp_path)
    file.write_text(json.dumps(saved | {name: [lowest, beyond]}))
    with pytest.raises(DataContractError, match=name):
        RecencyRule.load(tmp_path)


def test_recency_rule__falls_back_on_a_rule_of_thumb_without_windows():
    said = RecencyRule().fit(_frame(_snapshot([])), seed=1).predict(_snapshot([0.0, 10.0, 30.0, 200.0]))
    assert (np.diff(said.buy_probability) <= 0).all()
    assert said.buy_probability[0] > said.buy_probability[-1]
    np.testing.assert_allclose(said.expected_value, 30.0 * said.buy_probability)


def test_recency_rule__of_a_log_without_customers_expects_no_money():
    empty = replace(_frame(_snapshot([])), present=_snapshot([]))
    said = RecencyRule().fit(empty, seed=1).predict(_snapshot([1.0, 100.0]))
    assert said.expected_value.tolist() == [0.0, 0.0]
    assert said.buy_probability.tolist() == [0.5, 0.5**4.5]
