"""How a model did on past windows, in a bundle and back."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError
from tenure_features.stored import Stored
from tenure_training.models.evidence import StoredEvidence

EVIDENCE = StoredEvidence(
    reason="lowest log-loss on 2 origins",
    notes=("The history is short.",),
    unseen=0.8,
    signal=False,
    backtest=pd.DataFrame(
        {
            "candidate": ["recency", "blend"],
            "kind": ["baseline", "model"],
            "origin": pd.to_datetime(["2024-06-01", "2024-06-01"]).astype("datetime64[us]"),
            "auroc": [0.7, 0.8],
            "crps": [np.nan, 12.5],
        }
    ),
    totals=pd.DataFrame(
        {
            "origin": pd.to_datetime(["2024-06-01"]).astype("datetime64[us]"),
            "predicted": [10.0],
            "actual": [12.0],
        }
    ),
)


def stored(**changes: object) -> Stored:
    return Stored(json.loads(json.dumps(EVIDENCE.to_dict())) | changes, "extras.json")


def totals(**columns: list[object]) -> dict[str, object]:
    return {"totals": [{"name": name, "values": values} for name, values in columns.items()]}


def test_evidence__comes_back_as_it_was() -> None:
    sorted_keys = json.dumps(EVIDENCE.to_dict(), sort_keys=True)  # as the bundle writes it
    read = StoredEvidence.from_stored(Stored(json.loads(sorted_keys), "extras.json"))
    assert (read.reason, read.notes) == (EVIDENCE.reason, EVIDENCE.notes)
    pd.testing.assert_frame_equal(read.backtest, EVIDENCE.backtest, check_dtype=False)
    pd.testing.assert_frame_equal(read.totals, EVIDENCE.totals)
    assert read.calibration.empty
    assert read.dates.empty


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": 3}, "must be a text"),
        (totals(predicted=[1.0], actual=[2.0]), "a table with origin, predicted, actual"),
        (totals(origin=["2024-06-01T00:00:00"], predicted=[1.0, 2.0], actual=[2.0]), "one length"),
        (totals(origin=["yesterday"], predicted=[1.0], actual=[2.0]), "must be a moment"),
        (totals(origin=["2024-06-01T00:00:00"], predicted=["<b>"], actual=[2.0]), "must be a number"),
        ({"more": {}}, "an unknown 'more'"),
    ],
)
def test_evidence__that_was_meddled_with_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(DataContractError, match=said):
        StoredEvidence.from_stored(stored(**changes))
