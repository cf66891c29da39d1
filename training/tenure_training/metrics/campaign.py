"""A retention campaign along a ranking: its costs, its profit curve, and whom to contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from tenure_training.metrics.profit import empc
from tenure_training.metrics.ranking import Floats, Ranking, to_column

OFFER_SHARE, CONTACT_SHARE = 0.05, 0.005
"""Costs of an offer and of a contact over the mean value of a customer (Verbraken et al., 2013: 10 and 1 of 200)."""

CERTAINTY = 20.0
"""Sum of the two parameters of the acceptance's Beta distribution, as published: (6, 14)."""

_STEPS = 200
_POINTS = 100


@dataclass(frozen=True)
class Campaign:
    """What a retention campaign costs, and how many would-be churners it keeps.

    Attributes
    ----------
    contact_cost, offer_cost
        In the currency.
    acceptance
        Mean share of would-be churners who take the offer and stay; it varies as Beta(20 a, 20 (1 - a)).
    """

    contact_cost: float
    offer_cost: float
    acceptance: float = 0.3

    @classmethod
    def usual(
        cls,
        clv: ArrayLike,
        *,
        contact_cost: float | None = None,
        offer_cost: float | None = None,
        acceptance: float = 0.3,
    ) -> Campaign:
        """Fill in what is not known with the published ratios to the mean value of a customer.

        Examples
        --------
        >>> Campaign.usual([100.0, 300.0], contact_cost=2.5)
        Campaign(contact_cost=2.5, offer_cost=10.0, acceptance=0.3)
        """
        worth = to_column(clv)
        mean = float(worth.mean()) if len(worth) else 0.0
        contact = mean * CONTACT_SHARE if contact_cost is None else contact_cost
        return cls(contact, mean * OFFER_SHARE if offer_cost is None else offer_cost, acceptance)

    @property
    def beta(self) -> tuple[float, float]:
        """Parameters of the Beta distribution of the acceptance."""
        return CERTAINTY * self.acceptance, CERTAINTY * (1 - self.acceptance)

    def empc(self, score: ArrayLike | Ranking, y: ArrayLike, *, clv: ArrayLike) -> float:
        """Average the best profit along a ranking; see `tenure_training.metrics.empc`."""
        return empc(score, y, clv=clv, offer_cost=self.offer_cost, contact_cost=self.contact_cost, acceptance=self.beta)

    def share_to_contact(self, score: ArrayLike | Ranking, y: ArrayLike, *, clv: ArrayLike) -> float:
        """Average the share of customers whose contact earns the most (the fraction of EMPC; Verbraken et al., 2013).

        Parameters
        ----------
        score
            Shape (n,): higher is more likely to churn; customers tied in it are contacted together.
        y
            Shape (n,): 1 churned, 0 did not.
        clv
            Value lost with each customer who leaves: one number, or shape (n,).

        Examples
        --------
        >>> campaign = Campaign(contact_cost=1, offer_cost=10)
        >>> campaign.share_to_contact(range(10, 0, -1), [1, 1, 0, 0, 0, 0, 0, 0, 0, 0], clv=200)
        0.2
        """
        saved, spent, share = self._along(score, y, clv)
        if not len(share):
            return float("nan")
        chances = betaincinv(*self.beta, (np.arange(_STEPS) + 0.5) / _STEPS)
        best = [int(np.argmax(gamma * saved - spent)) for gamma in chances]
        return float(share[best].mean())

    def curve(self, score: ArrayLike | Ranking, y: ArrayLike, *, clv: ArrayLike) -> pd.DataFrame:
        """Tabulate the profit per customer of contacting the riskiest share, at the mean acceptance.

        Returns
        -------
        DataFrame
            ``share`` (0 to 1 in hundredths) and ``profit`` (per customer of the whole base, in the currency).
        """
        saved, spent, share = self._along(score, y, clv)
        at = np.arange(_POINTS + 1) / _POINTS
        if not len(share):
            return pd.DataFrame({"share": at, "profit": np.zeros(len(at))})
        profit = np.interp(at, share, self.acceptance * saved - spent)
        return pd.DataFrame({"share": at, "profit": profit})

    def _along(self, score: ArrayLike | Ranking, y: ArrayLike, clv: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Money kept at full acceptance, money spent, and share contacted, per customer, from nobody to everybody."""
        ranking, churned = Ranking.of(score), to_column(y)
        mass = ranking.mass(None)
        if not mass.sum() > 0:
            return np.empty(0), np.empty(0), np.empty(0)
        saved = ranking.sums(churned * (to_column(clv) - self.offer_cost), None)
        spent = ranking.sums(self.contact_cost + (1 - churned) * self.offer_cost, None)
        retained, paid, contacted = (np.append(0.0, np.cumsum(part)) / mass.sum() for part in (saved, spent, mass))
        return retained, paid, contacted
