from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tenure_features.errors import UsageError
from tenure_serving.reasons import churn_reasons, decomposition, reasons, value_reasons
from tenure_training.models.contract import Contributions


@dataclass(frozen=True)
class Word:
    name: str
    unit: str
    family: str
    meaning: str
    reason: str

    def say(self, value: float) -> str:
        return self.reason.format(value=value)


CATALOGUE = (
    Word("recency_days", "days", "recency", "Days since the last order.", "silent for {value:.0f} days"),
    Word("lateness", "ratio", "adbt", "Recency / ADBT.", "{value:.1f} usual gaps silent"),
    Word("adbt_days", "days", "adbt", "Average days between orders.", "usual gap {value:.0f} days"),
    Word("gap_trend", "ratio", "adbt", "Trend of the gaps.", "gaps growing {value:.1f} times"),
    Word("orders_90d", "orders", "frequency", "Orders in 90 days.", "{value:.0f} orders in the last 90 days"),
    Word("value_mean", "money", "monetary", "Mean order value.", "{value:.2f} spent per order day"),
)
NAMES = ["recency_days", "lateness", "adbt_days", "gap_trend", "orders_90d", "value_mean", "btyd_rhythm", "calibration"]
SNAPSHOT = pd.DataFrame(
    {
        "recency_days": [96.0, 0.4, 30.0],
        "lateness": [4.6, 0.4, np.nan],
        "adbt_days": [20.8, 1.0, np.nan],
        "gap_trend": [2.0, 1.0, np.nan],
        "orders_90d": [0.0, 6.0, 1.0],
        "value_mean": [54.2, 10.0, np.nan],
    }
)


def explained(churn: list[list[float]]) -> Contributions:
    terms = np.array(churn, dtype=float)
    return Contributions(features=NAMES, churn=terms, churn_base=0.3, value=terms / 2, value_base=4.0)


ROWS = explained(
    [
        # recency lateness adbt gap_trend orders value btyd calibration
        [0.50, 0.20, -0.10, 0.02, 0.80, -0.02, 0.255, 3.0],
        [-0.20, -0.10, 0.00, -0.50, -0.90, 0.02, 0.00, -3.0],
        [0.10, 0.30, 0.00, 0.00, 0.00, 0.50, 0.00, 0.0],
    ]
)


def test_churn_reasons__say_value_unit_and_odds_of_a_literal_table() -> None:
    # rhythm of the first: .50 + .20 - .10 + .02 + .255 = .875 = ln 2.4; its monetary term moves nothing by 5 %
    assert churn_reasons(ROWS, SNAPSHOT, CATALOGUE) == [
        [
            "silent for 96 days, usual gap 21 days: odds of leaving x 2.4 (raises risk)",
            "0 orders in the last 90 days: odds of leaving x 2.2 (raises risk)",
        ],
        [
            "6 orders in the last 90 days: odds of leaving x 0.41 (lowers risk)",
            "gaps growing 1.0 times: odds of leaving x 0.45 (lowers risk)",
        ],
        [
            "Mean order value not known yet: odds of leaving x 1.65 (raises risk)",
            "silent for 30 days, one order so far: odds of leaving x 1.49 (raises risk)",
        ],
    ]


def test_value_reasons__speak_of_spend() -> None:
    assert value_reasons(ROWS, SNAPSHOT, CATALOGUE, top=1)[0] == [
        "silent for 96 days, usual gap 21 days: spend when buying x 1.55 (raises value)"
    ]


def test_reasons__name_the_feature_with_the_largest_part_in_the_direction_of_the_sum() -> None:
    # lateness is the largest term, but it pulls the other way
    mixed = explained([[0.5, -0.6, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0]])
    (reason,) = reasons(mixed, SNAPSHOT.head(1), CATALOGUE, target="churn")[0]
    assert (reason.feature, reason.group, reason.direction) == ("recency_days", "rhythm", "raises risk")


def test_reasons__never_offer_calibration_and_stop_at_top() -> None:
    for row in reasons(ROWS, SNAPSHOT, CATALOGUE, target="churn", top=1):
        assert len(row) == 1
        assert row[0].feature != "calibration"


