"""What a report needs: scores, the evidence for them, and the words that define them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tenure_features.errors import DataContractError
from tenure_serving.language import N_
from tenure_serving.report.sections import Section

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "scores": (
        "customer_id", "as_of", "horizon_days", "churn_probability", "expected_value", "recency_score",
        "frequency_score", "monetary_score", "rfm_group", "value_tier", "risk_tier", "segment", "next_step",
    ),
    "backtest": ("candidate", "origin", "kind"),
    "calibration": ("predicted", "actual", "low", "high", "customers"),
    "deciles": ("decile", "customers", "predicted_value", "actual_value"),
    "drivers": ("feature", "meaning", "mean_abs_log_odds"),
    "totals": ("origin", "predicted", "actual"),
    "record": ("customer_id", "orders_so_far", "revenue_so_far"),
}  # fmt: skip
"""Columns each table must have; a table other than the scores may be empty, and its part of the page says so."""


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """Everything on the page.

    Attributes
    ----------
    scores
        The score table of one ``as_of``, one row per customer.
    definitions
        What the numbers mean, by term: ``churn``, ``value``, ``population``, ``horizon``, ``interval``, and whatever
        else the model carries; ``currency`` is also used as the unit of amounts.
    champion
        Name of the candidate behind the scores.
    champion_reason
        Why it was chosen, one sentence.
    readiness
        Summary of the readiness report: numbers, texts, lists of texts, or tables as lists of flat dictionaries.
    backtest
        One row per candidate and origin: ``candidate``, ``origin``, ``kind`` (``baseline`` or ``model``) and metrics
        named as in `tenure_serving.charts.trust.METRIC_WORDS`.
    calibration
        ``bin``, ``predicted``, ``actual``, ``customers``, ``low``, ``high``: churn by bin of predicted probability.
    deciles
        ``decile`` (1 is the best), ``customers``, ``predicted_value``, ``actual_value`` (means per customer).
    drivers
        ``feature``, ``meaning``, ``mean_abs_log_odds`` of churn.
    totals
        ``origin``, ``predicted``, ``actual``: total value of the champion at each origin.
    record
        What customers did before ``as_of``: ``customer_id``, ``orders_so_far``, ``revenue_so_far``; may be empty.
    notes
        Sentences a reader must know, such as that the history was shorter than two horizons.
    unseen
        Share of the days ahead whose time of the year no closed window has shown.
    total_off
        Factor by which the total of everybody may be off either way (80 %); None where nothing tells.
    signal
        Whether the model told customers apart on past windows; where not, no list of customers is shown.
    title
        Of the page, above the sentence that concludes.
    sections
        Further parts, shown in this order after what drives the predictions and before the definitions.

    Raises
    ------
    DataContractError
        A table lacks a column, or there is nobody in the scores.
    """

    scores: pd.DataFrame
    definitions: Mapping[str, str]
    champion: str
    champion_reason: str
    readiness: Mapping[str, Any] = field(default_factory=dict)
    backtest: pd.DataFrame = field(default_factory=pd.DataFrame)
    calibration: pd.DataFrame = field(default_factory=pd.DataFrame)
    deciles: pd.DataFrame = field(default_factory=pd.DataFrame)
    drivers: pd.DataFrame = field(default_factory=pd.DataFrame)
    totals: pd.DataFrame = field(default_factory=pd.DataFrame)
    record: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] | list[str] = ()
    unseen: float = 0.0
    total_off: float | None = None
    signal: bool = True
    title: str = N_("Who may leave, and what they are worth")
    sections: tuple[Section, ...] = ()

    def __post_init__(self) -> None:
        if self.scores.empty:
            raise DataContractError("A report needs at least one scored customer.", found="an empty score table")
        for name, columns in _NEEDED.items():
            table: pd.DataFrame = getattr(self, name)
            missing = [column for column in columns if column not in table]
            if missing and not table.empty:
                raise DataContractError(f"The {name} of the report lack columns.", found=f"no {', '.join(missing)}")

    @property
    def currency(self) -> str:
        """Unit of amounts; empty where the log did not say."""
        return str(self.definitions.get("currency") or "")

    @property
    def as_of(self) -> pd.Timestamp:
        """The moment the scores were made for."""
        return pd.Timestamp(self.scores["as_of"].iloc[0])

    @property
    def horizon_days(self) -> int:
        """Days the scores look ahead."""
        return int(self.scores["horizon_days"].iloc[0])
