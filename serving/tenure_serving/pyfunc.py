"""The MLflow face of the scorer: features in, a score table out, without pickle and without shipped code.

Three registered models share one bundle. They differ in the columns they return, chosen by the model's config, and
are loaded by anyone who has ``tenure`` installed: ``mlflow.pyfunc.load_model("models:/tenure-churn@champion")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tenure_features.errors import UsageError
from tenure_serving.scorer import SCHEMA, Kind, Scorer
from tenure_training.models.bundle import read_bundle


def _view(*names: str) -> dict[str, Kind]:
    return {name: SCHEMA[name] for name in names}


MODELS: Mapping[str, Mapping[str, Kind]] = {
    "tenure-scorer": SCHEMA,
    "tenure-churn": _view("customer_id", "churn_probability"),
    "tenure-clv": _view("customer_id", "expected_value", "value_low", "value_high"),
}
"""Registered models by name, with the columns each returns."""


class ScoringModel:
    """What ``mlflow.pyfunc.load_model`` wraps.

    Parameters
    ----------
    scorer
        Gives the whole table.
    name
        Registered name; decides the columns.
    """

    def __init__(self, scorer: Scorer, *, name: str = "tenure-scorer") -> None:
        if name not in MODELS:
            raise UsageError(f"There is no view '{name}' of the scores.", fix=f"Use one of {', '.join(MODELS)}.")
        self._scorer = scorer
        self._columns = tuple(MODELS[name])

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score a snapshot: ``customer_id``, ``as_of`` and the features of the model, one row per customer.

        Raises
        ------
        DataContractError
            As `Scorer.score`.
        """
        table = self._scorer.score(features)
        return table[[name for name in self._columns if name in table]]


def _load_pyfunc(data_path: str, model_config: Mapping[str, Any] | None = None) -> ScoringModel:
    """Load a bundle; MLflow calls this with the path of the model's data and the model's config."""
    name = (model_config or {}).get("view", "tenure-scorer")
    return ScoringModel(Scorer(read_bundle(Path(data_path))), name=str(name))
