"""The champion: a rule for a few customers, a simple model that is no worse for some hundred, else the default."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_training.backtest import Backtest
from tenure_training.models.contract import Prediction
from tenure_training.selection import choose
from tenure_training.windows import Window

N = 400
WINDOWS = (Window(pd.Timestamp("2024-04-01"), 30), Window(pd.Timestamp("2024-03-02"), 30))
ENOUGH = {"customers": 4000, "history_days": 400, "seed": 1}


def _outcomes() -> list[pd.DataFrame]:
    generator = np.random.default_rng(1)
    outcomes = []
    for _ in WINDOWS:
        bought = generator.random(N) < 0.4
        value = np.where(bought, generator.gamma(2, 20, N), 0.0)
        ids = [f"c{number}" for number in range(N)]
        outcomes.append(pd.DataFrame({"customer_id": ids, "bought": bought, "orders": 1.0 * bought, "value": value}))
    return outcomes


OUTCOMES = _outcomes()


def _planted(*, knows: float, value: float = 0.5, noise: float = 0.0) -> list[Prediction]:
    """Predictions that know a share of who buys, and a share of what it will be worth."""
    said = []
    for number, outcome in enumerate(OUTCOMES):
        generator = np.random.default_rng(number)
        probability = np.clip(0.4 + knows * (outcome["bought"] - 0.4) + noise * generator.normal(size=N), 0.01, 0.99)
        worth = value * outcome["value"] + (1 - value) * generator.gamma(2, 20, N)
        said.append(
            Prediction(
                buy_probability=probability.to_numpy(),
                expected_orders=probability.to_numpy(),
                expected_value=worth.to_numpy(),
            )
        )
    return said


def _choose(predictions: dict[str, list[Prediction]], **options):
    result = Backtest(windows=WINDOWS, predictions=predictions, outcomes=OUTCOMES)
    return choose(result, **{"candidates": list(predictions), **ENOUGH, **options})


@pytest.mark.parametrize(
    ("customers", "history_days", "rule"),
    [(49, 400, True), (50, 400, False), (400, 29, True), (400, 30, False), (1, 1, True)],
)
def test_choose__takes_a_rule_and_calls_it_one_under_50_customers_or_30_days(customers, history_days, rule):
    choice = _choose(
        {"logistic": _planted(knows=0.9), "blend": _planted(knows=0.1)}, customers=customers, history_days=history_days
    )
    assert (choice.name == "recency") is rule
    assert choice.reason.startswith("a rule, not a model") is rule
    if rule:
        assert str(customers) in choice.reason
        assert str(history_days) in choice.reason


def test_choose__takes_a_model_that_is_significantly_better():
    choice = _choose({"blend": _planted(knows=0.1), "logistic": _planted(knows=0.5)})
    assert choice.name == "logistic"
    assert "log-loss" in choice.reason


def test_choose__keeps_the_default_where_the_difference_is_luck():
    choice = _choose({"logistic": _planted(knows=0.2, noise=0.051), "blend": _planted(knows=0.2, noise=0.05)})
    assert choice.name == "blend"
    assert "2 backtest origins" in choice.reason


def test_choose__keeps_the_default_against_a_model_that_ranks_value_worse():
    choice = _choose({"logistic": _planted(knows=0.5, value=0.1), "blend": _planted(knows=0.1, value=0.9)})
    assert choice.name == "blend"


def test_choose__takes_the_best_of_several_better_models():
    predictions = {"bgnbd": _planted(knows=0.4), "logistic": _planted(knows=0.7), "mbgnbd": _planted(knows=0.5)}
    assert _choose({**predictions, "blend": _planted(knows=0.1)}).name == "logistic"
    assert _choose({"blend": _planted(knows=0.1), **dict(reversed(predictions.items()))}).name == "logistic"


def test_choose__never_takes_a_baseline_while_there_is_a_model():
    choice = _choose({"recency": _planted(knows=0.9), "zero": _planted(knows=0.9), "blend": _planted(knows=0.1)})
    assert choice.name == "blend"


def test_choose__takes_the_first_model_where_the_default_is_not_wanted():
    assert _choose({"zero": _planted(knows=0.9), "bgnbd": _planted(knows=0.3)}).name == "bgnbd"


def test_choose__takes_a_baseline_where_nothing_else_is_wanted():
    assert _choose({"status_quo": _planted(knows=0.3)}).name == "status_quo"


def test_choose__takes_the_default_where_nothing_could_be_compared():
    for nothing in (None, Backtest(windows=(), predictions={"blend": [], "logistic": []}, outcomes=())):
        choice = choose(nothing, candidates=["logistic", "blend"], **ENOUGH)
        assert choice.name == "blend"
        assert "no window has closed" in choice.reason


NOT_SURE = _planted(knows=0.2, noise=0.2)
LUCKIER = [replace(one, buy_probability=0.4 + 0.95 * (one.buy_probability - 0.4)) for one in NOT_SURE]
"""The same ranking, and a log-loss that is lower by .001: luck, by the bootstrap."""


def _small(predictions, **options):
    return _choose(predictions, **{"customers": 300, **options})


def test_choose__takes_a_simple_model_that_does_as_well_in_a_small_shop():
    rivals = {"blend": NOT_SURE, "mbgnbd": LUCKIER, "xgboost_hurdle": LUCKIER}
    choice = _small(rivals)
    assert choice.name == "mbgnbd"
    for said in (
        "small shop (300 customers, under 500)",
        "simple models mbgnbd",
        "than the blend, whose figures stand in brackets",
        "log-loss 0.",
    ):
        assert said in choice.reason


def test_choose__asks_for_significance_from_500_customers_on():
    rivals = {"blend": NOT_SURE, "mbgnbd": LUCKIER}
    assert _choose(rivals, customers=499).name == "mbgnbd"
    assert _choose(rivals, customers=500).name == "blend"


def test_choose__takes_the_simple_model_of_the_lowest_log_loss():
    better = {"bgnbd": _planted(knows=0.21), "logistic": _planted(knows=0.23), "mbgnbd": _planted(knows=0.22)}
    assert _small({**better, "blend": _planted(knows=0.2)}).name == "logistic"


def test_choose__takes_a_simple_model_a_little_behind_the_best():
    behind = [replace(one, buy_probability=0.4 + 0.9 * (one.buy_probability - 0.4)) for one in NOT_SURE]
    choice = _small({"logistic": behind, "blend": NOT_SURE})
    assert choice.name == "logistic"  # .0003 behind, far less than a standard error


@pytest.mark.parametrize("way", ["ranks value worse", "has a log-loss far behind"])
def test_choose__keeps_the_default_of_a_small_shop_where_no_simple_model_does_as_well(way):
    other = _planted(knows=0.2, value=0.1)
    told = {
        "ranks value worse": [
            replace(one, expected_value=worse.expected_value) for one, worse in zip(LUCKIER, other, strict=True)
        ],
        "has a log-loss far behind": [replace(one, buy_probability=0.8 * one.buy_probability) for one in NOT_SURE],
    }[way]
    choice = _small({"logistic": told, "blend": NOT_SURE})
    assert choice.name == "blend"
    assert "none of logistic came within one standard error of the best log-loss" in choice.reason


def test_choose__takes_what_is_significantly_better_where_no_simple_model_will_do():
    rivals = {"blend": _planted(knows=0.2), "bgnbd": _planted(knows=0.1), "xgboost_hurdle": _planted(knows=0.9)}
    choice = _small(rivals)
    assert choice.name == "xgboost_hurdle"
    assert "significantly" in choice.reason


def test_choose__has_nothing_to_prefer_where_the_default_is_simple_itself():
    assert "small shop" not in _small({"bgnbd": _planted(knows=0.2), "mbgnbd": _planted(knows=0.2)}).reason


def test_choose__is_the_same_every_time():
    predictions = {"blend": _planted(knows=0.2, noise=0.1), "logistic": _planted(knows=0.22, noise=0.1)}
    assert _choose(predictions) == _choose(predictions)
