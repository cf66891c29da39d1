"""Small campaigns, worked out by hand or drawn with a known effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.campaigns.trial import CampaignTrial, open_trial

START = pd.Timestamp("2024-03-01")
Tables = tuple[pd.DataFrame, pd.DataFrame]


def draw(
    customers: int,
    *,
    seed: int,
    effects: dict[str, float] | None = None,
    base: float = 0.3,
    days: int = 1,
    control_share: float | None = None,
) -> Tables:
    """Assignments of a campaign and the orders around it; an effect adds to the probability of an order of 20."""
    rng = np.random.default_rng(seed)
    lifts = {"control": 0.0, **(effects or {"email": 0.0})}
    others = len(lifts) - 1
    shares = None if control_share is None else [control_share, *[(1 - control_share) / others] * others]
    arm = rng.choice(list(lifts), customers, p=shares)
    ids = np.array([f"c{number}" for number in range(customers)])
    at = START + pd.to_timedelta(np.sort(rng.integers(0, days, customers)), unit="D")
    loyal = rng.random(customers) < 0.5
    chance = base + 0.3 * (loyal - 0.5) + np.array([lifts[name] for name in arm])
    buys = rng.random(customers) < chance
    after = pd.DataFrame({
        "customer_id": ids[buys],
        "ordered_at": at[buys] + pd.to_timedelta(rng.integers(0, 30, buys.sum()), unit="D"),
        "revenue": np.round(rng.lognormal(3, 0.7, buys.sum()), 2),
    })  # fmt: skip
    before = pd.DataFrame({
        "customer_id": ids[loyal], "ordered_at": at[loyal] - pd.Timedelta(days=5), "revenue": 20.0,
    })  # fmt: skip
    assignments = pd.DataFrame({"customer_id": ids, "campaign": "spring", "arm": arm, "assigned_at": at})
    return assignments, pd.concat([before, after], ignore_index=True)


@pytest.fixture
def tables() -> Callable[..., Tables]:
    """Draw the tables of a campaign."""
    return draw


@pytest.fixture
def trial() -> Callable[..., CampaignTrial]:
    """Draw a campaign and open it, all windows of 30 days closed."""

    def opened(customers: int = 2000, seed: int = 1, **changes: Any) -> CampaignTrial:
        assignments, orders = draw(customers, seed=seed, **changes)
        return open_trial(assignments, orders, campaign="spring", horizon_days=30, as_of=START + pd.Timedelta(days=400))

    return opened
