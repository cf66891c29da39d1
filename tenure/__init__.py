"""Customer churn and lifetime value from an order log, turned into decisions.

>>> import tenure
>>> tables = tenure.simulate_shop("tiny", seed=1)
>>> shop = tenure.open_shop(tables["orders"])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import tenure_training  # noqa: F401  # before any library that brings OpenMP: says there how its threads wait

if TYPE_CHECKING:  # imported on first use: the command line starts in a fraction of a second
    from tenure.api.customers import card, explain, segments
    from tenure.api.economics import budget, channels, cohorts, growth
    from tenure.api.model import Model, backtest, train
    from tenure.api.scorer import ShopScorer as Scorer
    from tenure.api.whole_job import run, simulate_shop
    from tenure.config import Config
    from tenure.jobs.feature_check import assert_features_hold, check_features
    from tenure_features import Catalogue, feature, open_shop

__version__ = "0.1.0"

__all__ = [
    "Catalogue",
    "Config",
    "Model",
    "Scorer",
    "assert_features_hold",
    "backtest",
    "budget",
    "card",
    "channels",
    "check_features",
    "cohorts",
    "explain",
    "feature",
    "growth",
    "open_shop",
    "run",
    "segments",
    "simulate_shop",
    "train",
]

_HOME = {
    "Catalogue": ("tenure_features", "Catalogue"),
    "Config": ("tenure.config", "Config"),
    "Model": ("tenure.api.model", "Model"),
    "Scorer": ("tenure.api.scorer", "ShopScorer"),
    "assert_features_hold": ("tenure.jobs.feature_check", "assert_features_hold"),
    "backtest": ("tenure.api.model", "backtest"),
    "budget": ("tenure.api.economics", "budget"),
    "card": ("tenure.api.customers", "card"),
    "channels": ("tenure.api.economics", "channels"),
    "check_features": ("tenure.jobs.feature_check", "check_features"),
    "cohorts": ("tenure.api.economics", "cohorts"),
    "explain": ("tenure.api.customers", "explain"),
    "feature": ("tenure_features", "feature"),
    "growth": ("tenure.api.economics", "growth"),
    "open_shop": ("tenure_features", "open_shop"),
    "run": ("tenure.api.whole_job", "run"),
    "segments": ("tenure.api.customers", "segments"),
    "simulate_shop": ("tenure.api.whole_job", "simulate_shop"),
    "train": ("tenure.api.model", "train"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
