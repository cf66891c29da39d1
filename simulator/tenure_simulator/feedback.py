"""Surveys and reviews: scores fall after bad orders and while cooling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.block import CustomerBlock
from tenure_simulator.columns import text_column, time_column
from tenure_simulator.persons import person_ids
from tenure_simulator.service import draw_tickets
from tenure_simulator.streams import Purpose, stream

_SURVEY_KINDS = ("nps", "ces", "csat", "review")


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One kind of question.

    Attributes
    ----------
    asked
        How much more often it is answered than the configured ``feedback_rate``.
    low, high
        Smallest and largest score.
    middle, noise
        Mean score of a patient customer after an order that went well, and standard deviation of an answer.
    bad, cooling
        How much lower the score is after a bad order, and while cooling.
    """

    asked: float
    low: int
    high: int
    middle: float
    noise: float
    bad: float
    cooling: float


SURVEYS = {
    "nps": Survey(asked=1.0, low=0, high=10, middle=8.3, noise=1.7, bad=3.6, cooling=1.6),
    "ces": Survey(asked=2.0, low=1, high=7, middle=5.4, noise=1.2, bad=1.8, cooling=0.7),
    "csat": Survey(asked=0.6, low=1, high=5, middle=4.3, noise=0.8, bad=1.7, cooling=0.5),
    "review": Survey(asked=0.5, low=1, high=5, middle=4.4, noise=0.9, bad=2.1, cooling=0.4),
}
"""Surveys by kind; ``ces`` is asked after a ticket, the others after an order."""


def _answers(
    block: CustomerBlock, kind: str, order: Ints, day: Floats, rng: np.random.Generator
) -> tuple[Ints, Floats, Floats]:
    """Draw who answers a survey about ``order`` sent at ``day``: order, day and score of each answer."""
    survey, traits, purchases = SURVEYS[kind], block.traits, block.purchases
    rate = min(survey.asked * block.config.engagement.feedback_rate, 1.0)
    answered = np.flatnonzero(rng.random(len(order)) < rate)
    order = order[answered]
    who = purchases.customer[order]
    when = day[answered] + rng.uniform(0.5, 6.0, len(order))
    cooling = when >= np.minimum(purchases.cooled, purchases.left)[who]
    mood = 0.4 * survey.noise * traits.patience[who]
    score = survey.middle + mood - survey.bad * purchases.bad[order] - survey.cooling * cooling
    score = np.rint(score + survey.noise * rng.standard_normal(len(order)))
    return order, when, np.clip(score, survey.low, survey.high)


def feedback_table(block: CustomerBlock) -> pa.Table:
    """Return the visible ``feedback`` of a block, by customer and time."""
    config, purchases = block.config, block.purchases
    rng, tickets = stream(config.seed, Purpose.FEEDBACK, block=block.index), draw_tickets(block)
    after_order = np.arange(len(purchases.day)), purchases.day + 2.0
    parts = [
        _answers(block, k, *((tickets.order, tickets.day) if k == "ces" else after_order), rng) for k in _SURVEY_KINDS
    ]
    order, when, score = (np.concatenate([part[i] for part in parts]) for i in range(3))
    kind = np.repeat(np.arange(len(_SURVEY_KINDS)), [len(part[0]) for part in parts])
    who = purchases.customer[order.astype(np.int64)]
    seen = np.flatnonzero(when < config.days)
    seen = seen[np.lexsort((kind[seen], when[seen], who[seen]))]
    return pa.table(
        {
            "customer_id": person_ids(config, block.traits.number[who[seen]]),
            "answered_at": time_column(when[seen], config.start),
            "kind": text_column(kind[seen], _SURVEY_KINDS),
            "score": pa.array(score[seen]),
        }
    )
