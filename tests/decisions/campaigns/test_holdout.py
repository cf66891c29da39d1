"""The global hold-out: drawn once, kept, and refreshed with customers whom nothing reached."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure_decisions.campaigns.holdout import HOLDOUT, HoldoutRules, draw_holdout
from tenure_decisions.campaigns.standing import no_assignments
from tenure_features.errors import UsageError

START = pd.Timestamp("2024-01-01")
IDS = pd.Series([f"c{number}" for number in range(1000)])


def test_holdout__draws_newcomers_once() -> None:
    rules = HoldoutRules(share=0.1)
    first = draw_holdout(IDS[:800], no_assignments(), rules, at=START)
    assert 50 < len(first.held_out) < 110
    second = draw_holdout(IDS, first.drawn, rules, at=START + pd.Timedelta(days=30))
    assert set(second.drawn["customer_id"]) == set(IDS[800:])
    assert first.held_out < second.held_out


def test_holdout__is_refreshed_from_customers_whom_nothing_reached_lately() -> None:
    rules = HoldoutRules(share=0.1, refresh_days=180, washout_days=30)
    first = draw_holdout(IDS, no_assignments(), rules, at=START)
    at = START + pd.Timedelta(days=180)
    lately = pd.DataFrame({
        "customer_id": IDS[:300], "campaign": "x", "arm": ["mail", "control"] * 150,
        "assigned_at": at - pd.Timedelta(days=10),
    })  # fmt: skip
    running = pd.concat([first.drawn, lately])
    assert draw_holdout(IDS, running, rules, at=at - pd.Timedelta(days=1)).drawn.empty
    second = draw_holdout(IDS, running, rules, at=at)
    assert second.campaign == f"{HOLDOUT} 2024-06-29"
    assert not second.held_out & set(IDS[:300:2])  # reached ten days ago
    assert second.held_out & set(IDS[1:300:2])  # left alone ten days ago
    assert len(second.held_out & first.held_out) < 30  # drawn anew
    assert any("may be reached again" in note for note in second.notes)
    third = draw_holdout(IDS, pd.concat([running, second.drawn]), rules, at=at + pd.Timedelta(days=40))
    assert third.held_out >= second.held_out


def test_holdout__of_everybody_is_none() -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        draw_holdout(IDS, no_assignments(), HoldoutRules(share=1.0), at=START)
