"""Tuning: settings tried on earlier origins, and used only where they win on a later one."""

from tenure_training.tuning.problem import Problem, TrialScore
from tenure_training.tuning.study import Trial, search
from tenure_training.tuning.tune import Tuning, tune

__all__ = ["Problem", "Trial", "TrialScore", "Tuning", "search", "tune"]
