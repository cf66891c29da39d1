"""Buy-till-you-die models by maximum likelihood: when customers order, when they leave, what an order is worth."""

from .base import BTYDModel
from .bgnbd import BGNBD, BGNBDCandidate
from .candidate import BTYDCandidate
from .estimation import Estimate
from .gammagamma import GammaGamma
from .mbgcnbd import MBGCNBD, MBGCNBDCandidate
from .mbgnbd import MBGNBD, MBGNBDCandidate
from .paretonbd import ParetoNBD, ParetoNBDCandidate
from .summary import RepeatCounts
from .value_distribution import value_quantiles

__all__ = [
    "BGNBD",
    "MBGCNBD",
    "MBGNBD",
    "BGNBDCandidate",
    "BTYDCandidate",
    "BTYDModel",
    "Estimate",
    "GammaGamma",
    "MBGCNBDCandidate",
    "MBGNBDCandidate",
    "ParetoNBD",
    "ParetoNBDCandidate",
    "RepeatCounts",
    "value_quantiles",
]
