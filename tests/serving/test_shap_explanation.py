"""Explanations of many customers: exact sums, names with units, plots of shap, and tables that charts draw."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import shap

from tenure_features import Catalogue
from tenure_features.errors import UsageError
from tenure_serving import charts
from tenure_serving.scorer import Scorer
from tenure_serving.shap_explanation import explanation, row_of, swarm_dots, waterfall_steps
from tenure_training.models.bundle import Bundle
from tenure_training.models.contract import Contributions

FEATURES = Catalogue()
SNAPSHOT = pd.DataFrame(
    {"customer_id": ["a", "b", "c"], "recency_days": [96.0, 4.0, 30.0], "orders_total": [3.0, 9.0, np.nan]}
)
PARTS = Contributions(
    features=["orders_total", "recency_days", "btyd_rhythm"],
    churn=np.array([[0.25, 1.0, -0.5], [-1.0, -2.0, 0.5], [0.0, 0.125, 0.0]]),
    churn_base=0.5,
    value=np.array([[0.0, 0.25, 0.0]] * 3),
    value_base=3.0,
)


@pytest.fixture
def canvas() -> Iterator[None]:
    """Draw without a screen, and leave no figure open."""
    mpl.use("Agg")
    yield
    plt.close("all")


def test_explanation__values_and_base_add_up_and_names_have_units() -> None:
    churn = explanation(PARTS, SNAPSHOT, FEATURES)
    assert (churn.sum(axis=1).values + churn.base_values).tolist() == [1.25, -2.0, 0.625]  # noqa: PD011  # no pandas
    assert churn.feature_names == ["orders_total (orders)", "recency_days (days)", "btyd_rhythm (log-odds)"]
    np.testing.assert_array_equal(churn.data, [[3, 96, -0.5], [9, 4, 0.5], [np.nan, 30, 0]])
    value = explanation(PARTS, SNAPSHOT, FEATURES, target="value")
    assert (value.sum(axis=1).values + value.base_values).tolist() == [3.25] * 3  # noqa: PD011


def test_explanation__refuses_rows_it_does_not_explain() -> None:
    with pytest.raises(UsageError, match="3 explained rows, 2 customers"):
        explanation(PARTS, SNAPSHOT.head(2), FEATURES)


def test_explanation__plots_of_shap_draw_it(canvas: None) -> None:
    churn = explanation(PARTS, SNAPSHOT, FEATURES)
    shap.plots.waterfall(churn[0], show=False)
    labels = [label.get_text() for label in plt.gca().get_yticklabels()]
    assert "96 = recency_days (days)" in labels
    plt.close("all")
    shap.plots.beeswarm(churn, show=False)
    assert "recency_days (days)" in [label.get_text() for label in plt.gca().get_yticklabels()]


def test_scorer__a_model_without_additive_form_is_not_explained(bundle: Bundle, snapshot: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="'halving' has no additive form"):
        Scorer(bundle).explain_frame(snapshot)


def test_waterfall_steps__lead_from_the_base_to_the_prediction() -> None:
    steps = waterfall_steps(PARTS, SNAPSHOT, FEATURES, row=0, top=1)
    assert steps["contribution"].tolist() == [1.0, -0.25]
    assert steps["start"].tolist() == [0.5, 1.5]
    assert steps["end"].tolist() == [1.5, 1.25]
    assert steps["term"].tolist()[1] == "2 others"
    assert steps["value"].tolist()[0] == 96.0
    assert steps["unit"].tolist() == ["days", ""]


def test_waterfall_steps__all_terms_leave_no_others() -> None:
    steps = waterfall_steps(PARTS, SNAPSHOT, FEATURES, row=1)
    assert steps["contribution"].tolist() == [-2.0, -1.0, 0.5]
    assert steps["end"].iloc[-1] == -2.0


def test_swarm_dots__strongest_terms_first_and_levels_are_ranks() -> None:
    dots = swarm_dots(PARTS, SNAPSHOT, FEATURES, top=2)
    recency, orders = (part for _, part in dots.groupby("term", sort=False))
    assert recency["contribution"].tolist() == [-2.0, 0.125, 1.0]  # along the log-odds of the customers
    assert recency["level"].tolist() == [1 / 3, 2 / 3, 1.0]
    assert orders["level"].isna().tolist() == [False, True, False]


def test_swarm_dots__do_not_depend_on_the_order_of_rows_and_are_few() -> None:
    generator = np.random.default_rng(1)
    terms = generator.normal(size=(500, 2))
    parts = Contributions(
        features=["recency_days", "orders_total"], churn=terms, churn_base=0.0, value=terms, value_base=0.0
    )
    people = pd.DataFrame({"recency_days": generator.random(500), "orders_total": generator.random(500)})
    order = generator.permutation(500)
    mixed = Contributions(
        features=parts.features, churn=terms[order], churn_base=0.0, value=terms[order], value_base=0.0
    )
    dots = swarm_dots(parts, people, FEATURES, customers=60)
    assert len(dots) == 120
    pd.testing.assert_frame_equal(dots, swarm_dots(mixed, people.iloc[order], FEATURES, customers=60))


def test_swarm_dots__equal_contributions_lie_side_by_side() -> None:
    same = np.zeros((5, 1))
    people = pd.DataFrame({"recency_days": np.arange(5.0)})
    dots = swarm_dots(
        Contributions(features=["recency_days"], churn=same, churn_base=0.0, value=same, value_base=0.0),
        people,
        FEATURES,
    )
    assert sorted(dots["lane"]) == [-2.0, -1.0, 0.0, 1.0, 2.0]


def test_charts__say_who_and_what() -> None:
    drawn = charts.waterfall(waterfall_steps(PARTS, SNAPSHOT, FEATURES, row=0), customer="a").to_dict()
    assert " ".join(drawn["title"]["text"]) == "Why customer a leaves with probability 78 %"
    swarm = charts.beeswarm(swarm_dots(PARTS, SNAPSHOT, FEATURES)).to_dict()
    assert "moves customers most" in " ".join(swarm["title"]["text"])


def test_row_of__finds_a_customer_or_says_there_is_none() -> None:
    assert row_of(SNAPSHOT, "b") == 1
    with pytest.raises(UsageError, match="no customer 'x'"):
        row_of(SNAPSHOT, "x")
