"""BTYD models behind the candidates' contract."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_training.models.btyd import BGNBDCandidate, MBGCNBDCandidate, MBGNBDCandidate, ParetoNBDCandidate
from tenure_training.models.contract import LEVELS, TrainingFrame

CANDIDATES = [BGNBDCandidate, MBGNBDCandidate, MBGCNBDCandidate, ParetoNBDCandidate]
AS_OF = pd.Timestamp("2024-07-01")


def snapshot(order_days, tenure, span, value, orders=None) -> pd.DataFrame:
    columns = {"order_days": order_days, "tenure_days": tenure, "span_days": span, "value_mean": value}
    frame = pd.DataFrame({name: np.asarray(column, dtype=np.float64) for name, column in columns.items()})
    frame.insert(0, "customer_id", [f"c{i}" for i in range(len(frame))])
    frame.insert(1, "as_of", AS_OF)
    return frame.assign(orders_total=frame["order_days"] if orders is None else np.asarray(orders, dtype=np.float64))


def frame_of(present: pd.DataFrame, horizon: int = 90) -> TrainingFrame:
    labels = pd.DataFrame({"bought": [], "orders": [], "value": []})
    return TrainingFrame(
        rows=present.iloc[:0],
        labels=labels,
        window_days=np.zeros(0),
        weight=horizon,
        present=present,
        as_of=AS_OF,
        horizon_days=horizon,
    )


def shop(customers: int, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    tenure = generator.uniform(0, 500, customers)
    days = 1 + generator.poisson(generator.gamma(0.6, 0.01, customers) * tenure)
    span = np.where(days > 1, tenure * generator.beta(3, 1, customers), 0.0)
    value = generator.gamma(6, 1 / generator.gamma(4, 1 / 20, customers))
    return snapshot(days, tenure, span, value, days + generator.integers(0, 2, customers))


def numbers(prediction) -> np.ndarray:
    columns = [prediction.buy_probability, prediction.expected_orders, prediction.expected_value]
    return np.column_stack([*columns, prediction.quantiles])


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_prediction__keeps_the_contract(candidate) -> None:
    present = shop(900)
    found = candidate().fit(frame_of(present), seed=1).predict(present)
    assert found.quantiles.shape == (900, len(LEVELS))
    assert np.isfinite(numbers(found)).all()
    assert ((found.buy_probability >= 0) & (found.buy_probability <= 1)).all()
    assert (found.expected_orders >= found.buy_probability - 1e-9).all()
    assert (np.diff(found.quantiles, axis=1) >= 0).all()
    assert found.buy_probability.std() > 0.05


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_prediction__of_a_row_is_its_own(candidate) -> None:
    present = shop(700)
    fitted = candidate().fit(frame_of(present), seed=1)
    together = numbers(fitted.predict(present))
    pick = np.random.default_rng(0).permutation(700)
    shuffled = present.iloc[pick]
    assert numbers(fitted.predict(shuffled)) == pytest.approx(together[pick], rel=1e-11)
    assert numbers(fitted.predict(present.iloc[[5]])) == pytest.approx(together[[5]], rel=1e-11)
    refitted = candidate().fit(frame_of(shuffled), seed=99)
    assert numbers(refitted.predict(present)) == pytest.approx(together, rel=1e-9)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_saved_candidate__predicts_the_same(candidate, tmp_path) -> None:
    present = shop(300)
    fitted = candidate().fit(frame_of(present), seed=1)
    fitted.save(tmp_path)
    loaded = candidate.load(tmp_path)
    assert (numbers(loaded.predict(present)) == numbers(fitted.predict(present))).all()
    assert (loaded.orders, loaded.spend, loaded.orders_per_day) == (fitted.orders, fitted.spend, fitted.orders_per_day)
    assert loaded.explanation_baseline == fitted.explanation_baseline
    content = json.loads((tmp_path / "btyd.json").read_text())
    assert content["orders"]["unit"] == "days"
    assert content["name"] == candidate.name
    assert [path.name for path in tmp_path.iterdir()] == ["btyd.json"]


def test_expected_orders__count_orders_not_order_days() -> None:
    present = shop(600)
    double = present.assign(orders_total=2 * present["order_days"])
    days = BGNBDCandidate().fit(frame_of(present.assign(orders_total=present["order_days"])), seed=0)
    orders = BGNBDCandidate().fit(frame_of(double), seed=0)
    one, two = days.predict(present), orders.predict(present)
    assert two.expected_orders == pytest.approx(2 * one.expected_orders)
    assert two.expected_value == pytest.approx(one.expected_value)


def test_horizon__can_be_changed_without_fitting_again() -> None:
    present = shop(400)
    fitted = MBGNBDCandidate().fit(frame_of(present, 90), seed=0)
    longer = fitted.with_horizon(180).predict(present)
    assert numbers(MBGNBDCandidate().fit(frame_of(present, 180), seed=0).predict(present)) == pytest.approx(
        numbers(longer)
    )
    assert (longer.buy_probability >= fitted.predict(present).buy_probability).all()


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize(
    "present",
    [
        snapshot([], [], [], []),
        snapshot([1], [0.2], [0], [9.0]),
        snapshot([1, 1, 1, 1, 1], [3, 9, 9, 40, 80], [0] * 5, [10.0, 20, 5, 5, 5]),
        snapshot([1] * 40, [0.5] * 40, [0] * 40, [10.0] * 40),
        snapshot([4] * 40, [90.0] * 40, [60] * 40, [10.0] * 40),
        snapshot([6000, 1, 2], [8000.0, 50, 50], [8000.0, 0, 20], [1e6, 0.01, 3.0]),
        snapshot([1, 2, 3], [50, 60, 70], [0, 20, 70], [np.nan, np.nan, np.nan]),
        snapshot([1, 2, 3], [50, 60, 70], [0, 20, 70], [0.0, -5.0, 0.0]),
        snapshot([1, 2, 3], [50, 60, 70], [0, 20, 70], [10.0, -5.0, np.nan]),
        snapshot([2] * 700, np.arange(700) + 3.0, [1] * 700, [10.0] * 700).drop(columns=["value_mean", "orders_total"]),
    ],
    ids=["empty", "one", "one-time", "one day", "the same", "huge", "no amounts", "no sales", "losses", "no columns"],
)
def test_candidate__survives(candidate, present, tmp_path) -> None:
    fitted = candidate().fit(frame_of(present), seed=0)
    asked = pd.concat([present, shop(20)], ignore_index=True)
    found = fitted.predict(asked)
    assert np.isfinite(numbers(found)).all()
    assert len(found.expected_value) == len(asked)
    fitted.save(tmp_path)
    assert (numbers(candidate.load(tmp_path).predict(asked)) == numbers(found)).all()


@given(
    candidate=st.sampled_from(CANDIDATES),
    rows=st.lists(
        st.tuples(
            st.integers(1, 400), st.floats(0, 3000), st.floats(0, 1), st.one_of(st.floats(-1e3, 1e6), st.just(np.nan))
        ),
        min_size=1,
        max_size=25,
    ),
    horizon=st.sampled_from([1, 90, 730]),
)
def test_candidate__never_answers_nan(candidate, rows, horizon) -> None:
    days, tenure, share, value = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    days = np.minimum(days, 1 + np.floor(tenure))
    present = snapshot(days, tenure, np.where(days > 1, tenure * share, 0.0), value)
    found = candidate().fit(frame_of(present, horizon), seed=0).predict(present)
    assert np.isfinite(numbers(found)).all()
    assert (found.expected_orders >= found.buy_probability * (1 - 1e-6) - 1e-9).all()


def test_regular_candidate__takes_k_from_the_gaps() -> None:
    present = shop(600).assign(adbt_cv=0.577)  # a third of the mean squared: three phases
    fitted = MBGCNBDCandidate().fit(frame_of(present.assign(orders_total=present["order_days"])), seed=0)
    assert fitted.orders.model.k == 3
    assert fitted.orders.message.endswith("k = 3")
    # two orders on one day say nothing about gaps between days
    twice = MBGCNBDCandidate().fit(frame_of(present.assign(orders_total=present["order_days"] + 1)), seed=0)
    assert twice.orders.model.k == 1


def test_fitted__is_a_value() -> None:
    fitted = BGNBDCandidate().fit(frame_of(shop(50)), seed=0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fitted.horizon_days = 3
