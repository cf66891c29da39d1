"""MBG/NBD: a customer can leave after every order, the first one included (Batislam, Denizel & Filiztekin 2007)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import BTYDModel
from .beta_geometric import BetaGeometric
from .candidate import BTYDCandidate


@dataclass(frozen=True)
class MBGNBD(BetaGeometric):
    """Modified beta-geometric / negative binomial model; one-time buyers can be gone.

    Source: Batislam, Denizel & Filiztekin (2007), "Empirical validation and comparison of models for customer base
    analysis", IJRM 24(3); the same model as the central variant of Wagner & Hoppe (2008), "Erratum on the MBG/NBD
    model", IJRM 25(3).

    Examples
    --------
    >>> paper = MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614)
    >>> paper.probability_alive([0, 2], [0, 30.43], [38.86, 38.86]).round(3).tolist()
    [0.39, 0.706]
    """

    chances_at_first: ClassVar[int] = 1


class MBGNBDCandidate(BTYDCandidate):
    """MBG/NBD with Gamma-Gamma."""

    name: ClassVar[str] = "mbgnbd"
    model: ClassVar[type[BTYDModel]] = MBGNBD
