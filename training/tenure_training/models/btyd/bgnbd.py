"""BG/NBD: a customer can leave after every repeat order (Fader, Hardie & Lee 2005)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import BTYDModel
from .beta_geometric import BetaGeometric
from .candidate import BTYDCandidate


@dataclass(frozen=True)
class BGNBD(BetaGeometric):
    """Beta-geometric / negative binomial model; a customer without repeat orders is alive for certain.

    Source: Fader, Hardie & Lee (2005), "Counting your customers the easy way", Marketing Science 24(2): likelihood
    eq. 6, conditional expectation eq. 10; P(alive) from their 2008 note.

    Examples
    --------
    The paper's parameters for CDNOW are in weeks; 39 weeks after 2 repeat orders, the last in week 30.43:

    >>> paper = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> paper.expected_orders(2, 30.43, 38.86, horizon_days=39).round(3).tolist()
    [1.226]
    >>> paper.buy_probability(0, 0, 38.86, horizon_days=39).round(3).tolist()
    [0.145]
    """

    chances_at_first: ClassVar[int] = 0


class BGNBDCandidate(BTYDCandidate):
    """BG/NBD with Gamma-Gamma."""

    name: ClassVar[str] = "bgnbd"
    model: ClassVar[type[BTYDModel]] = BGNBD
