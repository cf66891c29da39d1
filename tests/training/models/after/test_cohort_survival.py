"""Cohorts followed through closed windows: counted by hand, and expected as a long simulation of the model expects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_features.stored import Stored
from tenure_training.models.after.cohort_survival import CohortSurvival, cohort_survival
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.contract import TrainingFrame

MODEL = ParetoNBD(r=1.5, alpha=60.0, s=2.0, beta=500.0)
START = pd.Timestamp("2024-01-01")


def frame(customers: int, windows: int, *, days: int = 60) -> TrainingFrame:
    """Draw customers of the model, watched from their first order on, in windows that follow each other."""
    rng = np.random.default_rng(4)
    rate, leaving = rng.gamma(MODEL.r, 1 / MODEL.alpha, customers), rng.gamma(MODEL.s, 1 / MODEL.beta, customers)
    gone = rng.exponential(1 / leaving)
    times = [np.cumsum(rng.exponential(1 / one, 200)) for one in rate]
    times = [all_[all_ < end] for all_, end in zip(times, gone, strict=True)]
    rows, labels = [], []
    for number in range(windows):
        at = 100.0 + number * days
        before = [all_[all_ < at] for all_ in times]
        after = [all_[(all_ >= at) & (all_ < at + days)] for all_ in times]
        rows.append(
            pd.DataFrame(
                {
                    "customer_id": [f"C{who:05d}" for who in range(customers)],
                    "as_of": START + pd.Timedelta(days=at),
                    "order_days": [1.0 + len(all_) for all_ in before],
                    "tenure_days": at,
                    "span_days": [all_[-1] if len(all_) else 0.0 for all_ in before],
                }
            )
        )
        labels.append(pd.DataFrame({"bought": [len(all_) > 0 for all_ in after]}))
    table = pd.concat(rows, ignore_index=True)
    return TrainingFrame(
        rows=table,
        labels=pd.concat(labels, ignore_index=True),
        window_days=np.full(len(table), float(days)),
        weight=np.ones(len(table)),
        present=rows[-1],
        as_of=START + pd.Timedelta(days=100 + windows * days),
        horizon_days=days,
    )


def test_survival__model_and_cohorts_of_its_own_agree():
    followed = cohort_survival(MODEL, frame(4_000, 4))
    assert [one.later_days for one in followed] == [60, 120, 180]
    assert all(one.agrees for one in followed)
    for one in followed:
        assert one.observed == pytest.approx(one.expected, abs=0.03)
    assert followed[0].observed > followed[2].observed


def test_survival__is_counted_over_the_buyers_of_the_first_window():
    drawn = frame(500, 2)
    first, later = drawn.labels["bought"].to_numpy().reshape(2, -1)
    (one,) = cohort_survival(MODEL, drawn)
    assert one.customers == first.sum()
    assert one.observed == pytest.approx(later[first].mean())
    assert f"Of {first.sum()} customers who ordered within 60 days" in one.words


def test_survival__a_model_of_a_shop_nobody_leaves_is_found_out():
    (*_, farthest) = cohort_survival(ParetoNBD(r=1.5, alpha=60.0, s=2.0, beta=1e6), frame(4_000, 4))
    assert farthest.expected > farthest.observed + 0.1
    assert not farthest.agrees


@pytest.mark.parametrize(("customers", "windows"), [(4_000, 1), (20, 3)])
def test_survival__says_nothing_of_few_customers_or_a_single_window(customers, windows):
    assert cohort_survival(MODEL, frame(customers, windows)) == ()


def test_survival__comes_back_from_json():
    one = CohortSurvival(window_days=60, later_days=120, customers=300, observed=0.5, expected=0.55)
    assert CohortSurvival.from_stored(Stored(one.to_dict(), "x.json")) == one