def test_reasons__say_silence_for_a_btyd_term_and_the_name_of_a_term_nobody_described() -> None:
    odd = Contributions(
        features=["bgnbd_p_buy", "gammagamma_spend", "full_moon"],
        churn=np.array([[1.0, 0.9, 0.8]]),
        churn_base=0,
        value=np.ones((1, 3)),
        value_base=0,
    )
    facts = [reason.fact for reason in reasons(odd, SNAPSHOT.head(1), CATALOGUE, target="churn")[0]]
    assert facts == ["silent for 96 days, usual gap 21 days", "54.20 spent per order day", "full moon"]


@pytest.mark.parametrize(
    ("log_odds", "words"),
    [
        (0.06, "x 1.06 (raises"),
        (2.5, "x 12 (raises"),
        (9, "x more than 999"),
        (-0.7, "x 0.50 (lowers"),
        (-9, "x less than 0.01"),
    ],
)
def test_reasons__print_multipliers_people_can_read(log_odds, words) -> None:
    one = explained([[0, 0, 0, 0, log_odds, 0, 0, 0]])
    assert words in churn_reasons(one, SNAPSHOT.head(1), CATALOGUE)[0][0]


@pytest.mark.parametrize(("days", "words"), [(0.4, "less than a day"), (1.2, "1 day,"), (1.6, "2 days,")])
def test_reasons__count_days_in_words(days, words) -> None:
    one = explained([[1, 0, 0, 0, 0, 0, 0, 0]])
    assert f"silent for {words}" in churn_reasons(one, SNAPSHOT.head(1).assign(recency_days=days), CATALOGUE)[0][0]


@settings(max_examples=40, deadline=None)
@given(terms=arrays(float, (3, len(NAMES)), elements=st.floats(-3, 3)), base=st.floats(-2, 2))
def test_decomposition__adds_up_exactly_to_the_log_odds(terms, base) -> None:
    odds = np.exp(base + terms.sum(axis=1))
    contributions = Contributions(features=NAMES, churn=terms, churn_base=base, value=terms, value_base=base)
    for row in range(3):
        table = decomposition(contributions, SNAPSHOT, CATALOGUE, row=row, target="churn")
        assert table["contribution"].sum() == pytest.approx(np.log(odds[row]), abs=1e-9)
        assert np.prod(table["multiplier"]) == pytest.approx(odds[row])
    shown = reasons(contributions, SNAPSHOT, CATALOGUE, target="churn", top=99)
    stories = (
        decomposition(contributions, SNAPSHOT, CATALOGUE, row=0, target="churn").groupby("group")["multiplier"].prod()
    )
    for reason in shown[0]:
        assert reason.multiplier == pytest.approx(stories[reason.group])


def test_decomposition__lists_base_first_then_the_largest_terms_with_values_and_units() -> None:
    table = decomposition(ROWS, SNAPSHOT, CATALOGUE, row=0, target="churn")
    assert table["term"].tolist()[:3] == ["base", "calibration", "orders_90d"]
    orders = table.set_index("term").loc["orders_90d"]
    assert orders[["value", "unit", "contribution"]].tolist() == [0.0, "orders", 0.8]
    value = decomposition(ROWS, SNAPSHOT, CATALOGUE, row=0, target="value")
    assert value["contribution"].sum() == pytest.approx(4.0 + ROWS.value[0].sum())


def test_reasons__refuse_an_explanation_of_other_rows() -> None:
    with pytest.raises(UsageError, match="3 explained rows, 2 customers"):
        churn_reasons(ROWS, SNAPSHOT.head(2), CATALOGUE)


def test_reasons__write_the_currency_after_amounts() -> None:
    one = explained([[0, 0, 0, 0, 0.5, 0.9, 0, 0]])
    said = value_reasons(one, SNAPSHOT.head(1), CATALOGUE, currency="EUR")[0]
    assert said == [
        "54.20 EUR spent per order day: spend when buying x 1.57 (raises value)",
        "0 orders in the last 90 days: spend when buying x 1.28 (raises value)",
    ]
