"""What a bundle carries beyond its prediction: when the next order comes, and value beyond the horizon."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tenure_training.models.after.cohort_survival import cohort_survival
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.after.next_order import UNLIKELY, NextOrder
from tenure_training.models.contract import TrainingFrame


def extras(frame: TrainingFrame, economics: Economics) -> tuple[dict[str, Any], dict[str, str]]:
    """Fit both to the snapshot at ``as_of``.

    Returns
    -------
    tuple
        The parameters by name, and the definitions of the score columns they give.
    """
    days = frame.horizon_days
    timing = NextOrder.fit(frame.present, horizon_days=days)
    lifetime = Lifetime.fit(frame.present, economics, horizon_days=days)
    followed = cohort_survival(lifetime.attrition.model, frame)
    lifetime = replace(lifetime, survival=followed[-1] if followed else None)
    sentences = {
        "next_order": f"next_order_at is the median moment of the next order, given one within {days} days from as_of; "
        "it lies between next_order_low_at and next_order_high_at with probability 80 %. Missing where an order within "
        f"{days} days has a probability under {UNLIKELY:.0%}",
        **lifetime.definitions(),
    }
    return {"next_order": timing.to_dict(), "lifetime": lifetime.to_dict()}, sentences
