"""MLflow, and nowhere else in training: runs, registered models and their aliases."""

from tenure_training.tracking.champions import (
    RegisteredVersion,
    Reign,
    list_reigns,
    list_versions,
    promote,
    refuse,
    roll_back,
)
from tenure_training.tracking.gate import LIMITS, Decision, decide
from tenure_training.tracking.store import CHALLENGER, CHAMPION_ALIAS, SCORER, Registered, Store
from tenure_training.tracking.training import CandidateRun, Tracked, invented_customer, track_training

__all__ = [
    "CHALLENGER",
    "CHAMPION_ALIAS",
    "LIMITS",
    "SCORER",
    "CandidateRun",
    "Decision",
    "Registered",
    "RegisteredVersion",
    "Reign",
    "Store",
    "Tracked",
    "decide",
    "invented_customer",
    "list_reigns",
    "list_versions",
    "promote",
    "refuse",
    "roll_back",
    "track_training",
]
