"""The champion: a rule under a few customers, the default unless another model is significantly better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.backtest import Backtest
from tenure_training.models.contract import Prediction
from tenure_training.selection import choose
from tenure_training.windows import Window

N = 400
WINDOWS = (Window(pd.Timestamp("2024-04-01"), 30), Window(pd.Timestamp("2024-03-02"), 30))
ENOUGH = {"customers": N, "history_days": 400, "seed": 1}


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
        said.append(Prediction(probability.to_numpy(), probability.to_numpy(), worth.to_numpy()))
    return said


def _choose(predictions: dict[str, list[Prediction]], **options):
    result = Backtest(WINDOWS, predictions, OUTCOMES)
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
    for nothing in (None, Backtest((), {"blend": [], "logistic": []}, ())):
        choice = choose(nothing, candidates=["logistic", "blend"], **ENOUGH)
        assert choice.name == "blend"
        assert "no window has closed" in choice.reason


def test_choose__is_the_same_every_time():
    predictions = {"blend": _planted(knows=0.2, noise=0.1), "logistic": _planted(knows=0.22, noise=0.1)}
    assert _choose(predictions) == _choose(predictions)
