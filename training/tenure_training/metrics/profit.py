"""What a churn ranking is worth in money: the expected maximum profit of a retention campaign that follows it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from tenure_training.metrics.ranking import Floats, Ranking, to_column

_STEPS = 200


def empc(
    score: ArrayLike | Ranking,
    y: ArrayLike,
    *,
    clv: ArrayLike,
    offer_cost: float,
    contact_cost: float,
    acceptance: tuple[float, float] = (6.0, 14.0),
    weight: Floats | None = None,
) -> float:
    """Average the best profit a campaign can make along a ranking: EMPC (Verbraken, Verbeke & Baesens, 2013).

    A campaign contacts the customers ranked highest, as many as pay best. A contact costs ``contact_cost``. A
    would-be churner takes the offer with probability gamma, stays, and brings ``clv`` less ``offer_cost``; a customer
    who would have stayed anyway takes it too and costs ``offer_cost``. Gamma is not known beforehand: the best profit
    is averaged over its Beta distribution. With one ``clv`` for all it is the published measure.

    Parameters
    ----------
    score
        Shape (n,): higher is more likely to churn.
    y
        Shape (n,): 1 churned, 0 did not.
    clv
        Value lost with each customer who leaves, in the currency: one number, or shape (n,). It must not come from
        the model that is measured, or models are compared in different money.
    offer_cost, contact_cost
        In the currency.
    acceptance
        Parameters of the Beta distribution of gamma; (6, 14), mean .3, is the published choice.
    weight
        Shape (n,), >= 0.

    Returns
    -------
    float
        Profit per customer of the whole base, in the currency; >= 0 because contacting nobody is allowed; higher is
        better. NaN without customers.

    Examples
    --------
    >>> churned = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    >>> round(empc(range(10, 0, -1), churned, clv=200, offer_cost=10, contact_cost=1), 2)
    11.2
    >>> empc(range(10), churned, clv=200, offer_cost=10, contact_cost=1) < 5
    True
    """
    ranking, churned = Ranking.of(score), to_column(y)
    customers = float(ranking.mass(weight).sum())
    if not customers > 0:
        return float("nan")
    saved = np.cumsum(ranking.sums(churned * (to_column(clv) - offer_cost), weight))
    spent = np.cumsum(ranking.sums(contact_cost + (1 - churned) * offer_cost, weight))
    chances = betaincinv(*acceptance, (np.arange(_STEPS) + 0.5) / _STEPS)
    return float(np.mean([max(0.0, float((gamma * saved - spent).max())) for gamma in chances]) / customers)
