"""What a retention campaign costs and keeps, and what it earns at best along a ranking."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from tenure_training.metrics.profit import empc
from tenure_training.metrics.ranking import Ranking, to_column

OFFER_SHARE, CONTACT_SHARE = 0.05, 0.005
"""Costs of an offer and of a contact over the mean value of a customer (Verbraken et al., 2013: 10 and 1 of 200)."""

CERTAINTY = 20.0
"""Sum of the two parameters of the acceptance's Beta distribution, as published: (6, 14)."""


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
