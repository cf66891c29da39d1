import json

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_serving import charts
from tenure_serving.charts.style import CONFIG
from tenure_serving.charts.trust import (
    LOWER_IS_BETTER,
    METRIC_WORDS,
    TARGETS,
    calibration_gap,
    distance,
    first_decile_share,
)
from tenure_training.metrics import METRICS

CALIBRATION = pd.DataFrame(
    {"bin": [1, 2], "predicted": [0.2, 0.8], "actual": [0.25, 0.79], "customers": [100.0, 300.0],
     "low": [0.2, 0.7], "high": [0.3, 0.9]}
)  # fmt: skip
DECILES = pd.DataFrame(
    {"decile": [1, 2, 3], "customers": 10.0, "predicted_value": [60.0, 30.0, 9.0], "actual_value": [70.0, 20.0, 10.0]}
)
BACKTEST = pd.DataFrame(
    [("recency", "2025-01-01", "baseline", 0.70, -0.30), ("recency", "2025-04-01", "baseline", 0.72, -0.20),
     ("zero", "2025-01-01", "baseline", 0.50, -1.0), ("zero", "2025-04-01", "baseline", 0.50, -1.0),
     ("hurdle", "2025-01-01", "model", 0.77, 0.10), ("hurdle", "2025-04-01", "model", np.nan, 0.02)],
    columns=["candidate", "origin", "kind", "auroc", "total_bias"],
)  # fmt: skip
CELLS = pd.DataFrame(
    {
        "value_tier": ["high", "low"],
        "risk_tier": ["high", "low"],
        "customers": [10, 1200],
        "money_at_risk": [750.0, 250.0],
    }
)
RFM = pd.DataFrame(
    {"recency_score": [5, 1], "frequency_score": [5, 1], "customers": [20, 80], "expected_value": [600.0, 400.0]}
)
GROUPS = pd.DataFrame({"group": ["Lost", "Loyal"], "customers": [75, 25], "expected_value": [100.0, 900.0]})
DRIVERS = pd.DataFrame(
    {"feature": ["a", "b"], "meaning": ["Orders in 90 days.", "Days since the last order (elapsed)."],
     "mean_abs_log_odds": [0.1, np.log(2.5)]}
)  # fmt: skip
TOTALS = pd.DataFrame({"origin": ["2025-01-01", "2025-04-01"], "predicted": [90.0, 100.0], "actual": [100.0, 100.0]})
BINS = charts.churn_bins(pd.Series([0.05, 0.5, 0.55, 1.0]), tiers=pd.Series(["low", "medium", "high", "high"]))

DRAWN = [
    (charts.draw_calibration(CALIBRATION), "can be taken at face value: off by 2.0 points on average"),
    (charts.draw_deciles(DECILES, currency="EUR"), "The tenth predicted best brought 70 % of the value"),
    (charts.draw_backtest(BACKTEST, metric="auroc", champion="hurdle"), "hurdle 0.770, best baseline (recency) 0.710"),
    (
        charts.draw_backtest(BACKTEST, metric="total_bias", champion="hurdle"),
        "hurdle 0.060, best baseline (recency) -0.250",
    ),
    (
        charts.draw_backtest(BACKTEST, metric="auroc", champion="blend"),
        "Who leaves is ranked above who stays: share of pairs",
    ),
    (
        charts.draw_totals(TOTALS, currency="EUR"),
        "Predicted totals were 5.0 % below what came, over 2 moments in the past",
    ),
    (
        charts.draw_churn_risk(BINS, horizon_days=90, mean=0.525),
        "52 % of 4 customers are expected not to order within 90 days",
    ),
    (charts.draw_value_by_risk(CELLS, currency="EUR"), "75 % of the money at risk sits with high value, high risk"),
    (charts.draw_rfm_cells(RFM, currency="EUR"), "The best cell holds 20 % of customers and 60 % of expected value"),
    (
        charts.draw_groups(GROUPS, order=["Loyal", "Lost"], name="Map"),
        "Loyal: 25 % of customers, 90 % of expected value",
    ),
    (charts.draw_drivers(DRIVERS), "Days since the last order moves the odds of leaving most: x 2.5 either way"),
]


