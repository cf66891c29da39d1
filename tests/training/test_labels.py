"""Labels say what outcomes say: bought is an order with positive revenue, value is net."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure_training.labels import DEFINITIONS, labels


def test_labels__of_outcomes():
    outcomes = pd.DataFrame(
        {
            "customer_id": ["returned only", "gone", "bought and returned", "regular"],
            "orders": [0, 0, 1, 3],
            "value": [-20.0, 0.0, 0.0, 75.5],
            "wait_days": [np.nan, np.nan, 2.0, 0.5],
        },
        index=[7, 3, 3, 1],
    )
    expected = pd.DataFrame(
        {
            "bought": [False, False, True, True],
            "orders": [0.0, 0.0, 1.0, 3.0],
            "value": [-20.0, 0.0, 0.0, 75.5],
            "wait_days": [np.nan, np.nan, 2.0, 0.5],
        }
    )
    pd.testing.assert_frame_equal(labels(outcomes), expected)


def test_labels__of_nobody_keep_their_types():
    nobody = labels(pd.DataFrame({"orders": [], "value": [], "wait_days": []}))
    numbers = dict.fromkeys(("orders", "value", "wait_days"), "float64")
    assert nobody.dtypes.astype(str).to_dict() == {"bought": "bool"} | numbers


def test_definitions__cover_what_a_score_needs_explained():
    assert {"churn", "value", "population"} <= DEFINITIONS.keys()
