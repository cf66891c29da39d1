"""The charts of movement and profiles: bands as wide as their customers, titles that say what is there."""

import json

import numpy as np
import pandas as pd
import pytest
import vl_convert

from tenure_decisions.customers.pareto import pareto_curve
from tenure_serving import charts
from tenure_serving.charts.movement import CURVE_STEPS
from tenure_serving.segments.movement import count_movement

THEN, NOW = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-04-01")


def scores(groups: list[str], values: list[float], as_of: pd.Timestamp, first: int = 0) -> pd.DataFrame:
    ids = [f"c{number}" for number in range(first, first + len(groups))]
    return pd.DataFrame(
        {"customer_id": ids, "segment": groups, "expected_value": values, "as_of": as_of, "horizon_days": 90}
    )


@pytest.fixture(scope="module")
def drawn() -> dict:
    before = scores(["VIP"] * 4 + ["New"] * 4, [10.0] * 8, THEN)
    after = scores(["VIP"] * 3 + ["Lost"] + ["VIP"] * 2 + ["New"] * 4, [10, 10, 10, 1, 30, 30, 5, 5, 5, 5], NOW, 0)
    found = count_movement(before, after, order=["VIP", "New", "Lost"])
    chart = charts.draw_movement(
        found.flows, order=["VIP", "New", "Lost"], previous_as_of=THEN, as_of=NOW, currency="EUR"
    )  # fmt: skip
    return chart.to_dict()


def values(spec: dict, layer: int) -> pd.DataFrame:
    data = spec["layer"][layer]["data"]
    return pd.DataFrame(data["values"] if "values" in data else spec["datasets"][data["name"]])


def test_movement__draws_bands_as_wide_as_their_customers(drawn) -> None:
    bands = values(drawn, 0)
    assert (bands.groupby("flow").size() == CURVE_STEPS + 1).all()
    width = (bands["bottom"] - bands["top"]) / (bands["customers"] / 10)
    np.testing.assert_allclose(width, 1.0, atol=2e-3)
    ends = bands[bands["x"].isin([0.0, 1.0])]
    for _, side in ends.groupby("x"):  # bands of one side lie beside each other, never over each other
        ordered = side.sort_values("top")
        assert (ordered["top"].to_numpy()[1:] >= ordered["bottom"].to_numpy()[:-1] - 1e-6).all()
    bars = values(drawn, 1)
    assert bars.groupby("x2")["customers"].sum().tolist() == [10, 10]
    assert {"VIP: 4", "VIP: 5", "New: 4", "Lost: 1", "(newcomers): 2"} <= set(bars["label"])


def test_movement__colours_by_value_and_says_how_many_changed(drawn) -> None:
    kinds = values(drawn, 0).groupby("flow")["kind"].first().to_dict()
    assert kinds == {
        "VIP → VIP": "stayed", "New → New": "stayed", "VIP → Lost": "value lost", "New → VIP": "value gained",
        "(newcomers) → New": "value gained",
    }  # fmt: skip
    # of the eight scored both times three changed; 111 are expected now, 80 before
    title = " ".join(drawn["title"]["text"])
    assert title == "38 % of 8 customers changed the group; 31 EUR more is expected of everybody than before"
    vl_convert.vegalite_to_vega(drawn)
    assert len(json.dumps(drawn)) < 60_000


def test_pareto__says_what_the_best_fifth_brings() -> None:
    spec = charts.draw_pareto(pareto_curve([80.0, 5, 5, 5, 5]), what="expected value").to_dict()
    assert " ".join(spec["title"]["text"]) == "The best 20 % of customers bring 80 % of expected value"
    vl_convert.vegalite_to_vega(spec)


def test_profile__names_the_largest_certain_lift_or_says_that_there_is_none() -> None:
    table = pd.DataFrame(
        {
            "attribute": ["region", "age_band", "region"], "level": ["north", "65+", "south"],
            "lift": [0.5, 2.5, 9.0], "low": [0.4, 2.0, 0.8], "high": [0.7, 3.0, 99.0],
            "p_adjusted": [0.01, 0.02, 0.5], "represented": ["under", "over", ""],
        }
    )  # fmt: skip
    spec = charts.draw_profile(table, group="the VIP segment").to_dict()
    assert " ".join(spec["title"]["text"]) == "In the VIP segment, age band 65+ is 2.5 times as common as outside"
    assert values(spec, 1)["name"].tolist() == ["age band: 65+", "region: north"]
    vl_convert.vegalite_to_vega(spec)
    nothing = charts.draw_profile(table.assign(represented=""), group="the VIP segment").to_dict()
    assert " ".join(nothing["title"]["text"]) == "Nothing sets the VIP segment apart for certain"
