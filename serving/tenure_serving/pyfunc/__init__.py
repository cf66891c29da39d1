"""The MLflow face of the scorer: features in, scores out, without pickle and without shipped code.

Three registered models share one bundle; each has a loader module of its own that says which columns it returns.
Whoever has ``tenure`` installed loads them: ``mlflow.pyfunc.load_model("models:/tenure-churn@champion")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure_serving.score_columns import CLV_COLUMNS, SCHEMA, ColumnKind
from tenure_serving.scorer import Scorer
from tenure_training.models.bundle import Bundle, read_bundle


@dataclass(frozen=True, kw_only=True)
class ServedScorer:
    """A registered model: the module MLflow loads it with, what it is for, and the columns it may return."""

    loader: str
    purpose: str
    columns: Mapping[str, ColumnKind]

    def returns(self, bundle: Bundle, example: pd.DataFrame) -> dict[str, str]:
        """Name the columns that the model returns for inputs like these, with their types."""
        answer = ScoringModel(Scorer(bundle), self.columns).predict(example)
        return {str(name): self.columns[str(name)] for name in answer}


def _only(*names: str) -> dict[str, ColumnKind]:
    return {name: SCHEMA[name] for name in names}


CHURN = ServedScorer(
    loader="tenure_serving.pyfunc.churn",
    purpose="The probability that a customer places no order within the horizon.",
    columns=_only("customer_id", "churn_probability"),
)
_CLV = ServedScorer(
    loader="tenure_serving.pyfunc.clv",
    purpose="What a customer is expected to bring within the horizon, with its interval, and over their lifetime.",
    columns=_only("customer_id", "expected_value", "value_low", "value_high", *CLV_COLUMNS),
)
FULL = ServedScorer(
    loader="tenure_serving.pyfunc",
    purpose="Who will leave, what they are worth and what to do: the whole score table, one row per customer.",
    columns=SCHEMA,
)

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
