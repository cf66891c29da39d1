"""What a bundle carries beyond its prediction: when the next order comes, and value beyond the horizon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from tenure_training.frame import Frames
from tenure_training.models.after.cohort_survival import cohort_survival
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.after.next_order import UNLIKELY, NextOrder
from tenure_training.models.after.past_forecast import PastForecast, find_level
from tenure_training.models.contract import TrainingFrame
from tenure_training.training import Training


def extras(
    frame: TrainingFrame, economics: Economics, *, forecasts: Sequence[PastForecast] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """Fit both to the snapshot at ``as_of``, and the intervals of lifetime value to past forecasts.

    Returns
    -------
    tuple
        The parameters by name, and the definitions of the score columns they give.
    """
    days = frame.horizon_days
    timing = NextOrder.fit(frame.present, horizon_days=days)
    lifetime = Lifetime.fit(frame.present, economics, horizon_days=days)
    followed = cohort_survival(lifetime.attrition.model, frame)
    lifetime = replace(lifetime, survival=followed[-1] if followed else None, level=find_level(lifetime, forecasts))
    sentences = {
        "next_order": f"next_order_at is the median moment of the next order, given one within {days} days from as_of; "
        "it lies between next_order_low_at and next_order_high_at with probability 80 %. Missing where an order within "
        f"{days} days has a probability under {UNLIKELY:.0%}",
        **lifetime.definitions(),
    }
    return {"next_order": timing.to_dict(), "lifetime": lifetime.to_dict()}, sentences


def collect_past_forecasts(training: Training, frames: Frames) -> Iterator[PastForecast]:
    """Carry the champion's forecasts of the backtest as far as windows without a gap between them have closed since.

    The latest window is left out: nothing came after it yet. Where the population is narrowed, who has left it is not
    followed, so there are none.
    """
    backtest = training.backtest
    if backtest is None or training.choice.name not in backtest.predictions:
        return
    came = pd.Series(dtype="float64")
    for number, (window, prediction, outcome) in enumerate(
        zip(backtest.windows, backtest.predictions[training.choice.name], backtest.outcomes, strict=True)
    ):
        days = window.days * (number + 1)
        followed = number == 0 or outcome["customer_id"].isin(came.index).all()
        if not followed or window.origin + pd.Timedelta(days=days) != training.frame.as_of:
            return
        came = came.add(outcome.set_index("customer_id")["value"], fill_value=0.0)
        if number:
            yield PastForecast(
                snapshot=frames.snapshot(window.origin),
                prediction=prediction,
                horizon_days=window.days,
                value=came.reindex(outcome["customer_id"]).to_numpy(dtype="float64"),
                days=float(days),
            )
