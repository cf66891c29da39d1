"""Buy-till-you-die models by maximum likelihood: when customers order, when they leave, what an order is worth."""

from .base import BTYDModel
from .bgnbd import BGNBD
from .candidate import BGNBDCandidate, BTYDCandidate, MBGCNBDCandidate, MBGNBDCandidate, ParetoNBDCandidate
from .estimation import Estimate
from .gammagamma import GammaGamma
from .mbgcnbd import MBGCNBD
from .mbgnbd import MBGNBD
from .paretonbd import ParetoNBD
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
