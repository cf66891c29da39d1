"""What a week without orders does to groups, with a segmenter worked by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from tenure.jobs.ageing import ageing
from tenure_features import Shop, open_shop, snapshots
from tenure_features.reading.engine import fetch
from tenure_serving.segments import RiskTiers, ValueTiers
from tenure_serving.segments.movement import GROUPINGS

AS_OF = pd.Timestamp("2025-03-01")


class ByAge:
    """Churn is days of silence / 100, value 100 times the rest; borders at .5 and .8, held within a margin of .1."""

    bundle = SimpleNamespace(info=SimpleNamespace(features=("recency_days",), active_days=None, horizon_days=30))
    risk, value = RiskTiers(0.5, 0.8, 0.5), ValueTiers(medium_from=1e6, high_from=1e7)

    def score(self, snapshot: pd.DataFrame, *, previous: pd.DataFrame | None = None) -> pd.DataFrame:
        churn = snapshot["recency_days"] / 100
        table = snapshot[["customer_id", "as_of"]].assign(
            horizon_days=30, churn_probability=churn, expected_value=100 * (1 - churn)
        )
        held = None
        if previous is not None:
            held = previous.set_index("customer_id")["risk_tier"].reindex(table["customer_id"])
            held = held.set_axis(table.index)
        tiers = self.risk.assign(table, previous=held, margin=0.1)
        return table.assign(**dict.fromkeys(GROUPINGS, "same")).assign(risk_tier=tiers, segment=tiers)


@pytest.fixture
def shop() -> Shop:
    days = {"a": 10, "b": 45, "c": 49, "d": 75, "e": 30}  # days of silence at AS_OF
    rows = [(name, AS_OF - pd.Timedelta(days=silent), 10.0) for name, silent in days.items()]
    rows.append(("e", AS_OF + pd.Timedelta(days=3), 99.0))  # after the moment: never seen
    return open_shop(pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue"]), AS_OF)


def test_ageing__counts_who_changes_when_nobody_orders_for_a_week(shop: Shop) -> None:
    scorer = ByAge()
    scores = scorer.score(snapshots(shop, AS_OF, features=["recency_days"]))
    assert scores["risk_tier"].tolist() == ["low", "low", "low", "medium", "low"]
    found = ageing(shop, scorer, scores).set_index("column")  # type: ignore[arg-type]
    # a week later: a .17, b .52 (odds 1.08 of 1.1: held), c .56 (odds 1.27), d .82 (odds 4.56 of 4.4), e .37
    assert found.loc["segment", ["customers", "changed", "changed_held"]].tolist() == [5, 3, 2]
    assert found.loc["segment", ["share", "share_held"]].tolist() == [0.6, 0.4]
    assert found.loc["lifecycle", "changed"] == 0
    # the orders of the run are as they were, and can still be read
    assert shop.log.as_of == AS_OF
    assert len(fetch(shop.log.details)) == 5


def test_ageing__of_many_customers_looks_at_some(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.jobs.ageing._MOST", 2)
    scorer = ByAge()
    scores = scorer.score(snapshots(shop, AS_OF, features=["recency_days"]))
    assert (ageing(shop, scorer, scores)["customers"] == 2).all()  # type: ignore[arg-type]
