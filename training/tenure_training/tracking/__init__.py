"""MLflow, and nowhere else in training: runs, registered models and their aliases."""

from tenure_training.tracking.gate import Decision, decide
from tenure_training.tracking.store import CHALLENGER, CHAMPION_ALIAS, SCORER, Registered, Store
from tenure_training.tracking.training import CandidateRun, Tracked, track_training

__all__ = [
    "CHALLENGER",
    "CHAMPION_ALIAS",
    "SCORER",
    "CandidateRun",
    "Decision",
    "Registered",
    "Store",
    "Tracked",
    "decide",
    "track_training",
]
