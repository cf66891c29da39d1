"""Candidates by name: the one place a new model is added, and where a user's own is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

type CandidateName = str | type[Candidate]
"""A name of the registry, ``FILE.py:NAME`` or ``package.module:NAME`` of a class of one's own, or the class itself."""

CANDIDATES: Mapping[str, type[Candidate]] = MappingProxyType(
    {
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
)
"""Tenure's own, by name; others are passed to whoever needs them, and never added here."""

BASELINES: tuple[str, ...] = tuple(name for name, candidate in CANDIDATES.items() if candidate.baseline)
"""Always in the backtest, never the champion while a model has anything to learn from."""


def candidate_class(name: CandidateName) -> type[Candidate]:
    """Look a candidate up: by its name, or by where it lies; a class is given back as it is.

    Raises
    ------
    UsageError
        There is none of that name, or what lies there is no candidate.

    Examples
    --------
    >>> candidate_class("status_quo").__name__
    'StatusQuo'
    """
    if not isinstance(name, str):
        return name
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


def candidates_by_name(names: Iterable[CandidateName]) -> dict[str, type[Candidate]]:
    """Look several candidates up; each has a name of its own, and none takes that of one of tenure's.

    Raises
    ------
    UsageError
        As `candidate_class`, or two of them have the same name.

    Examples
    --------
    >>> class Steady(StatusQuo):
    ...     name = "steady"
    >>> list(candidates_by_name(["zero", Steady]))
    ['zero', 'steady']
    """
    classes: dict[str, type[Candidate]] = {}
    for candidate in map(candidate_class, names):
        if {**CANDIDATES, **classes}.get(candidate.name, candidate) is not candidate:
            raise UsageError(f"There is a candidate named {candidate.name!r} already.", fix="Choose another name.")
        classes[candidate.name] = candidate
    return classes


def new_candidate(name: CandidateName, settings: Mapping[str, Settings] = MappingProxyType({})) -> Candidate:
    """Make an unfitted candidate, with the settings tuned for its name if there are any.

    Raises
    ------
    UsageError
        There is none of that name, or a setting cannot stand.
    """
    candidate = candidate_class(name)
    return candidate(settings.get(candidate.name, {}))
