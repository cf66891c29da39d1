"""What orders cost and what money is worth later: from revenue to contribution, today and discounted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from tenure_features.stored import Stored
from tenure_training.models.after.credibility import Credibility

DEFAULT_RATE = 0.10
SMALLEST_RATE = 1e-6
LIFETIME_YEARS = 3.0
MOST_YEARS = 50.0


@dataclass(frozen=True, kw_only=True)
class Economics:
    """How revenue becomes value to the shop.

    Attributes
    ----------
    discount_rate_per_year
        Effective annual rate at which later money is worth less; 0 for none.
    lifetime_years
        How far ahead ``clv_to_come`` counts: later money is nobody's plan, and no log tells it.
    margin
        Share of net revenue left after the cost of goods, the shop's and how fast a customer's own counts; None where
        it is not known, and revenue is counted as it is.
    service_cost_per_order
        Cost of serving one order, in the currency, likewise; None where it is not known.
    cac
        Cost of acquiring a customer, in the currency; None where it is not known, or known by customer only.
    """

    discount_rate_per_year: float = DEFAULT_RATE
    lifetime_years: float = LIFETIME_YEARS
    margin: Credibility | None = None
    service_cost_per_order: Credibility | None = None
    cac: float | None = None

    @property
    def costs_known(self) -> bool:
        """Whether anything but revenue is known."""
        return self.margin is not None or self.service_cost_per_order is not None

    @property
    def measure(self) -> str:
        """What CLV counts, in words.

        Examples
        --------
        >>> Economics(margin=Credibility(mean=0.4)).measure
        'contribution: net revenue at a margin of 40 %, no cost to serve known'
        """
        if not self.costs_known:
            return "net revenue, since no costs are known"
        margin = "net revenue, no margin known"
        if self.margin is not None:
            margin = f"net revenue at a margin of {self.margin.mean * 100:.3g} %{_own(self.margin)}"
        service = "no cost to serve known"
        if (cost := self.service_cost_per_order) is not None:
            service = f"less {cost.mean:.4g} per order to serve{_own(cost)}"
        return f"contribution: {margin}, {service}"

    @property
    def discounting(self) -> str:
        """How later money counts, in words."""
        rate = self.discount_rate_per_year
        return f"discounted at {rate * 100:.3g} % per year" if rate else "not discounted"

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        margin, service = self.margin, self.service_cost_per_order
        return {
            "discount_rate_per_year": self.discount_rate_per_year,
            "lifetime_years": self.lifetime_years,
            "margin": None if margin is None else margin.to_dict(),
            "service_cost_per_order": None if service is None else service.to_dict(),
            "cac": self.cac,
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("discount_rate_per_year", "lifetime_years", "margin", "service_cost_per_order", "cac")
        margin, service = (
            None if saved[name].missing else Credibility.from_stored(saved[name], low=low, high=high)
            for name, low, high in (("margin", -10.0, 1.0), ("service_cost_per_order", 0.0, 1e18))
        )
        rate = saved["discount_rate_per_year"].number(0.0, 10.0)
        if 0 < rate < SMALLEST_RATE:
            saved["discount_rate_per_year"].refuse(f"0, or at least {SMALLEST_RATE:g}")
        return cls(
            discount_rate_per_year=rate,
            lifetime_years=saved["lifetime_years"].number(1 / 365, MOST_YEARS),
            margin=margin,
            service_cost_per_order=service,
            cac=None if saved["cac"].missing else saved["cac"].number(0.0, 1e18),
        )


def _own(rate: Credibility) -> str:
    return "" if rate.halfway is None else " on average, each customer's own as far as it is known"
