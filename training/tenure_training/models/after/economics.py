"""What an order costs and what money is worth later: from revenue to contribution, today and discounted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from tenure_features.stored import Stored

DEFAULT_RATE = 0.10
SMALLEST_RATE = 1e-6


@dataclass(frozen=True)
class Economics:
    """How revenue becomes value to the shop.

    Attributes
    ----------
    discount_rate_per_year
        Effective annual rate at which later money is worth less; 0 for none.
    margin
        Share of net revenue left after the cost of goods; None where it is not known, and revenue is counted as it is.
    service_cost_per_order
        Cost of serving one order, in the currency; None where it is not known.
    cac
        Cost of acquiring a customer, in the currency; None where it is not known, or known by customer only.
    """

    discount_rate_per_year: float = DEFAULT_RATE
    margin: float | None = None
    service_cost_per_order: float | None = None
    cac: float | None = None

    @property
    def costs_known(self) -> bool:
        """Whether anything but revenue is known."""
        return self.margin is not None or self.service_cost_per_order is not None

    @property
    def words(self) -> str:
        """What is taken off revenue, in words.

        Examples
        --------
        >>> Economics(0.1, margin=0.4).words
        '40 % margin, no cost to serve known, discounted at 10 % per year'
        """
        margin = "revenue, no margin known" if self.margin is None else f"{self.margin * 100:.3g} % margin"
        service = "no cost to serve known"
        if self.service_cost_per_order is not None:
            service = f"less {self.service_cost_per_order:.4g} per order to serve"
        rate = self.discount_rate_per_year
        discounted = f"discounted at {rate * 100:.3g} % per year" if rate else "not discounted"
        return f"{margin}, {service}, {discounted}"

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        return asdict(self)

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("discount_rate_per_year", "margin", "service_cost_per_order", "cac")
        margin, service, cac = (
            None if saved[name].missing else saved[name].number(low, high)
            for name, low, high in (("margin", -10.0, 1.0), ("service_cost_per_order", 0.0, 1e18), ("cac", 0.0, 1e18))
        )
        rate = saved["discount_rate_per_year"].number(0.0, 10.0)
        if 0 < rate < SMALLEST_RATE:
            saved["discount_rate_per_year"].refuse(f"0, or at least {SMALLEST_RATE:g}")
        return cls(rate, margin, service, cac)
