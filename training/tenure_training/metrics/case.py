"""A prediction beside its outcome: everything a metric can ask of the two, made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tenure_training.metrics.ranking import Floats, Ranking
from tenure_training.models.contract import Prediction


@dataclass(frozen=True)
class Case:
    """A prediction beside what happened, row by row; rankings are made once and kept.

    Attributes
    ----------
    prediction
        What the candidate said of n customers.
    outcome
        What they did, in the same order: ``orders`` and ``value`` over the horizon, optionally ``bought`` (else
        ``orders > 0``).
    """

    prediction: Prediction
    outcome: pd.DataFrame

    def __post_init__(self) -> None:
        """Refuse what cannot be measured: other lengths, numbers that are not finite."""
        prediction = self.prediction
        for name in ("buy_probability", "expected_orders", "expected_value", "quantiles", "if_buys", "rank_score"):
            column = getattr(prediction, name)
            if column is None:
                continue
            if len(column) != len(self.outcome):
                raise ValueError(f"{name} has {len(column)} rows, the outcome {len(self.outcome)}.")
            if not np.isfinite(column).all():
                raise ValueError(f"{name} is not finite in {int((~np.isfinite(column)).sum())} places.")

    @cached_property
    def churn(self) -> Floats:
        """Predicted probability of churn."""
        return 1.0 - np.asarray(self.prediction.buy_probability, dtype=np.float64)

    @cached_property
    def churned(self) -> Floats:
        """1 for no order with positive revenue in the horizon, else 0."""
        bought = self.outcome["bought"] if "bought" in self.outcome else self.outcome["orders"] > 0
        return np.where(bought.to_numpy(dtype=bool), 0.0, 1.0)

    @cached_property
    def expected_value(self) -> Floats:
        """Predicted net value of the horizon."""
        return np.asarray(self.prediction.expected_value, dtype=np.float64)

    @cached_property
    def expected_orders(self) -> Floats:
        """Predicted orders of the horizon."""
        return np.asarray(self.prediction.expected_orders, dtype=np.float64)

    @cached_property
    def value(self) -> Floats:
        """Net value of the horizon."""
        return self.outcome["value"].to_numpy(dtype=np.float64)

    @cached_property
    def orders(self) -> Floats:
        """Orders of the horizon."""
        return self.outcome["orders"].to_numpy(dtype=np.float64)

    @cached_property
    def by_churn(self) -> Ranking:
        """Most likely to churn first; the rank score breaks ties where there is one."""
        score = self.prediction.rank_score
        return Ranking(self.churn) if score is None else Ranking.by(self.churn, then=-np.asarray(score))

    @cached_property
    def by_probability(self) -> Ranking:
        """Most likely to churn first, ties left tied."""
        return Ranking(self.churn)

    @cached_property
    def by_value(self) -> Ranking:
        """Highest expected value first."""
        return Ranking(self.prediction.expected_value)

    @cached_property
    def by_actual(self) -> Ranking:
        """Highest actual value first."""
        return Ranking(self.value)

    def interval(self, level: float) -> tuple[Floats, Floats] | None:
        """Interval of the value at a level, None where the candidate gives no distribution."""
        return self.prediction.interval(level)
