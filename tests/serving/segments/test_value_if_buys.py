"""Value given an order, of those who hardly will: from their own past, with nothing divided by a small probability."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError
from tenure_features.stored import Stored
from tenure_serving.segments import ClosedWindows, Segmenter, ValueIfBuys
from tenure_serving.segments.value_if_buys import PAST_COLUMNS
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics
from tenure_training.models.btyd.gammagamma import GammaGamma

MODEL = ValueIfBuys(spend=GammaGamma(6.0, 4.0, 50.0), gaps=GammaGamma(1.0, 3.0, 60.0), horizon_days=90)
PREDICTIONS = pd.DataFrame({"churn_probability": [0.0, 0.999, 1.0, 0.5], "expected_value": [120.0, 0.1, 0.0, -9.0]})


def past(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(PAST_COLUMNS), dtype=float)


def test_value_if_buys__is_the_models_for_the_sure_and_their_own_past_for_the_lost() -> None:
    snapshot = past((1, 30, 9, 9), (11, 2200, 500, 800), (11, 2200, 500, 800), (1, 30, 9, 9))
    own = MODEL.own(snapshot)
    # spend: 6 (50 + 2200) / (66 + 4 - 1); gap: (60 + 300) / (3 + 10 - 1) = 30 days, so 3 orders in 90 days if active
    assert own[1] == pytest.approx(6 * 2250 / 69 * 3 / (1 - np.exp(-3)))
    assert MODEL.value(snapshot, PREDICTIONS) == pytest.approx([120, 0.1 + 0.999 * own[1], own[2], 0.5 * own[3]])


def test_value_if_buys__pulls_little_known_customers_to_the_shop() -> None:
    once, often = MODEL.own(past((1, 1000, 5, 5))), MODEL.own(past((30, 30_000, 5, 875)))
    mean, gap = MODEL.spend.mean_spend, MODEL.gaps.mean_spend
    assert mean < once[0] / MODEL.orders(past((1, 1000, 5, 5)))[0] < 750  # of 1000, with 100 the mean of the shop
    assert MODEL.orders(past((1, 1000, 5, 5)))[0] == pytest.approx(90 / gap / (1 - np.exp(-90 / gap)))
    assert often[0] / MODEL.orders(past((30, 30_000, 5, 875)))[0] > 950


def test_value_if_buys__learns_pace_and_level_from_unlikely_buyers() -> None:
    draw = np.random.default_rng(5)
    rows = 4000
    snapshot = past(*[(4.0, 400.0, 100.0, 190.0)] * rows)  # gaps of 30 days: 3.16 orders in 90 if active
    unlikely = np.arange(rows) % 2 == 0
    more = MODEL.orders(snapshot)[0] - 1
    orders = np.where(unlikely, 1 + draw.poisson(0.5 * more, rows), 9.0)  # half the pace; the likely ones are no guide
    closed = ClosedWindows(
        snapshot=snapshot, buy_probability=np.where(unlikely, 0.02, 1.0), window_days=np.full(rows, 90.0),
        orders=orders, value=orders * 2 * MODEL.spend.expected_spend([4.0], [100.0])[0], weight=np.ones(rows),
    )  # fmt: skip
    fitted = ValueIfBuys.fit(snapshot, horizon_days=90, closed=closed)
    as_active = replace(fitted, pace=1.0).orders(snapshot)[0] - 1
    assert fitted.pace * as_active == pytest.approx(0.5 * more, rel=0.05)
    assert fitted.own(snapshot)[0] == pytest.approx(closed.value[unlikely].mean(), rel=0.02)
    few = replace(closed, orders=np.where(np.arange(rows) < 40, orders, 0.0))
    assert (ValueIfBuys.fit(snapshot, horizon_days=90, closed=few).pace, fitted.level != 1.0) == (1.0, True)


def test_value_if_buys__counts_contribution_by_margin_and_service() -> None:
    model = replace(
        MODEL, economics=Economics(margin=Credibility(mean=0.4), service_cost_per_order=Credibility(mean=5.0))
    )
    snapshot = past((4, 400, 100, 190))
    assert model.contribute(np.array([100.0]), snapshot)[0] == pytest.approx(40 - 5 * MODEL.orders(snapshot)[0])


def test_value_if_buys__knows_no_past_where_the_snapshot_has_none() -> None:
    with pytest.raises(DataContractError, match="no tenure_days"):
        ValueIfBuys.fit(past((1, 1, 1, 1)).drop(columns="tenure_days"), horizon_days=30)
    stored = MODEL.to_dict()
    assert ValueIfBuys.from_stored(Stored(stored, "x.json")) == MODEL
    with pytest.raises(DataContractError, match="pace"):
        ValueIfBuys.from_stored(Stored(stored | {"pace": -1.0}, "x.json"))


def test_value_tiers__are_by_contribution_where_costs_are_known(shop) -> None:
    snapshot, predictions = shop(200, 3)
    plain = Segmenter.fit(snapshot, predictions, horizon_days=90)
    costs = Economics(margin=Credibility(mean=0.3), service_cost_per_order=Credibility(mean=12.0))
    priced = Segmenter.fit(snapshot, predictions, horizon_days=90, economics=costs)
    told = Segmenter.fit(snapshot, predictions, horizon_days=90, economics=costs, value_by="revenue")
    assert (plain.value.by, priced.value.by, told.value) == ("revenue", "contribution", plain.value)
    gained = priced.if_buys.contribute(priced.price(snapshot, predictions)["value_if_buys"].to_numpy(), snapshot)
    tiers = priced.assign(snapshot, predictions)["value_tier"]
    assert gained[tiers == "high"].min() > gained[tiers == "low"].max()
    assert (tiers[gained <= 0] == "low").all()
    assert (gained <= 0).any()


def test_value_tiers__hold_the_best_of_the_past_among_the_lost(shop) -> None:
    """Who spent most and is gone is of high value, however small the probability of an order has become."""
    snapshot, predictions = shop(600, 11)
    gone = snapshot["recency_days"] > 120
    churn = np.where(gone, 0.9995, predictions["churn_probability"])
    predictions = predictions.assign(
        churn_probability=churn, expected_value=predictions["expected_value"] * (1 - churn)
    )
    tiers = Segmenter.fit(snapshot, predictions, horizon_days=90).assign(snapshot, predictions)["value_tier"]
    best = gone & (snapshot["revenue_total"] >= snapshot["revenue_total"].quantile(0.9))
    assert best.sum() > 5
    assert (tiers[best] == "high").mean() > 0.5