def axes(spec: object) -> list[dict[str, object]]:
    """Return every positional channel with a field, anywhere in a specification."""
    if isinstance(spec, list):
        return [axis for item in spec for axis in axes(item)]
    if not isinstance(spec, dict):
        return []
    own = [spec["encoding"][channel] for channel in ("x", "y") if channel in spec.get("encoding", {})]
    return own + [axis for value in spec.values() for axis in axes(value)]


@pytest.mark.parametrize(("chart", "conclusion"), DRAWN, ids=[words[:30] for _, words in DRAWN])
def test_chart__states_its_conclusion_and_compiles(chart, conclusion) -> None:
    spec = chart.to_dict()
    heading = spec["title"]["text"]
    assert conclusion in " ".join([heading] if isinstance(heading, str) else heading)
    assert vl_convert.vegalite_to_svg(spec, config=dict(CONFIG)).startswith("<svg")
    assert '"url"' not in json.dumps(spec)


@pytest.mark.parametrize(("chart", "conclusion"), DRAWN, ids=[words[:30] for _, words in DRAWN])
def test_chart__names_every_axis_it_measures_on(chart, conclusion) -> None:
    named = [axis for axis in axes(chart.to_dict()) if axis.get("type") == "quantitative" and "title" in axis]
    assert all(axis["title"] for axis in named)
    assert named or "money at risk" in conclusion or "best cell" in conclusion  # heat maps measure in colour


def test_chart__carries_the_currency_to_the_axis() -> None:
    titles = {axis.get("title") for axis in axes(charts.draw_deciles(DECILES, currency="EUR").to_dict())}
    assert "value per customer (EUR)" in titles


def test_chart__takes_more_rows_than_altair_would() -> None:
    many = pd.DataFrame({"feature": "f", "meaning": "m", "mean_abs_log_odds": np.linspace(0, 1, 6000)})
    (rows,) = charts.draw_drivers(many, top=6000).to_dict()["datasets"].values()
    assert len(rows) == 6000
    assert isinstance(charts.draw_drivers(many), alt.Chart)


def test_calibration_gap__weighs_bins_by_customers() -> None:
    assert calibration_gap(CALIBRATION) == pytest.approx((100 * 0.05 + 300 * 0.01) / 400)
    off = CALIBRATION.assign(actual=[0.5, 0.5])
    assert "rank customers, but are not exact" in " ".join(charts.draw_calibration(off).to_dict()["title"]["text"])


def test_captured__is_the_first_deciles_share_of_actual_value() -> None:
    assert first_decile_share(DECILES) == 0.7
    assert np.isnan(first_decile_share(DECILES.assign(actual_value=0.0)))


def test_metrics__are_words_for_metrics_that_exist_with_their_direction() -> None:
    assert "empc" not in LOWER_IS_BETTER  # needs a value per customer, so the backtest adds it beside the registry
    assert "empc" not in TARGETS
    for name in set(METRIC_WORDS) - {"empc"}:
        better = METRICS[name].higher_is_better
        assert (name in LOWER_IS_BETTER) == (better is False)
        assert (name in TARGETS) == (better is None)
        if better is None:
            assert METRICS[name].optimum == TARGETS[name]
        values = pd.Series([0.1, 0.7])
        assert (distance(values, name).diff()[1] > 0) == (METRICS[name].loss(0.7) > METRICS[name].loss(0.1))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["low", "high"])), min_size=1, max_size=50))
def test_churn_bins__put_every_customer_into_one_bin(people) -> None:
    probability, tiers = pd.Series([p for p, _ in people]), pd.Series([tier for _, tier in people])
    table = charts.churn_bins(probability, tiers=tiers)
    assert table["customers"].sum() == len(people)
    assert table.groupby("risk_tier")["customers"].sum().to_dict() == tiers.value_counts().to_dict()
    assert table["low"].min() >= 0
    assert table["high"].max() <= 1
    assert not table.duplicated(["low", "risk_tier"]).any()
