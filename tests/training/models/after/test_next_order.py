"""The next order: the residual wait of a renewal with the customer's own gaps, against quadrature and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from tenure_features.stored import Stored
from tenure_training.models.after.next_order import UNLIKELY, NextOrder, predict_dates


def _row(recency: float, orders: float = 1.0, span: float = 0.0, cv: float = np.nan) -> pd.DataFrame:
    return pd.DataFrame({"recency_days": [recency], "orders_total": [orders], "span_days": [span], "adbt_cv": [cv]})


def _survival(model: NextOrder, gaps: float, span: float, shape: float, x: float) -> float:
    """P(gap > x), integrating the gamma gap over the gamma rate."""
    rate = stats.gamma(1 + shape * (1 + gaps), scale=1 / (model.usual_gap_days + span))

    def density(u: float) -> float:
        value = rate.ppf(u)
        return float(stats.gamma.sf(x, shape, scale=1 / value)) if value > 0 else 1.0

    return integrate.quad(density, 0, 1, limit=400)[0]


@pytest.mark.parametrize(("recency", "orders", "span"), [(5.0, 1.0, 0.0), (20.0, 4.0, 90.0), (200.0, 9.0, 160.0)])
def test_quantiles__are_those_of_the_mixture_by_quadrature(recency, orders, span):
    model, shape = NextOrder(40.0, 0.5), 2.0
    days = model.quantiles(_row(recency, orders, span, np.sqrt(0.5)), horizon_days=60)[0]
    gaps = orders - 1

    def wait(t: float) -> float:
        return 1 - _survival(model, gaps, span, shape, recency + t) / _survival(model, gaps, span, shape, recency)

    found = [wait(t) / wait(60.0) for t in days]
    assert found == pytest.approx([0.1, 0.5, 0.9], abs=2e-3)


def test_quantiles__hold_their_promise_in_a_simulated_shop():
    generator, rows, waits = np.random.default_rng(3), [], []
    for _ in range(4000):
        rate = generator.gamma(3.0, 1 / 80.0)  # the prior of shape 2: Gamma(1 + 2, usual gap 80)
        at, orders = 0.0, [0.0]
        while at < 300:
            at += generator.gamma(2.0, 1 / rate)
            orders.append(at)
        seen = np.array(orders[:-1])
        gaps = np.diff(seen)
        cv = gaps.std(ddof=1) / gaps.mean() if len(gaps) > 1 else np.nan
        rows.append((300 - seen[-1], float(len(seen)), seen[-1], cv))
        waits.append(orders[-1] - 300)
    table = pd.DataFrame(rows, columns=["recency_days", "orders_total", "span_days", "adbt_cv"])
    wait, came = np.array(waits), np.array(waits) < 90
    low, middle, high = NextOrder(80.0, 0.5).quantiles(table, horizon_days=90).T
    assert np.mean((low <= wait) & (wait <= high), where=came) == pytest.approx(0.8, abs=0.03)
    assert np.mean(wait <= middle, where=came) == pytest.approx(0.5, abs=0.03)


def test_quantiles__a_regular_customer_is_expected_at_the_usual_time_and_more_exactly():
    model = NextOrder(30.0, 0.6)
    clockwork, random = (model.quantiles(_row(10, 25, 720, cv), horizon_days=90)[0] for cv in (0.1, 1.0))
    assert clockwork[1] == pytest.approx(20, abs=4)  # 30 days after the last order
    assert clockwork[2] - clockwork[0] < 0.6 * (random[2] - random[0])


@given(
    recency=st.floats(0, 5000),
    orders=st.floats(1, 500),
    span=st.floats(0, 5000),
    cv=st.floats(0, 5),
    days=st.integers(1, 3650),
)
def test_quantiles__lie_within_the_horizon_in_order(recency, orders, span, cv, days):
    found = NextOrder(45.0, 0.8).quantiles(_row(recency, orders, span, cv), horizon_days=days)[0]
    assert np.isfinite(found).all()
    assert 0 <= found[0] <= found[1] <= found[2] <= days


def test_fit__takes_the_usual_gap_and_regularity_of_the_shop():
    present = pd.concat([_row(1, 5, 80, 0.5), _row(1, 3, 60, 0.9), _row(1)], ignore_index=True)
    assert NextOrder.fit(present, horizon_days=90) == NextOrder(25.0, 0.25)  # gaps of 20 and 30; one with enough gaps
    assert NextOrder.fit(_row(1), horizon_days=90) == NextOrder(90.0, 1.0)
    model = NextOrder(25.0, 0.25)
    assert NextOrder.from_stored(Stored(model.to_dict(), "x.json")) == model


def test_dates__are_missing_where_an_order_is_unlikely():
    rows, as_of = pd.concat([_row(10, 5, 100, 0.5)] * 2, ignore_index=True), pd.Timestamp("2024-05-01")
    said = predict_dates(
        NextOrder(30.0, 0.5), rows, np.array([UNLIKELY, UNLIKELY - 0.001]), as_of=as_of, horizon_days=60
    )
    assert list(said) == ["next_order_low_at", "next_order_at", "next_order_high_at"]
    assert all(pd.notna(column).tolist() == [True, False] for column in said.values())
    first = [pd.Timestamp(column[0]) for column in said.values()]
    assert first == sorted(first)
    assert pd.Timestamp("2024-05-01") <= first[0]
    assert first[2] <= pd.Timestamp("2024-06-30")
