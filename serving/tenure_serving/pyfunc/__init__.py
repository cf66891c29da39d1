"""The MLflow face of the scorer: features in, scores out, without pickle and without shipped code.

Three registered models share one bundle; each has a loader module of its own that says which columns it returns.
Whoever has ``tenure`` installed loads them: ``mlflow.pyfunc.load_model("models:/tenure-churn@champion")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure_serving.scorer import SCHEMA, ColumnKind, Scorer
from tenure_training.models.bundle import read_bundle


@dataclass(frozen=True)
class ServedScorer:
    """A registered model: the module MLflow loads it with, and the columns it returns."""

    loader: str
    columns: Mapping[str, ColumnKind]


def _only(*names: str) -> dict[str, ColumnKind]:
    return {name: SCHEMA[name] for name in names}


CHURN = ServedScorer("tenure_serving.pyfunc.churn", _only("customer_id", "churn_probability"))
_CLV = ServedScorer("tenure_serving.pyfunc.clv", _only("customer_id", "expected_value", "value_low", "value_high"))
FULL = ServedScorer("tenure_serving.pyfunc", SCHEMA)

MODELS: Mapping[str, ServedScorer] = {"tenure-scorer": FULL, "tenure-churn": CHURN, "tenure-clv": _CLV}
"""What a training registers, by registered name."""


class ScoringModel:
    """What ``mlflow.pyfunc.load_model`` wraps.

    Parameters
    ----------
    scorer
        Gives the whole table.
    columns
        The columns of it to return.
    """

    def __init__(self, scorer: Scorer, columns: Mapping[str, ColumnKind]) -> None:
        self._scorer = scorer
        self._columns = tuple(columns)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score a snapshot: ``customer_id``, ``as_of``, the features of the model, and the past where it is known.

        Raises
        ------
        DataContractError
            As `Scorer.score`.
        """
        table = self._scorer.score(features)
        return table[[name for name in self._columns if name in table]]


def load(data_path: str, served: ServedScorer) -> ScoringModel:
    """Load the bundle of a registered model."""
    return ScoringModel(Scorer(read_bundle(Path(data_path))), served.columns)


def _load_pyfunc(data_path: str) -> ScoringModel:
    """Load the model that returns the whole score table; MLflow calls this."""
    return load(data_path, FULL)
