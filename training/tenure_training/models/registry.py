"""Candidates by name: the one place a new model is added, and where a user's own is found."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from tenure_features.errors import UsageError
from tenure_training.models.baselines.rules import RecencyRule, StatusQuo, Zero
from tenure_training.models.boosted.xgboost_aft import XGBoostAFT
from tenure_training.models.boosted.xgboost_tweedie import XGBoostTweedie
from tenure_training.models.btyd import BGNBDCandidate, MBGCNBDCandidate, MBGNBDCandidate, ParetoNBDCandidate
from tenure_training.models.contract import Candidate
from tenure_training.models.hurdle.blend import Blend
from tenure_training.models.hurdle.logistic import Logistic
from tenure_training.models.hurdle.xgboost_gamma import XGBoostGamma
from tenure_training.models.hurdle.xgboost_hurdle import XGBoostHurdle
from tenure_training.models.search_space import Settings
from tenure_training.models.user_file import is_address, load_candidate

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
        XGBoostGamma,
        XGBoostTweedie,
        XGBoostAFT,
        Blend,
    )
}


def register(candidate: type[Candidate]) -> type[Candidate]:
    """Add a candidate under its name, for as long as the process lasts; usable as a decorator.

    Raises
    ------
    UsageError
        The name is taken by another class.

    Examples
    --------
    >>> class Steady(StatusQuo):
    ...     name = "steady"
    >>> register(Steady) is candidate_class("steady") is CANDIDATES.pop("steady")
    True
    """
    if CANDIDATES.setdefault(candidate.name, candidate) is not candidate:
        raise UsageError(f"There is a candidate named {candidate.name!r} already.", fix="Choose another name.")
    return candidate


def candidate_class(name: str) -> type[Candidate]:
    """Look a candidate up: by its name, or by where it lies.

    Parameters
    ----------
    name
        A name of the registry, or ``FILE.py:NAME`` or ``package.module:NAME`` for a class of the user's own.

    Raises
    ------
    UsageError
        There is none of that name, or what lies there is no candidate.

    Examples
    --------
    >>> candidate_class("status_quo").__name__
    'StatusQuo'
    """
    if is_address(name):
        return load_candidate(name)
    if name not in CANDIDATES:
        near = get_close_matches(name, CANDIDATES, n=1)
        raise UsageError(
            f"There is no candidate named {name!r}.",
            found=", ".join(CANDIDATES),
            fix=f"Did you mean {near[0]!r}?" if near else "Choose one of these, or say FILE.py:CLASS for your own.",
        )
    return CANDIDATES[name]


def new_candidate(name: str, settings: Mapping[str, Settings] = MappingProxyType({})) -> Candidate:
    """Make an unfitted candidate, with the settings tuned for its name if there are any.

    Raises
    ------
    UsageError
        There is none of that name, or a setting cannot stand.
    """
    return candidate_class(name)().tuned(settings.get(name, {}))
