"""Candidates by name: the one place a new model is added."""

from __future__ import annotations

from difflib import get_close_matches

from tenure_features.errors import UsageError
from tenure_training.models.baselines import RecencyRule, StatusQuo, Zero
from tenure_training.models.blend import Blend
from tenure_training.models.btyd import BGNBDCandidate, MBGCNBDCandidate, MBGNBDCandidate, ParetoNBDCandidate
from tenure_training.models.contract import Candidate
from tenure_training.models.logistic import Logistic
from tenure_training.models.xgboost_hurdle import XGBoostHurdle

BASELINES: tuple[str, ...] = (Zero.name, StatusQuo.name, RecencyRule.name)
"""Always in the backtest, never the champion while a model has anything to learn from."""

CANDIDATES: dict[str, type[Candidate]] = {
    candidate.name: candidate
    for candidate in (
        Zero,
        StatusQuo,
        RecencyRule,
        BGNBDCandidate,
        MBGNBDCandidate,
        ParetoNBDCandidate,
        MBGCNBDCandidate,
        Logistic,
        XGBoostHurdle,
        Blend,
    )
}


def candidate_class(name: str) -> type[Candidate]:
    """Look a candidate up.

    Raises
    ------
    UsageError
        There is none of that name.

    Examples
    --------
    >>> candidate_class("status_quo").__name__
    'StatusQuo'
    """
    if name not in CANDIDATES:
        near = get_close_matches(name, CANDIDATES, n=1)
        raise UsageError(
            f"There is no candidate named {name!r}.",
            found=", ".join(CANDIDATES),
            fix=f"Did you mean {near[0]!r}?" if near else "Choose one of these.",
        )
    return CANDIDATES[name]
